"""Bytes compressed from a preset dictionary.

One byte names the dictionary, a raw DEFLATE stream (RFC 1951) follows. The dictionary is what makes short values
compress at all; its name lets a better one come without touching what is stored.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Most values are short. To make a compressor and have it take in the dictionary costs more than to compress one,
# so it is made once and copied; small tables make that copy a small one, which leaves the processor's cache to
# others. These are lengths up to which a window (as a power of 2) and a memory level do. In the first window the
# dictionary's beginning, where the rarest stands, goes out of sight towards the end of a value.
_SMALL = ((4_096, 13, 7), (9_000, 14, 8))


def deflate(data: bytes, name: int, dictionary: bytes) -> bytes:
    """Compress with the dictionary of that name (0 to 255)."""
    for length, window, memory in _SMALL:
        if len(data) <= length:
            compressor = _prepared(dictionary, window, memory).copy()
            break
    else:
        compressor = zlib.compressobj(wbits=-15, zdict=dictionary)
    return bytes([name]) + compressor.compress(data) + compressor.flush()


def deflate_numbers(data: bytes, name: int) -> bytes:
    """Compress a kilobyte of numbers, which repeat themselves near by if at all, without a dictionary.

    zlib's usual tables would take longer to clear than these to compress.
    """
    compressor = zlib.compressobj(level=4, wbits=-10, memLevel=4)
    return bytes([name]) + compressor.compress(data) + compressor.flush()


def inflate(packed: bytes, dictionaries: Mapping[int, bytes]) -> bytes:
    """The inverse of both; a dictionary that is empty stands for none.

    Raises:
        ValueError: packed with a dictionary that is not among these, or damaged.
    """
    dictionary = dictionaries.get(packed[0]) if packed else None
    if dictionary is None:
        raise ValueError("this was packed in a form that this version of Plumbline does not know")
    decompressor = zlib.decompressobj(wbits=-15, zdict=dictionary)
    try:
        data = decompressor.decompress(packed[1:])
    except zlib.error as error:
        raise ValueError("what was packed here is damaged") from error
    if not decompressor.eof:
        raise ValueError("what was packed here is damaged")
    return data


@cache
def _prepared(dictionary: bytes, window: int, memory: int) -> zlib._Compress:
    return zlib.compressobj(wbits=-window, memLevel=memory, zdict=dictionary)
