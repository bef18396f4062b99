"""How an interaction's texts are packed: their lengths and the texts, compressed."""

from __future__ import annotations

from typing import NamedTuple

from plumbline.storage.deflate import deflate, inflate
from plumbline.storage.dictionary import DICTIONARY_1

_NAME = 1
_DICTIONARIES = {1: DICTIONARY_1}
_LENGTH_BYTES = 4


class Body(NamedTuple):
    """Everything of an interaction that may be long; ``metadata`` is JSON, empty where there is none."""

    input: str
    output: str
    metadata: str


def pack(body: Body) -> bytes:
    """A body as one compressed value."""
    one, other = body.input.encode(), body.output.encode()
    lengths = len(one).to_bytes(_LENGTH_BYTES, "big") + len(other).to_bytes(_LENGTH_BYTES, "big")
    return deflate(lengths + one + other + body.metadata.encode(), _NAME, _DICTIONARIES[_NAME])


def unpack(packed: bytes) -> Body:
    """The inverse of :func:`pack`.

    Raises:
        ValueError: packed by a later version of Plumbline, or damaged.
    """
    data = inflate(packed, _DICTIONARIES)
    start = 2 * _LENGTH_BYTES
    first = start + int.from_bytes(data[:_LENGTH_BYTES], "big")
    second = first + int.from_bytes(data[_LENGTH_BYTES:start], "big")
    return Body(data[start:first].decode(), data[first:second].decode(), data[second:].decode())
