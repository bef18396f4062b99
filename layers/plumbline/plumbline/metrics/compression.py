"""How small a text becomes."""

from __future__ import annotations

import zlib

_LEVEL = 6
# Lengths below which zlib's window (as a power of 2) and memory level hold the whole text: the window less what
# zlib looks ahead, and no more symbols than go in one block.
_SMALL = ((1_700, 11, 5), (3_800, 12, 6))


def compressed_size(data: bytes) -> int:
    """Bytes that zlib makes of these at level 6.

    Whatever the text's length, zlib's usual tables take a quarter of a megabyte, which costs more to clear than a
    short text to compress, and drives all else out of the processor's cache. In smaller ones that the text fits
    into, the result is the same.
    """
    for length, window, memory in _SMALL:
        if len(data) < length:
            compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, window, memory)
            return len(compressor.compress(data)) + len(compressor.flush())
    return len(zlib.compress(data, _LEVEL))
