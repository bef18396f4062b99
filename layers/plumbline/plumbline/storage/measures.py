"""How an interaction's metrics are written: as a map of numbers, or packed.

A map spells out some ninety names and numbers, 2.6 KB, and is three quarters of what a short interaction costs.
Packed they are JSON, compressed to a fifth.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import orjson

from plumbline.storage.deflate import deflate, inflate
from plumbline.storage.dictionary import METRICS_1
from plumbline.storage.numbers import storable, write_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_NAME = 1
_DICTIONARIES = {1: METRICS_1}
_EXACT = 2.0**53


def write_map(metrics: Mapping[str, float]) -> AttributeValueTypeDef:
    """Metrics as a map in wire form.

    Raises:
        ValueError: a number that cannot be kept.
    """
    return {"M": {name: {"N": write_number(value)} for name, value in metrics.items()}}


def write_packed(metrics: Mapping[str, float]) -> AttributeValueTypeDef:
    """Metrics as one binary value in wire form.

    Raises:
        ValueError: a number that cannot be kept.
    """
    return {"B": deflate(orjson.dumps({name: _short(value) for name, value in metrics.items()}), _NAME, METRICS_1)}


def read_measures(item: Mapping[str, Any]) -> dict[str, float]:
    """Metrics in either form, of an item of the table or of an image in its stream."""
    if "metrics" in item:
        return {name: float(value["N"]) for name, value in item["metrics"]["M"].items()}
    packed = item["measured"]["B"]
    if isinstance(packed, str):  # Lambda hands on a stream's images as JSON, where binary values are base64
        packed = base64.b64decode(packed)
    return {name: float(value) for name, value in orjson.loads(inflate(packed, _DICTIONARIES)).items()}


def _short(value: float) -> float:
    value = float(storable(value))
    return int(value) if -_EXACT < value < _EXACT and value.is_integer() else value
