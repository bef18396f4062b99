"""Streams for tests of what reads them."""

from __future__ import annotations

import io


class Dribble:
    """A stream that gives at most ``size`` bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._file = io.BytesIO(data)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, self._size))
