"""Explanations: one sentence that says what a value is, what it should be, and how rare it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from plumbline.alerts import Rules, Threshold, explain, judge
from plumbline.baselines import LEAST_COUNT, Baselines, Sketches
from plumbline.metrics import SERIES
from plumbline.models import Evidence, Finding

RATIO = Finding(
    rule=72,
    alert_type="outlier",
    element="output",
    metric="compression_ratio",
    value=0.0412,
    direction="below",
    bound=0.11,
    baseline=Evidence(0.52, 0.11, None, 20113, 8.3, 1 / 20113, 0.38, 0.71),
)


def outlier(metric: str, value: float, direction: Any, *evidence: Any, element: Any = "output") -> Finding:
    return Finding(8, "outlier", element, metric, value, direction, value, Evidence(*evidence))


def threshold(metric: str, value: float, direction: Any, bound: float) -> Finding:
    return Finding(9, "threshold", "output", metric, value, direction, bound)


SENTENCES = {
    "output.compression_ratio 0.04 is far below its usual 0.38 to 0.71"
    " (median 0.52 of 20,113 values; 1 in 20,000 is this low)": RATIO,
    "output.compression_ratio 0.04 is far below its median of 0.52"
    " (of 20,113 values; 1 in 20,000 is this low)": replace(
        RATIO, baseline=Evidence(0.52, 0.11, None, 20113, 8.3, 1 / 20113)
    ),
    "input.words 4,000 is far above its usual 7 to 812 (median 41 of 1,204 values; none is this high)": outlier(
        "words", 4000.0, "above", 41.0, None, 1500.0, 1204, 7.0, 0.0, 7.0, 812.0, element="input"
    ),
    "output.urls 3 is far above its usual 0 (median 0 of 5,000 values; 1 in 1,200 is this high)": outlier(
        "urls", 3.0, "above", 0.0, None, 1.0, 5000, 5.0, 4 / 5000, 0.0, 0.0
    ),
    "output.latency_ms 91,234 is far above its usual 310.2 to 1,804"
    " (median 802.5 of 40 values; none is this high)": outlier(
        "latency_ms", 91234.4, "above", 802.5, None, 20000.0, 40, 9.0, 0.0, 310.19999, 1803.9
    ),
    "output.cost_usd 0.0713 is far above its usual 0.000312 to 0.0021"
    " (median 0.001 of 40 values; none is this high)": outlier(
        "cost_usd", 0.0713, "above", 0.001, None, 0.02, 40, 9.0, 0.0, 0.000312, 0.0021
    ),
    "output.balance -1e+90 is far below its usual -20 to 3.5 (median 0 of 40 values; none is this low)": outlier(
        "balance", -1e90, "below", 0.0, -90.0, None, 40, 9.0, 0.0, -20.0, 3.5
    ),
    # A tenth of the values lie out there themselves: the usual ones end at the fence.
    "output.words 900 is far above its usual 8 to 700 (median 41 of 400 values; 12 in 100 is this high)": outlier(
        "words", 900.0, "above", 41.0, None, 700.0, 400, 6.6, 0.12, 8.0, 950.0
    ),
    # On the fence itself, with no usual range short of it.
    "output.words 700 is far above its median of 41 (of 400 values; 1 in 17 is this high)": outlier(
        "words", 700.0, "above", 41.0, None, 700.0, 400, 6.6, 0.06, 8.0, 950.0
    ),
    "output.refusal is set, which it was in none of 20,113 interactions": outlier(
        "refusal", 1.0, "above", 0.0, None, 1.0, 20113, 5.0, 0.0, 0.0, 0.0
    ),
    "output.refusal is set, which it rarely is: in 1 in 1,700 of 20,113 interactions": outlier(
        "refusal", 1.0, "above", 0.0, None, 1.0, 20113, 5.0, 12 / 20113, 0.0, 0.0
    ),
    "output.length 1,204 is above its threshold of 100": threshold("length", 1204.0, "above", 100.0),
    "output.words 0 is below its threshold of 1": threshold("words", 0.0, "below", 1.0),
    "output.digit_ratio 0.13 is above its threshold of 0.125": threshold("digit_ratio", 0.1312, "above", 0.125),
    "output.digit_ratio 0.1301 is above its threshold of 0.13": threshold("digit_ratio", 0.1301, "above", 0.13),
    "output.judge_score 0.3 is below its threshold of 0.5": threshold("judge_score", 0.3, "below", 0.5),
    "output.cost_usd 2e-09 is above its threshold of 1e-09": threshold("cost_usd", 2e-9, "above", 1e-9),
    "output.refusal is set, above its threshold of 0": threshold("refusal", 1.0, "above", 0.0),
    "output.valid_json is not set, below its threshold of 1": threshold("valid_json", 0.0, "below", 1.0),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences(sentence: str) -> None:
    assert explain(SENTENCES[sentence]) == sentence


NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]\d+)?"
THRESHOLD = re.compile(rf"(\S+) ({NUMBER}) is (above|below) its threshold of ({NUMBER})")
OUTLIER = re.compile(
    rf"(\S+) ({NUMBER}) is far (above|below) its usual ({NUMBER})(?: to ({NUMBER}))?"
    rf" \(median ({NUMBER}) of ([\d,]+) values; (none is|1 in [\d,]+ is|\d+ in 100 is) this (high|low)\)"
)
SOME_SERIES = st.sampled_from(
    [*(name for name, one in SERIES.items() if not one.flag), "output.own", "input.cost_usd"]
)
VALUES = st.floats(-1e100, 1e100) | st.integers(-1000, 1000).map(float) | st.floats(-1, 1)


def read(text: str) -> float:
    return float(text.replace(",", ""))


@given(SOME_SERIES, VALUES, VALUES)
def test_a_value_is_always_shown_beyond_its_threshold(name: str, value: float, bound: float) -> None:
    assume(value != bound)
    direction: Any = "above" if value > bound else "below"
    rules = Rules({name: (Threshold(name, direction, bound),)})
    (found,) = judge({name: value}, rules, Baselines.fit())
    match = THRESHOLD.fullmatch(explain(found))
    assert match
    assert match[1] == name
    assert read(match[4]) == bound
    assert (read(match[2]) > bound) if direction == "above" else (read(match[2]) < bound)


@given(
    SOME_SERIES,
    st.lists(st.integers(0, 400) | st.floats(0, 1e6), min_size=LEAST_COUNT, max_size=120),
    st.floats(0, 1e9) | st.integers(0, 10),
)
def test_an_outlier_is_shown_beyond_what_is_usual(name: str, values: list[float], value: float) -> None:
    sketches = Sketches()
    for one in values:
        sketches.add({name: float(one)})
    for found in judge({name: float(value)}, Rules(outliers={name: True}), Baselines.fit(sketches)):
        sentence = explain(found)
        match = OUTLIER.fullmatch(sentence)
        assert match, sentence
        assert read(match[7]) == len(values)
        low, high, shown = read(match[4]), read(match[5] or match[4]), read(match[2])
        assert low <= high
        assert shown > high if found.direction == "above" else shown < low
        assert match[3] == found.direction
        assert (match[9] == "high") == (found.direction == "above")


def test_what_is_still_learning_raises_nothing_to_explain() -> None:
    sketches = Sketches()
    for _ in range(LEAST_COUNT - 1):
        sketches.add({"output.words": 20.0})
    assert judge({"output.words": 1e9}, Rules(), Baselines.fit(sketches)) == ()
