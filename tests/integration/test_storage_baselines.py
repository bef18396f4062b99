from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.baseline_cache import CLOSED_SECONDS, STALE_SECONDS, BaselineCache
from plumbline.baselines import Sketches
from plumbline.errors import Unavailable
from plumbline.storage.baselines import KEPT_DAYS, BaselineStore, BaselineWrite
from plumbline.storage.transactions import VersionConflict

from tests.support.faults import Faults, counting, error, in_turn, sent_twice
from tests.support.tables import scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

DAY = "2026-01-31"


@pytest.fixture
def store(clients: Clients, stack: Stack) -> BaselineStore:
    return BaselineStore(clients, stack.baselines)


def sketches(*values: float) -> Sketches:
    made = Sketches()
    for value in values:
        made.add({"output.length": value})
    return made


def write(*values: float, **changes: Any) -> BaselineWrite:
    return replace(BaselineWrite(DAY, "stream", sketches(*values), 0), **changes)


def count(found: Sketches) -> int:
    sketch = found.get("output.length")
    return sketch.count if sketch else 0


def test_what_is_saved_is_loaded_with_its_version(store: BaselineStore) -> None:
    assert store.load(DAY, "stream") is None
    store.save(write(1, 2, counted=b"ids"))
    loaded = store.load(DAY, "stream")
    assert loaded is not None
    assert (loaded.day, loaded.writer) == (DAY, "stream")
    assert (loaded.version, loaded.counted) == (1, b"ids")
    assert loaded.sketches.pack() == sketches(1, 2).pack()
    loaded.sketches.add({"output.length": 3})
    store.save(loaded)
    again = store.load(DAY, "stream")
    assert again is not None
    assert (again.version, count(again.sketches)) == (2, 3)


@pytest.mark.parametrize("version", [0, 2, 7])
def test_only_the_stored_version_is_replaced(store: BaselineStore, version: int) -> None:
    store.save(write(1))
    with pytest.raises(VersionConflict):
        store.save(write(1, 2, version=version))
    assert count(store.read_day(DAY)) == 1


def test_nothing_can_be_replaced_where_there_is_nothing(store: BaselineStore) -> None:
    with pytest.raises(VersionConflict):
        store.save(write(1, version=1))
    assert store.load(DAY, "stream") is None


def test_a_save_that_is_sent_twice_is_done_once(clients: Clients, stack: Stack) -> None:
    repeated = BaselineStore(sent_twice().wrap(clients), stack.baselines)
    repeated.save(write(1))
    loaded = repeated.load(DAY, "stream")
    assert loaded is not None
    assert loaded.version == 1


def test_another_save_of_the_same_values_is_a_conflict(store: BaselineStore) -> None:
    # Two requests may fold equal values at the same moment: both have to count.
    store.save(write(1))
    with pytest.raises(VersionConflict):
        store.save(write(1))


def test_of_many_at_once_everybody_is_counted(clients: Clients, stack: Stack) -> None:
    store = BaselineStore(in_turn(clients), stack.baselines)

    def fold(value: int) -> None:
        while True:
            loaded = store.load(DAY, "inline") or BaselineWrite(DAY, "inline", Sketches(), 0)
            loaded.sketches.add({"output.length": float(value)})
            try:
                store.save(loaded)
            except VersionConflict:
                continue
            return

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(fold, range(20)))
    assert count(store.read_day(DAY)) == 20


def test_a_day_is_all_its_writers_together(store: BaselineStore) -> None:
    store.save(write(1, 2))
    store.save(write(3, writer="inline"))
    store.save(write(4, 5, writer="import#7"))
    store.save(write(6, day="2026-02-01"))
    assert store.read_day(DAY).pack() == sketches(1, 2, 3, 4, 5).pack()
    assert count(store.read_day("2026-01-30")) == 0
    assert len(store.read_days([DAY, "2026-01-30", "2026-02-01"])) == 4


def test_a_day_of_many_writers_is_read_to_its_end(store: BaselineStore) -> None:
    # Together over the megabyte that one answer holds.
    for number in range(5):
        store.save(write(1, writer=f"w{number}", counted=bytes(300_000)))
    assert len(store.read_writers(DAY)) == 5


