"""What was found of what was planted, and what was found where nothing was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plumbline.alerts import Judge, Rules
from plumbline.baselines import Baselines, Sketches
from plumbline.metrics import measure, series

from benchmarks.accidents import GROSS, SUBTLE, Accident
from benchmarks.peers import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plumbline.baselines.baselines import Sensitivity

    from benchmarks.data import Pair

    Metrics = Mapping[str, float]
    Verdict = frozenset[str]  # the series in which a rule saw an outlier


@dataclass(slots=True)
class Score:
    """Counts over one or several runs."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    variants_planted: Counter[str] = field(default_factory=Counter)
    variants_found: Counter[str] = field(default_factory=Counter)
    clean: int = 0
    false_alarms: int = 0
    by_series: Counter[str] = field(default_factory=Counter)

    def add(self, verdicts: Sequence[Verdict], accidents: Mapping[int, Accident]) -> None:
        """Count one run: a verdict for every interaction, and where accidents were planted."""
        for position, verdict in enumerate(verdicts):
            accident = accidents.get(position)
            if accident is None:
                self.clean += 1
                self.false_alarms += bool(verdict)
                self.by_series.update(verdict)
            else:
                variant = f"{accident.kind}: {accident.variant}"
                self.planted[accident.kind] += 1
                self.variants_planted[variant] += 1
                self.found[accident.kind] += bool(verdict)
                self.variants_found[variant] += bool(verdict)

    def share(self, kinds: Iterable[str]) -> float:
        """Share of the accidents of these kinds that raised an alert."""
        names = list(kinds)
        planted = sum(self.planted[kind] for kind in names)
        return sum(self.found[kind] for kind in names) / planted if planted else float("nan")

    @property
    def gross(self) -> float:
        return self.share(GROSS)

    @property
    def per_thousand(self) -> float:
        """False alarms in 1,000 clean interactions."""
        return 1000 * self.false_alarms / self.clean

    def series_per_thousand(self) -> list[tuple[str, float]]:
        """Each series' own false alarms in 1,000 clean interactions, the worst first."""
        return [(name, 1000 * count / self.clean) for name, count in self.by_series.most_common()]

    def row(self, name: str) -> list[str]:
        """The score as cells of a table under :data:`COLUMNS`."""
        worst, rate = (self.series_per_thousand() or [("none", 0.0)])[0]
        shares = [f"{self.share([kind]):.0%}" for kind in (*GROSS, *SUBTLE)]
        return [name, f"{self.gross:.1%}", *shares, f"{self.per_thousand:.1f}", f"{rate:.1f} {worst}"]


COLUMNS = ["rule", "gross", *GROSS, *SUBTLE, "false alarms /1,000", "worst series /1,000"]


class Measured:
    """Metrics by interaction, each measured once."""

    def __init__(self) -> None:
        self._known: dict[Pair, Metrics] = {}

    def __call__(self, pairs: Iterable[Pair]) -> list[Metrics]:
        return [self._known.get(pair) or self._known.setdefault(pair, measure(*pair)) for pair in pairs]


def sketched(metrics: Iterable[Metrics]) -> Sketches:
    """The sketches of these interactions."""
    sketches = Sketches()
    sketches.add_many(metrics)
    return sketches


def ours(
    test: Sequence[Metrics], baselines: Sketches, sensitivity: Sensitivity = "default", *, counted: bool
) -> list[Verdict]:
    """Plumbline's verdicts, by its own rules without thresholds."""
    judge = Judge(Rules(), Baselines.fit(baselines, sensitivity), counted=counted)
    return [frozenset(finding.series for finding in judge.findings(values)) for values in test]


def imported(history: Sequence[Metrics], test: Sequence[Metrics], chunks: Sequence[int]) -> list[Verdict]:
    """Verdicts as an import gives them, in chunks of so many rows: each is judged by the history and itself."""
    return imported_at(("default",), history, test, chunks)["default"]


def imported_at(
    sensitivities: Iterable[Sensitivity],
    history: Sequence[Metrics],
    test: Sequence[Metrics],
    chunks: Sequence[int],
) -> dict[Sensitivity, list[Verdict]]:
    """The verdicts of an import at several sensitivities."""
    known, start = sketched(history), 0
    verdicts: dict[Sensitivity, list[Verdict]] = {sensitivity: [] for sensitivity in sensitivities}
    for size in chunks:
        chunk, start = test[start : start + size], start + size
        baselines = known.copy()
        baselines.merge(sketched(chunk))
        for sensitivity in verdicts:
            verdicts[sensitivity] += ours(chunk, baselines, sensitivity, counted=True)
    return verdicts


def peers(reference: Sequence[Metrics], test: Sequence[Metrics]) -> dict[str, list[Verdict]]:
    """The verdicts of the rules of others, on the same series, an alert where any series has an outlier."""
    columns: dict[str, list[float]] = {}
    for values in reference:
        for name, value in values.items():
            if series(name).outliers:
                columns.setdefault(name, []).append(value)
    verdicts: dict[str, list[Verdict]] = {}
    for rule, fit in RULES.items():
        usual = {name: fit(column) for name, column in columns.items() if len(column) > 1}
        verdicts[rule] = [
            frozenset(name for name, value in values.items() if name in usual and not usual[name].holds(value))
            for values in test
        ]
    return verdicts
