"""Series as the JSON that callers see: what they look like, and what is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.alerts.shares import share_alerting
from plumbline.http.views import number, number_or_null
from plumbline.metrics import METRICS, SERIES, series

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plumbline.alerts import Rules
    from plumbline.baselines import Baselines, Sketch

MOST_OWN_SERIES = 400
"""How many of the callers' own series are listed: those with the most values."""

_MEANINGS = {metric.name: metric.meaning for metric in METRICS}
_QUANTILES = {"p5": 0.05, "p50": 0.5, "p95": 0.95, "p99": 0.99}
_EDGE_DIGITS = 6


class SeriesViews:
    """Shows series against the rules and baselines of this moment."""

    def __init__(self, rules: Rules, baselines: Baselines) -> None:
        self._rules = rules
        self._baselines = baselines

    def names(self) -> list[str]:
        """Every series: Plumbline's own in the registry's order, then the callers' by name."""
        own = sorted(
            (name for name in self._baselines if name not in SERIES),
            key=lambda name: (-self._baselines[name].count, name),
        )
        return [*SERIES, *sorted(own[:MOST_OWN_SERIES])]

    def summary(self, name: str) -> dict[str, Any]:
        """A series over the baselines' window."""
        baseline = self._baselines.get(name)
        return {**self._head(name), **self._statistics(name, None if baseline is None else baseline.sketch)}

    def by_day(self, name: str, days: Sequence[tuple[str, Sketch | None]]) -> dict[str, Any]:
        """A series day by day and in total, with its histograms."""
        total = _merged(sketch for _, sketch in days if sketch is not None)
        return {
            **self._head(name),
            "total": self._distribution(name, total),
            "days": [{"day": day, **self._distribution(name, sketch)} for day, sketch in days],
        }

    def _head(self, name: str) -> dict[str, Any]:
        one = series(name)
        rules = self._rules
        baseline = self._baselines.get(name)
        outliers = {"sensitivity": rules.sensitivity(name), "severity": rules.severity(name)}
        return {
            "name": one.name,
            "element": one.element,
            "metric": one.metric,
            "meaning": _MEANINGS[one.metric] if name in SERIES else None,
            "unit": number(one.unit),
            "flag": one.flag,
            "state": "ready" if baseline is not None and baseline.ready else "learning",
            "lower_fence": None if baseline is None else number_or_null(baseline.lower_fence),
            "upper_fence": None if baseline is None else number_or_null(baseline.upper_fence),
            "outliers": outliers if rules.looks_for_outliers(name) else None,
            "thresholds": [
                {"direction": one.direction, "bound": number(one.bound), "severity": one.severity}
                for one in rules.thresholds.get(name, ())
            ],
        }

    def _distribution(self, name: str, sketch: Sketch | None) -> dict[str, Any]:
        bars = [] if sketch is None else sketch.histogram()
        buckets = [{"low": _edge(bar.low), "high": _edge(bar.high), "count": bar.count} for bar in bars]
        return {**self._statistics(name, sketch), "buckets": buckets}

    def _statistics(self, name: str, sketch: Sketch | None) -> dict[str, Any]:
        if sketch is None or not sketch.count:
            nothing = dict.fromkeys(("min", "max", "mean", *_QUANTILES, "share_alerting"))
            return {"count": 0, **nothing}
        return {
            "count": sketch.count,
            "min": number(sketch.min),
            "max": number(sketch.max),
            "mean": number(sketch.mean),
            **{called: number(sketch.quantile(share)) for called, share in _QUANTILES.items()},
            "share_alerting": share_alerting(name, sketch, self._rules, self._baselines),
        }


def _merged(sketches: Iterable[Sketch]) -> Sketch | None:
    total: Sketch | None = None
    for sketch in sketches:
        if total is None:
            total = sketch.copy()
        else:
            total.merge(sketch)
    return total


def _edge(value: float) -> float | int:
    """Where a bucket ends, with as many digits as a chart can show."""
    return number(float(f"{value:.{_EDGE_DIGITS}g}"))
