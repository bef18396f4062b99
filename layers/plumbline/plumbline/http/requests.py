"""What may be sent: strict models of bodies, queries and headers."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from plumbline.access.scopes import SCOPES, Scope
from plumbline.errors import ValidationFailed
from plumbline.http.fields import Days, Id, Limit, MetricName, Time
from plumbline.http.filenames import ENDINGS, NAME_PATTERN, read_filename
from plumbline.http.limits import (
    DEFAULT_DAYS,
    DEFAULT_PAGE,
    MAX_CURSOR,
    MAX_FILENAME,
    MAX_KEY_NAME,
    MAX_METADATA_BYTES,
    MAX_METADATA_DEPTH,
    MAX_METADATA_ENTRIES,
    MAX_METADATA_KEY,
)
from plumbline.http.problems import json_kind, short
from plumbline.metrics import METRIC_NAME
from plumbline.models import ELEMENTS, AlertType, Element, Severity
from plumbline.own_metrics import MAX_METRIC_VALUE, MAX_METRICS, own_series
from plumbline.retention import MAX_DAYS, check_days


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, frozen=True, hide_input_in_errors=True
    )


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    entries = _count_entries(value, 1)
    if entries > MAX_METADATA_ENTRIES:
        raise ValueError(
            f"must have at most {MAX_METADATA_ENTRIES} entries, nested ones included; it has {entries}"
        )
    size = len(orjson.dumps(value))
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"must be at most {MAX_METADATA_BYTES} bytes as JSON; it is {size}")
    return value


def _count_entries(value: object, depth: int) -> int:
    if not isinstance(value, dict | list):
        return 0
    if depth > MAX_METADATA_DEPTH:
        raise ValueError(f"must be nested at most {MAX_METADATA_DEPTH} levels deep")
    if isinstance(value, list):
        return len(value) + sum(_count_entries(item, depth + 1) for item in value)
    for name in value:
        if not 1 <= len(name) <= MAX_METADATA_KEY:
            raise ValueError(f"must have names of 1 to {MAX_METADATA_KEY} characters; one has {len(name)}")
    return len(value) + sum(_count_entries(item, depth + 1) for item in value.values())


def _metrics(value: dict[str, float]) -> dict[str, float]:
    """The caller's own metrics by series name, none of them one that Plumbline measures."""
    if len(value) > MAX_METRICS:
        raise ValueError(f"must hold at most {MAX_METRICS} metrics; it holds {len(value)}")
    own: dict[str, float] = {}
    for name, number in value.items():
        try:
            found = own_series(name)
        except ValueError as error:
            raise ValueError(f"must not hold {short(name)!r}: {error}") from None
        if found in own:
            raise ValueError(f"holds {found} twice: a name without an element is about the output")
        own[found] = number
    return own


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {json_kind(value)}")  # noqa: TRY004 - pydantic wants ValueError
    if not -MAX_METRIC_VALUE <= value <= MAX_METRIC_VALUE:
        raise ValueError(f"must be between -{MAX_METRIC_VALUE:g} and {MAX_METRIC_VALUE:g}")
    return float(value)


_Number = Annotated[
    float,
    BeforeValidator(_finite),
    WithJsonSchema({"type": "number", "minimum": -MAX_METRIC_VALUE, "maximum": MAX_METRIC_VALUE}),
]


def _days_kept(value: object) -> int:
    if isinstance(value, float) and value.is_integer():  # to JSON, 30.0 is a whole number
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number of days, not {json_kind(value)}")  # noqa: TRY004 - as above
    check_days(value)
    return value


_DaysKept = Annotated[
    int, BeforeValidator(_days_kept), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_DAYS})
]

# What NUL and the rest do to texts, json_body.py says; these describe it in the API's documentation.
_NO_NUL = r"^[^\u0000]*$"
_METADATA_NAMES: JsonDict = {"minLength": 1, "maxLength": MAX_METADATA_KEY, "pattern": _NO_NUL}
_METRIC_NAMES: JsonDict = {"pattern": rf"^(?:(?:{'|'.join(ELEMENTS)})\.)?{METRIC_NAME}$"}
_Text = Annotated[str, WithJsonSchema({"type": "string", "pattern": _NO_NUL})]


