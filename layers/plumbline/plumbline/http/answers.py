"""What is answered, as models. They describe answers in the API's documentation; no answer passes through them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from plumbline.models import MAX_ID, AlertType, Direction, Element, ImportState, Sensitivity, Severity

_Id = Annotated[int, Field(ge=1, le=MAX_ID)]
_Count = Annotated[int, Field(ge=0)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Baseline(_Answer):
    """What an outlier's series usually looks like."""

    median: float
    lower_fence: float | None = Field(
        description="Values below it are outliers; null where there is no such bound."
    )
    upper_fence: float | None = Field(
        description="Values above it are outliers; null where there is no such bound."
    )
    count: _Count = Field(description="How many values the baseline holds.")
    z: float = Field(description="Distance of the value from the median, in standard deviations of its own side.")
    tail: float = Field(ge=0, le=1, description="Share of the baseline that is at least as extreme as the value.")
    p5: float | None = Field(
        description="The 5th percentile: together with p95 what is usual; null in old alerts."
    )
    p95: float | None = Field(description="The 95th percentile.")


class Alert(_Answer):
    """One reason why an interaction leans, with the evidence."""

    id: _Id
    interaction_id: _Id
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


class Interaction(_Answer):
    """An interaction as it is kept."""

    id: _Id
    input: str
    output: str
    created_at: datetime
    metrics: dict[str, float] = Field(description="By series: `input.length`, `output.length`, …")
    alerts: list[Alert]
    metadata: dict[str, Any]


class RowProblem(_Answer):
    """A row that could not be used."""

    row: int = Field(ge=1, description="Counted as a spreadsheet does: the header is row 1.")
    line: int = Field(ge=1, description="The line of the file on which the row starts.")
    column: str | None
    problem: str


class RejectedRows(_Answer):
    """Where the rows are that could not be used, in the file's own format."""

    s3: str
    url: str = Field(description="A download address that works for 15 minutes.")


class UploadForm(_Answer):
    """A form that uploads one file, and the import that begins when the file has arrived."""

    id: _Id = Field(description="The import's id.")
    url: str = Field(description="Where the form goes, as multipart/form-data.")
    fields: dict[str, str] = Field(description="The form's fields; the field `file` with the file comes last.")
    expires_at: datetime = Field(description="Until when the upload has to begin.")
    max_bytes: _Count = Field(description="How large the file may be.")
    curl: str = Field(
        description="The command that uploads the file from the folder it is in. Like the fields, it is for"
        " whoever is to upload this one file, and for nobody else."
    )


class Import(_Answer):
    """One file, and how far it has come."""

    id: _Id
    filename: str
    key: str = Field(description="The file's key in the uploads bucket.")
    state: ImportState
    created_at: datetime
    started_at: datetime | None
    progressed_at: datetime | None = Field(description="When the latest chunk was done.")
    finished_at: datetime | None
    size_bytes: _Count | None = Field(description="The file's size; null while it has not arrived.")
    bytes_total: _Count | None = Field(
        description="How many bytes there are to read, unpacked and as UTF-8; null until that is known."
    )
    bytes_read: _Count = Field(description="How many of them are done.")
    progress: float | None = Field(ge=0, le=1, description="The share that is done; null until it is known.")
    chunks: _Count = Field(description="Into how many chunks the file was cut so far.")
    chunks_done: _Count
    rows_read: _Count
    rows_stored: _Count
    rows_known: _Count = Field(
        description="How many of the rows stored have an id of the caller's under which one was stored before and"
        " is replaced."
    )
    rows_rejected: _Count
    rows_per_second: float | None = Field(ge=0, description="Null until the first chunk is done.")
    alerts_raised: _Count
    problems: list[RowProblem] = Field(
        max_length=100, description="The first hundred of the rows that could not be used."
    )
    failure: str | None = Field(description="Why nothing could be imported, in state `failed`.")
    stalled: str | None = Field(description="Why the import does not go on by itself, in state `stalled`.")
    rejected_rows: RejectedRows | None = Field(description="Null where there are none, or not yet.")


class Redrive(_Answer):
    """What is done once more."""

    id: _Id
    chunks: _Count = Field(
        description="How many of the chunks planned so far are not done, and are sent once more."
    )


class Threshold(_Answer):
    """A bound whose crossing raises an alert."""

    direction: Direction
    bound: float
    severity: Severity


class Outliers(_Answer):
    """How outliers are looked for."""

    sensitivity: Sensitivity
    severity: Severity


class _Statistics(_Answer):
    count: _Count
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


class _Series(_Answer):
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


class Bucket(_Answer):
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


class Health(_Answer):
    """The service works."""

    status: Literal["ok"]


class FieldProblem(_Answer):
    """What was wrong where."""

    field: str = Field(examples=["body.input_text"])
    problem: str = Field(examples=["is required"])


class _Success(_Answer):
    success: Literal[True]
    message: str


class InteractionAnswer(_Success):
    """One interaction."""

    data: Interaction


class InteractionsAnswer(_Success):
    """A page of interactions, newest first."""

    data: list[Interaction]
    next_cursor: str = Field("", description="Where the next page begins; absent on the last one.")


class AlertsAnswer(_Success):
    """A page of alerts, newest first."""

    data: list[Alert]
    next_cursor: str = Field("", description="Where the next page begins; absent on the last one.")


class MetricsAnswer(_Success):
    """Every series."""

    data: list[Series]


class MetricAnswer(_Success):
    """One series."""

    data: SeriesByDay


class ImportAnswer(_Success):
    """One import."""

    data: Import


class ImportsAnswer(_Success):
    """A page of imports, newest first."""

    data: list[Import]
    next_cursor: str = Field("", description="Where the next page begins; absent on the last one.")


class UploadAnswer(_Success):
    """The file was taken; the header Location says where its import is."""

    data: None


class RedriveAnswer(_Success):
    """What is missing is on its way once more."""

    data: Redrive


class UploadFormAnswer(_Success):
    """Where the file goes; the header Location says where its import is."""

    data: UploadForm


class HealthAnswer(_Success):
    """The service works."""

    data: Health


class ErrorAnswer(_Answer):
    """What was wrong, and where."""

    success: Literal[False]
    data: list[FieldProblem]
    message: str
