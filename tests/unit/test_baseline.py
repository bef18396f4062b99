"""Baselines: fitted as the rule says, with fences that agree with the rule to the last bit."""

from __future__ import annotations

import math
import random
from statistics import NormalDist
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plumbline.baselines import LEAST_COUNT, SENSITIVITIES, Baseline, Baselines, Sketch, Sketches
from plumbline.baselines.fences import smallest
from plumbline.baselines.normal import normal_quantile
from plumbline.baselines.sketch import bucket, middle
from plumbline.metrics import Series, series

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = Series("output.count", "output", "count", 1.0, 1.0)
RATIO = Series("output.ratio", "output", "ratio", 0.01, 0.1)
OWN = series("output.latency_ms")
FLAG = Series("output.flag", "output", "flag", 1.0, 1.0, flag=True)

ORDINARY = st.floats(-1e6, 1e6, allow_subnormal=False)
ANY = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def samples(draw: st.DrawFn) -> list[float]:
    """Values as series have them: skewed, constant, mostly zero, in two humps, of any size and sign."""
    size = draw(st.sampled_from([0, 1, 5, 29, 30, 31, 47, 100, 250, 1200]))
    seed = draw(st.integers(0, 10_000))
    scale = draw(st.sampled_from([0.01, 1.0, 300.0, 1e9, 1e100, 1e307]))
    shape = draw(st.sampled_from(["skewed", "constant", "mostly zero", "two humps", "signed", "few values"]))
    rng = random.Random(seed)
    shapes: dict[str, Callable[[], float]] = {
        "skewed": lambda: min(rng.lognormvariate(0, 1), 9.0),
        "constant": lambda: 1.0,
        "mostly zero": lambda: rng.random() if rng.random() < 0.05 else 0.0,
        "two humps": lambda: rng.choice((rng.gauss(1, 0.01), rng.gauss(9, 0.1))),
        "signed": lambda: max(-9.0, min(9.0, rng.gauss(0, 2))),
        "few values": lambda: float(rng.choice((1, 1, 1, 2, 3))),
    }
    values = [shapes[shape]() * scale for _ in range(size)]
    return values + draw(st.lists(ANY, max_size=3 if size else 0))


def fitted(values: list[float], of: Series, keys: str) -> Baseline:
    sketch = Sketch(of.unit)
    for value in values:
        sketch.add(value)
    return Baseline(of, sketch, SENSITIVITIES[keys])  # type: ignore[index]


def fit(values: list[float], of: Series = COUNT) -> Baseline:
    return fitted(values, of, "default")


def is_beyond(baseline: Baseline, x: float) -> bool:
    lower, upper = baseline.lower_fence, baseline.upper_fence
    return (upper is not None and x >= upper) or (lower is not None and x <= lower)


SERIES = st.sampled_from([COUNT, RATIO, OWN])
NAMES = st.sampled_from(["low", "default", "high"])


@given(samples(), SERIES, NAMES, st.lists(ANY, max_size=10), st.lists(ORDINARY, max_size=10))
def test_fences_agree_with_the_rule(
    values: list[float], of: Series, keys: str, any_: list[float], near: list[float]
) -> None:
    baseline = fitted(values, of, keys)
    for x in [*values[:50], *any_, *near]:
        assert is_beyond(baseline, x) == baseline.is_outlier(x), x


@given(samples(), SERIES, NAMES)
def test_a_fence_is_the_very_first_value_that_is_an_outlier(values: list[float], of: Series, keys: str) -> None:
    baseline = fitted(values, of, keys)
    if baseline.upper_fence is not None:
        assert baseline.is_outlier(baseline.upper_fence)
        assert not baseline.is_outlier(math.nextafter(baseline.upper_fence, -math.inf))
    else:
        assert not baseline.is_outlier(1.7976931348623157e308)
    if baseline.lower_fence is not None:
        assert baseline.is_outlier(baseline.lower_fence)
        assert not baseline.is_outlier(math.nextafter(baseline.lower_fence, math.inf))
    else:
        assert not baseline.is_outlier(-1.7976931348623157e308)


