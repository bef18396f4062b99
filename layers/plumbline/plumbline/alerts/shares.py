"""Which part of a series' values the rules would raise an alert on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.baselines.sketch import middle

if TYPE_CHECKING:
    from plumbline.alerts.rules import Rules
    from plumbline.baselines import Baselines, Sketch


def share_alerting(name: str, sketch: Sketch, rules: Rules, baselines: Baselines) -> float:
    """The share of the sketch's values that would raise an alert if they came now: 0 to 1, 0 if there is none.

    Not what they did raise when they came, by the rules and baselines of that time. A value is known to the
    sketch's accuracy of 2.5 %, so those near a bound may be taken for the other side of it.
    """
    if not sketch.count:
        return 0.0
    thresholds = rules.thresholds.get(name, ())
    limits = baselines.limits(name) if rules.looks_for_outliers(name) else None
    alerting = 0
    for place, count in sketch.buckets.items():
        value = sketch.shown(middle(place, sketch.unit))
        crosses = any(threshold.crossed_by(value) for threshold in thresholds)
        if crosses or (limits is not None and not limits[0] < value < limits[1]):
            alerting += count
    return alerting / sketch.count
