"""Metrics: what they count, from which size on, and what real texts give."""

# ruff: noqa: RUF001 - other scripts have marks that look like Latin ones
from __future__ import annotations

import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plumbline.metrics import METRICS, SERIES, Metric, markdown_table, measure, measure_all, measuring_only, series
from plumbline.metrics.compression import compressed_size
from plumbline.metrics.registry import MOST_METRICS, OWN_UNIT

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


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=6))
@example([("What is it?", "It is what it is, " * 9), ("", ""), ("\ud800", "é\n\n1. a\u2019b" * 30)] * 30)
def test_measuring_many_gives_what_measuring_each_gives(pairs: list[tuple[str, str]]) -> None:
    assert measure_all(pairs) == [measure(*pair) for pair in pairs]


@given(ANY_TEXT, ANY_TEXT, st.sets(st.sampled_from(sorted(SERIES)), max_size=9))
@example("What is it? " * 9, "It is what it is, " * 9, {"output.overlap", "input.smog", "output.truncated"})
def test_measuring_some_series_gives_what_measuring_all_gives(one: str, other: str, only: set[str]) -> None:
    wanted = {name: value for name, value in measure(one, other).items() if name in only}
    assert measuring_only(only)([(one, other)]) == [wanted]


def test_compression_ratio_is_zlib_bytes_by_utf8_bytes() -> None:
    text = "Straße nach Köln, wieder und wieder. " * 3
    data = text.encode()
    assert output(text)["compression_ratio"] == round(len(zlib.compress(data)) / len(data), 6)


@given(st.binary(max_size=200), st.integers(1, 5000), st.integers(0, 4000))
@example(b"ab", 5000, 1_699)
@example(bytes(range(256)), 5000, 3_799)
def test_short_texts_are_compressed_in_less_memory_to_the_same_size(piece: bytes, times: int, size: int) -> None:
    data = (piece * times)[:size]
    assert compressed_size(data) == len(zlib.compress(data))


@given(st.lists(st.sampled_from([b"the ", b"a", b"river", b". ", b"\n", b"42", b"quantum "]), max_size=900))
def test_prose_is_compressed_to_the_same_size_too(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert compressed_size(data) == len(zlib.compress(data))


@pytest.mark.parametrize("metric", [one for one in METRICS if one.characters], ids=lambda one: one.name)
def test_a_metric_is_absent_below_its_characters(metric: Metric) -> None:
    text = "ab cd, 1. " * 10
    assert metric.name not in output(text[: metric.characters - 1])
    assert metric.name in output(text[: metric.characters])


@pytest.mark.parametrize("metric", [one for one in METRICS if one.words], ids=lambda one: one.name)
def test_a_metric_is_absent_below_its_words(metric: Metric) -> None:
    words = [f"word{chr(97 + n)}" for n in range(26)]
    assert metric.name not in output(" ".join(words[: metric.words - 1]))
    assert metric.name in output(" ".join(words[: metric.words]))


def test_repetition_compresses_well_and_noise_does_not() -> None:
    assert output("I cannot do that. " * 100)["compression_ratio"] < 0.05
    assert output("k3F9zQp7Lw2Xv8RtYb1NcM6sHd4JgA5eUo0iTlKqWfZxBnVjPyGrEmDuChSaQ")["compression_ratio"] > 1.0


def test_known_values_of_a_real_text() -> None:
    asked = "Write a Python function that takes in a list of integers and returns the maximum value in the list."
    answered = "def max_value(lst):\n    return max(lst)\n"
    values = measure(asked, answered)
    assert {name: values[name] for name in KNOWN} == {name: round(value, 6) for name, value in KNOWN.items()}
    # Fewer than 50 characters, ten words: neither compression nor anything that is of words is defined.
    assert values.keys() & {"output.compression_ratio", "output.lexical_diversity", "output.reading_ease"} == set()


KNOWN = {
    "input.length": 99,
    "input.words": 19,
    "input.sentences": 1,
    "input.letters": 80,
    "input.word_length": 80 / 19,
    "input.symbol_ratio": 1 / 99,
    "input.digit_ratio": 0,
    "input.uppercase_ratio": 2 / 80,
    "input.lexical_diversity": 15 / 19,
    "input.compression_ratio": 0.8686868686868687,
    "input.long_words": 4,
    "input.max_word_length": 8,
    "input.lix": 19 + 100 * 4 / 19,
    "output.length": 40,
    "output.words": 6,
    "output.lines": 2,
    "output.symbol_ratio": 6 / 40,
    "output.blank": 0,
    "output.truncated": 0,
    "output.refusal": 0,
    "output.overlap": 0,
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Das Haus ist alt und groß und schön.", {"non_ascii_ratio": 2 / 36, "symbol_ratio": 1 / 36}),
        ("1234567890 und 1234567890", {"digit_ratio": 20 / 25, "symbol_ratio": 0.0}),
        ("नमस्ते दुनिया, यह एक परीक्षण है।", {"symbol_ratio": 2 / 32, "sentences": 1.0, "words": 6.0}),
        ("مرحبا بالعالم! كيف حالك؟ أنا بخير، شكرا.", {"sentences": 3.0, "words": 7.0}),
        ("今天天气很好。我们去公园吧！你想去吗？", {"sentences": 3.0, "words": 16.0, "non_ascii_ratio": 1.0}),
        ("Great \U0001f389\U0001f389 work, everybody! \U0001f44d\U0001f3fd", {"sentences": 2.0, "words": 3.0}),
        ("x" * 30, {"word_length": 30.0, "uppercase_ratio": 0.0, "max_word_length": 30.0}),
        (
            "?!" * 20,
            {"symbol_ratio": 1.0, "word_length": 0.0, "words": 0.0, "sentences": 0.0, "punctuation_ratio": 1.0},
        ),
        ("a <- b + c * d / e == f", {"special_ratio": 4 / 23, "punctuation_ratio": 3 / 23}),
        ("ABCDE abcde ABCDE abcde", {"uppercase_ratio": 0.5, "lines": 1.0}),
    ],
)
def test_shares_and_counts(text: str, found: dict[str, float]) -> None:
    values = output(text)
    assert {name: values[name] for name in found} == {name: round(value, 6) for name, value in found.items()}


