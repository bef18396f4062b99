"""The words of the domain, as plain immutable records.

Times are aware ``datetime`` objects in UTC. A *series* is a metric on an element, written
``element.metric`` (``output.length``). Ids are positive integers below 2**53, so that every JSON reader
keeps them exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Element = Literal["input", "output"]
AlertType = Literal["threshold", "outlier"]
Direction = Literal["above", "below"]
Severity = Literal["info", "warning", "critical"]
Sensitivity = Literal["low", "default", "high"]
ImportState = Literal["queued", "planning", "running", "stalled", "succeeded", "succeeded_with_problems", "failed"]

ENDED: tuple[ImportState, ...] = ("succeeded", "succeeded_with_problems", "failed")
ELEMENTS: tuple[Element, ...] = ("input", "output")
MAX_ID = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """The baseline that an outlier was held against.

    ``median``, ``lower_fence`` and ``upper_fence`` are values of the series (a fence is None where the
    baseline knows no bound on that side); ``count`` is how many values the baseline holds, ``z`` the robust
    distance of the value from the median in standard deviations of its own side, and ``tail`` the share of
    the baseline at least as extreme as the value. Between ``p5`` and ``p95`` lie nine tenths of the baseline's
    values (None in evidence that was kept before they were).
    """

    median: float
    lower_fence: float | None
    upper_fence: float | None
    count: int
    z: float
    tail: float
    p5: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to raise an alert, before there is an interaction to raise it on.

    ``rule`` is a number from 1 to 999 that is the same every time the same rule finds the same series
    wanting; ``bound`` is the threshold or fence that the value crossed in ``direction``.
    """

    rule: int
    alert_type: AlertType
    element: Element
    metric: str
    value: float
    direction: Direction
    bound: float
    baseline: Evidence | None = None
    severity: Severity = "warning"

    @property
    def series(self) -> str:
        return f"{self.element}.{self.metric}"


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding on a stored interaction, at the time of that interaction."""

    id: int
    interaction_id: int
    created_at: datetime
    finding: Finding


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an interaction's texts where they are redacted.

    ``counts`` says how many placeholders there are of each kind, ``metrics`` how many in input and output.
    """

    input: str
    output: str
    metadata: Mapping[str, Any]
    counts: Mapping[str, int]
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """What a caller hands in. ``metrics`` are the caller's own numbers, by series name.

    ``external_id`` is the caller's own id of it (1 to 200 characters): whoever hands in the same id again means
    the same interaction. At ``expires_at``, in whole seconds, it is gone; None is never. Its texts are
    measured; where they are redacted, ``kept`` is what is stored of them.
    """

    input: str
    output: str
    created_at: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    external_id: str | None = None
    expires_at: datetime | None = None
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Interaction:
    """An interaction as it is kept: texts, what was measured of them, and what that raised.

    At ``expires_at``, in whole seconds, it is gone; None is never. ``claim`` is where storage keeps that the
    caller's own id of it is taken.
    """

    id: int
    input: str
    output: str
    created_at: datetime
    metrics: Mapping[str, float]
    findings: tuple[Finding, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    import_id: int | None = None
    expires_at: datetime | None = None
    claim: int | None = None

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The interaction's alerts. Their ids derive from its own, so a retry raises the same ones."""
        return tuple(
            Alert(alert_id(self.id, finding.rule), self.id, self.created_at, finding) for finding in self.findings
        )


RULES_PER_INTERACTION = 1000
MAX_INTERACTION_ID = MAX_ID // RULES_PER_INTERACTION - 1


def alert_id(interaction_id: int, rule: int) -> int:
    """The id of the alert that rule number ``rule`` (1 to 999) raises on an interaction.

    >>> alert_id(7, 12)
    7012
    """
    return interaction_id * RULES_PER_INTERACTION + rule


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of a file that could not be used.

    ``row`` counts records as a spreadsheet does (the header is row 1), ``line`` is the line of the file on
    which the record starts (from 1; they differ after a quoted line break).
    """

    row: int
    line: int
    problem: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """One uploaded file and how far it has come.

    ``queued`` is an import that nobody has begun (``awaited`` while it is only announced, and nothing is known of
    its file), ``planning`` one whose file is still being cut into chunks (some of which may be done already),
    ``running`` one of which only chunks are left. Either is ``stalled`` while there are ``dead_chunks``: chunks
    that were tried in vain as often as the queue allows (0 stands for the plan).

    ``bytes_total`` counts bytes as they are read, which are more than ``size_bytes`` where a file is compressed,
    and is None until they are known. ``chunks`` are those planned so far, all of them once ``planned``;
    those up to number ``sent`` are known to have been sent to the queue. Of ``rows_stored``, ``rows_known`` had an
    id of the caller's under which a row was stored before. ``plan_failure`` is why no more of the file can be
    read; ``source`` is what it was recognised as.
    """

    id: int
    bucket: str
    key: str
    version: str
    filename: str
    state: ImportState
    created_at: datetime
    size_bytes: int | None = None
    bytes_total: int | None = None
    started_at: datetime | None = None
    progressed_at: datetime | None = None
    finished_at: datetime | None = None
    bytes_read: int = 0
    rows_read: int = 0
    rows_stored: int = 0
    rows_known: int = 0
    rows_rejected: int = 0
    alerts_raised: int = 0
    chunks: int = 0
    chunks_done: int = 0
    sent: int = 0
    planned: bool = False
    dead_chunks: frozenset[int] = frozenset()
    problems: tuple[Problem, ...] = ()
    failure: str | None = None
    plan_failure: str | None = None
    rejected_key: str | None = None
    source: str | None = None
    awaited: bool = False

    @property
    def ended(self) -> bool:
        return self.state in ENDED