def test_days_are_forgotten_in_the_end(store: BaselineStore, clients: Clients, stack: Stack) -> None:
    store.save(write(1))
    (item,) = scan(clients, stack.baselines)
    expires = datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC)
    assert expires == datetime(2026, 1, 31, tzinfo=UTC) + timedelta(days=KEPT_DAYS)


# ---------------------------------------------------------------- the cache


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def cached(clients: Clients, stack: Stack, clock: Clock, **settings: Any) -> BaselineCache:
    return BaselineCache(BaselineStore(clients, stack.baselines), stack.settings(**settings), clock)


def test_the_window_ends_today(store: BaselineStore, clients: Clients, stack: Stack) -> None:
    clock = Clock()
    for back in (0, 1, 2, 12, 13, 14, 30):
        store.save(write(10, day=(clock.now - timedelta(days=back)).strftime("%Y-%m-%d")))
    assert count(cached(clients, stack, clock).sketches()) == 5
    assert count(cached(clients, stack, clock, baseline_window_days=1).sketches()) == 1
    assert count(cached(clients, stack, clock, baseline_window_days=90).sketches()) == 7
    assert cached(clients, stack, clock).current()["output.length"].count == 5


def test_nothing_is_known_at_first(clients: Clients, stack: Stack) -> None:
    cache = cached(clients, stack, Clock())
    assert count(cache.sketches()) == 0
    assert len(cache.current()) == 0


def test_baselines_are_read_again_when_they_are_old(store: BaselineStore, clients: Clients, stack: Stack) -> None:
    clock, faults = Clock(), counting()
    cache = cached(faults.wrap(clients), stack, clock, baseline_refresh_seconds=5)
    store.save(write(1))
    before = cache.current()
    calls = faults.calls
    clock.forward(4.9)
    store.save(write(1, 2, version=1))
    assert cache.current() is before
    assert faults.calls == calls
    clock.forward(0.1)
    assert cache.current()["output.length"].count == 2
    assert faults.calls == calls + 2, "today and yesterday; the days before are closed"
    clock.forward(5)
    fitted = cache.current()
    clock.forward(5)
    assert cache.current() is fitted, "nothing new: nothing to fit again"
    clock.forward(CLOSED_SECONDS)
    calls = faults.calls
    cache.current()
    assert faults.calls == calls + 14


def test_a_new_day_moves_the_window(store: BaselineStore, clients: Clients, stack: Stack) -> None:
    clock = Clock()
    clock.now = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    cache = cached(clients, stack, clock, baseline_window_days=3)
    for day in ("2026-01-29", "2026-01-30", "2026-01-31"):
        store.save(write(1, day=day))
    assert count(cache.sketches()) == 3
    clock.forward(6)
    store.save(write(1, 2, 3, day="2026-02-01"))
    assert count(cache.sketches()) == 5


def test_a_clock_set_back_makes_everything_old(store: BaselineStore, clients: Clients, stack: Stack) -> None:
    clock = Clock()
    cache = cached(clients, stack, clock)
    assert count(cache.sketches()) == 0
    store.save(write(1))
    clock.forward(-3600)
    assert count(cache.sketches()) == 1


def test_what_is_handed_out_is_the_callers(store: BaselineStore, clients: Clients, stack: Stack) -> None:
    store.save(write(1))
    cache = cached(clients, stack, Clock())
    cache.sketches().add({"output.length": 5})
    assert count(cache.sketches()) == 1


def _down_while(down: Callable[[], bool]) -> Faults:
    def act(_: int, call: Callable[[], Any]) -> Any:
        if down():
            raise error("InternalServerError", 500)
        return call()

    return Faults(act)


def test_while_storage_is_down_old_baselines_serve_for_a_while(
    store: BaselineStore, clients: Clients, stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    clock, down = Clock(), True
    cache = cached(_down_while(lambda: down).wrap(clients), stack, clock)
    with pytest.raises(Unavailable):
        cache.current()
    down = False
    store.save(write(1))
    assert count(cache.sketches()) == 1
    down = True
    clock.forward(60)
    assert count(cache.sketches()) == 1
    assert "baselines cannot be refreshed" in caplog.text
    clock.forward(STALE_SECONDS)
    with pytest.raises(Unavailable):
        cache.current()
    down = False
    assert count(cache.sketches()) == 1
