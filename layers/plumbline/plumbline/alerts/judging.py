"""Numbers in, alerts out."""

from __future__ import annotations

from math import inf, nextafter
from operator import attrgetter
from typing import TYPE_CHECKING

from plumbline.metrics import SERIES, series
from plumbline.models import Evidence, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plumbline.alerts.rules import Rules, Threshold
    from plumbline.baselines import Baseline, Baselines
    from plumbline.metrics import ValueTable
    from plumbline.models import Direction, Severity

# A rule's number is its series' number times four plus its kind. Plumbline's own series have the numbers 1 to
# 124 (rules 4 to 499); the series that a caller brings with an interaction are numbered from 125 in the order
# of their names (rules 500 to 999), so the numbers are the same on every retry of that interaction.
KINDS = 4
OUTLIER, ABOVE, BELOW = range(3)
FIRST_OWN = 125
MOST_OWN_SERIES = 125
_REMEMBERED = 10_000
_RULE = attrgetter("rule")


def judge(
    metrics: Mapping[str, float], rules: Rules, baselines: Baselines, *, counted: bool = False
) -> tuple[Finding, ...]:
    """What is wrong with an interaction's values, by rule number.

    ``counted`` says that the baselines hold these values already, as in an import that is judged by its own
    rows too: each value is then judged by all the others.

    Raises:
        ValueError: the interaction has more than 125 series of the caller's own.
    """
    return Judge(rules, baselines, counted=counted).findings(metrics)


class Judge:
    """:func:`judge` for many interactions by the same rules and baselines.

    Nearly all values are within all bounds of their series: one comparison with the nearest of them says so. What
    else is found of a value of Plumbline's own series holds for all interactions, and is remembered.
    """

    def __init__(self, rules: Rules, baselines: Baselines, *, counted: bool = False) -> None:
        self._rules = rules
        self._baselines = baselines
        self._counted = counted
        self._usual: dict[str, tuple[float, float]] = {}
        self._found: dict[tuple[str, float], tuple[Finding, ...]] = {}

    @property
    def baselines(self) -> Baselines:
        """What it judges by."""
        return self._baselines

    def findings(self, metrics: Mapping[str, float]) -> tuple[Finding, ...]:
        """What is wrong with an interaction's values, by rule number.

        Raises:
            ValueError: the interaction has more than 125 series of the caller's own.
        """
        usual = self._usual
        findings: list[Finding] = []
        for name, value in metrics.items():
            try:
                low, high = usual[name]
            except KeyError:
                low, high = self._find_usual(name)
            if not low < value < high:
                findings += self._findings_of(name, value, metrics)
        return _in_order(findings)

    def findings_of_all(self, table: ValueTable) -> list[tuple[Finding, ...]]:
        """What is wrong with each interaction's values, by rule number; of a column in which nothing is, none is
        looked at.

        Raises:
            ValueError: an interaction has more than 125 series of the caller's own.
        """
        found: list[list[Finding]] = [[] for _ in table.rows]
        for name, places, values, counts in table.columns:
            low, high = self._usual.get(name) or self._find_usual(name)
            if low < min(counts) and max(counts) < high:
                continue
            for place, value in zip(places, values, strict=True):
                if not low < value < high:
                    found[place] += self._findings_of(name, value, table.rows[place])
        return list(map(_in_order, found))

    def _findings_of(self, name: str, value: float, metrics: Mapping[str, float]) -> tuple[Finding, ...]:
        found = self._found.get((name, value))
        if found is None:
            found = tuple(self._find(name, value, metrics))
            if name in SERIES:  # the number of any other depends on what else there is
                if len(self._found) >= _REMEMBERED:
                    self._found.clear()
                self._found[name, value] = found
        return found

    def _find_usual(self, name: str) -> tuple[float, float]:
        """Between which numbers, neither included, a value raises nothing."""
        low, high = -inf, inf
        if self._rules.looks_for_outliers(name):
            low, high = self._baselines.limits(name, counted=self._counted)
        for threshold in self._rules.thresholds.get(name, ()):
            # A value that equals a threshold does not cross it.
            if threshold.direction == "above":
                high = min(high, nextafter(threshold.bound, inf))
            else:
                low = max(low, nextafter(threshold.bound, -inf))
        self._usual[name] = low, high
        return low, high

    def _find(self, name: str, value: float, metrics: Mapping[str, float]) -> Iterator[Finding]:
        for threshold in self._rules.thresholds.get(name, ()):
            if threshold.crossed_by(value):
                yield _threshold_finding(threshold, value, metrics)
        if self._rules.looks_for_outliers(name):
            lower, upper = self._baselines.limits(name, counted=self._counted)
            if not lower < value < upper:
                baseline = self._baselines[name]
                if self._counted:
                    baseline = baseline.without(value)
                yield from _outlier_findings(baseline, value, metrics, self._rules.severity(name))


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=_RULE)) if len(findings) > 1 else tuple(findings)


def _threshold_finding(threshold: Threshold, value: float, metrics: Mapping[str, float]) -> Finding:
    one = series(threshold.series)
    kind = ABOVE if threshold.direction == "above" else BELOW
    rule = _number(one.name, metrics) * KINDS + kind
    return Finding(
        rule=rule,
        alert_type="threshold",
        element=one.element,
        metric=one.metric,
        value=value,
        direction=threshold.direction,
        bound=threshold.bound,
        severity=threshold.severity,
    )


def _outlier_findings(
    baseline: Baseline, value: float, metrics: Mapping[str, float], severity: Severity
) -> Iterator[Finding]:
    one = baseline.series
    direction: Direction = "above" if value > baseline.centre else "below"
    bound = baseline.upper_fence if direction == "above" else baseline.lower_fence
    if bound is None or (value < bound if direction == "above" else value > bound):
        return
    evidence = Evidence(
        median=baseline.median,
        lower_fence=baseline.lower_fence,
        upper_fence=baseline.upper_fence,
        count=baseline.count,
        z=baseline.z(value),
        tail=baseline.tail(value),
        p5=baseline.quantile(0.05),
        p95=baseline.quantile(0.95),
    )
    rule = _number(one.name, metrics) * KINDS + OUTLIER
    yield Finding(rule, "outlier", one.element, one.metric, value, direction, bound, evidence, severity)


def _number(name: str, metrics: Mapping[str, float]) -> int:
    known = SERIES.get(name)
    if known is not None:
        return known.number
    own = sorted(_own_names(metrics))
    if len(own) > MOST_OWN_SERIES:
        raise ValueError(f"an interaction has at most {MOST_OWN_SERIES} series of its own, not {len(own)}")
    return FIRST_OWN + own.index(name)


def _own_names(metrics: Mapping[str, float]) -> Iterator[str]:
    return (name for name in metrics if name not in SERIES)
