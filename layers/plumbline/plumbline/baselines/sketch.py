"""One series' values as counters over logarithmic buckets: small, mergeable, accurate to 2.5 %.

Kin of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
guarantees", VLDB 2019), with the series' smallest meaningful step as the size below which accuracy is absolute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plumbline.baselines.scale import from_log_size, log_size

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH = 0.05
"""Width of a bucket in ``ln(1 + |x|/unit)``."""

_USUAL_RATIO = 1e100
_USUAL = 1e50  # by every unit that there is, below that ratio

# Sums are kept in whole multiples of 2**-64, so that they are the same in whatever order values and sketches
# were added: floating-point sums are not. Exact for every value that is 0 or at least 2**-11 in size.
_SUM_BITS = 64
_PARTS = 2.0**_SUM_BITS
_MOST_TIMES_PARTS = 2.0**900


def bucket(x: float, unit: float) -> int:
    """The bucket of a value: ``sign(x) · round(ln(1 + |x|/unit) / 0.05)``."""
    if not x:  # most values of many series
        return 0
    ratio = x / unit
    if 0.0 <= ratio < _USUAL_RATIO:  # the same as below, for most values at half the time
        return round(math.log1p(ratio) / WIDTH)
    return round(log_size(x, unit) / WIDTH)


def middle(place: float, unit: float) -> float:
    """The value in the middle of a bucket, at most 2.5 % of ``|x| + unit`` from every value x in it."""
    return from_log_size(place * WIDTH, unit)


def _in_parts(value: float) -> int:
    # A float times a power of two is exact, as long as it is not too great for a float.
    if -_MOST_TIMES_PARTS < value < _MOST_TIMES_PARTS:
        return int(value * _PARTS)
    return int(value) << _SUM_BITS


@dataclass(frozen=True, slots=True)
class Bar:
    """One bucket of a histogram: ``count`` values from ``low`` up to ``high``."""

    low: float
    high: float
    count: int


class Sketch:
    """The distribution of one series.

    ``count``, ``min``, ``max`` are exact, ``mean`` is to 2**-64; ``min`` and ``max`` are infinite while there
    is no value. ``buckets`` holds a counter for each bucket that has values.
    """

    __slots__ = ("_total", "buckets", "count", "max", "min", "unit")

    def __init__(self, unit: float) -> None:
        self.unit = unit
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.min = math.inf
        self.max = -math.inf
        self._total = 0

    def add(self, value: float) -> None:
        """Count a value.

        Raises:
            ValueError: the value is not a finite number.
        """
        if not math.isfinite(value):
            raise ValueError(f"a series' value must be finite, not {value}")
        value += 0.0  # -0.0 becomes 0.0, so that min and max do not depend on the order
        place = bucket(value, self.unit)
        self.buckets[place] = self.buckets.get(place, 0) + 1
        self.count += 1
        if value < self.min:  # noqa: PLR1730 - calling min and max would cost as much as all the rest
            self.min = value
        if value > self.max:  # noqa: PLR1730
            self.max = value
        if value:
            self._total += _in_parts(value)

    def add_all(self, times: Mapping[float, int]) -> None:
        """Count values, each as many times as is said: the same as adding one by one.

        That all are finite is for the caller to see to.
        """
        buckets, unit, total = self.buckets, self.unit, 0
        log1p = math.log1p
        for value, count in times.items():
            # What the two functions do for usual values, which costs less than to call them.
            if 0.0 <= value < _USUAL:
                place = round(log1p(value / unit) / WIDTH)
                total += int(value * _PARTS) * count
            else:
                place = bucket(value, unit)
                total += _in_parts(value) * count
            buckets[place] = buckets.get(place, 0) + count
        self._total += total
        self.count += sum(times.values())
        self.min = min(self.min, min(times, default=math.inf) + 0.0)
        self.max = max(self.max, max(times, default=-math.inf) + 0.0)

    def merge(self, other: Sketch) -> None:
        """Add the other sketch's values to this one's; the other stays as it is."""
        for place, count in other.buckets.items():
            if other.unit != self.unit:  # a series whose unit was changed between two releases
                place = bucket(middle(place, other.unit), self.unit)  # noqa: PLW2901
            self.buckets[place] = self.buckets.get(place, 0) + count
        self.count += other.count
        self.min = min(self.min, other.min)
        self.max = max(self.max, other.max)
        self._total += other._total

    def copy(self) -> Sketch:
        """A sketch of the same values that can be added to on its own."""
        return Sketch.restore(self.unit, dict(self.buckets), self.min, self.max, self._total)

    @classmethod
    def restore(cls, unit: float, buckets: dict[int, int], least: float, most: float, total: int) -> Sketch:
        """A sketch from its parts; ``total`` as in :attr:`total`."""
        sketch = cls(unit)
        sketch.buckets = buckets
        sketch.count = sum(buckets.values())
        sketch.min, sketch.max, sketch._total = least, most, total
        return sketch

    @property
    def total(self) -> int:
        """The sum of the values in multiples of 2**-64."""
        return self._total

    @property
    def mean(self) -> float:
        """The mean of the values; nan while there is none."""
        if not self.count:
            return math.nan
        # Whole numbers are divided, not floats: a sum of values near the largest float has none of its own.
        return self._total / (self.count << _SUM_BITS)

    def quantile(self, share: float) -> float:
        """The value below or at which ``share`` of the values lie; nan while there is none.

        Off by at most 2.5 % of ``|x| + unit``, and half a unit where that is more.
        """
        if not self.count:
            return math.nan
        wanted = max(1, math.ceil(share * self.count))
        seen = 0
        place = 0
        for place in sorted(self.buckets):
            seen += self.buckets[place]
            if seen >= wanted:
                break
        return self.shown(middle(place, self.unit))

    def shown(self, value: float) -> float:
        """A value of a bucket as it is shown: rounded to the unit, within the values that there were."""
        digits = max(0, math.ceil(-math.log10(self.unit)))
        return max(self.min, min(self.max, round(value, digits)))

    def histogram(self) -> list[Bar]:
        """The counters as bars from the lowest to the highest, together reaching from ``min`` to ``max``."""
        places = sorted(self.buckets)
        ends = [edges(place, self.unit) for place in places]
        lows = [self.min, *(low for low, _ in ends[1:])]
        highs = [*(high for _, high in ends[:-1]), self.max]
        return [Bar(low, high, self.buckets[place]) for place, low, high in zip(places, lows, highs, strict=False)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sketch):
            return NotImplemented
        return (self.unit, self.buckets, self.min, self.max, self._total) == (
            other.unit,
            other.buckets,
            other.min,
            other.max,
            other._total,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Sketch(unit={self.unit}, count={self.count}, min={self.min}, max={self.max})"


def edges(place: int, unit: float) -> tuple[float, float]:
    """The two ends of a bucket."""
    return middle(place - 0.5, unit), middle(place + 0.5, unit)
