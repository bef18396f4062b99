"""How long interactions are kept, and what the cleanup reads of events. No AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.cleaning import Change, Unreadable, WrittenText, read_message
from plumbline.errors import SettingsError
from plumbline.retention import MAX_DAYS, Retention, check_days
from plumbline.settings import Settings

moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.integers(0, MAX_DAYS), st.none() | st.integers(1, MAX_DAYS))
def test_what_an_interaction_says_goes_before_what_is_set_for_all(
    arrived: datetime, days: int, own: int | None
) -> None:
    kept = own or days
    until = Retention(days).until(arrived, own)
    if not kept:
        assert until is None
        return
    assert until is not None
    assert until.microsecond == 0
    assert timedelta(0) <= until - arrived - timedelta(days=kept) < timedelta(seconds=1)


@pytest.mark.parametrize("days", [0, -1, MAX_DAYS + 1])
def test_days_out_of_bounds(days: int) -> None:
    with pytest.raises(ValueError, match="1 to 3650"):
        check_days(days)


@pytest.mark.parametrize(("written", "days"), [("", 0), ("0", 0), ("30", 30), ("3650", 3650)])
def test_the_parameter(written: str, days: int) -> None:
    assert Settings.from_env({"RETENTION_DAYS": written}).retention_days == days


@pytest.mark.parametrize("written", ["-1", "3651", "1.5", "a month"])
def test_a_parameter_that_is_none(written: str) -> None:
    with pytest.raises(SettingsError, match="RETENTION_DAYS"):
        Settings.from_env({"RETENTION_DAYS": written})


def told(*keys: Any, version: str | None = "v1") -> str:
    objects = [{"key": key} | ({} if version is None else {"versionId": version}) for key in keys]
    return json.dumps({"Records": [{"s3": {"object": one}} for one in objects]})


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("texts/5/0a1b", WrittenText(5, "texts/5/0a1b", "v1")),
        ("texts/5", WrittenText(5, "texts/5", "v1")),
        ("texts/5/a+b%2B%C3%A4%0A", WrittenText(5, "texts/5/a b+ä\n", "v1")),
        ("texts/9007199254740991/x", WrittenText(9007199254740991, "texts/9007199254740991/x", "v1")),
        ("texts/0/x", None),
        ("texts/-5/x", None),
        ("texts/05/x", None),
        ("texts/5x", None),
        ("texts/%D9%A5/x", None),
        ("texts/99999999999999999/x", None),
        ("texts/../uploads/5", None),
        ("uploads/texts/5/x", None),
        ("", None),
    ],
)
def test_which_texts_s3_tells_of(key: str, read: WrittenText | None) -> None:
    assert [*read_message(told(key))] == ([] if read is None else [read])


def test_objects_without_versions_and_tests_of_the_queue() -> None:
    assert [*read_message(told("texts/5/x", version=None))] == [WrittenText(5, "texts/5/x", "null")]
    assert [*read_message('{"Event": "s3:TestEvent", "Service": "Amazon S3"}')] == []


@pytest.mark.parametrize("body", ["", "[]", "7", '{"Records": [{}]}', '{"Records": 7}', told(7), told(None)])
def test_what_s3_does_not_say(body: str) -> None:
    with pytest.raises(Unreadable, match="cannot be read") as raised:
        [*read_message(body)]
    assert body == "" or body not in str(raised.value)


def test_changes_are_read() -> None:
    record: dict[str, Any] = {
        "dynamodb": {"Keys": {"id": {"N": "5"}}, "OldImage": {"a": {"S": "b"}}, "ApproximateCreationDateTime": 7}
    }
    assert Change.read(record) == Change(5, {"a": {"S": "b"}}, {}, datetime.fromtimestamp(7, UTC))


@pytest.mark.parametrize(
    "change",
    [
        None,
        {},
        {"Keys": {}},
        {"Keys": {"id": {"N": "x"}}, "ApproximateCreationDateTime": 7},
        {"Keys": {"id": {"N": "5"}}},
    ],
)
def test_a_record_that_is_none(change: Any) -> None:
    with pytest.raises(Unreadable):
        Change.read({"dynamodb": change})
