"""A row of a file, as the interaction it stands for or as the problem that keeps it from being one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from plumbline.imports.header import CREATED_AT
from plumbline.imports.moments import FORMS, parse_moment
from plumbline.imports.reader import Malformed
from plumbline.models import NewInteraction, Problem
from plumbline.own_metrics import MAX_METRIC_VALUE

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.imports.header import Layout
    from plumbline.imports.reader import Record

MAX_CELL_BYTES = 1024 * 1024
MAX_METADATA_BYTES = 64 * 1024
# How far a row's time may lie behind the import's: clocks differ, and days begin early in the east.
MAX_AHEAD = timedelta(hours=24)
NOT_A_NUMBER = (
    "The cell must hold a number, written like 812, -0.5 or 1.2e-3 and without separators or units, "
    f"between -{MAX_METRIC_VALUE:g} and {MAX_METRIC_VALUE:g}, or nothing."
)
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")


class RowParser:
    """Turns the records of one file into interactions.

    ``created_at`` is the time of rows that bring none: the import's own, so that a retry gives the same.
    """

    def __init__(self, layout: Layout, created_at: datetime) -> None:
        self._layout = layout
        self._created_at = created_at

    def parse(self, record: Record | Malformed) -> NewInteraction | Problem:
        """The interaction that a record stands for, or what is wrong with it. Texts are kept as they are."""
        if isinstance(record, Malformed):
            return Problem(record.row, record.line, f"The row {record.problem}.")
        problem = self._problem(record) or self._metrics_problem(record.cells)
        if problem is not None:
            return Problem(record.row, record.line, problem[1], problem[0])
        layout, cells = self._layout, record.cells
        metadata = {name: cells[index] for index, name in layout.metadata if cells[index]}
        if metadata and _size(metadata) > MAX_METADATA_BYTES:
            return Problem(
                record.row,
                record.line,
                f"The columns beside input and output hold more than {MAX_METADATA_BYTES // 1024} KiB together.",
            )
        try:
            created_at = self._time(cells)
        except ValueError:
            return Problem(
                record.row,
                record.line,
                f"The time cannot be read, or lies before 2000 or in the future. It may be written like {FORMS}.",
                CREATED_AT,
            )
        metrics = {series: float(cells[index]) for index, series in layout.metrics if cells[index].strip()}
        return NewInteraction(cells[layout.input], cells[layout.output], created_at, metadata, metrics)

    def _time(self, cells: list[str]) -> datetime:
        column = self._layout.created_at
        written = cells[column].strip() if column is not None else ""
        if not written:
            return self._created_at
        moment = parse_moment(written)
        if moment > self._created_at + MAX_AHEAD:
            raise ValueError("in the future")
        return moment

    def _problem(self, record: Record) -> tuple[str | None, str] | None:
        """Column and problem of a record that has one."""
        cells, width = record.cells, self._layout.width
        if len(cells) < width:
            return self._column(len(cells)), (
                f"A cell is missing: the row has {_cells(len(cells))}, the header {width}."
            )
        if len(cells) > width:
            return None, (
                f"There are too many cells: the row has {len(cells)}, the header {width}. "
                "A cell that contains a comma stands in quotation marks."
            )
        for index, cell in enumerate(cells):
            if len(cell) * 4 > MAX_CELL_BYTES and (size := len(cell.encode(errors="replace"))) > MAX_CELL_BYTES:
                return self._column(index), (
                    f"The cell is too long: it has {size:,} bytes; up to {MAX_CELL_BYTES:,} are read."
                )
            if "\0" in cell:
                return self._column(index), "The cell contains a NUL character."
            if not record.valid and not _is_utf8(cell):
                return self._column(index), "The cell contains bytes that are not UTF-8. Save the file in UTF-8."
        return None

    def _metrics_problem(self, cells: list[str]) -> tuple[str, str] | None:
        """Column and problem of a record with a metric that is none; an empty cell is no metric."""
        for index, _ in self._layout.metrics:
            written = cells[index].strip()
            if written and not _is_number(written):
                return self._column(index), NOT_A_NUMBER
        return None

    def _column(self, index: int) -> str:
        return self._layout.names[index].strip() or f"column_{index + 1}"


def _is_number(written: str) -> bool:
    return bool(_NUMBER.fullmatch(written)) and -MAX_METRIC_VALUE <= float(written) <= MAX_METRIC_VALUE


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _size(metadata: dict[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())


def _is_utf8(cell: str) -> bool:
    # Bytes that are no UTF-8 were read as lone surrogates, which no valid UTF-8 decodes to.
    return not any("\udc80" <= character <= "\udcff" for character in cell)
