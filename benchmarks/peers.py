"""The rules that others use to find outliers in one series of numbers, by their published formulas.

Each rule is fitted to a sample and answers an interval; a value outside of it is an outlier. Quartiles are
those of Hyndman and Fan (1996) type 7, the default of R and NumPy.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from statistics import fmean, pstdev, quantiles
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Interval(NamedTuple):
    """Values from ``low`` to ``high``, both included, are usual; where ``logs`` is set, their logarithms are."""

    low: float
    high: float
    logs: bool = False

    def holds(self, value: float) -> bool:
        return self.low <= (_log(value) if self.logs else value) <= self.high


def mean_two_sigma(sample: Sequence[float]) -> Interval:
    """Above mean + 2 standard deviations: what alerting tools offer first ("2 standard deviations above")."""
    return Interval(-math.inf, fmean(sample) + 2 * pstdev(sample))


def z_score(sample: Sequence[float]) -> Interval:
    """|z| > 3: Shewhart's control limits (1931), z by mean and standard deviation."""
    mean, deviation = fmean(sample), pstdev(sample)
    return Interval(mean - 3 * deviation, mean + 3 * deviation)


def tukey(sample: Sequence[float]) -> Interval:
    """Tukey's inner fences (Exploratory Data Analysis, 1977): Q1 - 1.5 IQR and Q3 + 1.5 IQR."""
    lower, _, upper = quantiles(sample, method="inclusive")
    reach = 1.5 * (upper - lower)
    return Interval(lower - reach, upper + reach)


def tukey_log(sample: Sequence[float]) -> Interval:
    """Tukey's fences on ln(1 + x); on sign(x) ln(1 + |x|) where a series has negative values."""
    fences = tukey([_log(value) for value in sample])
    return Interval(fences.low, fences.high, logs=True)


def adjusted_boxplot(sample: Sequence[float]) -> Interval:
    """The boxplot adjusted for skewness by the medcouple.

    M. Hubert, E. Vandervieren (2008): An adjusted boxplot for skewed distributions. Computational Statistics
    and Data Analysis 52, 5186-5201, equations 4 and 5: for MC >= 0 the fences are
    Q1 - 1.5 exp(-4 MC) IQR and Q3 + 1.5 exp(3 MC) IQR, for MC < 0 Q1 - 1.5 exp(-3 MC) IQR and
    Q3 + 1.5 exp(4 MC) IQR.
    """
    lower, _, upper = quantiles(sample, method="inclusive")
    skew, reach = medcouple(sample), 1.5 * (upper - lower)
    left, right = (-4.0, 3.0) if skew >= 0 else (-3.0, 4.0)
    return Interval(lower - math.exp(left * skew) * reach, upper + math.exp(right * skew) * reach)


RULES: dict[str, Callable[[Sequence[float]], Interval]] = {
    "mean + 2 sigma": mean_two_sigma,
    "|z| > 3": z_score,
    "Tukey": tukey,
    "Tukey on logs": tukey_log,
    "adjusted boxplot": adjusted_boxplot,
}


def medcouple(sample: Sequence[float], tolerance: float = 1e-6) -> float:
    """The medcouple, a robust measure of skewness from -1 to 1, to within ``tolerance``.

    G. Brys, M. Hubert, A. Struyf (2004): A robust measure of skewness. Journal of Computational and Graphical
    Statistics 13, 996-1017: the median of h(x_i, x_j) = ((x_i - m) - (m - x_j)) / (x_i - x_j) over all pairs
    x_j <= m <= x_i, with m the median; of the k values that equal m, numbered from 0 for both roles, a pair
    counts sign(k - 1 - i - j). Where the number of pairs is even this is the lower one of the two middle ones.

    Found by bisection: h <= u is linear in x_i and x_j, so that how many pairs are at most u is counted in one
    walk over the sorted sample.
    """
    values = sorted(sample)
    middle = _median(values)
    ties = bisect_right(values, middle) - bisect_left(values, middle)
    above = [value - middle for value in values[bisect_right(values, middle) :]]
    below = [middle - value for value in values[: bisect_left(values, middle)]][::-1]
    pairs = (len(above) + ties) * (len(below) + ties)
    rank = (pairs + 1) // 2
    low, high = -1.0, 1.0
    if pairs == 0 or _at_most(above, below, ties, low) >= rank:
        return low if pairs else 0.0
    zeros = _at_most(above, below, ties, 0.0)
    if zeros >= rank > _at_most(above, below, ties, -tolerance):
        return 0.0
    while high - low > tolerance:
        between = (low + high) / 2
        if _at_most(above, below, ties, between) >= rank:
            high = between
        else:
            low = between
    return high


def _at_most(above: list[float], below: list[float], ties: int, bound: float) -> int:
    """How many of medcouple's pairs have h <= ``bound``; ``above`` and ``below`` are distances, ascending."""
    # Pairs of a value above with a value equal to the median have h = 1, those with one below have -1.
    count = ties * len(below) + (ties * len(above) if bound >= 1 else 0)
    # Of pairs that both equal the median, as many have h = 1 as have -1, and ``ties`` of them have 0.
    lesser = ties * (ties - 1) // 2
    count += lesser + (ties if bound >= 0 else 0) + (lesser if bound >= 1 else 0)
    if bound >= 1:
        return count + len(above) * len(below)
    # h = (a - b) / (a + b) <= bound  <=>  a <= b (1 + bound) / (1 - bound)
    factor, reached = (1 + bound) / (1 - bound), 0
    for distance in below:
        limit = distance * factor
        while reached < len(above) and above[reached] <= limit:
            reached += 1
        count += reached
    return count


def _log(value: float) -> float:
    return math.copysign(math.log1p(abs(value)), value)


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
