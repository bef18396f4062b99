"""How an interaction's metrics are written: as a map of numbers, or packed.

A map spells out some ninety names and numbers, 2.6 KB, and is three quarters of what a short interaction costs.
Packed they are the values of :data:`SERIES_1` in that order, as in a JSON list in which nothing stands for one
that is not there; with two of its characters to a byte, which is smaller than DEFLATE makes them, at a fourth of
its work. What other series there are follows as a JSON object.
"""

from __future__ import annotations

import base64
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from plumbline.storage.dictionary import SERIES_1, USUAL
from plumbline.storage.numbers import storable, write_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_FORM = b"\x01"
_LENGTH_BYTES = 2
_LISTED_NAMES = frozenset(SERIES_1)
_usual = itemgetter(*USUAL)
# The characters of numbers are fourteen; two more stand for what is frequent.
_CHARACTERS, _HALVES = b"0123456789,.-e+f", b"0123456789abcdef"
_TO_HALVES, _FROM_HALVES = bytes.maketrans(_CHARACTERS, _HALVES), bytes.maketrans(_HALVES, _CHARACTERS)
_ZEROS, _FOR_ZEROS = b"0,0,0,0,", b"+"
_POINT, _FOR_POINT = b",0.", b"f"


def write_map(metrics: Mapping[str, float]) -> AttributeValueTypeDef:
    """Metrics as a map in wire form.

    Raises:
        ValueError: a number that cannot be kept.
    """
    return {"M": {name: {"N": write_number(value)} for name, value in metrics.items()}}


def write_packed(metrics: Mapping[str, float]) -> bytes:
    """Metrics as one binary value.

    Raises:
        ValueError: a number that cannot be kept.
    """
    values, absent = _listed(metrics)
    data = orjson.dumps(values)
    if data.count(b"null") != absent:  # that is how orjson writes what is no number
        raise ValueError("a metric must be a finite number")
    listed = _halve(data.replace(b".0,", b",").replace(b"null", b"").replace(b"e+", b"e")[1:-1])
    head = _FORM + len(listed).to_bytes(_LENGTH_BYTES, "big")
    if len(metrics) == len(values) - absent:
        return head + listed
    others = {name: storable(value) for name, value in metrics.items() if name not in _LISTED_NAMES}
    return head + listed + orjson.dumps(others)


def _listed(metrics: Mapping[str, float]) -> tuple[Sequence[float | None], int]:
    """The values of :data:`SERIES_1`, and how many of them there are not."""
    if len(metrics) == len(USUAL):
        try:
            return _usual(metrics), 0
        except KeyError:
            pass
    values = [*map(metrics.get, SERIES_1)]
    return values, values.count(None)


def read_measures(item: Mapping[str, Any]) -> dict[str, float]:
    """Metrics in either form, of an item of the table or of an image in its stream.

    Raises:
        ValueError: packed by a later version of Plumbline.
    """
    if "metrics" in item:
        return {name: float(value["N"]) for name, value in item["metrics"]["M"].items()}
    packed = item["measured"]["B"]
    if isinstance(packed, str):  # Lambda hands on a stream's images as JSON, where binary values are base64
        packed = base64.b64decode(packed)
    packed = bytes(packed)
    if not packed.startswith(_FORM):
        raise ValueError("these metrics are packed in a form that this version of Plumbline does not know")
    begins = len(_FORM) + _LENGTH_BYTES
    ends = begins + int.from_bytes(packed[len(_FORM) : begins], "big")
    values = _whole(packed[begins:ends]).split(b",")
    named = {name: float(value) for name, value in zip(SERIES_1, values, strict=False) if value}
    if ends < len(packed):
        named.update((name, float(value)) for name, value in orjson.loads(packed[ends:]).items())
    return named


def _halve(numbers: bytes) -> bytes:
    """Numbers and commas, two characters to a byte."""
    numbers = numbers.replace(_ZEROS, _FOR_ZEROS).replace(_POINT, _FOR_POINT)
    if len(numbers) % 2:
        numbers += b","
    return bytes.fromhex(numbers.translate(_TO_HALVES).decode())


def _whole(halved: bytes) -> bytes:
    """The inverse of :func:`_halve`, but for a comma at the end."""
    numbers = halved.hex().encode().translate(_FROM_HALVES)
    return numbers.replace(_FOR_POINT, _POINT).replace(_FOR_ZEROS, _ZEROS)
