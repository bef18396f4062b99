"""The header of a CSV file, and by it what stands between the cells."""

from __future__ import annotations

import io
import re
from typing import NamedTuple

from plumbline.errors import UnreadableFile
from plumbline.imports.header import is_header
from plumbline.imports.lines import Lines
from plumbline.imports.reader import Malformed, Position, RecordReader
from plumbline.imports.signatures import EXPECTED

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# With such a line spreadsheets are told the delimiter.
_SEP = re.compile(rb'"?sep=([^\r\n])"?(?:\r\n|\n|\r)', re.IGNORECASE)


class Header(NamedTuple):
    """The first row's cells, the delimiter under which they are that, and where the rows begin."""

    cells: list[str]
    delimiter: str
    rows_begin: Position


def csv_header(head: bytes, start: Position, *, whole: bool) -> Header:
    """The header in a file's first bytes, which begins at ``start`` or, behind blank lines, below it.

    The delimiter is the one of comma, semicolon and tab under which the header names the columns for input and
    output. If it does under none, the cells are those of the likeliest one.

    Raises:
        UnreadableFile: there is no header in these bytes (``whole``: the file has no more), or two delimiters fit.
    """
    start, delimiters = _told(head, start)
    read = [_first_row(head, start, delimiter) for delimiter in delimiters]
    found = [header for header in read if isinstance(header, Header)]
    if not found:
        first = read[0]
        raise UnreadableFile(
            f"The first row, which should name the columns, {first.problem}. {EXPECTED}."
            if isinstance(first, Malformed)
            else f"The file has no rows, only blank lines. {EXPECTED}."
        )
    fitting = [header for header in found if is_header(header.cells)]
    if len(fitting) > 1:
        names = " or ".join(DELIMITERS[header.delimiter] for header in fitting)
        raise UnreadableFile(
            f"The first row names the columns for input and output whether {names} separate it. Rename the column "
            "that has the other one in its name."
        )
    header = fitting[0] if fitting else max(found, key=lambda one: len(one.cells))
    if not whole and header.rows_begin.byte >= len(head):
        raise UnreadableFile(f"The first row, which should name the columns, is too long. {EXPECTED}.")
    if any("\udc80" <= character <= "\udcff" for cell in header.cells for character in cell):
        raise UnreadableFile(f"The first row, which should name the columns, is not in UTF-8. {EXPECTED}.")
    return header


def _told(head: bytes, start: Position) -> tuple[Position, tuple[str, ...]]:
    """Where the header begins behind a line that tells the delimiter, and the delimiters to be tried."""
    match = _SEP.match(head, start.byte)
    if match is None:
        return start, tuple(DELIMITERS)
    delimiter = match[1].decode("latin-1")
    if delimiter not in DELIMITERS:
        raise UnreadableFile(
            f"The first line says that the cells are separated by “{delimiter}”; commas, semicolons and tabs are "
            "read. Save the file with one of these."
        )
    return Position(match.end(), start.row + 1, start.line + 1), (delimiter,)


def _first_row(head: bytes, start: Position, delimiter: str) -> Header | Malformed | None:
    reader = RecordReader(Lines(io.BytesIO(head[start.byte :])), start, len(("Input", "Output")), delimiter)
    row = next(iter(reader), None)
    return (
        Header(row.cells, delimiter, reader.position)
        if row is not None and not isinstance(row, Malformed)
        else row
    )
