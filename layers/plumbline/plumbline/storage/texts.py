"""How an interaction's texts are packed: small ones as they are, larger ones compressed.

A packed body is one version byte and a raw DEFLATE stream (RFC 1951) of the texts' lengths and the texts.
The stream starts from a preset dictionary, which is what makes short texts compress at all; the version
byte names the dictionary, so that a better one can come without touching what is stored.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from plumbline.storage.dictionary import DICTIONARY_1

_VERSION = 1
_DICTIONARIES = {1: DICTIONARY_1}
_LENGTH_BYTES = 4


class Body(NamedTuple):
    """Everything of an interaction that may be long; ``metadata`` is JSON, empty where there is none."""

    input: str
    output: str
    metadata: str


def pack(body: Body) -> bytes:
    """A body as one compressed value."""
    parts = [part.encode() for part in body]
    lengths = b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") for part in parts[:2])
    compressor = zlib.compressobj(wbits=-15, zdict=_DICTIONARIES[_VERSION])
    return bytes([_VERSION]) + compressor.compress(lengths + b"".join(parts)) + compressor.flush()


def unpack(packed: bytes) -> Body:
    """The inverse of :func:`pack`.

    Raises:
        ValueError: packed by a later version of Plumbline, or damaged.
    """
    dictionary = _DICTIONARIES.get(packed[0]) if packed else None
    if dictionary is None:
        raise ValueError("these texts were packed in a form that this version of Plumbline does not know")
    decompressor = zlib.decompressobj(wbits=-15, zdict=dictionary)
    try:
        data = decompressor.decompress(packed[1:])
    except zlib.error as error:
        raise ValueError("these packed texts are damaged") from error
    start = 2 * _LENGTH_BYTES
    first = start + int.from_bytes(data[:_LENGTH_BYTES], "big")
    second = first + int.from_bytes(data[_LENGTH_BYTES:start], "big")
    if not decompressor.eof or second > len(data):
        raise ValueError("these packed texts are damaged")
    return Body(data[start:first].decode(), data[first:second].decode(), data[second:].decode())
