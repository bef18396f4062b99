"""The part of a stream that has been read and is still needed."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from plumbline.errors import PlumblineError, Unavailable

if TYPE_CHECKING:
    from plumbline.imports.lines import ByteStream

BLOCK = 1024 * 1024


class Window:
    """Bytes of a stream by their offset in the file, of which ``start`` is where the stream begins.

    However the stream's reads come, :meth:`fill` has as much as was asked for, or all up to the stream's end. A
    stream that cannot be read any further (a packed file that is damaged there) ends for the window with its last
    whole line; ``failure`` then says why.
    """

    def __init__(self, stream: ByteStream, start: int, block: int = BLOCK) -> None:
        self._stream = stream
        self._size = block
        self._blocks: deque[bytes] = deque()
        self._start = start
        self._end = start
        self._ended = False
        self.failure: PlumblineError | None = None

    @property
    def end(self) -> int:
        """The offset behind the last byte that has been read."""
        return self._end

    def fill(self, until: int, keep_from: int) -> None:
        """Read up to ``until``, or a little more; what precedes ``keep_from`` may be forgotten."""
        blocks = self._blocks
        while blocks and self._start + len(blocks[0]) <= keep_from:
            self._start += len(blocks.popleft())
        while self._end < until and not self._ended:
            block = self._read()
            if block:
                blocks.append(block)
                self._end += len(block)
        if self.failure is not None:
            self._drop_begun_line()

    def between(self, start: int, end: int) -> bytes:
        """The bytes of these offsets, as far as there are any."""
        parts: list[bytes] = []
        at = self._start
        for block in self._blocks:
            if at >= end:
                break
            if at + len(block) > start:
                parts.append(block[max(0, start - at) : end - at])
            at += len(block)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read(self) -> bytes:
        """The next block, shorter only at the stream's end."""
        parts: list[bytes] = []
        missing = self._size
        while missing > 0:
            try:
                part = self._stream.read(missing)
            except Unavailable:  # another attempt will read on
                raise
            except PlumblineError as error:
                self.failure = error
                part = b""
            if not part:
                self._ended = True
                break
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _drop_begun_line(self) -> None:
        """What the line that was begun would have gone on to say, nobody knows."""
        blocks = self._blocks
        while blocks:
            block = blocks.pop()
            self._end -= len(block)
            whole = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
            if whole:
                blocks.append(block[:whole])
                self._end += whole
                return
