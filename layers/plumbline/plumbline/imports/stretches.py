"""Stretches of a file that must be read as whoever works on the chunk reads them, to know where records end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plumbline.imports import reader as limits
from plumbline.imports.lines import READ_SIZE, Lines
from plumbline.imports.reader import TOO_LONG, Malformed, Position, RecordReader

if TYPE_CHECKING:
    from plumbline.imports.dialect import Dialect
    from plumbline.imports.window import Window


class Stretch(NamedTuple):
    """Records up to ``end``, told by bytes before ``looked``.

    ``oversize`` is set where the last one is longer than a row may be: the bytes that show it, from where the
    chunk begins, if they are to be kept.
    """

    end: Position
    looked: int
    oversize: bytes | None = None


def read_stretch(
    window: Window, start: Position, until: Position, dialect: Dialect, keep_from: int | None
) -> Stretch:
    """The records of CSV from ``start`` up to the first that ends at or behind the byte or the row of ``until``.

    ``keep_from`` is the offset from which the window keeps its bytes, None where nothing needs to be kept.
    """
    unread = _Unread(window, start.byte, keep_from)
    reader = RecordReader(Lines(unread), start, dialect.width, dialect.delimiter)
    unread.reader = reader
    for record in reader.steps():
        if isinstance(record, Malformed) and record.problem == TOO_LONG:
            return Stretch(reader.position, unread.at, unread.told_by())
        if reader.byte >= until.byte or reader.row >= until.row:
            break
    return Stretch(reader.position, unread.at)


def skip_line(window: Window, start: Position, keep_from: int | None) -> Stretch:
    r"""The one line of JSON Lines that begins at ``start``."""
    at = start.byte
    kept: bytes | None = None
    while True:
        window.fill(at + READ_SIZE, at if keep_from is None or kept is not None else keep_from)
        block = window.between(at, at + READ_SIZE)
        found = block.find(b"\n") + 1
        at += found or len(block)
        if kept is None and at - start.byte > limits.MAX_ROW_BYTES:
            kept = b"" if keep_from is None else window.between(keep_from, at)
        if found or not block:
            return Stretch(Position(at, start.row + 1, start.line + 1), at, kept)


class _Unread:
    """What a window has from an offset on, as a stream, for as long as ``reader`` needs it."""

    def __init__(self, window: Window, at: int, keep_from: int | None) -> None:
        self.at = at
        self.reader: RecordReader | None = None
        self._told: bytes | None = None
        self._window = window
        self._keep_from = keep_from

    def read(self, size: int, /) -> bytes:
        reader = self.reader
        assert reader is not None  # it is set before the first byte is asked for
        if reader.skipping and self._told is None:
            self._told = self.told_by()
        keep_from = reader.byte if self._keep_from is None or self._told is not None else self._keep_from
        self._window.fill(self.at + size, keep_from)
        block = self._window.between(self.at, self.at + size)
        self.at += len(block)
        return block

    def told_by(self) -> bytes:
        """The bytes to be kept, up to where a row had shown that it is too long."""
        if self._told is not None:
            return self._told
        return b"" if self._keep_from is None else self._window.between(self._keep_from, self.at)
