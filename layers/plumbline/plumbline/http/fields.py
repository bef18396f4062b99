"""How single values are read from a request: each reader returns the value or says what would be right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from plumbline.http.limits import DEFAULT_DAYS, DEFAULT_PAGE, MAX_IDEMPOTENCY_KEY, MAX_PAGE
from plumbline.models import MAX_ID
from plumbline.series_history import MOST_DAYS
from plumbline.times import parse_time

if TYPE_CHECKING:
    from datetime import datetime as datetime_type
else:
    from datetime import datetime as datetime_type

_WHOLE = re.compile(r"[0-9]{1,17}", re.ASCII)
_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
# "+" in an address means a space unless it is written %2B: an offset that went through that is still plain.
_SPACED_OFFSET = re.compile(r" (?=\d{2}:\d{2}\Z)", re.ASCII)
_METRIC = re.compile(r"(?!(input|output)\.)[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]+")


def read_id(value: object) -> int:
    """A positive whole number below 2**53, as it stands in an address."""
    if isinstance(value, str) and _WHOLE.fullmatch(value) and 1 <= int(value) <= MAX_ID:
        return int(value)
    raise ValueError(f"must be a whole number from 1 to {MAX_ID}")


def read_limit(value: object) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value) and 1 <= int(value) <= MAX_PAGE:
        return int(value)
    raise ValueError(f"must be a whole number from 1 to {MAX_PAGE}")


def read_days(value: object) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value) and 1 <= int(value) <= MOST_DAYS:
        return int(value)
    raise ValueError(f"must be a whole number from 1 to {MOST_DAYS}")


def read_time(value: object) -> datetime_type:
    """An RFC 3339 time with its offset."""
    if isinstance(value, str):
        text = _SPACED_OFFSET.sub("+", value).upper()
        if _RFC_3339.fullmatch(text):
            try:
                return parse_time(text)
            except (ValueError, OverflowError):
                pass
    raise ValueError("must be an RFC 3339 time with its offset, like 2026-01-31T09:30:00Z")


def read_metric_name(value: object) -> str:
    """The name of a metric, without its element."""
    if isinstance(value, str) and _METRIC.fullmatch(value):
        return value
    raise ValueError("must be the name of a metric, like length; the element is a filter of its own")


def read_idempotency_key(value: object) -> str:
    if isinstance(value, str) and len(value) <= MAX_IDEMPOTENCY_KEY and _KEY.fullmatch(value):
        return value
    raise ValueError(f"must be 1 to {MAX_IDEMPOTENCY_KEY} visible ASCII characters, like a UUID")


_TIME_SCHEMA = {"type": "string", "format": "date-time", "examples": ["2026-01-31T09:30:00Z"]}

Id = Annotated[int, BeforeValidator(read_id), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_ID})]
Limit = Annotated[
    int,
    BeforeValidator(read_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}),
]
Days = Annotated[
    int,
    BeforeValidator(read_days),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": DEFAULT_DAYS}),
]
Time = Annotated[datetime_type, PlainValidator(read_time), WithJsonSchema(_TIME_SCHEMA)]
MetricName = Annotated[
    str, BeforeValidator(read_metric_name), WithJsonSchema({"type": "string", "pattern": f"^{_METRIC.pattern}$"})
]
IdempotencyKey = Annotated[
    str,
    BeforeValidator(read_idempotency_key),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY, "pattern": r"^[!-~]+$"}),
]
