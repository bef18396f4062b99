"""A cursor works where and while it should, and nothing else is one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import InvalidRequest
from plumbline.http.cursors import Cursors

NOW = datetime(2026, 3, 4, tzinfo=UTC)
FILTERS = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8), max_size=4)
POSITIONS = st.text(min_size=1, max_size=60)


def at(moment: datetime, key: str = "key") -> Cursors:
    return Cursors(key, lambda: moment)


@given(st.text(max_size=10), FILTERS, POSITIONS, st.timedeltas(timedelta(0), timedelta(hours=24)))
def test_a_cursor_leads_back_to_its_position(
    route: str, filters: dict[str, object], position: str, age: timedelta
) -> None:
    cursor = at(NOW).write(route, filters, position)
    assert cursor.isascii()
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert at(NOW + age).read(cursor, route, filters) == position


@given(POSITIONS, st.data())
def test_a_changed_cursor_is_refused(position: str, data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(padded(at(NOW).write("r", {}, position))))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    forged = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    with pytest.raises(InvalidRequest):
        at(NOW).read(forged, "r", {})


@given(FILTERS, FILTERS, POSITIONS)
def test_filters_are_part_of_a_cursor(ours: dict[str, object], theirs: dict[str, object], position: str) -> None:
    cursor = at(NOW).write("r", ours, position)
    if ours != theirs:
        with pytest.raises(InvalidRequest, match="not one that this listing gave out"):
            at(NOW).read(cursor, "r", theirs)


def test_so_are_the_route_and_the_deployment() -> None:
    cursor = at(NOW).write("r", {}, "p")
    for reader, route in ((at(NOW), "s"), (at(NOW, "other key"), "r")):
        with pytest.raises(InvalidRequest):
            reader.read(cursor, route, {})


def test_a_cursor_expires_after_a_day() -> None:
    cursor = at(NOW).write("r", {}, "p")
    with pytest.raises(InvalidRequest, match="expired") as caught:
        at(NOW + timedelta(hours=24, seconds=1)).read(cursor, "r", {})
    assert caught.value.status == 400
    assert caught.value.problems[0][0] == "query.cursor"


@given(st.text(max_size=100) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        at(NOW).read(cursor, "r", {})


def test_a_cursor_that_is_written_twice_over_is_refused() -> None:
    cursor = at(NOW).write("r", {}, "p")
    for changed in (
        cursor + "=",
        cursor + "A",
        cursor * 2,
        cursor + "\n",
        " " + cursor,
        cursor.replace("A", "A "),
    ):
        with pytest.raises(InvalidRequest):
            at(NOW).read(changed, "r", {})


def padded(cursor: str) -> str:
    return cursor + "=" * (-len(cursor) % 4)
