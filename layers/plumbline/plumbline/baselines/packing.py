"""Sketches as bytes.

The first byte is the version of the format. The rest, compressed by zlib, is for each series in the order of
its name: the name, unit, least and greatest value, sum, and the buckets as distances from the one before
with their counters. Whole numbers are written seven bits a byte (LEB128; signed ones folded onto the
naturals by zigzag), so that a series of a day takes some 100 to 200 bytes.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from plumbline.baselines.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 1
_DOUBLES = struct.Struct("<3d")


def pack(sketches: Iterable[tuple[str, Sketch]]) -> bytes:
    """The sketches as bytes. The same sketches always give the same bytes."""
    out = bytearray()
    for name, sketch in sorted(sketches):
        encoded = name.encode()
        _write(out, len(encoded))
        out += encoded
        out += _DOUBLES.pack(sketch.unit, sketch.min, sketch.max)
        _write(out, _zigzag(sketch.total))
        _write(out, len(sketch.buckets))
        previous = 0
        for place in sorted(sketch.buckets):
            _write(out, _zigzag(place - previous))
            _write(out, sketch.buckets[place])
            previous = place
    return bytes([VERSION]) + zlib.compress(bytes(out))


def unpack(packed: bytes) -> dict[str, Sketch]:
    """The inverse of :func:`pack`.

    Raises:
        ValueError: these are not packed sketches, or are of a version that this release does not know.
    """
    if not packed or packed[0] != VERSION:
        raise ValueError("these sketches are of a version that this release cannot read")
    try:
        return _read_all(zlib.decompress(packed[1:]))
    except (zlib.error, IndexError, struct.error, UnicodeDecodeError) as error:
        raise ValueError("these bytes are no sketches") from error


def _read_all(data: bytes) -> dict[str, Sketch]:
    sketches: dict[str, Sketch] = {}
    at = 0
    while at < len(data):
        length, at = _read(data, at)
        name = data[at : at + length].decode()
        at += length
        unit, least, most = _DOUBLES.unpack_from(data, at)
        at += _DOUBLES.size
        total, at = _read(data, at)
        size, at = _read(data, at)
        buckets, at = _read_buckets(data, at, size)
        sketches[name] = Sketch.restore(unit, buckets, least, most, _unzigzag(total))
    return sketches


def _read_buckets(data: bytes, at: int, size: int) -> tuple[dict[int, int], int]:
    place = 0
    buckets = {}
    for _ in range(size):
        step = data[at]
        at += 1
        if step > 0x7F:
            step, at = _read(data, at - 1)
        place += -(step + 1) // 2 if step & 1 else step // 2
        count = data[at]
        at += 1
        if count > 0x7F:
            count, at = _read(data, at - 1)
        buckets[place] = count
    return buckets, at


def _write(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _read(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while data[at] > 0x7F:
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
    return number | data[at] << shift, at + 1


def _zigzag(number: int) -> int:
    return 2 * number if number >= 0 else -2 * number - 1


def _unzigzag(number: int) -> int:
    return -(number + 1) // 2 if number & 1 else number // 2
