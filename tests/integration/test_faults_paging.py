"""Pages of things arrive while a client pages: nothing that was there when it began is skipped or repeated."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plumbline.models import Import
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import InteractionStore

from tests.support.gateway import NOW, Clock, Gateway, services
from tests.support.interactions import OUTLIER, THRESHOLD, interaction
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.storage.clients import Clients

MOMENTS = st.integers(0, 6)
"""Few of them: many things have the same time."""
FINDINGS = st.sampled_from([(), (THRESHOLD,), (OUTLIER,), (THRESHOLD, OUTLIER)])
THINGS = st.tuples(MOMENTS, FINDINGS)
FILTERS: Any = st.sampled_from([{}, {"alert_type": "threshold"}, {"element": "input"}, {"metric": "length"}])
SOME = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class World:
    """Interactions and imports of a stack, and what the API lists of them."""

    clients: Clients
    stack: Stack
    last: int = 0

    def __post_init__(self) -> None:
        self.store = InteractionStore(self.clients, self.stack.interactions, self.stack.bucket)
        self.imports = ImportStore(self.clients, self.stack.imports, clock=Clock())
        self.api = Gateway(services(self.clients, self.stack.settings(), Clock()))

    def arrive(self, things: list[tuple[int, Any]], *, after: int = 0) -> None:
        """Interactions with these alerts, made so many seconds ``after`` the first."""
        made = []
        for moment, findings in things:
            self.last += 1
            created = NOW + timedelta(seconds=after + moment)
            made.append(interaction(self.last, created_at=created, findings=findings))
        self.store.put_batch(made)

    def announce(self, moments: list[int]) -> None:
        for moment in moments:
            self.last += 1
            created = NOW + timedelta(seconds=moment)
            self.imports.create(
                Import(self.last, "bucket", "uploads/a.csv", "v", "a.csv", "queued", created_at=created)
            )

    def pages(self, path: str, query: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """The pages of a listing, each asked for when the one before has been looked at."""
        cursor: dict[str, str] = {}
        while True:
            answer = self.api.get(path, {**query, **cursor})
            assert answer.status == 200, answer.json
            yield answer.data
            if "next_cursor" not in answer.json:
                return
            cursor = {"cursor": answer.json["next_cursor"]}

    def listed(self, path: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        return [one for page in self.pages(path, {**query, "limit": 100}) for one in page]


@contextmanager
def world(clients: Clients) -> Iterator[World]:
    """A new one, which holds nothing."""
    stack = Stack.create(clients)
    yield World(clients, stack)
    stack.delete(clients)


def check(before: list[dict[str, Any]], seen: list[dict[str, Any]]) -> None:
    ids = [one["id"] for one in seen]
    assert len(ids) == len(set(ids)), "something was listed twice"
    there = {one["id"] for one in before}
    assert [one for one in seen if one["id"] in there] == before, "something was skipped, or in another place"
    times = [one["created_at"] for one in seen]
    assert times == sorted(times, reverse=True)


@SOME
@given(
    there=st.lists(THINGS, min_size=1, max_size=9),
    arriving=st.lists(THINGS, max_size=4),
    limit=st.integers(2, 5),
    filters=FILTERS,
)
def test_alerts(
    clients: Clients, there: list[Any], arriving: list[Any], limit: int, filters: dict[str, str]
) -> None:
    with world(clients) as now:
        now.arrive(there)
        before = now.listed("/api/alerts", filters)
        seen = []
        for number, page in enumerate(now.pages("/api/alerts", {**filters, "limit": limit})):
            seen += page
            if number < 4:
                # A full page of the newest, and some that are as old as those that were there.
                now.arrive([(0, (THRESHOLD, OUTLIER))] * limit, after=1000 + number)
                now.arrive(arriving)
        check(before, seen)


@SOME
@given(
    there=st.lists(THINGS, min_size=1, max_size=9), arriving=st.lists(THINGS, max_size=4), limit=st.integers(2, 5)
)
def test_interactions(clients: Clients, there: list[Any], arriving: list[Any], limit: int) -> None:
    with world(clients) as now:
        now.arrive(there)
        before = now.listed("/api/interactions", {})
        seen = []
        for number, page in enumerate(now.pages("/api/interactions", {"limit": limit})):
            seen += page
            if number < 4:
                now.arrive([(0, ())] * limit, after=1000 + number)
                now.arrive(arriving)
        check(before, seen)


@SOME
@given(
    there=st.lists(MOMENTS, min_size=1, max_size=9),
    arriving=st.lists(MOMENTS, max_size=5),
    limit=st.integers(2, 5),
)
def test_imports(clients: Clients, there: list[int], arriving: list[int], limit: int) -> None:
    with world(clients) as now:
        now.announce(there)
        before = now.listed("/api/imports", {})
        seen = []
        for number, page in enumerate(now.pages("/api/imports", {"limit": limit})):
            seen += page
            if number < 4:
                now.announce([1000 + number] * limit + arriving)
        check(before, seen)
