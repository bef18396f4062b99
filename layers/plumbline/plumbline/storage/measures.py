"""How an interaction's metrics are written: as a map of numbers, or packed.

A map spells out some ninety names and numbers, 2.6 KB, and is three quarters of what a short interaction costs.
Packed, in form 2, they are the JSON list of the values of :data:`SERIES_2` in that order, with what other series
there are as an object at its end; compressed, 0.2 KB. Form 1 was an object of names and values, twice as long.
"""

from __future__ import annotations

import base64
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from plumbline.storage.deflate import deflate_numbers, inflate
from plumbline.storage.dictionary import METRICS_1, SERIES_2
from plumbline.storage.numbers import storable, write_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_NAMED, _LISTED = 1, 2
_DICTIONARIES = {_NAMED: METRICS_1, _LISTED: b""}
_LISTED_NAMES = frozenset(SERIES_2)
_listed = itemgetter(*SERIES_2)  # of what Plumbline measures, which is nearly always all of them


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
    values: Sequence[float | None]
    try:
        values, absent = _listed(metrics), 0
    except KeyError:
        values = [*map(metrics.get, SERIES_2)]
        absent = values.count(None)
    data = orjson.dumps(values)
    if data.count(b"null") != absent:  # that is how orjson writes what is no number
        raise ValueError("a metric must be a finite number")
    data = data.replace(b".0,", b",")
    if len(metrics) != len(values) - absent:
        others = {name: storable(value) for name, value in metrics.items() if name not in _LISTED_NAMES}
        data = data[:-1] + b"," + orjson.dumps(others) + b"]"
    return deflate_numbers(data, _LISTED)


def read_measures(item: Mapping[str, Any]) -> dict[str, float]:
    """Metrics in any form, of an item of the table or of an image in its stream."""
    if "metrics" in item:
        return {name: float(value["N"]) for name, value in item["metrics"]["M"].items()}
    packed = item["measured"]["B"]
    if isinstance(packed, str):  # Lambda hands on a stream's images as JSON, where binary values are base64
        packed = base64.b64decode(packed)
    values = orjson.loads(inflate(packed, _DICTIONARIES))
    if isinstance(values, dict):
        named = values
    else:
        others = values.pop() if isinstance(values[-1], dict) else {}
        named = {name: value for name, value in zip(SERIES_2, values, strict=False) if value is not None} | others
    return {name: float(value) for name, value in named.items()}
