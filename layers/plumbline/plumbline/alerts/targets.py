"""What a rule is about: a series, a metric, or everything."""

from __future__ import annotations

from plumbline.metrics import METRICS, series
from plumbline.models import ELEMENTS

EVERYTHING = "*"

_ELEMENTS_OF = {metric.name: metric.elements for metric in METRICS}


def precision(target: str) -> int:
    """0 for everything, 1 for a metric, 2 for a series: the more precise rule holds."""
    if target == EVERYTHING:
        return 0
    return 2 if _is_series(target) else 1


def targeted(target: str) -> tuple[str, ...]:
    """The series that a metric's or series' name stands for.

    >>> targeted("length")
    ('input.length', 'output.length')

    Raises:
        ValueError: no series can have that name, or Plumbline does not measure that metric on that element.
    """
    element, _, metric = target.partition(".")
    if not _is_series(target):
        names = (f"{element}.{target}" for element in _ELEMENTS_OF.get(target, ELEMENTS))
        return tuple(series(name).name for name in names)
    measured_on = _ELEMENTS_OF.get(metric)
    if measured_on is not None and element not in measured_on:
        raise ValueError(f"{metric} is measured on the {measured_on[0]} only: write {measured_on[0]}.{metric}")
    return (series(target).name,)


def _is_series(target: str) -> bool:
    element, _, metric = target.partition(".")
    return bool(metric) and element in ELEMENTS
