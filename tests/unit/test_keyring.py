"""What a process remembers of keys: few reads, few writes, and revoking acts at once or nearly so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.access import Key
from plumbline.errors import Unauthorized, Unavailable
from plumbline.keyring import REMEMBERED, Keyring

from tests.support.gateway import NOW, Clock
from tests.support.keys import MemoryKeys, kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from plumbline.access import StoredKey

KEY = Key.new()


class Fixture:
    """A ring on keys in memory, and what it was told to do later."""

    def __init__(self, store: MemoryKeys | None = None) -> None:
        self.store = store or MemoryKeys(kept(KEY, "read", now=NOW))
        self.clock = Clock()
        self.later: list[Callable[[], None]] = []
        self.ring = Keyring(self.store, self.clock, self.later.append)

    def change(self, **changes: Any) -> None:
        self.store.keys[KEY.id] = replace(self.store.keys[KEY.id], **changes)


@pytest.fixture
def made() -> Fixture:
    return Fixture()


def test_a_key_is_read_once_in_half_a_minute(made: Fixture) -> None:
    for _ in range(29):
        assert made.ring.open(KEY).scopes == {"read"}
        made.clock.pass_time(seconds=1)
    assert made.store.asked == [KEY.id]
    made.clock.pass_time(seconds=1)
    made.ring.open(KEY)
    assert made.store.asked == [KEY.id] * 2


def test_a_revoked_key_opens_nothing_within_half_a_minute(made: Fixture) -> None:
    made.ring.open(KEY)
    made.change(revoked_at=NOW)
    made.clock.pass_time(seconds=29)
    made.ring.open(KEY)
    made.clock.pass_time(seconds=1)
    with pytest.raises(Unauthorized):
        made.ring.open(KEY)


def test_a_key_expires_to_the_moment_though_it_is_remembered(made: Fixture) -> None:
    made.clock.pass_time(seconds=10)
    made.change(expires_at=made.clock())
    made.clock.pass_time(seconds=-1)
    made.ring.open(KEY)
    made.clock.pass_time(seconds=1)
    with pytest.raises(Unauthorized):
        made.ring.open(KEY)
    assert made.store.asked == [KEY.id]


def test_the_same_guess_costs_one_read_and_wrong_secrets_none(made: Fixture) -> None:
    unknown = Key.new()
    for _ in range(50):
        with pytest.raises(Unauthorized):
            made.ring.open(unknown)
        with pytest.raises(Unauthorized):
            made.ring.open(Key(KEY.id, Key.new().secret))
    assert sorted(made.store.asked) == sorted([unknown.id, KEY.id])
    assert made.later == []


def test_guessing_does_not_fill_the_memory_nor_shut_a_good_key_out(made: Fixture) -> None:
    made.ring.open(KEY)
    for _ in range(REMEMBERED + 10):
        with pytest.raises(Unauthorized):
            made.ring.open(Key.new())
    assert len(made.ring._known) == REMEMBERED
    assert len(made.ring._noted) <= REMEMBERED
    made.ring.open(KEY)


def test_a_clock_that_is_put_back_does_not_keep_a_revoked_key_alive(made: Fixture) -> None:
    made.ring.open(KEY)
    made.change(revoked_at=NOW)
    made.clock.pass_time(days=-1)
    with pytest.raises(Unauthorized):
        made.ring.open(KEY)


def test_the_last_use_is_noted_once_an_hour_by_whoever_has_time(made: Fixture) -> None:
    for _ in range(119):
        made.ring.open(KEY)
        made.clock.pass_time(minutes=1)
    assert len(made.later) == 2
    assert made.store.notes == []  # nothing was waited for
    for task in made.later:
        task()
    assert made.store.notes == [KEY.id] * 2


def test_what_another_process_has_noted_is_not_noted_again(made: Fixture) -> None:
    made.change(last_used_at=NOW)
    made.clock.pass_time(minutes=59)
    made.ring.open(KEY)
    assert made.later == []
    made.clock.pass_time(minutes=1)
    made.ring.open(KEY)
    assert len(made.later) == 1


class Down(MemoryKeys):
    def get(self, key_id: str) -> StoredKey | None:
        raise Unavailable("down")

    def used(self, key_id: str, now: datetime, every: timedelta) -> None:
        raise Unavailable("down")


def test_without_storage_nobody_gets_in_who_was_not_seen_just_now(made: Fixture) -> None:
    made.ring.open(KEY)
    made.store.get = Down().get  # type: ignore[method-assign]
    made.clock.pass_time(seconds=29)
    made.ring.open(KEY)
    with pytest.raises(Unavailable):
        made.ring.open(Key.new())
    made.clock.pass_time(seconds=1)
    for _ in range(2):
        with pytest.raises(Unavailable):
            made.ring.open(KEY)
