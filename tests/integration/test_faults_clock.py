"""Clocks that jump, forth and back: nothing fails, nothing is lost, doubled or listed out of order."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from plumbline.folding import Folder
from plumbline.storage.baselines import BaselineStore

from tests.support.api_calls import CALLS
from tests.support.gateway import NOW, Clock, Gateway, services
from tests.support.interactions import interaction
from tests.support.stream import record
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.storage.clients import Clients

DAY = timedelta(days=1)
KEY_LIVES = DAY
JUMPS = st.one_of(
    st.sampled_from([DAY, -DAY, 2 * DAY, -2 * DAY, 400 * DAY, -400 * DAY, timedelta(hours=23), timedelta(0)]),
    st.timedeltas(-3 * DAY, 3 * DAY),
)
TOMORROW_AND_BACK = [(DAY, "a"), (-DAY, "a"), (timedelta(hours=25), "a"), (-timedelta(hours=25), "a")]
SOME = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class World:
    """The API by a clock that jumps, in two processes of which one has nothing in memory; and what is due."""

    clients: Clients
    stack: Stack
    clock: Clock = field(default_factory=Clock)
    made: dict[int, datetime] = field(default_factory=dict)
    keys: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = self.stack.settings(baseline_updates="inline", baseline_window_days=3)
        self.warm = self.cold()

    def cold(self) -> Gateway:
        return Gateway(services(self.clients, self.settings, self.clock))

    def post(self, key: str) -> None:
        """Record an interaction, unless its key is remembered by this clock."""
        body = {"input_text": "Why?", "output_text": f"Because of {key}."}
        answer = self.warm.post("/api/interactions", body, idempotency_key=key)
        assert answer.status == 200, answer.json
        number = answer.data["id"]
        known, until = self.keys.get(key, (0, datetime.min.replace(tzinfo=UTC)))
        if self.clock.now.replace(microsecond=0) < until:
            assert number == known
            assert answer.headers["idempotent-replayed"] == "true"
            return
        assert number not in self.made
        self.made[number] = self.clock.now
        self.keys[key] = number, self.clock.now.replace(microsecond=0) + KEY_LIVES

    def check(self) -> None:
        in_order = sorted(self.made, key=lambda number: (self.made[number], number), reverse=True)
        for api in (self.warm, self.cold()):
            assert self.listed(api) == in_order
            for name in ("list metrics", "read a metric", "list imports", "list alerts", "health"):
                answer = CALLS[name].send(api, "")
                assert answer.status == 200, f"{name}: {answer.json}"
        for number, made in self.made.items():
            assert self.warm.get(f"/api/interactions/{number}").data["created_at"] == made.strftime(
                "%Y-%m-%dT%H:%M:%S.%fZ"
            )
        assert self.counted() == len(self.made)

    def listed(self, api: Gateway) -> list[int]:
        numbers: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            page = api.get("/api/interactions", {"limit": 2, **cursor})
            assert page.status == 200, page.json
            numbers += [one["id"] for one in page.data]
            if "next_cursor" not in page.json:
                return numbers
            cursor = {"cursor": page.json["next_cursor"]}

    def counted(self) -> int:
        """How many interactions are counted, whatever day they were counted on."""
        store = BaselineStore(self.clients, self.stack.baselines)
        days = {moment.strftime("%Y-%m-%d") for moment in self.made.values()}
        counts = [sketch.count for day in days if (sketch := store.read_day(day).get("output.length"))]
        return sum(counts)


@contextmanager
def world(clients: Clients) -> Iterator[World]:
    stack = Stack.create(clients)
    yield World(clients, stack)
    stack.delete(clients)


@SOME
@given(st.lists(st.tuples(JUMPS, st.sampled_from("abc")), min_size=1, max_size=6))
@example(TOMORROW_AND_BACK)
def test_requests_by_a_clock_that_jumps(moto_clients: Clients, jumps: list[tuple[timedelta, str]]) -> None:
    with world(moto_clients) as now:
        now.post("a")
        for jump, key in jumps:
            now.clock.now += jump
            now.post(key)
        now.check()


def test_cursors_are_good_for_a_day_by_whatever_clock(moto_clients: Clients) -> None:
    with world(moto_clients) as now:
        for key in "abc":
            now.post(key)
            now.clock.pass_time(seconds=1)
        cursor = now.warm.get("/api/interactions", {"limit": 1}).json["next_cursor"]
        statuses = []
        for jump in (DAY - timedelta(minutes=1), timedelta(hours=2), -3 * DAY, 3 * DAY - timedelta(hours=2)):
            now.clock.now += jump
            statuses.append(now.warm.get("/api/interactions", {"limit": 1, "cursor": cursor}).status)
        assert statuses == [200, 400, 200, 200]


def test_times_of_callers_are_held_against_the_clock_of_the_moment(moto_clients: Clients) -> None:
    with world(moto_clients) as now:
        in_an_hour = (now.clock.now + timedelta(hours=1)).isoformat()
        body = {"input_text": "Why?", "output_text": "So.", "created_at": in_an_hour}
        statuses = []
        for jump in (timedelta(0), -2 * DAY, 4 * DAY, -2 * DAY):
            now.clock.now += jump
            statuses.append(now.warm.post("/api/interactions", body).status)
        assert statuses == [200, 422, 200, 200]
        listed = now.warm.get("/api/interactions").data
        assert len(listed) == len({one["id"] for one in listed}) == 3


def test_what_has_expired_is_hidden_by_the_clock_of_the_moment_and_nothing_is_removed(
    moto_clients: Clients,
) -> None:
    with world(moto_clients) as now:
        now.settings = now.stack.settings(baseline_updates="inline", retention_days=1)
        api = now.cold()
        assert api.post("/api/interactions", {"input_text": "Why?", "output_text": "So."}).status == 200
        seen = []
        for jump in (timedelta(0), 2 * DAY, -2 * DAY, -DAY, 5 * DAY):
            now.clock.now += jump
            seen.append((api.get("/api/interactions/1").status, len(api.get("/api/interactions").data)))
        assert seen == [(200, 1), (404, 0), (200, 1), (200, 1), (404, 0)]


@SOME
@given(st.lists(st.timedeltas(-2 * DAY, 2 * DAY), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_the_stream_tells_when_it_was_and_no_clock_of_a_function_matters(
    moto_clients: Clients, jumps: list[timedelta], order: Any
) -> None:
    """Times of the stream's records go back and forth, and batches come in any order, twice."""
    with world(moto_clients) as now:
        moments = [NOW + sum(jumps[:number], timedelta(0)) for number in range(len(jumps))]
        batches = [
            [record(interaction(10 * number + one, metrics={"output.length": 1.0}), at=moment.timestamp())]
            for number, moment in enumerate(moments)
            for one in (1, 2)
        ] * 2
        order.shuffle(batches)
        folder = Folder(BaselineStore(moto_clients, now.stack.baselines), sleep=lambda _: None)
        counted = sum(folder.fold(batch).counted for batch in batches)
        now.made = dict(enumerate(moments))
        assert counted == now.counted() == 2 * len(moments)
