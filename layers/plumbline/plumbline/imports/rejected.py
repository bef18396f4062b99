"""The rows of a file that could not be used, as a CSV file that can be mended and uploaded again.

Its columns are the file's own and three more, which say where each row stood and what is wrong with it; a later
import leaves those three out. The original cells are repeated byte for byte. The three cells are numbers and
sentences of ours, which no spreadsheet takes for a formula.
"""

from __future__ import annotations

import csv
import io
from typing import IO, TYPE_CHECKING

from plumbline.imports.header import BOM, REJECTED_COLUMNS
from plumbline.imports.reader import Malformed
from plumbline.models import Problem

if TYPE_CHECKING:
    from plumbline.imports.header import Layout
    from plumbline.imports.reader import Record, RecordReader
    from plumbline.imports.rows import RowParser

# What a Lambda function has on disk is 512 MB.
MAX_BYTES = 400_000_000


class RejectedRows:
    """Writes rejected rows to a binary file."""

    def __init__(self, out: IO[bytes], layout: Layout) -> None:
        self._out = out
        self._layout = layout
        self._columns = [
            index for index, name in enumerate(layout.names) if name.strip().casefold() not in REJECTED_COLUMNS
        ]
        if layout.bom:
            out.write(BOM)
        self._write([layout.names[index] for index in self._columns] + list(REJECTED_COLUMNS))

    def write_all(self, reader: RecordReader, parser: RowParser, until: int) -> bool:
        """Write the rows with a problem up to byte ``until``; False if the file has become too big to go on."""
        for record in reader:
            problem = parser.parse(record)
            if isinstance(problem, Problem):
                if self._out.tell() > MAX_BYTES:
                    reason = "This row and those rejected after it do not fit into this file."
                    self._write([""] * len(self._columns) + [str(record.row), str(record.line), reason])
                    return False
                self._write([*self._cells(record), str(record.row), str(record.line), _reason(problem)])
            if reader.byte >= until:
                break
        return True

    def _cells(self, record: Record | Malformed) -> list[str]:
        """As many cells as there are columns: a row that has no cells as it stands in the first of them."""
        if isinstance(record, Malformed):
            text = record.raw.decode(errors="surrogateescape").rstrip("\r\n")
            return [text] + [""] * (len(self._columns) - 1)
        width = self._layout.width
        cells = record.cells + [""] * (width - len(record.cells))
        kept = [cells[index] for index in self._columns]
        # Too many cells are mostly one cell with commas that nobody quoted.
        kept[-1] = ",".join([kept[-1], *cells[width:]])
        return kept

    def _write(self, cells: list[str]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerow(cells)
        # Bytes that are no UTF-8 go back as they came.
        self._out.write(text.getvalue().encode(errors="surrogateescape"))


def _reason(problem: Problem) -> str:
    return f"Column {problem.column}: {problem.problem}" if problem.column else problem.problem
