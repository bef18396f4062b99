"""How things are written down: sizes, numbers, positions, idempotency keys; and how long is waited. No AWS."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import InvalidRequest, Unavailable
from plumbline.storage.idempotency import Idempotency, KeyUsed, read_key
from plumbline.storage.numbers import MAX_NUMBER, MIN_NUMBER, storable, write_number
from plumbline.storage.positions import alert_position, feed_key, feed_time, split_alert_position
from plumbline.storage.retrying import PATIENT, PROMPT, Backoff
from plumbline.storage.sizes import item_bytes, number_bytes, value_bytes, write_units

from tests.support.interactions import EPOCH
from tests.support.strategies import texts

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
