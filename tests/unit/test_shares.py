"""The share of values that would raise an alert agrees with judging each of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.alerts import Rules, judge, parse_rules
from plumbline.alerts.shares import share_alerting
from plumbline.baselines import Baselines, Sketch, Sketches

# Whole numbers up to 15 have a bucket each, so the sketch knows them exactly.
SMALL = st.lists(st.integers(0, 15).map(float), min_size=1, max_size=60)
RULES = ["", "* outliers off", "words > 7", "words < 3 > 12", "output.words off; words > 1", "words outliers high"]


def sketched(values: list[float]) -> Sketches:
    sketches = Sketches()
    for value in values:
        sketches.add({"output.words": value})
    return sketches


@given(st.lists(st.integers(3, 6).map(float), min_size=1, max_size=80), SMALL, st.sampled_from(RULES))
def test_it_is_the_share_that_judging_would_find(known: list[float], values: list[float], text: str) -> None:
    rules = Rules.of(parse_rules(text))
    baselines = rules.fit(sketched(known))
    found = sum(bool(judge({"output.words": value}, rules, baselines)) for value in values)
    share = share_alerting("output.words", sketched(values)["output.words"], rules, baselines)
    assert share == pytest.approx(found / len(values))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(0, 1e6))
def test_larger_values_are_told_to_the_sketchs_accuracy(values: list[float], bound: float) -> None:
    rules = Rules.of(parse_rules(f"words > {bound!r}; * outliers off"))
    share = share_alerting("output.words", sketched(values)["output.words"], rules, Baselines.fit())
    surely = sum(value > bound * 1.03 + 1 for value in values)
    perhaps = sum(value > bound * 0.97 - 1 for value in values)
    assert surely / len(values) <= share <= perhaps / len(values)


def test_without_values_it_is_none_of_them() -> None:
    assert share_alerting("output.words", Sketch(1.0), Rules(), Baselines.fit()) == 0.0
