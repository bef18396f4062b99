"""What is answered, as models. They describe answers in the API's documentation; no answer passes through them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from plumbline.models import MAX_ID, AlertType, Direction, Element, Sensitivity, Severity

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Count = Annotated[int, Field(ge=0)]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Baseline(Answer):
    """What an outlier's series usually looks like."""

    median: float
    lower_fence: float | None = Field(
        description="Values below it are outliers; null where there is no such bound."
    )
    upper_fence: float | None = Field(
        description="Values above it are outliers; null where there is no such bound."
    )
    count: Count = Field(description="How many values the baseline holds.")
    z: float = Field(description="Distance of the value from the median, in standard deviations of its own side.")
    tail: float = Field(ge=0, le=1, description="Share of the baseline that is at least as extreme as the value.")
    p5: float | None = Field(
        description="The 5th percentile: together with p95 what is usual; null in old alerts."
    )
    p95: float | None = Field(description="The 95th percentile.")


class Alert(Answer):
    """One reason why an interaction leans, with the evidence."""

    id: Id
    interaction_id: Id
    alert_type: AlertType
    severity: Severity = Field(description="As the rule says that raised it; `warning` where it says nothing.")
    element: Element
    metric: str
    metric_value: float
    created_at: datetime = Field(description="The interaction's time.")
    direction: Direction
    bound: float = Field(description="The threshold or fence that the value crossed.")
    explanation: str = Field(
        description="Why, in one sentence.",
        examples=[
            "output.words 4,000 is far above its usual 7 to 812 (median 41 of 1,204 values; none is this high)"
        ],
    )
    baseline: Baseline | None = Field(description="What an outlier was held against; null for a threshold.")


class Interaction(Answer):
    """An interaction as it is kept."""

    id: Id
    input: str
    output: str
    created_at: datetime
    metrics: dict[str, float] = Field(description="By series: `input.length`, `output.length`, …")
    alerts: list[Alert]
    metadata: dict[str, Any]
    expires_at: datetime | None = Field(description="When it is removed by itself; null for never.")


class Threshold(Answer):
    """A bound whose crossing raises an alert."""

    direction: Direction
    bound: float
    severity: Severity


class Outliers(Answer):
    """How outliers are looked for."""

    sensitivity: Sensitivity
    severity: Severity


class _Statistics(Answer):
    count: Count
    min: float | None = Field(description="Null, like all of these, where there is no value.")
    max: float | None
    mean: float | None
    p5: float | None = Field(
        description="Quantiles are off by at most 2.5 %, or by half a unit where that is more."
    )
    p50: float | None
    p95: float | None
    p99: float | None
    share_alerting: float | None = Field(
        ge=0,
        le=1,
        description="The share of these values that would raise an alert if they came now: by the rules and fences"
        " of now, not by those of their time.",
    )


class _Series(Answer):
    name: str = Field(examples=["output.length"])
    element: Element
    metric: str
    meaning: str | None = Field(description="Null for a metric of the callers' own.")
    unit: float = Field(description="The smallest step that means something.")
    flag: bool = Field(description="Whether its values are 0 and 1 only.")
    state: Literal["learning", "ready"] = Field(
        description="Outliers are found from 30 values on; until then it is learning."
    )
    lower_fence: float | None = Field(description="Values at or below it are outliers; null where there is none.")
    upper_fence: float | None = Field(description="Values at or above it are outliers; null where there is none.")
    outliers: Outliers | None = Field(description="Null where outliers are not looked for.")
    thresholds: list[Threshold]


class Series(_Statistics, _Series):
    """A series over the days that baselines are made of."""


class Bucket(Answer):
    """One bar of a histogram."""

    low: float
    high: float
    count: int = Field(ge=1)


class _Distribution(_Statistics):
    buckets: list[Bucket] = Field(description="From the lowest to the highest; between them there is nothing.")


class SeriesTotal(_Distribution):
    """All of the days asked for."""


class SeriesDay(_Distribution):
    """One day of a series, of UTC."""

    day: date


class SeriesByDay(_Series):
    """A series day by day."""

    total: SeriesTotal
    days: list[SeriesDay] = Field(description="The oldest first, today last; those without values too.")


class Health(Answer):
    """The service works."""

    status: Literal["ok"]
    version: str = Field(description="Which version of Plumbline runs.", examples=["0.1.0"])


class FieldProblem(Answer):
    """What was wrong where."""

    field: str = Field(examples=["body.input_text"])
    problem: str = Field(examples=["is required"])


class Success(Answer):
    success: Literal[True]
    message: str


class InteractionAnswer(Success):
    """One interaction."""

    data: Interaction


class InteractionsAnswer(Success):
    """A page of interactions, newest first."""

    data: list[Interaction]
    next_cursor: str = Field("", description="Where the next page begins; absent on the last one.")


class RemovedAnswer(Success):
    """It has been removed."""

    data: None


class AlertsAnswer(Success):
    """A page of alerts, newest first."""

    data: list[Alert]
    next_cursor: str = Field("", description="Where the next page begins; absent on the last one.")


class MetricsAnswer(Success):
    """Every series."""

    data: list[Series]


class MetricAnswer(Success):
    """One series."""

    data: SeriesByDay


class HealthAnswer(Success):
    """The service works."""

    data: Health


class ErrorAnswer(Answer):
    """What was wrong, and where."""

    success: Literal[False]
    data: list[FieldProblem]
    message: str
