"""How an interaction's texts are packed: their lengths and the texts, as a Zstandard frame (RFC 8878).

Short texts only become much shorter from a preset dictionary. One byte names it, so that a better one can come
without touching what is stored; it stands in the place of the frame's magic number, which is always the same.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from plumbline.storage.dictionary import DICTIONARY_1

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = 1
_DICTIONARIES: Mapping[int, bytes] = {1: DICTIONARY_1}
_LENGTH_BYTES = 4
_MAGIC = bytes.fromhex("28b52ffd")
_LEVEL = 3
# What the frame's header can say is known already: the dictionary by its name, the size by the lengths.
_OPTIONS: Mapping[int, int] = {
    zstd.CompressionParameter.compression_level: _LEVEL,
    zstd.CompressionParameter.content_size_flag: 0,
    zstd.CompressionParameter.dict_id_flag: 0,
}


class Body(NamedTuple):
    """Everything of an interaction that may be long; ``metadata`` is JSON, empty where there is none."""

    input: str
    output: str
    metadata: str


def pack(body: Body) -> bytes:
    """A body as one compressed value."""
    one, other = body.input.encode(), body.output.encode()
    lengths = len(one).to_bytes(_LENGTH_BYTES, "big") + len(other).to_bytes(_LENGTH_BYTES, "big")
    frame = _compressor().compress(lengths + one + other + body.metadata.encode(), zstd.ZstdCompressor.FLUSH_FRAME)
    return bytes([_NAME]) + frame.removeprefix(_MAGIC)


def unpack(packed: bytes) -> Body:
    """The inverse of :func:`pack`.

    Raises:
        ValueError: packed by a later version of Plumbline, or damaged.
    """
    if not packed or packed[0] not in _DICTIONARIES:
        raise ValueError("this was packed in a form that this version of Plumbline does not know")
    decompressor = zstd.ZstdDecompressor(_dictionary(packed[0]))
    try:
        data = decompressor.decompress(_MAGIC + packed[1:])
    except zstd.ZstdError as error:
        raise ValueError("what was packed here is damaged") from error
    if not decompressor.eof or decompressor.unused_data:
        raise ValueError("what was packed here is damaged")
    start = 2 * _LENGTH_BYTES
    first = start + int.from_bytes(data[:_LENGTH_BYTES], "big")
    second = first + int.from_bytes(data[_LENGTH_BYTES:start], "big")
    return Body(data[start:first].decode(), data[first:second].decode(), data[second:].decode())


@cache
def _dictionary(name: int) -> zstd.ZstdDict:
    return zstd.ZstdDict(_DICTIONARIES[name])


@cache
def _compressor() -> zstd.ZstdCompressor:
    # One for the process: to make one takes longer than to compress a text. It locks itself while it is used.
    return zstd.ZstdCompressor(options=_OPTIONS, zstd_dict=_dictionary(_NAME).as_digested_dict)
