"""A row of a CSV file, as the interaction it stands for or as the problem that keeps it from being one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.imports.reader import Malformed
from plumbline.imports.values import Unusable, read_external_id, read_number, read_retention_days, read_time
from plumbline.models import NewInteraction, Problem
from plumbline.retention import FOR_EVER

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.imports.header import Layout
    from plumbline.imports.reader import Record
    from plumbline.retention import Retention

MAX_CELL_BYTES = 1024 * 1024
MAX_METADATA_BYTES = 64 * 1024
_BYTES_A_CHARACTER = 4


class RowParser:
    """Turns the records of one file into interactions.

    ``created_at`` is the time of rows that bring none, and that from which ``retention`` counts: the import's own,
    so that a retry gives the same.
    """

    def __init__(
        self, layout: Layout, created_at: datetime, delimiter: str = ",", retention: Retention = FOR_EVER
    ) -> None:
        self._layout = layout
        self._width = layout.width
        self._columns = [name.strip() or f"column_{index}" for index, name in enumerate(layout.names, 1)]
        self._created_at = created_at
        self._retention = retention
        self._expires_at = retention.until(created_at)
        self._separates = {",": "a comma", ";": "a semicolon", "\t": "a tab"}[delimiter]
        names = sum(len(name.encode()) for _, name in layout.metadata)
        # A row of no more characters than this is below the limits of cells and of metadata.
        self._surely_short = MAX_METADATA_BYTES // _BYTES_A_CHARACTER - names

    def parse(self, record: Record | Malformed) -> NewInteraction | Problem:
        """The interaction that a record stands for, or what is wrong with it. Texts are kept as they are."""
        if isinstance(record, Malformed):
            return Problem(record.row, record.line, f"The row {record.problem}.")
        try:
            self._check(record)
            return self._read(record.cells)
        except Unusable as reason:
            return Problem(record.row, record.line, reason.problem, reason.column)

    def parse_plain(self, cells: list[str]) -> NewInteraction | None:
        """What :meth:`parse` makes of a record that has nothing out of the ordinary; None for any other.

        Most rows of most files come through here. The cells must be valid and hold no NUL.
        """
        if len(cells) != self._width or sum(map(len, cells)) > self._surely_short:
            return None
        try:
            return self._read(cells)
        except Unusable:
            return None

    def _read(self, cells: list[str]) -> NewInteraction:
        layout = self._layout
        return NewInteraction(
            cells[layout.input],
            cells[layout.output],
            self._created_at if layout.created_at is None else self._time(cells[layout.created_at]),
            {name: cells[index] for index, name in layout.metadata if cells[index]} if layout.metadata else {},
            self._metrics(cells) if layout.metrics else {},
            None if layout.external_id is None else self._external_id(cells, layout.external_id),
            self._expires_at if layout.retention_days is None else self._kept_until(cells[layout.retention_days]),
        )

    def _time(self, cell: str) -> datetime:
        return read_time(cell, self._created_at) if cell and not cell.isspace() else self._created_at

    def _kept_until(self, cell: str) -> datetime | None:
        return self._retention.until(self._created_at, read_retention_days(cell))

    def _metrics(self, cells: list[str]) -> dict[str, float]:
        """An empty cell is no metric."""
        return {
            series: read_number(written, self._columns[index])
            for index, series in self._layout.metrics
            if (written := cells[index].strip())
        }

    def _external_id(self, cells: list[str], index: int) -> str | None:
        return read_external_id(cells[index], self._columns[index])

    def _check(self, record: Record) -> None:
        """Raise Unusable where a cell is missing, too many, too long or holds what is no text."""
        cells, width = record.cells, self._width
        if len(cells) < width:
            raise Unusable(
                f"A cell is missing: the row has {_cells(len(cells))}, the header {width}.",
                self._columns[len(cells)],
            )
        if len(cells) > width:
            raise Unusable(
                f"There are too many cells: the row has {len(cells)}, the header {width}. "
                f"A cell that contains {self._separates} stands in quotation marks."
            )
        for index, cell in enumerate(cells):
            if problem := _cell_problem(cell, valid=record.valid):
                raise Unusable(problem, self._columns[index])
        if self._metadata_size(cells) > MAX_METADATA_BYTES:
            raise Unusable(
                f"The columns beside input and output hold more than {MAX_METADATA_BYTES // 1024} KiB together."
            )

    def _metadata_size(self, cells: list[str]) -> int:
        kept = ((name, cells[index]) for index, name in self._layout.metadata if cells[index])
        return sum(len(name.encode()) + len(cell.encode()) for name, cell in kept)


def _cell_problem(cell: str, *, valid: bool) -> str | None:
    short = len(cell) * _BYTES_A_CHARACTER <= MAX_CELL_BYTES
    if not short and (size := len(cell.encode(errors="replace"))) > MAX_CELL_BYTES:
        return f"The cell is too long: it has {size:,} bytes; up to {MAX_CELL_BYTES:,} are read."
    if "\0" in cell:
        return "The cell contains a NUL character."
    if not valid and not _is_utf8(cell):
        return "The cell contains bytes that are not UTF-8. Save the file in UTF-8."
    return None


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _is_utf8(cell: str) -> bool:
    # Bytes that are no UTF-8 were read as lone surrogates, which no valid UTF-8 decodes to.
    return not any("\udc80" <= character <= "\udcff" for character in cell)
