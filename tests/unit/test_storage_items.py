"""Interactions as items, their texts and metrics packed and unpacked. No AWS."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.metrics import SERIES, measure
from plumbline.storage.conditional import equal_items
from plumbline.storage.dictionary import DICTIONARY_1, SERIES_1
from plumbline.storage.findings import read_findings, write_findings
from plumbline.storage.items import LARGEST_ITEM, read_interaction, read_metrics, read_size, write_interaction
from plumbline.storage.measures import write_packed
from plumbline.storage.numbers import write_number
from plumbline.storage.positions import feed_key
from plumbline.storage.sizes import item_bytes, value_bytes, write_units
from plumbline.storage.texts import Body, pack, unpack

from tests.support.interactions import OUTLIER, interaction
from tests.support.strategies import findings, interactions, numbers, texts

if TYPE_CHECKING:
    from plumbline.models import Finding, Interaction

PACKED_BY_1 = (
    "010000750100f301064b52544cd6648da8a3d0f51d648b9d4a9613c6d80418630106fcd8126a931910bb7770efaf4c7e0e801709"
)
MEASURED_BY_1 = (
    "01003212aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0aaaaaaaaaaaaaaaaaaaaa4b25aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0aaaaa"
    "7b226f75747075742e6c6174656e63795f6d73223a3831322e307d"
)
DICTIONARY_BEGINS = "5a72f6aece53084f"

# ---------------------------------------------------------------- texts


@given(texts, texts, texts)
def test_what_is_packed_is_unpacked(one: str, two: str, three: str) -> None:
    assert unpack(pack(Body(one, two, three))) == Body(one, two, three)


def test_the_dictionary_makes_short_texts_shorter() -> None:
    body = Body("What is the difference between a list and a tuple?", "The most important thing to note is", "")
    assert len(pack(body)) < 0.6 * sum(map(len, body))


def test_a_dictionary_in_use_stays_as_it_is() -> None:
    # What was packed by a release must unpack for ever: a changed dictionary shows here.
    packed = bytes.fromhex(PACKED_BY_1)
    assert unpack(packed) == Body("What is the best way to", "It depends on what you are looking for.", '{"a":1}')
    assert hashlib.sha256(DICTIONARY_1).hexdigest().startswith(DICTIONARY_BEGINS)


@pytest.mark.parametrize("cut", [0, 1, 2, 10, -1])
def test_damaged_texts_are_not_read_as_others(cut: int) -> None:
    with pytest.raises(ValueError, match="packed"):
        unpack(pack(Body("input", "output" * 50, ""))[:cut])


def test_texts_of_a_later_release_are_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="does not know"):
        unpack(b"\xff" + pack(Body("a", "b", ""))[1:])


# ---------------------------------------------------------------- items


@given(interactions())
def test_any_item_is_read_as_it_was_written(kept: Interaction) -> None:
    written = write_interaction(kept)
    fetched = written.s3_object[1] if written.s3_object else None
    assert read_interaction(written.item, fetched) == kept
    assert written.size == item_bytes(written.item) <= LARGEST_ITEM
    texts_size = len(kept.input.encode()) + len(kept.output.encode())
    assert read_size(written.item) >= texts_size


@given(st.integers(0, 3000), st.booleans())
def test_packing_is_done_only_where_it_saves_a_write_unit(length: int, noisy: bool) -> None:
    noise = "".join(chr(33 + (number * 7919 + number * number) % 90) for number in range(length))
    text = noise if noisy else "a" * length
    written = write_interaction(interaction(1, output=text))
    head = {name: value for name, value in written.item.items() if name not in {"texts", "texts_bytes"}}
    plain = item_bytes({**head, "output": {"S": text}, "input": {"S": "question 1"}})
    if "texts" in written.item:
        assert write_units(written.size) < write_units(plain)
    else:
        assert written.size == plain


MANY = {f"output.metric_{number}": number / 7 for number in range(90)}


@pytest.mark.parametrize(
    ("metrics", "form"), [({}, "metrics"), ({"output.length": 1.0}, "metrics"), (MANY, "measured")]
)
def test_metrics_are_a_map_while_that_costs_nothing(metrics: dict[str, float], form: str) -> None:
    written = write_interaction(interaction(1, metrics=metrics))
    assert [name for name in ("metrics", "measured") if name in written.item] == [form]
    assert read_metrics(written.item) == metrics


def test_metrics_packed_by_a_release_are_read_for_ever() -> None:
    assert read_metrics({"measured": {"B": bytes.fromhex(MEASURED_BY_1)}}) == {
        "input.length": 12.0,
        "input.emails": 0.0,
        "output.refusal": 0.0,
        "output.word_length": 4.25,
        "output.latency_ms": 812.0,
    }


def test_what_plumbline_measures_is_packed_without_its_names() -> None:
    # A series that is new to the registry belongs at the list's end: nothing before it may change its place.
    assert set(SERIES) <= set(SERIES_1)
    assert len(set(SERIES_1)) == len(SERIES_1)
    digest = hashlib.sha256(",".join(SERIES_1[:92]).encode()).hexdigest()
    assert digest.startswith("da512edc90809b28")


@given(
    st.dictionaries(st.sampled_from(SERIES_1), numbers),
    st.dictionaries(texts.map(lambda text: f"x{text}"), numbers),
)
def test_any_metrics_are_unpacked_as_they_were_packed(listed: dict[str, float], others: dict[str, float]) -> None:
    metrics = {**others, **listed}
    assert read_metrics({"measured": {"B": write_packed(metrics)}}) == metrics


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["output.length", "output.latency_ms"])
def test_no_number_is_refused_in_packed_metrics_too(name: str, value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        write_packed({"output.words": 1.0, name: value})


@pytest.mark.parametrize("size", [0, 4_096, 10_000, 40_000, 300_000])
def test_long_texts_are_compressed_too(size: int) -> None:
    text = random.Random(size).randbytes(size // 4).hex() * 2
    packed = pack(Body(text, "", "{}"))
    assert unpack(packed) == Body(text, "", "{}")
    assert len(packed) < 200 + len(text) / 1.8


def test_metrics_are_read_of_a_streams_image_too() -> None:
    item = write_interaction(interaction(1, metrics=MANY)).item
    # In Lambda's event a binary value is base64.
    image = {**item, "measured": {"B": base64.b64encode(bytes(item["measured"]["B"])).decode()}}
    assert read_metrics(json.loads(json.dumps(image))) == MANY


def test_all_metrics_of_a_short_interaction_fit_a_write_unit() -> None:
    question, answer = (
        "What is the capital of France, and why?",
        "Paris. It has been since 508, with interruptions. " * 4,
    )
    written = write_interaction(interaction(1, input=question, output=answer, metrics=measure(question, answer)))
    assert "measured" in written.item
    assert write_units(written.size) == 1


def spelled_out(finding: Finding) -> dict[str, Any]:
    """What a finding without evidence is as an entry."""
    entry: dict[str, Any] = {
        "rule": {"N": str(finding.rule)},
        "type": {"S": finding.alert_type},
        "element": {"S": finding.element},
        "metric": {"S": finding.metric},
        "value": {"N": write_number(finding.value)},
        "direction": {"S": finding.direction},
        "bound": {"N": write_number(finding.bound)},
    }
    return entry if finding.severity == "warning" else {**entry, "severity": {"S": finding.severity}}


@given(st.lists(findings, max_size=6), numbers)
def test_findings_are_written_whole_whatever_was_written_before(made: list[Finding], value: float) -> None:
    # The same rules again with other values: what findings share is kept from the ones before.
    for kept in (made, [replace(finding, value=value) for finding in made]):
        written, size = write_findings(kept)
        assert size == value_bytes(written)
        assert read_findings({"alerts": written}) == tuple(kept)
        for finding, entry in zip(kept, written["L"], strict=True):
            evidence = {} if finding.baseline is None else {"baseline": entry["M"]["baseline"]}
            assert entry["M"] == {**spelled_out(finding), **evidence}


def test_an_item_holds_what_it_says() -> None:
    item = write_interaction(interaction(9, findings=(OUTLIER,), metadata={"model": "m"}, import_id=3)).item
    assert item["id"] == {"N": "9"}
    assert item["shard"] == item["alerting"] == {"N": "1"}
    assert item["at"] == {"S": feed_key(interaction(9).created_at, 9)}
    assert item["metadata"] == {"S": '{"model":"m"}'}
    assert "lower_fence" not in json.dumps(item), "a fence that is not known is absent"
    assert not {"alerting", "alerts", "metadata", "import_id"} & write_interaction(interaction(9)).item.keys()


def test_metadata_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_interaction(interaction(1, metadata={"x": math.nan}))


def test_items_are_compared_by_value() -> None:
    one = {"n": {"N": "1e+16"}, "m": {"M": {"l": {"L": [{"N": "1.50"}]}}}, "s": {"S": "1.0"}}
    other = {"s": {"S": "1.0"}, "m": {"M": {"l": {"L": [{"N": "1.5"}]}}}, "n": {"N": "10000000000000000"}}
    assert equal_items(one, other)
    for changed in (
        {**other, "s": {"S": "1"}},
        {**other, "n": {"S": "1e+16"}},
        {**other, "m": {"M": {"l": {"L": []}}}},
        {**other, "x": {"S": ""}},
        {"s": {"S": "1.0"}},
    ):
        assert not equal_items(one, changed)