class InteractionBody(_Strict):
    """A prompt and the model's answer to it."""

    input_text: _Text = Field(
        description="What the model was asked. May be empty.", examples=["What is a plumb line?"]
    )
    output_text: _Text = Field(
        description="What the model answered. May be empty.",
        examples=["A cord with a weight at its end, to find the vertical."],
    )
    metadata: Annotated[dict[str, Any], AfterValidator(_metadata)] | None = Field(
        None,
        description=f"Anything to find the interaction by again: at most {MAX_METADATA_ENTRIES} entries,"
        f" {MAX_METADATA_DEPTH} levels, {MAX_METADATA_BYTES} bytes as JSON.",
        examples=[{"model": "small-1", "user": "u-17"}],
        json_schema_extra={"maxProperties": MAX_METADATA_ENTRIES, "propertyNames": _METADATA_NAMES},
    )
    metrics: Annotated[dict[str, _Number], AfterValidator(_metrics)] | None = Field(
        None,
        description="Numbers of your own, judged like Plumbline's: about the output, or about the input where the"
        f" name begins with `input.`. At most {MAX_METRICS}, and none that Plumbline measures itself.",
        examples=[{"latency_ms": 812, "input.tokens": 6}],
        json_schema_extra={"maxProperties": MAX_METRICS, "propertyNames": _METRIC_NAMES},
    )
    created_at: Time | None = Field(
        None, description="When it happened, if not now: at the earliest 1970, at most 24 hours ahead."
    )
    retention_days: _DaysKept | None = Field(
        None,
        description=f"How long it is kept from now on, instead of what is set for all: 1 to {MAX_DAYS} days.",
        examples=[30],
    )


class ImportBody(_Strict):
    """A file that is to be uploaded."""

    filename: Annotated[str, AfterValidator(read_filename)] = Field(
        description=f"The file's name, without folders. Read are {', '.join(ENDINGS)}, and these with .gz behind.",
        examples=["history.csv.gz"],
        json_schema_extra={"maxLength": MAX_FILENAME, "pattern": NAME_PATTERN},
    )


def _name(value: str) -> str:
    if not (value.isprintable() and value == value.strip()):
        raise ValueError("must be visible characters, without spaces at its ends")
    return value


class KeyBody(_Strict):
    """A key that is to be made."""

    name: Annotated[str, AfterValidator(_name)] = Field(
        min_length=1, max_length=MAX_KEY_NAME, description="What it is for.", examples=["importer"]
    )
    scopes: list[Scope] = Field(
        min_length=1,
        max_length=len(SCOPES),
        description="What it may do: `ingest` writes interactions and files, `read` reads all that was recorded,"
        " `admin` is for keys, settings, deleting and redriving. None contains another.",
        examples=[["ingest", "read"]],
    )
    expires_at: Time | None = Field(None, description="When it ends; without it, it is good until it is revoked.")


class PageQuery(_Strict):
    """A page of a listing, newest first."""

    limit: Limit = Field(DEFAULT_PAGE, description="How many at most.")
    cursor: str | None = Field(
        None,
        description="The `next_cursor` of the page before. Good for 24 hours.",
        json_schema_extra={"minLength": 1, "maxLength": MAX_CURSOR, "pattern": "^[A-Za-z0-9_-]+$"},
    )


class AlertsQuery(PageQuery):
    """A page of alerts that match all filters given."""

    interaction_id: Id | None = Field(None, description="Alerts of this interaction.")
    alert_type: AlertType | None = Field(None, description="Alerts of this type.")
    severity: Severity | None = Field(None, description="Alerts of this severity.")
    element: Element | None = Field(None, description="Alerts on this element.")
    metric: MetricName | None = Field(None, description="Alerts on this metric, like `length`.")
    since: Time | None = Field(None, description="Alerts of interactions at or after this time.")
    until: Time | None = Field(None, description="Alerts of interactions before this time.")

    def check(self) -> None:
        """Raise ValidationFailed if the filters contradict each other."""
        if self.since and self.until and self.since > self.until:
            problem = "must not be after query.until"
            raise ValidationFailed(f"query.since {problem}", [("query.since", problem)])


class SeriesQuery(_Strict):
    """How much of a series."""

    days: Days = Field(DEFAULT_DAYS, description="How many days back from today.")