@given(samples(), SERIES, NAMES, st.lists(ORDINARY, min_size=2, max_size=10))
def test_judging_is_monotone_in_distance(values: list[float], of: Series, keys: str, found: list[float]) -> None:
    baseline = fitted(values, of, keys)
    for side in (1, -1):
        beyond = sorted((x for x in found if side * (x - baseline.centre) >= 0), key=lambda x: side * x)
        distances = [baseline.z(x) for x in beyond]
        tails = [baseline.tail(x) for x in beyond]
        verdicts = [baseline.is_outlier(x) for x in beyond]
        assert distances == sorted(distances)
        assert tails == sorted(tails, reverse=True)
        assert verdicts == sorted(verdicts)


@settings(max_examples=50)
@given(samples(), st.sampled_from([COUNT, RATIO]), NAMES)
def test_a_counted_value_is_judged_by_all_the_others(values: list[float], of: Series, keys: str) -> None:
    baseline = fitted(values, of, keys)
    lower, upper = baseline.counted_fences
    for x in {*values[:30], *(sorted(values)[:3] + sorted(values)[-3:])}:
        others = values.copy()
        others.remove(x)
        alone = fitted(others, of, keys)
        assert baseline.without(x).is_outlier(x) == alone.is_outlier(x)
        found = (upper is not None and x >= upper) or (lower is not None and x <= lower)
        assert found == alone.is_outlier(x), x


@given(samples(), st.integers(1, 4), NAMES)
def test_a_fold_in_any_split_gives_the_same_baseline(values: list[float], writers: int, keys: str) -> None:
    whole, merged = Sketch(1.0), Sketch(1.0)
    for value in values:
        whole.add(value)
    for writer in range(writers):
        part = Sketch(1.0)
        for value in values[writer::writers]:
            part.add(value)
        merged.merge(part)
    one, other = (Baseline(COUNT, sketch, SENSITIVITIES[keys]) for sketch in (whole, merged))  # type: ignore[index]
    for name in ("count", "centre", "median", "lower_sigma", "upper_sigma", "lower_fence", "upper_fence"):
        assert getattr(one, name) == getattr(other, name), name


@given(samples(), SERIES, st.lists(ORDINARY, max_size=10))
def test_more_sensitive_finds_all_that_less_sensitive_finds(
    values: list[float], of: Series, found: list[float]
) -> None:
    low, default, high = (fitted(values, of, keys) for keys in ("low", "default", "high"))
    for x in [*values[:50], *found]:
        assert low.is_outlier(x) <= default.is_outlier(x) <= high.is_outlier(x)


