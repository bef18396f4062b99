"""Physical lines of a binary stream, with the bytes they came as."""

from __future__ import annotations

from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

READ_SIZE = 256 * 1024
# A line longer than this comes in pieces of one byte more, so that memory stays flat whatever a file holds.
MAX_LINE_BYTES = 16 * 1024 * 1024


class ByteStream(Protocol):
    """What can be read: an S3 object's body, an open file."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes, fewer if fewer are there, none at the end."""


class Lines:
    r"""The lines of a stream, each with its end (``\n``, ``\r\n`` or ``\r``); lines can be put back.

    Joined again they are the stream, byte for byte. ``head`` is what was read of the stream already.
    """

    def __init__(self, stream: ByteStream, head: bytes = b"", read_size: int = READ_SIZE) -> None:
        self._returned: deque[bytes] = deque()
        self._fresh = chain.from_iterable(_split(stream, head, read_size))

    def __iter__(self) -> Iterator[bytes]:
        """Like calling ``next`` until the end, but quicker: every byte of a file comes through here.

        What is put back later comes in the iterations that begin after that.
        """
        return chain(self._once_more(), self._fresh)

    def __next__(self) -> bytes:
        return self._returned.popleft() if self._returned else next(self._fresh)

    def _once_more(self) -> Iterator[bytes]:
        while self._returned:
            yield self._returned.popleft()

    def put_back(self, lines: Iterable[bytes]) -> None:
        """Let ``lines`` come next, in their order."""
        self._returned.extendleft(reversed(list(lines)))

    def peek(self, count: int, max_bytes: int) -> list[bytes]:
        """The next lines, which stay where they are: at most ``count``, and no more once past ``max_bytes``."""
        seen: list[bytes] = []
        size = 0
        for line in islice(self, count):
            seen.append(line)
            size += len(line)
            if size > max_bytes:
                break
        self.put_back(seen)
        return seen


def _split(stream: ByteStream, head: bytes, read_size: int) -> Iterator[list[bytes]]:
    """The lines, as many at once as a block has."""
    started: list[bytes] = []  # what has come of a line whose end has not
    size = 0
    block = head or stream.read(read_size)
    while block:
        started.append(block)
        size += len(block)
        if b"\n" in block or b"\r" in block or started[0].endswith(b"\r") or size > MAX_LINE_BYTES:
            joined = b"".join(started)
            started.clear()
            lines = joined.splitlines(keepends=True)
            del joined
            if size > MAX_LINE_BYTES:
                _divide(lines)
            # The last line may go on in the next block, and a "\r" at its end may be half of a "\r\n".
            if not block.endswith(b"\n"):
                started.append(lines.pop())
            size = sum(map(len, started))
            yield lines
            lines.clear()
        block = stream.read(read_size)
    if started:
        yield [b"".join(started)]


def _divide(lines: list[bytes]) -> None:
    """Divide the long ones in pieces: where follows from a line alone, never from how the stream's blocks come."""
    length = MAX_LINE_BYTES + 1
    pieces: list[bytes] = []
    for line in lines:
        start = 0
        # One byte more stays together, so that no "\r\n" is divided.
        while len(line) - start > length + 1:
            pieces.append(line[start : start + length])
            start += length
        pieces.append(line[start:] if start else line)
    lines[:] = pieces
