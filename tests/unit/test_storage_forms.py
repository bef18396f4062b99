"""How things are written down: sizes, numbers, packed texts, positions, items, idempotency keys. No AWS."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import InvalidRequest, Unavailable
from plumbline.metrics import SERIES, measure
from plumbline.storage.conditional import equal_items
from plumbline.storage.deflate import deflate, inflate
from plumbline.storage.dictionary import DICTIONARY_1, SERIES_2
from plumbline.storage.idempotency import Idempotency, KeyUsed, read_key
from plumbline.storage.items import LARGEST_ITEM, read_interaction, read_metrics, read_size, write_interaction
from plumbline.storage.measures import write_packed
from plumbline.storage.numbers import MAX_NUMBER, MIN_NUMBER, storable, write_number
from plumbline.storage.positions import alert_position, feed_key, feed_time, split_alert_position
from plumbline.storage.retrying import PATIENT, PROMPT, Backoff
from plumbline.storage.sizes import item_bytes, number_bytes, value_bytes, write_units
from plumbline.storage.texts import Body, pack, unpack

from tests.support.interactions import EPOCH, OUTLIER, interaction
from tests.support.strategies import interactions, numbers, texts

if TYPE_CHECKING:
    from plumbline.models import Interaction

PACKED_BY_1 = "0163606010076275e4561f52bdeb091a0c290077a5f3a169af123a638254a9e9552b252a5919d60200"
MEASURED_BY_1 = "01ab46ab780d8db0d400b84d470979133d235384f31341b154199f0b34c2c2d0a81600"
MEASURED_BY_2 = (
    "028b3634d2c92bcdc919cc84015d1c67a267644a178b28096eec4151ad945f5a52505aa2979358929a975c199f"
    "5bac64656168a467501b0b00"
)

# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "é€😀"}, 2 + 3 + 4),
        ({"B": b"1234"}, 4),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"M": {}}, 3),
        ({"L": [{"S": "ab"}, {"NULL": True}]}, 3 + (1 + 2) + (1 + 1)),
        ({"M": {"ab": {"S": "c"}}}, 3 + 1 + 2 + 1),
    ],
)
def test_a_value_is_as_long_as_the_guide_says(value: dict[str, object], size: int) -> None:
    assert value_bytes(value) == size
    assert item_bytes({"naïve": value}) == 6 + size


@pytest.mark.parametrize(
    ("number", "size"),
    [("0", 1), ("1", 2), ("12", 2), ("123", 3), ("-1", 3), ("1000", 2), ("0.0012", 2), ("1e+16", 2), ("1.50", 2)],
)
def test_a_number_takes_a_byte_for_two_digits_and_one_more(number: str, size: int) -> None:
    assert number_bytes(number) == size


def test_no_size_is_made_up() -> None:
    with pytest.raises(ValueError, match="SS"):
        value_bytes({"SS": ["a"]})


def test_write_units_are_of_a_kilobyte() -> None:
    assert [write_units(size) for size in (0, 1, 1024, 1025, 409600)] == [1, 1, 1, 2, 400]


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.0, "12"), (-0.0, "0"), (0.1, "0.1"), (1e16, "1e+16"), (123456789012345.0, "123456789012345"), (3, "3")],
)
def test_a_number_is_written_short(value: float, text: str) -> None:
    assert write_number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_is_written_reads_the_same(value: float) -> None:
    if abs(value) > MAX_NUMBER:
        with pytest.raises(ValueError, match="must be a finite number between"):
            write_number(value)
    else:
        assert float(write_number(value)) == storable(value)
        assert storable(value) == (value if abs(value) >= MIN_NUMBER else 0.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        write_number(value)


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
    assert len(DICTIONARY_1) < 32 * 1024, "DEFLATE sees no further"


@pytest.mark.parametrize("cut", [0, 1, 2, 10, -1])
def test_damaged_texts_are_not_read_as_others(cut: int) -> None:
    with pytest.raises(ValueError, match="packed"):
        unpack(pack(Body("input", "output" * 50, ""))[:cut])


def test_texts_of_a_later_release_are_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="does not know"):
        unpack(b"\xff" + pack(Body("a", "b", ""))[1:])


# ---------------------------------------------------------------- positions


def test_feed_keys_sort_as_listings_do() -> None:
    times = [datetime(1, 1, 1, tzinfo=UTC), EPOCH, EPOCH + timedelta(microseconds=1), EPOCH + timedelta(days=365)]
    keys = [feed_key(time, number) for time in times for number in (1, 9, 10, 2**53 // 1000)]
    assert keys == sorted(keys)
    assert [feed_time(key) for key in keys[::4]] == times


def test_an_alerts_position_is_taken_apart() -> None:
    key = feed_key(EPOCH, 7)
    assert split_alert_position(alert_position(key, 12)) == (key, 12)
    with pytest.raises(InvalidRequest):
        split_alert_position("12")


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


@pytest.mark.parametrize("packed", [MEASURED_BY_1, MEASURED_BY_2])
def test_metrics_packed_by_a_release_are_read_for_ever(packed: str) -> None:
    assert read_metrics({"measured": {"B": bytes.fromhex(packed)}}) == {
        "input.length": 12.0,
        "input.emails": 0.0,
        "output.refusal": 0.0,
        "output.word_length": 4.25,
        "output.latency_ms": 812.0,
    }


def test_what_plumbline_measures_is_packed_without_its_names() -> None:
    # A series that is new to the registry belongs at the list's end: nothing before it may change its place.
    assert set(SERIES) <= set(SERIES_2)
    assert len(set(SERIES_2)) == len(SERIES_2)
    digest = hashlib.sha256(",".join(SERIES_2[:92]).encode()).hexdigest()
    assert digest.startswith("da512edc90809b28")


@given(
    st.dictionaries(st.sampled_from(SERIES_2), numbers),
    st.dictionaries(texts.map(lambda text: f"x{text}"), numbers),
)
def test_any_metrics_are_unpacked_as_they_were_packed(listed: dict[str, float], others: dict[str, float]) -> None:
    metrics = {**others, **listed}
    assert read_metrics({"measured": write_packed(metrics)}) == metrics


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["output.length", "output.latency_ms"])
def test_no_number_is_refused_in_packed_metrics_too(name: str, value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        write_packed({"output.words": 1.0, name: value})


@given(st.binary(max_size=40_000))
def test_what_is_compressed_from_a_dictionary_is_read_with_it(data: bytes) -> None:
    packed = deflate(data, 1, DICTIONARY_1)
    assert inflate(packed, {1: DICTIONARY_1}) == data


@pytest.mark.parametrize("size", [0, 9_000, 9_500, 10_000, 16_000, 40_000, 300_000])
def test_long_values_are_compressed_too(size: int) -> None:
    data = random.Random(size).randbytes(size // 2) * 2
    assert inflate(deflate(data, 1, DICTIONARY_1), {1: DICTIONARY_1}) == data


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


# ---------------------------------------------------------------- idempotency keys


@given(texts)
def test_a_keys_id_is_below_zero_and_fits_a_number(key: str) -> None:
    number = Idempotency(key, "digest").id
    assert -(10**37) < number < 0
    assert number == Idempotency(key, "another digest").id


def test_a_key_that_has_expired_is_none() -> None:
    key = Idempotency("key", "digest")
    item = key.item(7, 1000.0)
    used = read_key(item, key, 1000.0 + 86399)
    assert isinstance(used, KeyUsed)
    assert (used.interaction_id, used.same_request) == (7, True)
    assert read_key(item, key, 1000.0 + 86400) is None


# ---------------------------------------------------------------- retrying


def test_waits_grow_up_to_a_cap_and_end() -> None:
    waits: list[float] = []
    attempts: list[int] = []
    with pytest.raises(Unavailable):
        attempts.extend(Backoff(attempts=9, base=0.1, cap=1.0, sleep=waits.append))
    waits_of_many: list[float] = []
    for _ in range(200):
        with pytest.raises(Unavailable):
            list(Backoff(attempts=9, base=0.1, cap=1.0, sleep=waits_of_many.append))
    assert len(waits) == 8
    assert attempts == list(range(9))
    for turn in range(8):
        seen = waits_of_many[turn::8]
        longest = min(1.0, 0.1 * 2 ** (turn + 1))
        assert 0 <= min(seen) < 0.2 * longest
        assert 0.8 * longest < max(seen) <= longest


def test_what_a_person_waits_for_is_given_up_in_time() -> None:
    for backoff, most in ((PROMPT, 2.5), (PATIENT, 60)):
        assert sum(min(backoff.cap, backoff.base * 2**turn) for turn in range(1, backoff.attempts)) <= most


def test_work_is_repeated_after_what_it_may_be_repeated_after() -> None:
    waits: list[float] = []
    failures: list[Exception] = [KeyError("a"), KeyError("b")]

    def work() -> str:
        if failures:
            raise failures.pop()
        return "done"

    backoff = Backoff(attempts=3, sleep=waits.append, spent="Too busy.")
    assert backoff.repeat(work, KeyError) == "done"
    assert len(waits) == 2
    failures += [KeyError("c")] * 3
    with pytest.raises(Unavailable, match=r"Too busy\."):
        backoff.repeat(work, KeyError)
    failures += [ValueError("passes through")]
    with pytest.raises(ValueError, match="passes"):
        backoff.repeat(work, KeyError)
