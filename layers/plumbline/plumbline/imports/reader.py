r"""CSV records from a binary stream, each with its exact place in the file, in flat memory.

Python's ``csv`` splits the cells (RFC 4180; line breaks inside quotes stay as they are). This module feeds it
line by line, so that it knows to the byte where each record begins, and so that a broken record costs nothing
but itself: an invalid byte or a stray quote is reported with its row and the rows behind it are read on.

A :class:`Position` is a place between two records. Reading on from one, in another process and at another
time, gives the records that reading from the start would have given.
"""

from __future__ import annotations

import csv
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from plumbline.imports.lines import MAX_LINE_BYTES, READ_SIZE
from plumbline.imports.recovery import LOOKAHEAD_BYTES, LOOKAHEAD_LINES, end_of_malformed, swallowed_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.imports.lines import Lines

# A row longer than this is not kept in memory: it is skipped and reported.
MAX_ROW_BYTES = MAX_LINE_BYTES
# A broken row is told by up to two rows' lengths (what its quote has swallowed, the last line of it in full), by
# the lines behind it, of which the last is read in full, and by a block.
MOST_LOOKED_AHEAD = 3 * MAX_ROW_BYTES + LOOKAHEAD_BYTES + READ_SIZE

STRAY_QUOTE = (
    "has a quotation mark in a place where it closes a cell too early: "
    'quotation marks inside a quoted cell are written twice ("")'
)
UNTERMINATED = "opens a cell with a quotation mark that is never closed"
TOO_LONG = (
    f"is longer than {MAX_ROW_BYTES // 2**20} MiB, too long to be read or repeated here: "
    "is a closing quotation mark missing?"
)


class Position(NamedTuple):
    """A place between two records: the offset in bytes, and the row and line that come next (from 1)."""

    byte: int = 0
    row: int = 1
    line: int = 1


class Record(NamedTuple):
    """A row as it was split. Bytes that are no UTF-8 are lone surrogates in its cells, and ``valid`` is False."""

    row: int
    line: int
    cells: list[str]
    valid: bool = True


class Malformed(NamedTuple):
    """A row that could not be split into cells. ``raw`` is what stands in the file, unless it is too long."""

    row: int
    line: int
    raw: bytes
    problem: str


class RecordReader:
    """Iterates over the records of ``lines`` from ``start`` on; blank lines are counted as rows and skipped.

    ``width`` is how many cells a row should have. It does not bind the reader, but helps it to find the next
    row after a broken one.

    What a record is depends on the bytes behind it only where it is broken, and then at most on the next
    :data:`MOST_LOOKED_AHEAD`.
    """

    def __init__(self, lines: Lines, start: Position, width: int, delimiter: str = ",") -> None:
        # Python's own limit of 131,072 characters would make errors of cells that are within ours.
        csv.field_size_limit(MAX_ROW_BYTES * 2)
        self._lines = lines
        self._width = width
        self._delimiter = delimiter
        self._skipping = False
        self._pending: list[bytes] = []
        self._valid = True
        self._at_end = False
        self._byte, self._row, self._line = start
        self._fed = self._byte  # the offset behind the lines that the parser has been given

    @property
    def byte(self) -> int:
        """The offset behind the last record that was handed out."""
        return self._byte

    @property
    def row(self) -> int:
        """The number of the row that comes next."""
        return self._row

    @property
    def position(self) -> Position:
        """The place behind the last record that was handed out."""
        return Position(self._byte, self._row, self._line)

    @property
    def skipping(self) -> bool:
        """Whether a row that is too long has been judged and only its end is still looked for."""
        return self._skipping

    def __iter__(self) -> Iterator[Record | Malformed]:
        return filter(None, self.steps())

    def steps(self) -> Iterator[Record | Malformed | None]:
        """Like iterating, with a None for every blank line: one may stop behind each of them too."""
        while True:
            try:
                yield from self._records()
            except csv.Error:
                yield self._malformed()
            except _TooLongError:
                yield self._too_long()
            else:
                return

    def _records(self) -> Iterator[Record | None]:
        self._fed = self._byte
        for cells in csv.reader(self._feed(), strict=True, delimiter=self._delimiter):
            record = Record(self._row, self._line, cells, self._valid)
            self._advance(self._fed)
            yield record if len(cells) > 1 or not is_blank(cells) else None

    def _feed(self) -> Iterator[str]:
        pending = self._pending
        for raw in self._lines:
            pending.append(raw)
            self._fed += len(raw)
            if self._fed - self._byte > MAX_ROW_BYTES:
                raise _TooLongError
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                self._valid = False
                text = raw.decode(errors="surrogateescape")
            yield text
        self._at_end = True

    def _advance(self, byte: int) -> None:
        """Step behind the pending lines, which were one record and end at ``byte``."""
        self._byte = byte
        self._line += len(self._pending)
        self._row += 1
        self._pending.clear()
        self._valid = True

    def _take(self, count: int, problem: str) -> Malformed:
        """Step behind the first ``count`` of the pending lines and put the others back."""
        self._lines.put_back(self._pending[count:])
        del self._pending[count:]
        malformed = Malformed(self._row, self._line, b"".join(self._pending), problem)
        self._advance(self._byte + len(malformed.raw))
        return malformed

    def _malformed(self) -> Malformed:
        if self._at_end:  # the parser asked for a line more than there is: a quote is open
            self._at_end = False
            swallowed = swallowed_rows(self._pending, self._width, self._delimiter)
            return self._take(1 if swallowed else len(self._pending), UNTERMINATED)
        following = self._lines.peek(LOOKAHEAD_LINES, LOOKAHEAD_BYTES)
        count = end_of_malformed(self._pending, following, self._width, self._delimiter)
        for _ in range(count - len(self._pending)):
            self._pending.append(next(self._lines))
        return self._take(count, STRAY_QUOTE)

    def _too_long(self) -> Malformed:
        if swallowed_rows(self._pending, self._width, self._delimiter):
            return self._take(1, UNTERMINATED)
        row, line = self._row, self._line
        self._row += 1
        unread = iter(self._pending)
        self._pending = []
        # Quotes come in pairs: the row ends with the first line up to which their number is even.
        quotes = 0
        self._skipping = True
        for raw in chain(unread, self._lines):
            quotes += raw.count(b'"')
            self._byte += len(raw)
            self._line += _ends_line(raw)
            if _ends_line(raw) and quotes % 2 == 0:
                break
        self._lines.put_back(unread)
        self._skipping = False
        self._valid = True
        return Malformed(row, line, b"", TOO_LONG)


def is_blank(cells: list[str]) -> bool:
    """Whether cells are those of a line with nothing but white space in it."""
    return not cells or (len(cells) == 1 and cells[0].isspace())


class _TooLongError(Exception):
    """The record at hand is longer than may be kept in memory."""


def _ends_line(raw: bytes) -> bool:
    return raw.endswith((b"\n", b"\r"))
