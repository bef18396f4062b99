"""Metrics: what they count, from which size on, and what real texts give."""

from __future__ import annotations

import unicodedata
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plumbline.metrics import METRICS, SERIES, Metric, markdown_table, measure, series
from plumbline.metrics.registry import MOST_METRICS, OWN_UNIT
from plumbline.metrics.words import MARKS, ascii_words, unicode_words

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))


def output(text: str) -> dict[str, float]:
    values = measure("", text)
    return {name.removeprefix("output."): value for name, value in values.items() if name.startswith("output.")}


@pytest.mark.parametrize(
    ("text", "length", "words"),
    [
        ("", 0, 0),
        (" \n\t ", 4, 0),
        ("Hello, world!", 13, 2),
        ("Don't panic.", 12, 2),
        ("Don\u2019t panic.", 12, 2),
        ("snake_case and 42", 17, 3),
        ("e-mail: a.b@example.org", 23, 6),
        ("caf\u00e9", 4, 1),
        ("cafe\u0301", 5, 1),  # code points: the same word with a combining accent is one longer
        ("\U0001f469\u200d\U0001f4bb", 3, 0),  # woman, joiner, laptop: shown as one sign
        ("\u6771\u4eac\u306f\u5927\u304d\u3044", 6, 6),
        ("\u0627\u0644\u0633\u0651\u0644\u0627\u0645 \u0639\u0644\u064a\u0643\u0645", 13, 2),
        ("\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e", 11, 2),
        ("\ud55c\uad6d\uc5b4 \ubb38\uc7a5", 6, 2),
        ("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", 6, 1),
        ("\u043f\u0440\u0438\u0432\u0435\u0442, GPT-4 \u4f60\u597d", 16, 5),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", 8, 1),
    ],
)
def test_length_counts_code_points_and_words_are_found_in_every_script(text: str, length: int, words: int) -> None:
    values = output(text)
    assert (values["length"], values["words"]) == (length, words)


@given(ANY_TEXT, ANY_TEXT)
@example("\ud800", "\x00")
def test_every_text_is_measured_and_every_value_lies_in_its_range(one: str, other: str) -> None:
    for name, value in measure(one, other).items():
        known = SERIES[name]
        assert isinstance(value, float)
        assert known.lowest <= value <= known.highest, name
        if known.flag:
            assert value in {0.0, 1.0}


@given(ANY_TEXT, ANY_TEXT)
def test_measuring_is_a_function_of_the_texts(one: str, other: str) -> None:
    assert measure(one, other) == measure(one, other)


@given(st.text(alphabet=st.characters(max_codepoint=0x7F)))
def test_words_of_ascii_are_the_same_by_the_quick_way(text: str) -> None:
    assert [word.decode() for word in ascii_words(text.encode())] == unicode_words(text)


@given(st.text())
def test_words_hold_every_letter_and_digit_and_nothing_else_visible(text: str) -> None:
    kept = "".join(unicode_words(text))
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]
    assert all(c.isalnum() or c == "_" or unicodedata.category(c)[0] in "MC" for c in kept)


def test_the_table_of_marks_is_unicodes() -> None:
    ranges = (part.partition("-") for part in MARKS.split())
    marks = {code for low, _, high in ranges for code in range(int(low, 16), int(high or low, 16) + 1)}
    for code in range(0x1E900):
        character = chr(code)
        if unicodedata.ucd_3_2_0.category(character) == "Cn":
            continue  # younger than some Python's Unicode
        if unicodedata.category(character)[0] == "M":
            assert code in marks, hex(code)
        if character.isalnum():
            assert code not in marks, hex(code)


def test_compression_ratio_is_zlib_bytes_by_utf8_bytes() -> None:
    text = "Straße nach Köln, wieder und wieder. " * 3
    data = text.encode()
    assert output(text)["compression_ratio"] == len(zlib.compress(data)) / len(data)


@pytest.mark.parametrize(
    "metric", [metric for metric in METRICS if metric.characters], ids=lambda metric: metric.name
)
def test_a_metric_is_absent_below_its_support(metric: Metric) -> None:
    text = "ab cd, 1. " * 10
    assert metric.name not in output(text[: metric.characters - 1])
    assert metric.name in output(text[: metric.characters])


def test_repetition_compresses_well_and_noise_does_not() -> None:
    assert output("I cannot do that. " * 100)["compression_ratio"] < 0.05
    assert output("k3F9zQp7Lw2Xv8RtYb1NcM6sHd4JgA5eUo0iTlKqWfZxBnVjPyGrEmDuChSaQ")["compression_ratio"] > 1.0


def test_known_values_of_real_texts() -> None:
    asked = "Write a Python function that takes in a list of integers and returns the maximum value in the list."
    answered = "def max_value(lst):\n    return max(lst)\n"
    assert measure(asked, answered) == pytest.approx(
        {
            "input.length": 99,
            "input.words": 19,
            "input.compression_ratio": 0.8686868686868687,
            "output.length": 40,
            "output.words": 6,
        }
    )


def test_numbers_and_names_are_unique_and_leave_room_for_rules() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert len({metric.number for metric in METRICS}) == len(METRICS)
    assert all(1 <= metric.number <= MOST_METRICS for metric in METRICS)
    assert sorted(one.number for one in SERIES.values()) == sorted({one.number for one in SERIES.values()})
    assert all(1 <= one.number <= 2 * MOST_METRICS for one in SERIES.values())


def test_numbers_of_metrics_never_change() -> None:
    """Alerts' ids are built from them: add to this table, never change it."""
    numbers = {metric.name: metric.number for metric in METRICS}
    assert numbers.items() >= {"length": 1, "words": 2, "compression_ratio": 9}.items()


def test_measured_series_are_those_of_the_registry() -> None:
    text = "What is the capital of France? Paris is, as everybody knows, the capital of France. " * 2
    assert measure(text, text).keys() == SERIES.keys()


@pytest.mark.parametrize(
    ("name", "element", "metric"),
    [
        ("latency_ms", "output", "latency_ms"),
        ("output.judge.score", "output", "judge.score"),
        ("input.tokens", "input", "tokens"),
        ("inputs", "output", "inputs"),
    ],
)
def test_a_callers_series_has_sensible_defaults(name: str, element: str, metric: str) -> None:
    own = series(name)
    assert (own.name, own.element, own.metric) == (f"{element}.{metric}", element, metric)
    assert (own.unit, own.scale, own.number, own.outliers) == (OWN_UNIT, None, 0, True)


def test_a_known_series_is_found_by_its_full_and_its_short_name() -> None:
    assert series("output.length") is series("length") is SERIES["output.length"]


@pytest.mark.parametrize("name", ["", "output.", "9lives", "a" * 65, "with space", "é", "input.-x"])
def test_a_name_that_no_series_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="begins with a letter"):
        series(name)


def test_the_markdown_table_has_a_row_for_each_metric() -> None:
    rows = markdown_table().splitlines()
    assert len(rows) == 2 + len(METRICS)
    assert all(row.count("|") == rows[0].count("|") for row in rows)
    assert any(
        row.startswith("| `compression_ratio` | input, output |") and "50 characters" in row for row in rows
    )
