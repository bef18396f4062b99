"""Judging: thresholds and outliers, with evidence, numbered the same on every retry."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.alerts import Judge, Rules, Threshold, judge
from plumbline.alerts.judging import KINDS, MOST_OWN_SERIES
from plumbline.baselines import Baselines, Sketches
from plumbline.metrics import SERIES, ValueTable, measure
from plumbline.models import Evidence, Finding
from plumbline.settings import Settings

NOTHING_KNOWN = Baselines.fit()
OUT_OF_THE_BOX = Rules.from_settings(Settings.from_env({}))


def history(count: int = 2000, *series: str, seed: int = 4) -> Sketches:
    rng = random.Random(seed)
    sketches = Sketches()
    for _ in range(count):
        sketches.add({name: float(int(rng.lognormvariate(6, 0.7))) for name in series})
    return sketches


def test_out_of_the_box_lengths_over_100_raise_an_alert() -> None:
    found = judge({"input.length": 101.0, "output.length": 100.0}, OUT_OF_THE_BOX, NOTHING_KNOWN)
    assert found == (Finding(5, "threshold", "input", "length", 101.0, "above", 100.0),)


def test_the_threshold_is_the_one_that_was_set() -> None:
    rules = Rules.from_settings(Settings.from_env({"ALERT_THRESHOLD": "3.5"}))
    found = judge(measure("abc", "abcd"), rules, NOTHING_KNOWN)
    assert [(one.series, one.value, one.bound) for one in found] == [("output.length", 4.0, 3.5)]


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_threshold_is_crossed_only_by_more(length: int, bound: int) -> None:
    rules = Rules.from_settings(Settings.from_env({"ALERT_THRESHOLD": str(bound)}))
    assert bool(judge({"output.length": float(length)}, rules, NOTHING_KNOWN)) == (length > bound)


def test_a_threshold_below() -> None:
    rules = Rules({"output.words": (Threshold("output.words", "below", 3.0),)})
    assert judge({"output.words": 3.0}, rules, NOTHING_KNOWN) == ()
    (found,) = judge({"output.words": 2.0}, rules, NOTHING_KNOWN)
    assert (found.direction, found.bound, found.rule) == ("below", 3.0, SERIES["output.words"].number * KINDS + 2)


def test_an_outlier_carries_its_evidence() -> None:
    baselines = Baselines.fit(history(2000, "output.length"))
    baseline = baselines["output.length"]
    (found,) = judge({"output.length": 1e6}, Rules(), baselines)
    assert found == Finding(
        rule=8,
        alert_type="outlier",
        element="output",
        metric="length",
        value=1e6,
        direction="above",
        bound=baseline.upper_fence or math.nan,
        baseline=Evidence(
            median=baseline.median,
            lower_fence=baseline.lower_fence,
            upper_fence=baseline.upper_fence,
            count=2000,
            z=baseline.z(1e6),
            tail=0.0,
            p5=baseline.quantile(0.05),
            p95=baseline.quantile(0.95),
        ),
    )


def test_an_outlier_below() -> None:
    baselines = Baselines.fit(history(2000, "output.length"))
    (found,) = judge({"output.length": 0.0}, Rules(), baselines)
    assert (found.direction, found.bound) == ("below", baselines["output.length"].lower_fence)


@given(st.floats(0, 1e7))
def test_an_outlier_is_found_exactly_where_the_rule_holds(value: float) -> None:
    baselines = Baselines.fit(HISTORY)
    assert bool(judge({"output.length": value}, Rules(), baselines)) == baselines["output.length"].is_outlier(
        value
    )


HISTORY = history(500, "output.length")


def test_a_value_may_raise_both() -> None:
    baselines = Baselines.fit(history(2000, "output.length"))
    found = judge({"output.length": 1e6}, OUT_OF_THE_BOX, baselines)
    assert [(one.alert_type, one.rule) for one in found] == [("outlier", 8), ("threshold", 9)]


def test_nothing_is_found_in_what_is_usual_or_unknown() -> None:
    baselines = Baselines.fit(history(2000, "output.length"))
    assert judge({"output.length": 400.0, "output.words": 1e9}, Rules(), baselines) == ()
    assert judge({}, OUT_OF_THE_BOX, baselines) == ()


def test_outliers_can_be_left_out_for_a_series() -> None:
    baselines = Baselines.fit(history(2000, "output.length"))
    assert judge({"output.length": 1e6}, Rules(outliers={"output.length": False}), baselines) == ()


def test_a_counted_value_is_held_against_all_others() -> None:
    sketches = history(200, "output.length")
    value = 20_000.0
    before = judge({"output.length": value}, Rules(), Baselines.fit(sketches.copy()))
    sketches.add({"output.length": value})
    after = judge({"output.length": value}, Rules(), Baselines.fit(sketches), counted=True)
    assert after == before
    assert after[0].baseline is not None
    assert after[0].baseline.count == 200


def test_every_row_of_a_first_import_is_judged_as_if_it_came_last() -> None:
    rng = random.Random(8)
    values = [float(int(rng.lognormvariate(6, 0.7))) for _ in range(300)] + [9e5, 0.0]
    sketches = Sketches()
    for value in values:
        sketches.add({"output.length": value})
    baselines = Baselines.fit(sketches)
    for at, value in enumerate(values):
        others = Sketches()
        for other in values[:at] + values[at + 1 :]:
            others.add({"output.length": other})
        row = {"output.length": value}
        # Count, z, tail, fences and verdict are those of the others; so is the median as it is shown.
        assert judge(row, Rules(), baselines, counted=True) == judge(row, Rules(), Baselines.fit(others))


def test_rule_numbers_of_own_series_follow_their_names_and_collide_with_none() -> None:
    names = [*SERIES, *(f"output.own_{n:03d}" for n in range(MOST_OWN_SERIES))]
    both = {name: (Threshold(name, "above", 1.0), Threshold(name, "below", 3.0)) for name in names}
    baselines = Baselines.fit(history(500, *names))
    metrics = dict.fromkeys(names, 2.0)
    found = judge(metrics, Rules(both), baselines)
    numbers = [one.rule for one in found]
    assert {one.alert_type for one in found} == {"threshold", "outlier"}
    assert len(numbers) == len(set(numbers)) >= 2 * len(names)
    assert min(numbers) >= 1
    assert max(numbers) <= 999
    assert numbers == sorted(numbers)
    again = judge(dict(reversed(metrics.items())), Rules(both), baselines)
    assert again == found


def test_an_own_series_keeps_its_number_whatever_else_is_found() -> None:
    metrics = {"output.b_cost": 5.0, "output.a_latency": 5.0, "output.length": 3.0}
    one = Rules({"output.b_cost": (Threshold("output.b_cost", "above", 1.0),)})
    two = Rules({**one.thresholds, "output.a_latency": (Threshold("output.a_latency", "above", 1.0),)})
    (alone,) = judge(metrics, one, NOTHING_KNOWN)
    assert alone in judge(metrics, two, NOTHING_KNOWN)
    assert alone.rule == 126 * KINDS + 1


def test_too_many_own_series_are_refused() -> None:
    metrics = {f"output.own_{n}": 9.0 for n in range(MOST_OWN_SERIES + 1)}
    rules = Rules({"output.own_0": (Threshold("output.own_0", "above", 1.0),)})
    with pytest.raises(ValueError, match="at most 125"):
        judge(metrics, rules, NOTHING_KNOWN)


@given(st.dictionaries(st.sampled_from(sorted(SERIES)), st.floats(allow_nan=False, allow_infinity=False)))
def test_judging_is_a_function_of_values_rules_and_baselines(metrics: dict[str, float]) -> None:
    baselines = Baselines.fit(HISTORY)
    found = judge(metrics, OUT_OF_THE_BOX, baselines)
    assert found == judge(metrics, OUT_OF_THE_BOX, Baselines.fit(HISTORY))
    for one in found:
        assert one.value == metrics[one.series]
        assert one.value >= one.bound if one.direction == "above" else one.value <= one.bound


_OWN = ("output.score", "input.latency_ms")


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(("output.length", "input.words", "output.refusal", *_OWN)), st.floats(-9, 300)
        ),
        min_size=1,
        max_size=60,
    )
)
def test_judging_many_finds_what_judging_each_finds(interactions: list[dict[str, float]]) -> None:
    rules = Rules({name: (Threshold(name, "above", 250.0),) for name in ("output.length", *_OWN)})
    sketches = Sketches()
    sketches.add_many(interactions)
    many = Judge(rules, rules.fit(sketches), counted=True)
    assert many.findings_of_all(ValueTable.of(interactions)) == [
        judge(metrics, rules, rules.fit(sketches), counted=True) for metrics in interactions
    ]
