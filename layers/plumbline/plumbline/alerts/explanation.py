"""A finding in one sentence, to be read aloud."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from plumbline.metrics import series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.metrics import Series
    from plumbline.models import Direction, Evidence, Finding

_SIGNIFICANT = 4
_MORE_DIGITS = 3
_HUGE = 1e15
_OFTEN = 0.1


def explain(finding: Finding) -> str:
    """Why a finding was raised.

    Numbers are rounded to the series' unit, or to four significant digits where that is less, but never so far
    that a value seems to be on the other side of what it crossed. What is *usual* are the values between the
    5th and the 95th percentile of the baseline.

    >>> from plumbline.models import Finding
    >>> explain(Finding(9, "threshold", "output", "length", 1204.0, "above", 100.0))
    'output.length 1,204 is above its threshold of 100'
    """
    one = series(finding.series)
    if finding.baseline is None:
        return _threshold(finding, one)
    if one.flag:
        return _flag(finding, finding.baseline)
    return _outlier(finding, finding.baseline, one)


def _threshold(finding: Finding, one: Series) -> str:
    bound = _exactly(finding.bound)
    if one.flag:
        state = "set" if finding.value else "not set"
        return f"{one.name} is {state}, {finding.direction} its threshold of {bound}"
    value = ""
    for value in _ever_finer(finding.value, one):
        if _is_beyond(value, bound, finding.direction):
            break
    return f"{one.name} {value} is {finding.direction} its threshold of {bound}"


def _flag(finding: Finding, baseline: Evidence) -> str:
    if not baseline.tail:
        return f"{finding.series} is set, which it was in none of {baseline.count:,} interactions"
    return (
        f"{finding.series} is set, which it rarely is: in {_times(baseline.tail)}"
        f" of {baseline.count:,} interactions"
    )


def _outlier(finding: Finding, baseline: Evidence, one: Series) -> str:
    direction = finding.direction
    known = f"of {baseline.count:,} values; {_rarity(baseline.tail, 'high' if direction == 'above' else 'low')}"
    median = _rounded(baseline.median, one)
    low, high = _usual(baseline)
    if low is None or high is None or low <= finding.value <= high:
        value, median = _apart(finding.value, baseline.median, direction, one)
        return f"{one.name} {value} is far {direction} its median of {median} ({known})"
    if direction == "above":
        value, shown_high = _apart(finding.value, high, direction, one)
        shown_low = _rounded(low, one)
    else:
        value, shown_low = _apart(finding.value, low, direction, one)
        shown_high = _rounded(high, one)
    usual = shown_low if shown_low == shown_high else f"{shown_low} to {shown_high}"
    return f"{one.name} {value} is far {direction} its usual {usual} (median {median} {known})"


def _usual(baseline: Evidence) -> tuple[float | None, float | None]:
    """The usual values, none of which is an outlier: where many values are, some may lie beyond a fence."""
    low, high = baseline.p5, baseline.p95
    if low is not None and baseline.lower_fence is not None:
        low = max(low, baseline.lower_fence)
    if high is not None and baseline.upper_fence is not None:
        high = min(high, baseline.upper_fence)
    return low, high


def _rarity(tail: float, what: str) -> str:
    return f"none is this {what}" if not tail else f"{_times(tail)} is this {what}"


def _times(share: float) -> str:
    if share > _OFTEN:
        return f"{share * 100:.0f} in 100"
    return f"1 in {_two_digits(1 / share):,.0f}"


def _two_digits(number: float) -> float:
    return round(number, 1 - math.floor(math.log10(number)))


def _apart(value: float, edge: float, direction: Direction, one: Series) -> tuple[str, str]:
    """A value and what it lies beyond, with as many digits as it takes to see that it does."""
    shown = limit = ""
    for shown, limit in zip(_ever_finer(value, one), _ever_finer(edge, one), strict=True):
        if _is_beyond(shown, limit, direction):
            break
    return shown, limit


def _ever_finer(value: float, one: Series) -> Iterator[str]:
    """A value with ever more digits, at last with all it has."""
    digits = _digits(value, one)
    yield from (_written(value, digits + more) for more in range(_MORE_DIGITS))
    yield _exactly(value)


def _is_beyond(shown: str, limit: str, direction: Direction) -> bool:
    value, edge = float(shown.replace(",", "")), float(limit.replace(",", ""))
    return value > edge if direction == "above" else value < edge


def _rounded(value: float, one: Series) -> str:
    return _written(value, _digits(value, one))


def _digits(value: float, one: Series) -> int:
    """How many digits after the point say something."""
    of_unit = max(0, math.ceil(-math.log10(one.unit)))
    if not value:
        return 0
    return max(0, min(of_unit, _SIGNIFICANT - 1 - math.floor(math.log10(abs(value)))))


def _written(value: float, digits: int) -> str:
    if abs(value) >= _HUGE:
        return f"{value:.{_SIGNIFICANT}g}"
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _exactly(value: float) -> str:
    """A number as somebody wrote it."""
    text = repr(value + 0.0).removesuffix(".0")
    return text if "e" in text or abs(value) >= _HUGE else f"{value:,}".removesuffix(".0")
