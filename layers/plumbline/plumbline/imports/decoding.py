"""The bytes of a file as UTF-8: unpacked, and from UTF-16, as a stream in flat memory.

All positions in a file (bytes, rows, lines) are positions in this stream. A byte order mark stays in it, as the
three bytes that it is in UTF-8.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from plumbline.errors import UnreadableFile
from plumbline.imports.gunzip import Gunzip
from plumbline.imports.lines import READ_SIZE

if TYPE_CHECKING:
    from plumbline.imports.lines import ByteStream

Compression = Literal["none", "gzip"]
Encoding = Literal["utf-8", "utf-16-le", "utf-16-be"]

MAX_DECODED_BYTES = 200 * 10**9
# What no UTF-8 contains: a row with it in is told to be no text.
_HALF_A_UNIT = b"\xff"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the bytes of a file become UTF-8. ``bom``: the file begins with a byte order mark."""

    compression: Compression = "none"
    encoding: Encoding = "utf-8"
    bom: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the file's bytes are UTF-8 already, so that every part of it can be read by itself."""
        return self.compression == "none" and self.encoding == "utf-8"


def decode(
    stream: ByteStream,
    decoding: Decoding,
    *,
    compressed_size: int | None = None,
    max_bytes: int = MAX_DECODED_BYTES,
) -> ByteStream:
    """The UTF-8 of a file's bytes; ``stream`` itself where they are that already.

    Invalid UTF-16 becomes bytes that are no UTF-8, at the same place: what reads rows rejects that row.

    Args:
        stream: the file from its first byte on.
        decoding: what the file is.
        compressed_size: how long the file is, if known; it is only told in messages.
        max_bytes: how much may come out.

    Raises:
        UnreadableFile: when reading comes to where gzip is damaged or breaks off, or to more than may come out.
    """
    if decoding.compression == "gzip":
        stream = Gunzip(stream, compressed_size=compressed_size, max_bytes=max_bytes)
    if decoding.encoding != "utf-8":
        stream = _FromUtf16(stream, decoding.encoding)
    return stream


def skip(stream: ByteStream, count: int) -> None:
    """Read over the next ``count`` bytes.

    Raises:
        UnreadableFile: there are fewer.
    """
    while count:
        block = stream.read(min(count, READ_SIZE))
        if not block:
            raise UnreadableFile("The file became shorter while it was read. Upload it again.")
        count -= len(block)


class _FromUtf16:
    """UTF-16 as UTF-8. A surrogate without its other half, or half a unit at the end, comes out as no UTF-8."""

    def __init__(self, stream: ByteStream, encoding: Encoding) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._odd = b""
        self._ready = b""
        self._ended = False

    def read(self, size: int, /) -> bytes:
        while not self._ready and not self._ended:
            self._ready = self._next()
        block, self._ready = self._ready[:size], self._ready[size:]
        return block

    def _next(self) -> bytes:
        # A unit of two bytes is at most three in UTF-8: what waits here stays below two blocks.
        block = self._odd + self._stream.read(READ_SIZE)
        if len(block) == len(self._odd):
            self._ended = True
            rest = _utf_8(self._decoder.decode(b"", final=True))
            return rest + _HALF_A_UNIT if self._odd else rest
        even = len(block) & ~1
        self._odd = block[even:]
        return _utf_8(self._decoder.decode(block[:even]))


def _utf_8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
