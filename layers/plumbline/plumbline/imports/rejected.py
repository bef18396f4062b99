"""The rows of a file that could not be used, as a file of its kind that can be mended and uploaded again.

It has the file's own columns, or keys, and three more, which say where each row stood and what is wrong with it; a
later import leaves those three out. What the user wrote is repeated as it stands, but that in CSV, which people
open in spreadsheets, what could be a formula is made a text (see :mod:`plumbline.imports.formulas`); an import of
that file undoes it.

The file is joined from a head and a part for each chunk.
"""

from __future__ import annotations

import codecs
import csv
import io
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from plumbline.imports.formulas import shield
from plumbline.imports.header import REJECTED_COLUMNS, is_of_rejected
from plumbline.imports.reader import Malformed
from plumbline.imports.redacting import WITHHELD

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.imports.header import Layout
    from plumbline.imports.reader import Record
    from plumbline.imports.redacting import Redacting
    from plumbline.imports.source import Source
    from plumbline.models import Problem

# How much of a chunk's rows is repeated: worth two chunks.
MAX_PART_BYTES = 8 * 1024 * 1024
_NO_ROOM = "This row and those of its part of the file that were rejected after it do not fit into this file."
_ROW, _LINE, _REASON = REJECTED_COLUMNS


def rejected_name(source: Source, import_id: int) -> str:
    """The key of the file of an import's rejected rows."""
    return f"rejected/{import_id}.{source.dialect.kind}"


def head(source: Source, redacting: Redacting | None = None) -> bytes:
    """What the file begins with: the columns, where it has any."""
    bom = codecs.BOM_UTF8 if source.decoding.bom else b""
    if source.layout is None:
        return bom
    names = [source.layout.names[index] for index in _own_columns(source.layout)]
    if redacting is not None:
        names = [*map(redacting.text, names)]
    return bom + _csv_line([*names, *REJECTED_COLUMNS], source.dialect.delimiter)


class _Part:
    """The rejected rows of one chunk; past :data:`MAX_PART_BYTES` a last line says that there were more."""

    def __init__(self, redacting: Redacting | None = None) -> None:
        self._redacting = redacting
        self._lines: list[bytes] = []
        self._size = 0
        self._full = False

    def content(self) -> bytes:
        """What has been written."""
        return b"".join(self._lines)

    def _add(self, line: bytes, last_line: bytes) -> None:
        if self._full:
            return
        self._size += len(line)
        self._full = self._size > MAX_PART_BYTES
        self._lines.append(last_line if self._full else line)


class RejectedCells(_Part):
    """Rejected rows of a CSV file, as CSV with the same delimiter."""

    def __init__(self, layout: Layout, delimiter: str, redacting: Redacting | None = None) -> None:
        super().__init__(redacting)
        self._width = layout.width
        self._columns = _own_columns(layout)
        self._delimiter = delimiter

    def add(self, record: Record | Malformed, problem: Problem) -> None:
        """Repeat a row and say what is wrong with it."""
        cells = self._cells(record)
        self._write(cells if self._redacting is None else [*map(self._redacting.text, cells)], problem)

    def withhold(self, problem: Problem) -> None:
        """Say what is wrong with a row, and repeat nothing of it."""
        self._write([WITHHELD] * len(self._columns), problem)

    def _write(self, cells: list[str], problem: Problem) -> None:
        place = [str(problem.row), str(problem.line)]
        nothing = [""] * len(self._columns)
        self._add(
            _csv_line([*cells, *place, _reason(problem, "Column")], self._delimiter),
            _csv_line([*nothing, *place, _NO_ROOM], self._delimiter),
        )

    def _cells(self, record: Record | Malformed) -> list[str]:
        """As many cells as there are columns: a row that has no cells as it stands in the first of them."""
        if isinstance(record, Malformed):
            text = record.raw.decode(errors="surrogateescape").rstrip("\r\n")
            return [text] + [""] * (len(self._columns) - 1)
        cells = record.cells + [""] * (self._width - len(record.cells))
        kept = [cells[index] for index in self._columns]
        # Too many cells are mostly one cell with delimiters that nobody quoted.
        kept[-1] = self._delimiter.join([kept[-1], *cells[self._width :]])
        return kept


class RejectedLines(_Part):
    """Rejected lines of a file of JSON lines: the same objects; what is none as text under the key ``line``."""

    def add(self, raw: bytes, problem: Problem) -> None:
        """Repeat a line and say what is wrong with it."""
        mark = _marked if self._redacting is None else partial(_marked_and_redacted, self._redacting)
        self._write(mark, raw, problem)

    def withhold(self, problem: Problem) -> None:
        """Say what is wrong with a line, and repeat nothing of it."""
        self._write(
            lambda raw, marks: orjson.dumps({**marks, "line": raw.decode()}) + b"\n", WITHHELD.encode(), problem
        )

    def _write(self, mark: Callable[[bytes, dict[str, object]], bytes], raw: bytes, problem: Problem) -> None:
        place: dict[str, object] = {_ROW: problem.row, _LINE: problem.line}
        self._add(
            mark(raw, {**place, _REASON: _reason(problem, "Key")}),
            orjson.dumps({**place, _REASON: _NO_ROOM}) + b"\n",
        )


def _marked_and_redacted(redacting: Redacting, raw: bytes, marks: dict[str, object]) -> bytes:
    """A line with three keys more, redacted."""
    found = _object(raw)
    if found is None:
        return orjson.dumps({**marks, "line": redacting.line(raw.strip())}) + b"\n"
    redacted = redacting.object(found, raw)
    return orjson.dumps({**({"line": WITHHELD} if redacted is None else redacted), **marks}) + b"\n"


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _marked(raw: bytes, marks: dict[str, object]) -> bytes:
    """A line with three keys more. An object stays byte for byte as it is."""
    line = raw.strip()
    found = _object(line)
    if found is None:
        return orjson.dumps({**marks, "line": line.decode(errors="backslashreplace")}) + b"\n"
    if found.keys() & marks.keys():
        return orjson.dumps({**found, **marks}) + b"\n"
    comma = b"," if found else b""
    return line[:-1].rstrip() + comma + orjson.dumps(marks)[1:] + b"\n"


def _own_columns(layout: Layout) -> list[int]:
    return [index for index, name in enumerate(layout.names) if not is_of_rejected(name)]


def _csv_line(cells: list[str], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerow(map(shield, cells))
    # Bytes that are no UTF-8 go back as they came.
    return text.getvalue().encode(errors="surrogateescape")


def _reason(problem: Problem, called: str) -> str:
    return f"{called} {problem.column}: {problem.problem}" if problem.column else problem.problem
