"""JSON, read strictly: what orjson and json agree on comes through, and nothing that either would change."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import InvalidRequest, PlumblineError, ValidationFailed
from plumbline.http.json_body import parse

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_json_is_read_as_it_is(value: Any) -> None:
    for body in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False, indent=2).encode()):
        assert parse(body) == value
    assert orjson.loads(orjson.dumps(parse(json.dumps(value).encode()))) == value


@given(st.binary(max_size=60) | st.text('[]{}",:0-9.eE nulltrefas\\', max_size=60).map(str.encode))
def test_any_bytes_give_a_value_or_a_clear_error(body: bytes) -> None:
    refused: list[PlumblineError] = []
    try:
        parse(body)
    except PlumblineError as error:
        refused.append(error)
    assert all(error.status in (400, 422) and error.problems and error.message for error in refused)


@given(VALUES, st.sampled_from(["\0", "\ud800", "\udfff"]), st.integers(0, 5))
def test_an_unfit_character_is_found_wherever_it_is(value: Any, unfit: str, at: int) -> None:
    text = "x" * at + unfit
    with pytest.raises(ValidationFailed) as caught:
        parse(json.dumps({"a": [value, {"b": text}]}).encode())
    assert ("body.a[1].b", f"position {at}") in [(field, what[-10:]) for field, what in caught.value.problems]


def test_depth_is_counted_to_the_last_level() -> None:
    parse(b"[" * 32 + b"]" * 32)
    parse(b"[" * 31 + b"1" + b"]" * 31)
    for body in (b"[" * 33 + b"]" * 33, b"[" * 32 + b"1" + b"]" * 32, b"[" * 5_000_000):
        with pytest.raises(ValidationFailed, match="nested at most 32 levels"):
            parse(body)


def test_a_key_given_twice_is_named_at_any_depth() -> None:
    with pytest.raises(ValidationFailed) as caught:
        parse(b'[{"a": {"b": 1, "b": 1}}]')
    assert caught.value.problems == (("body[0].a.b", "is given twice; give it once"),)


def test_long_names_are_not_repeated_whole() -> None:
    with pytest.raises(ValidationFailed) as caught:
        parse(json.dumps({"n" * 10_000: "\0"}).encode())
    assert len(caught.value.problems[0][0]) < 100


def test_a_place_is_that_of_the_text_and_not_of_its_bytes() -> None:
    with pytest.raises(InvalidRequest, match=r"line 2, column 9"):
        parse('{"é": 1,\n "é": 1 "b"}'.encode())
