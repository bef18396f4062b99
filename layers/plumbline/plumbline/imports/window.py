"""The part of a stream that has been read and is still needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plumbline.imports.lines import ByteStream


class Window:
    """Bytes of a stream by their offset in the file, of which ``start`` is where the stream begins.

    However the stream's reads come, :meth:`fill` has as much as was asked for, or all up to the stream's end.
    """

    def __init__(self, stream: ByteStream, start: int, read_ahead: int) -> None:
        self._stream = stream
        self._read_ahead = read_ahead
        self._data = b""
        self._start = start
        self._ended = False

    @property
    def end(self) -> int:
        """The offset behind the last byte that has been read."""
        return self._start + len(self._data)

    def fill(self, until: int, keep_from: int) -> None:
        """Read up to ``until``, or a little more; what precedes ``keep_from`` may be forgotten."""
        missing = until - self.end
        if missing <= 0 or self._ended:
            return
        missing += self._read_ahead
        parts = [self.between(keep_from, self.end)]
        self._start = min(keep_from, self.end)
        self._data = b""
        while missing > 0:
            part = self._stream.read(missing)
            if not part:
                self._ended = True
                break
            parts.append(part)
            missing -= len(part)
        self._data = b"".join(parts)

    def between(self, start: int, end: int) -> bytes:
        """The bytes of these offsets, as far as there are any."""
        return self._data[max(0, start - self._start) : max(0, end - self._start)]
