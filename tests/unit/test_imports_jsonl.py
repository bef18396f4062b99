"""What becomes of a JSON line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.imports.jsonl import JsonParser
from plumbline.imports.rows import MAX_CELL_BYTES
from plumbline.models import NewInteraction, Problem

IMPORTED_AT = datetime(2026, 2, 1, tzinfo=UTC)
PAIR = {"input": "q", "output": "a"}


def parse(line: object) -> NewInteraction | Problem:
    raw = line if isinstance(line, bytes) else json.dumps(line).encode()
    return JsonParser(IMPORTED_AT).parse(7, 9, raw)


def good(line: object) -> NewInteraction:
    row = parse(line)
    assert isinstance(row, NewInteraction), row
    return row


def bad(line: object) -> Problem:
    row = parse(line)
    assert isinstance(row, Problem), row
    assert (row.row, row.line) == (7, 9)
    return row


@pytest.mark.parametrize(
    "line",
    [
        PAIR,
        {"INPUT": "q", " Output ": "a"},
        {"input_text": "q", "output_text": "a"},
        {"prompt": "q", "response": "a"},
        {"prompt": "q", "completion": "a"},
        {"question": "q", "answer": "a"},
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
        {"messages": [{"role": "user", "content": "q"}], "output": "a"},
        {"input": [{"role": "user", "content": "q"}], "output": {"role": "assistant", "content": "a"}},
        {
            "request": {"messages": [{"role": "user", "content": "q"}]},
            "response": {"choices": [{"message": {"role": "assistant", "content": "a"}}]},
        },
        {"request": {"prompt": "q"}, "response": {"choices": [{"text": "a"}]}},
    ],
)
def test_the_forms_people_use(line: object) -> None:
    assert good(line) == NewInteraction("q", "a", IMPORTED_AT)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.booleans())
def test_texts_stay_as_they_are(text: str, ascii_only: bool) -> None:
    line = json.dumps({"input": text, "output": text[::-1]}, ensure_ascii=ascii_only).encode()
    row = good(line)
    assert (row.input, row.output) == (text, text[::-1])


def test_null_is_the_empty_text_as_an_empty_cell_is() -> None:
    assert good({"input": "q", "output": None}) == NewInteraction("q", "", IMPORTED_AT)


def test_further_keys_are_metadata_but_for_what_is_empty_or_ours() -> None:
    row = good(
        {
            **PAIR,
            "model": "small",
            "tags": ["x", {"n": 1.5}],
            "ok": True,
            "none": None,
            "empty": "",
            "rejected_row": 3,
            "Rejected_Line": 3,
            "rejected_reason": "?",
            "metadata": {"user": "u1", "nothing": None},
        }
    )
    assert row.metadata == {"model": "small", "tags": ["x", {"n": 1.5}], "ok": True, "user": "u1"}


def test_metrics_in_an_object_and_by_name() -> None:
    row = good({**PAIR, "metrics": {"latency_ms": 812, "input.tokens": 6, "no": None}, "Metric.score": -0.5})
    assert row.metrics == {"output.latency_ms": 812.0, "input.tokens": 6.0, "output.score": -0.5}
    assert row.metadata == {}
    assert good({**PAIR, "metrics": None, "metric.x": None}).metrics == {}


@pytest.mark.parametrize(
    ("keys", "external_id"),
    [
        ({"id": "a-1"}, "a-1"),
        ({"ID": 17}, "17"),
        ({"id": 18446744073709551615}, "18446744073709551615"),
        ({"id": "a", "external_id": " b "}, "b"),
        ({"id": "a", "external_id": None}, None),
        ({"id": ""}, None),
        ({"id": "é" * 200}, "é" * 200),
    ],
)
def test_the_callers_own_id_which_is_metadata_too(keys: dict[str, Any], external_id: str | None) -> None:
    row = good({**PAIR, **keys})
    assert row.external_id == external_id
    assert row.metadata == {name: value for name, value in keys.items() if value not in {None, ""}}


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-31T13:45:00Z", "2026-01-31T13:45:00+00:00"),
        ("2026-01-31 13:45:00", "2026-01-31T13:45:00+00:00"),
        (1769867100, "2026-01-31T13:45:00+00:00"),
        ("1769867100", "2026-01-31T13:45:00+00:00"),
        (1769867100123, "2026-01-31T13:45:00.123000+00:00"),
        (1769867100.25, "2026-01-31T13:45:00.250000+00:00"),
        (1769867100.0, "2026-01-31T13:45:00+00:00"),
        (None, "2026-02-01T00:00:00+00:00"),
        (" ", "2026-02-01T00:00:00+00:00"),
    ],
)
def test_times(written: object, moment: str) -> None:
    assert good({**PAIR, "created_at": written}).created_at.isoformat() == moment


def test_what_a_log_of_a_request_and_its_response_tells() -> None:
    row = good(
        {
            "request": {
                "model": "small",
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}],
            },
            "response": {
                "id": "chatcmpl-1",
                "created": 1769867100,
                "model": "small-2026",
                "usage": {"total_tokens": 9},
                "choices": [{"message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}],
            },
            "user": "u1",
        }
    )
    assert (row.input, row.output, row.created_at.isoformat()) == ("q", "a", "2026-01-31T13:45:00+00:00")
    assert row.metadata == {
        "model": "small-2026",
        "finish_reason": "stop",
        "response_id": "chatcmpl-1",
        "user": "u1",
        "system": "Be brief.",
    }
    assert row.external_id is None


def test_a_response_that_is_the_message_itself() -> None:
    row = good(
        {
            "request": {"system": "Be brief.", "messages": [{"role": "user", "content": "q"}]},
            "response": {
                "role": "assistant",
                "content": [{"type": "text", "text": "a"}],
                "stop_reason": "end_turn",
            },
            "created_at": "2026-01-31",
        }
    )
    assert (row.input, row.output, row.created_at.isoformat()) == ("q", "a", "2026-01-31T00:00:00+00:00")
    assert row.metadata == {"finish_reason": "end_turn", "system": "Be brief."}


DEEP: Any = "x"
for _ in range(40):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("line", "key", "problem"),
    [
        (b"nonsense", None, "The line is not JSON: "),
        (b'{"input": "q", "output": "a"', None, "(at character 29)."),
        (b'{"input": "q", "output": "\xff"}', None, "The line contains bytes that are not UTF-8."),
        (b'{"input": "q", "output": "\\ud800"}', None, "The line is not JSON: "),
        (b'{"input": "q", "output": "a", "score": NaN}', None, "JSON has neither NaN nor Infinity: write null."),
        (b'{"input": "q", "output": "a", "score": 1e999}', None, "number is infinity"),
        (b"[1]", None, "The line holds an array; it must hold an object"),
        (b"null", None, "The line holds null;"),
        ({"input": "q"}, None, "The object has no key for the output."),
        ({"messages": [], "input": "q"}, None, "The object has no key for the output."),
        ({"input": "q", "prompt": "q", "output": "a"}, None, "2 keys that mean the input: “input”, “prompt”."),
        ({**PAIR, "Input": "q"}, None, "The keys “input”, “Input” are the same but for their case."),
        ({"input": "q", "output": {"text": "a"}}, "output", "There must be text, not an object. Write it as text"),
        ({"input": 5, "output": "a"}, "input", "There must be text, not a number."),
        ({"input": "q\0", "output": "a"}, "input", "The text contains a NUL character."),
        ({"input": "q", "output": "é" * (MAX_CELL_BYTES // 2 + 1)}, "output", "it has 1,048,578 bytes"),
        ({**PAIR, "created_at": "01/02/2026"}, "created_at", "The date can be read in two ways"),
        ({**PAIR, "created_at": True}, "created_at", "There must be a time, not true."),
        ({**PAIR, "created_at": 12}, "created_at", "The time cannot be read"),
        ({**PAIR, "created_at": "2026-02-02T00:00:01Z"}, "created_at", "in the future"),
        ({**PAIR, "id": 1.5}, "id", "An id must be text or a whole number of up to 64 bits, not a number."),
        ({**PAIR, "id": 10**30}, "id", "too large to be kept exactly. Write it as text."),
        ({**PAIR, "id": True}, "id", "not true"),
        ({**PAIR, "id": "x" * 201}, "id", "An id has at most 200 characters"),
        ({**PAIR, "external_id": "a\nb"}, "external_id", "none of them a control character"),
        ({**PAIR, "metrics": [1]}, "metrics", "There must be an object of numbers"),
        ({**PAIR, "metrics": {"x": "812"}}, "metrics.x", "A metric is a number, not text."),
        ({**PAIR, "metric.x": False}, "metric.x", "A metric is a number, not false."),
        ({**PAIR, "metric.x": 1e101}, "metric.x", "A metric lies between"),
        ({**PAIR, "metrics": {"length": 3}}, "metrics.length", "Plumbline measures output.length itself"),
        ({**PAIR, "metrics": {"9": 3}}, "metrics.9", "The metric's name cannot be used"),
        ({**PAIR, "metrics": {"x": 3}, "metric.x": 3}, "metrics.x", "The metric output.x is given twice."),
        ({**PAIR, "metric.output.x": 3, "metric.x": 3}, "metric.x", "are the same metric, output.x"),
        ({**PAIR, "metrics": {f"m{n}": n for n in range(51)}}, "metrics", "51 metrics; at most 50"),
        ({**PAIR, "metadata": "x"}, "metadata", "There must be an object"),
        ({**PAIR, "metadata": {"user": 1}, "user": 2}, "metadata.user", "a key of the same name"),
        ({**PAIR, **{f"k{n}": n for n in range(101)}}, None, "101 further keys; at most 100"),
        ({**PAIR, "metadata": {f"k{n}": n for n in range(101)}}, None, "101 entries of metadata; at most 100"),
        ({**PAIR, "n" * 201: 1}, None, "A key has from 1 to 200 characters"),
        ({**PAIR, "metadata": {"n" * 201: 1}}, "metadata", "A key has from 1 to 200 characters"),
        ({**PAIR, "note": "x" * 65536}, None, "more than 64 KiB together"),
        ({**PAIR, "note": ["a\0"]}, "note", "NUL"),
        ({**PAIR, "note": {"a\0": 1}}, "note", "NUL"),
        ({**PAIR, "note": {"n": 2**64}}, "note", "too large to be kept exactly"),
        ({**PAIR, "note": DEEP}, "note", "at most 32 levels deep"),
    ],
)
def test_lines_that_cannot_be_used(line: object, key: str | None, problem: str) -> None:
    found = bad(line)
    assert found.column == key
    assert problem in found.problem
    assert len(found.problem) < 300


def test_a_problem_never_repeats_a_text() -> None:
    for line in (
        {"input": "SECRET"},
        {**PAIR, "id": "SECRET\n."},
        {**PAIR, "created_at": "SECRET"},
        b'"SECRET" 1',
    ):
        assert "SECRET" not in bad(line).problem


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        *("input", "output", "messages", "request", "response", "choices", "message", "role", "content", "id"),
        *("metrics", "metadata", "created_at", "metric.x", "prompt", "completion", "type", "text"),
    ]
)
LIKELY = st.recursive(
    JSON | st.sampled_from(["user", "assistant", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@given(LIKELY | st.binary(max_size=40))
def test_any_line_is_an_interaction_or_a_problem(line: object) -> None:
    row = parse(line)
    if isinstance(row, NewInteraction):
        json.dumps(row.metadata, allow_nan=False)
        assert isinstance(row.input, str)
        assert isinstance(row.output, str)
