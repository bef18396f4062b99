"""What is usual for a series: its middle, and how far each side of it reaches.

Each side is measured on its own, on a logarithmic scale, by how far the nearer four fifths of its values lie
from the median: neither a long tail nor the outliers in it move that. A side that hardly has values has no
measure of its own; there a fixed one stands in, and what is found must hardly ever have been seen.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from plumbline.baselines.fences import smallest
from plumbline.baselines.normal import normal_quantile
from plumbline.baselines.scale import from_log_size, log_size
from plumbline.baselines.sketch import Sketch, bucket, middle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from plumbline.metrics import Series

LEAST_COUNT = 30
"""Below this many values a baseline is still learning and finds nothing."""

_SIDE_LEAST_SHARE, _SIDE_LEAST_COUNT = 0.005, 5
_UNKNOWN_SIGMA, _UNKNOWN_MOST_Z = 0.1, 5.0
_CAUTION = 15.0
_FULL_SIDE, _MOST_SHARE = 0.25, 0.75
_REACH = 0.8
_FLAG_LEAST_COUNT = 50


@dataclass(frozen=True, slots=True)
class Keys:
    """How far out and how rare a value must be: either of two keys opens.

    The one asks for ``z`` of at least ``hard`` and a tail of at most ``uncommon`` (``sparse`` where half of the
    values or more are 0), the other for ``z`` of at least ``soft`` and a tail of at most ``rare``. Both distances
    grow by ``1 + 15/k`` on a side that is measured by k values. A flag alerts while ``uncommon`` holds of it.
    """

    soft: float
    hard: float
    rare: float
    uncommon: float
    sparse: float


SENSITIVITIES: dict[Literal["low", "default", "high"], Keys] = {
    "low": Keys(4.0, 8.0, 0.0002, 0.005, 0.002),
    "default": Keys(3.5, 6.0, 0.0003, 0.008, 0.003),
    "high": Keys(3.0, 5.0, 0.001, 0.016, 0.006),
}


class Baseline:
    """A series' baseline, fitted once from its sketch.

    ``count`` is how many values it holds and ``ready`` whether they are enough to judge by; ``centre`` is the
    middle of the median's bucket and ``median`` the same as it is shown. ``upper_sigma`` and ``lower_sigma`` are
    each side's standard deviation in T (see :meth:`transform`), None where the side hardly has values.
    ``upper_fence`` is the smallest value above the median that is an outlier and ``lower_fence`` the greatest
    below it; None where no value that the series can take would be.
    """

    __slots__ = (
        "_alone",
        "_centre_t",
        "_counted_fences",
        "_lower_caution",
        "_places",
        "_running",
        "_sketch",
        "_uncommon",
        "_upper_caution",
        "centre",
        "count",
        "keys",
        "lower_fence",
        "lower_sigma",
        "median",
        "scale",
        "series",
        "upper_fence",
        "upper_sigma",
    )

    def __init__(self, series: Series, sketch: Sketch, keys: Keys, *, scale: float | None = None) -> None:
        self.series = series
        self.keys = keys
        self.count = sketch.count
        self._sketch = sketch
        self._alone: dict[int, Baseline] = {}
        self._counted_fences: tuple[float | None, float | None] | None = None
        self._places: Sequence[int] = sorted(place for place, count in sketch.buckets.items() if count)
        self._running = [0, *accumulate(sketch.buckets[place] for place in self._places)]
        self.scale = scale or series.scale or _scale_of(sketch, self._places)
        at = bisect_left(self._running, (self.count + 1) // 2) - 1
        self.centre = middle(self._places[at], sketch.unit) if self.count else 0.0
        self._centre_t = self.transform(self.centre)
        self.median = sketch.shown(self.centre) if self.count else 0.0
        self.lower_sigma, self._lower_caution = self._side(range(at - 1, -1, -1), at)
        self.upper_sigma, self._upper_caution = self._side(range(at + 1, len(self._places)), at)
        self._uncommon = keys.sparse if 2 * self._zeros() >= self.count else keys.uncommon
        self.lower_fence, self.upper_fence = self._fences()

    @property
    def ready(self) -> bool:
        """Whether there are enough values to judge by."""
        return self.count >= LEAST_COUNT

    @property
    def sketch(self) -> Sketch:
        """What it was fitted from, not to be added to."""
        return self._sketch

    def transform(self, x: float) -> float:
        """T: linear below the series' scale, logarithmic above: ``sign(x) · ln(1 + |x|/scale)``."""
        return log_size(x, self.scale)

    def z(self, x: float) -> float:
        """Distance from the median in standard deviations of x's side."""
        distance = self.transform(x) - self._centre_t
        if distance == 0.0:
            return 0.0
        sigma = self.upper_sigma if distance > 0 else self.lower_sigma
        return min(abs(distance) / _UNKNOWN_SIGMA, _UNKNOWN_MOST_Z) if sigma is None else abs(distance) / sigma

    def tail(self, x: float) -> float:
        """Share of the values at least as far out as x on its side, to the width of a bucket."""
        if not self.count:
            return 1.0
        below = bisect_left(self._places, bucket(x, self._sketch.unit))
        if x >= self.centre:
            return (self.count - self._running[below]) / self.count
        here = self._places[below : below + 1] == [bucket(x, self._sketch.unit)]
        return self._running[below + here] / self.count

    def quantile(self, share: float) -> float:
        """The value below or at which ``share`` of the values lie, as it is shown; nan while there is none."""
        return self._sketch.quantile(share)

    def is_outlier(self, x: float) -> bool:
        """The rule itself. The fences say the same in one comparison."""
        if not self.ready:
            return False
        if self.series.flag:
            rare = self.count - self._zeros() <= self.keys.uncommon * self.count
            return x > 0 and rare and self.count >= _FLAG_LEAST_COUNT
        z, tail = self.z(x) / (self._upper_caution if x > self.centre else self._lower_caution), self.tail(x)
        return (z >= self.keys.hard and tail <= self._uncommon) or (z >= self.keys.soft and tail <= self.keys.rare)

    def without(self, x: float) -> Baseline:
        """The baseline of all values but x, which must be one of them (if it is not, this one)."""
        place = bucket(x, self._sketch.unit)
        if not self._sketch.buckets.get(place):
            return self
        if place not in self._alone:
            self._alone[place] = Baseline(self.series, _less_one(self._sketch, place), self.keys, scale=self.scale)
        return self._alone[place]

    @property
    def counted_fences(self) -> tuple[float | None, float | None]:
        """The fences for values that are counted in this baseline, each judged by all the others."""
        if self._counted_fences is None:
            self._counted_fences = self._counted_fence(above=False), self._counted_fence(above=True)
        return self._counted_fences

    def _counted_fence(self, *, above: bool) -> float | None:
        # From the outermost bucket inwards: how extreme a value is by the others only falls on the way.
        unit = self._sketch.unit
        fence = None
        for place in reversed(self._places) if above else self._places:
            others = self.without(middle(place, unit))
            candidate = others.upper_fence if above else others.lower_fence
            if candidate is None:
                break
            reached = bucket(candidate, unit)
            if reached == place:
                return candidate
            if (reached > place) == above:
                break
            fence = _innermost(place, unit, above=above)
        return fence

    def _side(self, side: range, at: int) -> tuple[float | None, float]:
        """A side's standard deviation, from the buckets beyond the median's, nearest first, and its caution."""
        beyond = sum(self._held(index) for index in side)
        if beyond < _SIDE_LEAST_COUNT or beyond < _SIDE_LEAST_SHARE * self.count:
            return None, 1.0 + _CAUTION / max(self.count / 2, 1.0)
        share, near = beyond / self.count, 0.0
        if share >= _FULL_SIDE:
            near = self._held(at) / 2
            share = min((beyond + near) / self.count, _MOST_SHARE)
        wanted, seen, index = _REACH * (beyond + near), near, at
        for index in side:
            seen += self._held(index)
            if seen >= wanted:
                break
        reach = abs(self.transform(middle(self._places[index], self._sketch.unit)) - self._centre_t)
        step = 0.5 * math.log1p(self.series.unit / (self.scale + abs(self.centre)))
        return max(reach / normal_quantile(1.0 - (1.0 - _REACH) * share), step), 1.0 + _CAUTION / (beyond + near)

    def _held(self, index: int) -> int:
        return self._running[index + 1] - self._running[index]

    def _zeros(self) -> int:
        return self._sketch.buckets.get(0, 0)

    def _fences(self) -> tuple[float | None, float | None]:
        if not self.ready:
            return None, None
        if self.series.flag:
            return None, 1.0 if self.is_outlier(1.0) else None
        upper = smallest(lambda x: x > self.centre and self.is_outlier(x), self._guess(1))
        lower = smallest(lambda x: -x < self.centre and self.is_outlier(-x), -self._guess(-1))
        if upper is not None and upper > self.series.highest:
            upper = None
        if lower is not None and -lower < self.series.lowest:
            lower = None
        return None if lower is None else 0.0 - lower, upper

    def _guess(self, side: Literal[1, -1]) -> float:
        """Where the fence is, but for rounding: the exact place is then searched from here."""
        sigma = (self.upper_sigma if side > 0 else self.lower_sigma) or _UNKNOWN_SIGMA
        sigma *= self._upper_caution if side > 0 else self._lower_caution
        hard = max(side * self._place(side * self.keys.hard * sigma), side * self._edge(side, self._uncommon))
        soft = max(side * self._place(side * self.keys.soft * sigma), side * self._edge(side, self.keys.rare))
        return side * min(hard, soft)

    def _place(self, distance: float) -> float:
        return from_log_size(self._centre_t + distance, self.scale)

    def _edge(self, side: Literal[1, -1], tail: float) -> float:
        """The edge of the buckets that have at most this share of the values beyond them."""
        allowed = int(tail * self.count)
        if side > 0:
            at = bisect_left(self._running, self.count - allowed)
            edge = self._places[min(at, len(self._places)) - 1] + 0.5
        else:
            at = bisect_left(self._running, allowed + 1)
            edge = self._places[max(at, 1) - 1] - 0.5
        return middle(edge, self._sketch.unit)


def _scale_of(sketch: Sketch, places: Sequence[int]) -> float:
    """A tenth of the median size of the values that are not 0: for a series of which nothing is known.

    As the fixed scales do, it makes differences near the usual size relative, and those far below it absolute.
    """
    sizes = sorted((abs(place), sketch.buckets[place]) for place in places if place)
    half, seen = sum(count for _, count in sizes) / 2, 0
    for size, count in sizes:
        seen += count
        if seen >= half:
            return max(middle(size, sketch.unit) / 10, sketch.unit)
    return sketch.unit


def _innermost(place: int, unit: float, *, above: bool) -> float | None:
    """The value of a bucket that lies nearest the median, on the side given."""
    if above:
        return smallest(lambda x: bucket(x, unit) >= place, middle(place - 0.5, unit))
    least = smallest(lambda x: bucket(-x, unit) <= place, -middle(place + 0.5, unit))
    return None if least is None else 0.0 - least


def _less_one(sketch: Sketch, place: int) -> Sketch:
    buckets = dict(sketch.buckets)
    buckets[place] -= 1
    if not buckets[place]:
        del buckets[place]
    return Sketch.restore(sketch.unit, buckets, sketch.min, sketch.max, sketch.total)
