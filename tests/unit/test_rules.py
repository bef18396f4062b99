"""Rules: read from text, resolved by how precise they are, refused where they cannot be meant."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.alerts import OutlierRule, Rules, ThresholdRule, format_rules, judge, parse_rules
from plumbline.alerts.grammar import MAX_BOUND
from plumbline.alerts.targets import targeted
from plumbline.baselines import SENSITIVITIES, Baselines, Sketches
from plumbline.errors import SettingsError
from plumbline.metrics import SERIES
from plumbline.settings import Settings

from tests.support.tables import template

SEVERITIES = ("info", "warning", "critical")
PARAMETER = template()["Parameters"]["AlertRules"]
NOTHING_KNOWN = Baselines.fit()


def rules(text: str, **env: str) -> Rules:
    return Rules.from_settings(Settings.from_env({"ALERT_RULES": text, **env}))


def found(text: str, metrics: dict[str, float], **env: str) -> list[tuple[str, str, float, str]]:
    return [
        (one.series, one.direction, one.bound, one.severity)
        for one in judge(metrics, rules(text, **env), NOTHING_KNOWN)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" ;\n; \t", ()),
        ("output.length>2000 critical", (ThresholdRule("output.length", above=2000.0, severity="critical"),)),
        ("output.words < 1", (ThresholdRule("output.words", below=1.0),)),
        ("latency_ms > 5e3 < -.5 info;", (ThresholdRule("latency_ms", 5000.0, -0.5, "info"),)),
        ("length thresholds off", (ThresholdRule("length"),)),
        ("overlap outliers off", (OutlierRule("overlap", on=False),)),
        ("pii outliers on", (OutlierRule("pii", on=True),)),
        (
            "output.length outliers high critical",
            (OutlierRule("output.length", on=True, sensitivity="high", severity="critical"),),
        ),
        ("* outliers low", (OutlierRule("*", sensitivity="low"),)),
        ("* outliers info", (OutlierRule("*", severity="info"),)),
        ("reading_ease off", (ThresholdRule("reading_ease"), OutlierRule("reading_ease", on=False))),
        (
            "words>1;sentences>2\n;\nlines>3",
            tuple(ThresholdRule(n, i) for i, n in enumerate(("words", "sentences", "lines"), 1)),
        ),
    ],
)
def test_reading(text: str, expected: tuple[Any, ...]) -> None:
    assert parse_rules(text) == expected


WRONG = {
    "output.length": "it says nothing of output.length; rules are written like output.length > 2000 critical,",
    "> 5": "it must begin with a series, a metric or *",
    "9lives > 5": "a metric's name begins with a letter",
    "output.length > many": "after > comes a number like 2000 or 0.5, at most 1e+100 in size, not 'many'",
    "output.length >": "not 'nothing'",
    "output.length > 1_000": "not '1_000'",
    "output.length > nan": "not 'nan'",
    "output.length > 1e999": "not '1e999'",
    "output.length > 2,000": "not '2,000'",
    "output.length >= 5": "write >: a bound is crossed by more than it, and not by as much",
    "output.length = 5": "after output.length comes >, <, outliers, thresholds or off, not '='",
    "output.length > 5 > 6": "it has two bounds with >",
    "output.length > 5 urgent": "'urgent' is not known after a bound; known are info, warning, critical",
    "output.length > 5 info critical": "it says both info and critical",
    "output.length critical": "after output.length comes >, <, outliers, thresholds or off, not 'critical'",
    "output.length outliers": "after outliers comes on, off, low, default or high",
    "output.length outliers extreme": "known are on, off, low, default, high, info, warning, critical; a",
    "words > 5\nlines > 3": "'lines' is not known after a bound; known are info, warning, critical; a semicolon",
    "output.length outliers off high": "outliers that are off have neither sensitivity nor severity",
    "output.length outliers on off": "it says on or off twice",
    "output.length outliers low high": "it says both low and high",
    "output.length thresholds on": "after thresholds comes off; to set one, write output.length > 100",
    "* > 5": "a bound belongs to one metric or series",
    "input.refusal > 0": "refusal is measured on the output only: write output.refusal",
    "lenght > 5": "there is no metric lenght; did you mean length? A metric of your own needs a name that",
    "output.lenght > 5": "there is no metric lenght; did you mean length?",
    "input.word outliers off": "there is no metric word; did you mean words?",
    "compresion_ratio < 0.1": "did you mean compression_ratio?",
    "PII > 0": "there is no metric PII; did you mean pii?",
    "Length > 5": "there is no metric Length; did you mean length?",
    "outptu.length > 5": "there is no element outptu; did you mean output.length?",
    "words > 5; words > 6": "the bound > of words is said twice",
    "words outliers off; words outliers on": "the outliers of words are said twice",
    "words off; words > 5": "words has bounds and has its thresholds off",
    "words > 5 < 6": "every value of words is above 5 or below 6",
    "words > 5; words < 6": "every value of words is above 5 or below 6",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_meant_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"ALERT_RULES": f"sentences > 3; {text}; urls > 3"})
    named = " ".join(text.rpartition(";")[2].split())
    assert str(refused.value).startswith(f"ALERT_RULES: the rule {named!r} cannot be used: ")
    assert WRONG[text] in str(refused.value)


def test_a_long_rule_is_named_by_its_beginning() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"ALERT_RULES": "words > " + "9" * 5000 + "x"})
    assert len(str(refused.value)) < 300


NAMES = ["*", "length", "output.length", "input.words", "refusal", "latency_ms", "input.a-b.c_d", "output.cost"]
BOUNDS = st.floats(-MAX_BOUND, MAX_BOUND)
ONE_RULE = st.one_of(
    st.builds(ThresholdRule, st.sampled_from(NAMES)),
    st.builds(ThresholdRule, st.sampled_from(NAMES[1:]), BOUNDS, st.none(), st.sampled_from(SEVERITIES)),
    st.builds(ThresholdRule, st.sampled_from(NAMES[1:]), st.none(), BOUNDS, st.sampled_from(SEVERITIES)),
    st.builds(
        OutlierRule,
        st.sampled_from(NAMES),
        st.just(True),
        st.none() | st.sampled_from(sorted(SENSITIVITIES)),
        st.none() | st.sampled_from(SEVERITIES),
    ),
    st.builds(OutlierRule, st.sampled_from(NAMES), st.just(False)),
)
SOME_RULES = st.lists(ONE_RULE, max_size=5, unique_by=lambda rule: rule.target).map(tuple)


@given(SOME_RULES)
def test_written_rules_read_back_the_same_and_can_be_deployed(given_: tuple[Any, ...]) -> None:
    text = format_rules(given_)
    assert parse_rules(text) == given_
    assert re.fullmatch(PARAMETER["AllowedPattern"], text)


PIECES = [
    "length",
    "output.",
    "words",
    "*",
    ">",
    "<",
    "5",
    "-.5e3",
    "outliers",
    "off",
    "high",
    "info",
    ";",
    " ",
    "\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=20))
def test_what_can_be_read_can_be_deployed(text: str) -> None:
    with suppress(ValueError):
        parse_rules(text)
        assert re.fullmatch(PARAMETER["AllowedPattern"], text)


@pytest.mark.parametrize(
    "text",
    ["output.length 2000", "length > ", "length > 5 urgent", "length >= 5", "5 > 3", "length > 5, words > 3"],
)
def test_what_is_plainly_no_rule_cannot_be_deployed(text: str) -> None:
    assert not re.fullmatch(PARAMETER["AllowedPattern"], text)


def test_a_long_parameter_is_checked_quickly() -> None:
    assert not re.fullmatch(PARAMETER["AllowedPattern"], "length > 5 ; " * 150 + "!")
    assert not re.fullmatch(PARAMETER["AllowedPattern"], " " * 1990 + "!")


def test_out_of_the_box_length_has_its_simple_threshold() -> None:
    metrics = {"input.length": 150.0, "output.length": 150.0}
    assert found("", metrics) == [
        ("input.length", "above", 100.0, "warning"),
        ("output.length", "above", 100.0, "warning"),
    ]
    assert found("output.length>120 critical", metrics) == [
        ("input.length", "above", 100.0, "warning"),
        ("output.length", "above", 120.0, "critical"),
    ]
    assert found("length>200", metrics) == []
    assert found("output.length<200", metrics, ALERT_THRESHOLD="140") == [
        ("input.length", "above", 140.0, "warning"),
        ("output.length", "above", 140.0, "warning"),
        ("output.length", "below", 200.0, "warning"),
    ]
    assert found("input.length thresholds off", metrics) == [("output.length", "above", 100.0, "warning")]
    assert found("* thresholds off", metrics) == []
    assert found("length off", metrics) == []


def test_the_more_precise_rule_holds_in_whatever_order_they_stand() -> None:
    said = [
        "* thresholds off",
        "words > 5",
        "output.words > 7 critical",
        "output.lines thresholds off",
        "lines > 1",
    ]
    metrics = {
        "input.words": 9.0,
        "output.words": 9.0,
        "input.lines": 2.0,
        "output.lines": 2.0,
        "output.length": 999.0,
    }
    for order in permutations(said):
        assert found("; ".join(order), metrics) == [
            ("input.words", "above", 5.0, "warning"),
            ("output.words", "above", 7.0, "critical"),
            ("input.lines", "above", 1.0, "warning"),
        ]


def test_outliers_are_looked_for_where_it_is_said() -> None:
    assert SERIES["output.length"].outliers
    assert not SERIES["output.pii"].outliers

    def looked_for(text: str) -> list[str]:
        made = rules(text)
        names = ("input.length", "output.length", "input.pii", "output.pii", "output.own")
        return [name for name in names if made.looks_for_outliers(name)]

    assert looked_for("") == ["input.length", "output.length", "output.own"]
    assert looked_for("* outliers off") == []
    assert looked_for("* outliers off; output.length outliers high") == ["output.length"]
    assert looked_for("pii outliers on; input.pii off") == [
        "input.length",
        "output.length",
        "output.pii",
        "output.own",
    ]
    assert looked_for("* outliers on; own outliers off") == [
        "input.length",
        "output.length",
        "input.pii",
        "output.pii",
    ]
    assert looked_for("* outliers low critical") == looked_for("")


def test_sensitivity_and_severity_of_outliers() -> None:
    made = rules(
        "* outliers low info; length outliers high; output.length outliers critical", OUTLIER_SENSITIVITY="high"
    )
    assert [made.sensitivity(name) for name in ("output.length", "input.length", "output.words")] == [
        "high",
        "high",
        "low",
    ]
    assert [made.severity(name) for name in ("output.length", "input.length", "output.words")] == [
        "critical",
        "info",
        "info",
    ]
    assert rules("", OUTLIER_SENSITIVITY="high").sensitivity("output.words") == "high"
    sketches = Sketches()
    for value in range(200):
        sketches.add({"output.length": 100.0 + value % 40, "output.words": 20.0 + value % 9})
    baselines = made.fit(sketches)
    assert baselines["output.length"].keys == SENSITIVITIES["high"]
    assert baselines["output.words"].keys == SENSITIVITIES["low"]
    severities = {
        one.metric: one.severity
        for one in judge({"output.length": 1e6, "output.words": 1e6}, made, baselines)
        if one.alert_type == "outlier"
    }
    assert severities == {"length": "critical", "words": "info"}


def test_a_metric_stands_for_the_elements_that_it_is_measured_on() -> None:
    assert targeted("words") == ("input.words", "output.words")
    assert targeted("overlap") == ("output.overlap",)
    assert targeted("latency_ms") == ("input.latency_ms", "output.latency_ms")
    assert targeted("input.tokens") == ("input.tokens",)


@pytest.mark.parametrize(
    "name", ["latency_ms", "wordiness", "lengthy_ms", "lines_of_code", "lax", "url", "input_tokens"]
)
def test_a_name_that_is_only_somewhat_alike_is_ones_own(name: str) -> None:
    assert targeted(f"output.{name}") == (f"output.{name}",)
    assert targeted(name) == (f"input.{name}", f"output.{name}")