@given(samples(), SERIES)
def test_a_fitted_median_is_a_median(values: list[float], of: Series) -> None:
    assume(values)
    baseline = fit(values, of)
    exact = sorted(values)[(len(values) - 1) // 2]
    assert bucket(baseline.centre, of.unit) == bucket(exact, of.unit)
    assert min(values) <= baseline.median <= max(values)


def test_sides_are_measured_as_the_rule_says() -> None:
    # 100 values: 60 at 10 (the median), 30 above (20 at 20, 10 at 40), 10 below at 5.
    baseline = fit([10.0] * 60 + [20.0] * 20 + [40.0] * 10 + [5.0] * 10)
    m, up, far, down = (math.log1p(middle(bucket(x, 1.0), 1.0)) for x in (10.0, 20.0, 40.0, 5.0))
    # Above, the share 0.30 is at least 0.25: half of the median's own 60 join at distance 0. Of these 60,
    # 0.8 · 60 = 48 lie at or below the distance of 20 (30 at 0, then 20); the share becomes 0.60.
    assert baseline.upper_sigma == pytest.approx((up - m) / NormalDist().inv_cdf(1 - 0.2 * 0.60), rel=1e-6)
    # Below, the share is 0.10: the ten alone count.
    assert baseline.upper_sigma is not None
    assert baseline.lower_sigma == pytest.approx((m - down) / NormalDist().inv_cdf(1 - 0.2 * 0.10), rel=1e-6)
    assert baseline.z(40.0) == pytest.approx((math.log1p(40) - m) / baseline.upper_sigma, rel=1e-9)
    assert far > up
    assert baseline.tail(20.0) == 0.30
    assert baseline.tail(30.0) == 0.10
    assert baseline.tail(40.2) == baseline.tail(40.0) == 0.10  # one bucket
    assert baseline.tail(100.0) == 0.0
    assert baseline.tail(5.0) == 0.10
    assert baseline.tail(1.0) == 0.0
    caution = 1 + 15 / 60
    hard = math.expm1(m + 6 * caution * baseline.upper_sigma)
    rare_and_soft = math.expm1(m + 3.5 * caution * baseline.upper_sigma)
    assert baseline.upper_fence == pytest.approx(min(hard, rare_and_soft), rel=1e-9)


def test_a_sides_share_is_at_most_three_quarters() -> None:
    # The median 10 holds 48 of 100, above are 51: with half of 48 the share would be 0.75 exactly, and more
    # than that where below is empty and the median's bucket is smaller.
    baseline = fit([10.0] * 51 + [float(x) for x in range(20, 69)])
    spread = sorted(math.log1p(middle(bucket(float(x), 1.0), 1.0)) for x in range(20, 69))
    wanted = 0.8 * (49 + 25.5) - 25.5
    reach = spread[math.ceil(wanted) - 1] - math.log1p(middle(bucket(10.0, 1.0), 1.0))
    assert baseline.upper_sigma == pytest.approx(reach / NormalDist().inv_cdf(1 - 0.2 * 0.745), rel=1e-6)


@pytest.mark.parametrize(("beyond", "known"), [(4, False), (5, True)])
def test_a_side_needs_five_values(beyond: int, known: bool) -> None:
    assert (fit([10.0] * 200 + [20.0] * beyond).upper_sigma is not None) is known


@pytest.mark.parametrize(("beyond", "known"), [(9, False), (10, True)])
def test_a_side_needs_half_a_percent(beyond: int, known: bool) -> None:
    assert (fit([10.0] * (2000 - beyond) + [20.0] * beyond).upper_sigma is not None) is known


def test_the_unit_keeps_sigma_from_vanishing() -> None:
    # One hundredth, the unit, away from 0: as a normal's quantile that would be a sigma of 0.041.
    baseline = fit([0.0] * 980 + [0.01] * 20, RATIO)
    assert baseline.upper_sigma == pytest.approx(0.5 * math.log1p(0.01 / 0.1))


def test_a_constant_series_takes_its_constant_and_finds_what_was_never_seen() -> None:
    for constant in (0.0, 1.0, 1000.0, -7.0, 1e100):
        baseline = fit([constant] * 1000)
        assert not baseline.is_outlier(constant)
        assert baseline.median == constant
        assert baseline.is_outlier(constant * 2 + 1)
        assert baseline.is_outlier(constant / 2 - 1)


def test_a_mostly_zero_series_takes_what_it_now_and_then_holds() -> None:
    rng = random.Random(3)
    values = [round(rng.uniform(0.01, 0.2), 2) if rng.random() < 0.03 else 0.0 for _ in range(5000)]
    baseline = fit(values, RATIO)
    assert not any(baseline.is_outlier(x) for x in (0.0, 0.05, 0.15))
    assert baseline.is_outlier(0.9)


@pytest.mark.parametrize("count", [0, 1, LEAST_COUNT - 1])
def test_nothing_is_found_while_learning(count: int) -> None:
    baseline = fit([float(n % 3) for n in range(count)])
    assert not baseline.ready
    assert (baseline.lower_fence, baseline.upper_fence) == (None, None)
    assert not baseline.is_outlier(1e9)


def test_thirty_values_are_enough_for_what_is_gross() -> None:
    rng = random.Random(5)
    baseline = fit([rng.lognormvariate(5, 0.5) for _ in range(LEAST_COUNT)])
    assert baseline.ready
    assert baseline.is_outlier(1e6)
    assert not baseline.is_outlier(200.0)


def test_caution_falls_with_the_count() -> None:
    values = [10.0] * 12 + [12.0] * 9 + [8.0] * 9
    fences = [fit(values * times).upper_fence or math.inf for times in (1, 3, 10, 100)]
    assert fences == sorted(fences, reverse=True)
    assert fences[0] > fences[-1]


@pytest.mark.parametrize(("set_", "fence"), [(0, 1.0), (1, 1.0), (8, 1.0), (9, None), (500, None), (1000, None)])
def test_a_flag_is_an_outlier_while_it_is_rare(set_: int, fence: float | None) -> None:
    baseline = fit([1.0] * set_ + [0.0] * (1000 - set_), FLAG)
    assert (baseline.lower_fence, baseline.upper_fence) == (None, fence)
    assert baseline.is_outlier(1.0) is (fence is not None)
    assert not baseline.is_outlier(0.0)


@pytest.mark.parametrize(("count", "fence"), [(49, None), (50, 1.0)])
def test_a_flag_never_set_says_something_from_fifty_values_on(count: int, fence: float | None) -> None:
    assert fit([0.0] * count, FLAG).upper_fence == fence


@pytest.mark.parametrize(("twenties", "found"), [(40, True), (41, False)])
def test_what_is_far_but_not_uncommon_is_no_outlier(twenties: int, found: bool) -> None:
    # 5,000 values within a tenth of 10, and what lies far beyond: 0.8 % of all may, more are a kind of their own.
    near = [10.0 + n % 5 for n in range(5000 - twenties)]
    baseline = fit([*near, *[2000.0] * twenties])
    assert baseline.z(2000.0) > 20
    assert baseline.is_outlier(2000.0) is found


@pytest.mark.parametrize(("ones", "found"), [(15, True), (16, False)])
def test_where_most_values_are_zero_what_is_found_is_rarer_still(ones: int, found: bool) -> None:
    spread = [(n % 7 + 1) / 100 for n in range(1500)]
    baseline = fit([0.0] * (3500 - ones) + spread + [1.0] * ones, RATIO)
    assert baseline.z(1.0) > SENSITIVITIES["default"].hard
    assert baseline.is_outlier(1.0) is found


def test_a_side_without_values_has_a_tenth_of_the_scale_for_a_sigma() -> None:
    baseline = fit([0.0] * 1000, RATIO)
    assert baseline.upper_sigma is None
    assert baseline.z(0.01) == pytest.approx(math.log1p(0.1) / 0.1)
    assert baseline.z(1.0) == baseline.z(0.5) == 5.0
    assert not baseline.is_outlier(0.01)
    assert baseline.is_outlier(0.1)


def test_a_counted_flag_does_not_count_itself() -> None:
    values = [1.0] + [0.0] * 59  # 1 of 60 is more than 0.8 %, none of the other 59 is not
    assert fit(values, FLAG).upper_fence is None
    assert fit(values, FLAG).counted_fences == (None, 1.0)


def test_a_fence_beyond_what_the_series_can_take_is_none() -> None:
    bounded = Series("output.share", "output", "share", 0.01, 0.1, lowest=0.0, highest=1.0)
    rng = random.Random(9)
    baseline = fit([rng.random() for _ in range(2000)], bounded)
    assert (baseline.lower_fence, baseline.upper_fence) == (None, None)


def test_the_scale_of_a_callers_series_is_that_of_its_values() -> None:
    def shape(size: float) -> tuple[float, float]:
        rng = random.Random(11)
        baseline = fit([rng.lognormvariate(0, 0.8) * size for _ in range(3000)], OWN)
        assert baseline.upper_fence is not None
        return round(baseline.upper_fence / size, 1), baseline.scale / size

    cents, milliseconds = shape(0.002), shape(800.0)
    assert cents[0] == pytest.approx(milliseconds[0], rel=0.1)
    assert cents[1] == pytest.approx(milliseconds[1], rel=0.1)


@given(st.floats(1e-12, 1 - 1e-12))
def test_the_normal_quantile_is_right_to_six_figures(share: float) -> None:
    assert normal_quantile(share) == pytest.approx(NormalDist().inv_cdf(share), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, math.nan])
def test_the_normal_quantile_of_what_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(share)


@given(ANY, ANY)
def test_smallest_finds_the_first_float_from_any_guess(border: float, guess: float) -> None:
    assert smallest(lambda x: x >= border, guess) == border


def test_smallest_finds_nothing_where_there_is_nothing() -> None:
    assert smallest(lambda x: False, 1.0) is None


def test_baselines_are_a_mapping_fitted_on_demand_with_sensitivity_by_series() -> None:
    sketches = Sketches()
    rng = random.Random(2)
    for _ in range(500):
        value = rng.lognormvariate(5, 0.6)
        sketches.add({"input.length": value, "output.length": value})
    baselines = Baselines.fit(sketches, "low", {"output.length": "high"})
    assert set(baselines) == {"input.length", "output.length"}
    assert len(baselines) == 2
    assert baselines["input.length"] is baselines["input.length"]
    assert baselines.limits("input.length")[1] > baselines.limits("output.length")[1]
    assert baselines.limits("output.words") == (-math.inf, math.inf)
    with pytest.raises(KeyError):
        baselines["output.words"]
    assert not Baselines.fit()