@pytest.mark.parametrize(
    ("text", "blank"), [("", 1), (" \n", 1), ("\u200b", 1), ("...?!", 1), ("\U0001f937", 1), ("7", 0), ("ß", 0)]
)
def test_blank_is_without_letter_and_digit(text: str, blank: float) -> None:
    assert output(text)["blank"] == blank


def test_overlap_is_the_share_of_the_outputs_words_that_the_input_has() -> None:
    values = measure("Where is the Eiffel Tower?", "The Eiffel tower is in Paris.")
    assert values["output.overlap"] == round(4 / 6, 6)
    assert "input.overlap" not in values
    mixed = measure("Wo steht der Eiffelturm – in Köln?", "Der Eiffelturm steht in Paris.")
    assert mixed["output.overlap"] == 4 / 5


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('{"a": [1, 2.5, null]}', 1),
        ("[]", 1),
        ('```json\n{"a": 1}\n```', 1),
        ("[" + "1" * 5000 + "]", 1),
        ("42", 0),
        ('"text"', 0),
        ("{'a': 1}", 0),
        ('{"a": 1', 0),
        ("[" * 100_000 + "]" * 100_000, 0),
        ('Here it is: {"a": 1}', 0),
        ("", 0),
    ],
)
def test_valid_json_is_an_object_or_an_array(text: str, valid: float) -> None:
    assert output(text)["valid_json"] == valid


def test_numbers_and_names_are_unique_and_leave_room_for_rules() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert len({metric.number for metric in METRICS}) == len(METRICS)
    assert all(1 <= metric.number <= MOST_METRICS for metric in METRICS)
    assert sorted(one.number for one in SERIES.values()) == sorted({one.number for one in SERIES.values()})
    assert all(1 <= one.number <= 2 * MOST_METRICS for one in SERIES.values())


def test_numbers_of_metrics_never_change() -> None:
    """Alerts' ids are built from them: add to this table, never change it."""
    numbers = {metric.name: metric.number for metric in METRICS}
    assert list(numbers) == NAMES_BY_NUMBER.split()
    assert list(numbers.values()) == list(range(1, len(numbers) + 1))


NAMES_BY_NUMBER = """
    length words sentences word_length symbol_ratio digit_ratio non_ascii_ratio lexical_diversity
    compression_ratio overlap blank truncated refusal reading_ease grade_level automated_readability
    coleman_liau gunning_fog smog lix syllables syllables_per_word monosyllables polysyllables long_words
    letters uppercase_ratio punctuation_ratio special_ratio max_word_length words_per_sentence lines
    unique_words lexical_density reading_time urls unique_urls emails unique_emails phones payment_cards
    ibans ssns ip_addresses secrets pii valid_json truncated_early placeholder stack_trace redactions
"""


def test_measured_series_are_those_of_the_registry() -> None:
    text = "What is the capital of France? Paris is, as everybody knows, the capital of France. " * 2
    counted_by_redaction = {"input.redactions", "output.redactions"}
    assert measure(text, text).keys() == SERIES.keys() - counted_by_redaction


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
