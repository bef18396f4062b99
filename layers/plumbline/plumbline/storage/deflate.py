"""Bytes compressed from a preset dictionary.

One byte names the dictionary, a raw DEFLATE stream (RFC 1951) follows. The dictionary is what makes short values
compress at all; its name lets a better one come without touching what is stored.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def deflate(data: bytes, name: int, dictionary: bytes) -> bytes:
    """Compress with the dictionary of that name (0 to 255)."""
    compressor = zlib.compressobj(wbits=-15, zdict=dictionary)
    return bytes([name]) + compressor.compress(data) + compressor.flush()


def inflate(packed: bytes, dictionaries: Mapping[int, bytes]) -> bytes:
    """The inverse of :func:`deflate`.

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
