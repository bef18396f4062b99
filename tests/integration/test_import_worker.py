"""Chunks whose rows bring ids of the callers': each interaction stored and counted once, whoever brings it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from plumbline.alerts import Rules
from plumbline.baselines import Sketches
from plumbline.imports.chunks import Chunk
from plumbline.imports.reader import Position
from plumbline.imports.worker import ChunkWorker, Recorded
from plumbline.models import Import, NewInteraction
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.chunk_items import Place, PlannedChunk
from plumbline.storage.import_chunks import ChunkStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.items import read_interaction

from tests.support.faults import Killed, counting, in_turn, killed_after, sent_twice
from tests.support.interactions import EPOCH
from tests.support.tables import Stack, scan

if TYPE_CHECKING:
    from plumbline.models import Interaction
    from plumbline.storage.clients import Clients

NOW = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)
NOTHING_KNOWN = Sketches()


def chunk(*rows: tuple[str | None, str]) -> Chunk:
    """A chunk of rows, each an external id and a text."""
    new = [NewInteraction("question", text, EPOCH, external_id=name) for name, text in rows]
    return Chunk(1, Position(0, 1, 1), Position(100, 1 + len(rows), 1 + len(rows)), new, 0, ())


@dataclass
class Site:
    """A stack that folds inline, and workers on it."""

    clients: Clients
    apart: Clients
    stack: Stack

    def worker(self, clients: Clients | None = None) -> ChunkWorker:
        """A worker as a new process has it."""
        clients = clients or self.apart
        return ChunkWorker(
            InteractionStore(clients, self.stack.interactions, self.stack.bucket),
            ChunkStore(clients, self.stack.imports, baselines_table=self.stack.baselines),
            Rules(),
            BaselineStore(clients, self.stack.baselines),
            clock=lambda: NOW,
            sleep=lambda _: None,
        )

    def begin(self, *numbers: int) -> None:
        imports = ImportStore(self.clients, self.stack.imports)
        for number in numbers:
            name = f"{number}.csv"
            imports.create(Import(number, "bucket", f"uploads/{name}", "", name, state="queued", created_at=EPOCH))
            planned = PlannedChunk(1, Place(0, 1, 1), Place(100, 9, 9))
            assert ChunkStore(self.clients, self.stack.imports).plan(number, [planned], 0)

    def record(self, number: int, rows: Chunk, clients: Clients | None = None) -> Recorded | None:
        return self.worker(clients).record(number, rows, NOTHING_KNOWN)

    def stored(self) -> dict[int, Interaction]:
        items = [item for item in scan(self.clients, self.stack.interactions) if int(item["id"]["N"]) > 0]
        return {one.id: one for one in map(read_interaction, items)}

    def texts(self) -> list[str]:
        return sorted(one.output for one in self.stored().values())

    def counted(self) -> int:
        """How many interactions the day's baseline holds."""
        sketch = BaselineStore(self.clients, self.stack.baselines).read_day("2026-01-02").get("input.length")
        return sketch.count if sketch else 0


@pytest.fixture
def site(clients: Clients, stack: Stack) -> Site:
    made = Site(clients, in_turn(clients), stack)
    made.begin(7, 8)
    return made


FIRST = chunk(("a", "first a"), (None, "no id"), ("b", "first b"))
SECOND = chunk(("c", "second c"), ("b", "second b"), (None, "no id"), ("a", "a before"), ("a", "second a"))
BOTH = ["no id", "no id", "second a", "second b", "second c"]


def test_an_id_that_comes_again_is_the_same_interaction(site: Site) -> None:
    assert site.record(7, FIRST) == Recorded(3, 0, {}, known=0)
    before = {one.output: one.id for one in site.stored().values()}
    assert site.record(8, SECOND) == Recorded(5, 0, {}, known=3)
    after = {one.output: one.id for one in site.stored().values() if one.id != before["no id"]}
    assert site.texts() == BOTH
    assert after["second a"] == before["first a"]
    assert after["second b"] == before["first b"]
    assert {one.import_id for one in site.stored().values()} == {7, 8}
    assert site.counted() == 5, "what was counted before is not counted again"


def test_a_chunk_of_nothing_new_adds_nothing_to_the_baselines(site: Site) -> None:
    site.record(7, chunk(("a", "1"), ("b", "2")))
    assert site.record(8, chunk(("b", "3"), ("a", "4"))) == Recorded(2, 0, {}, known=2)
    assert (site.texts(), site.counted()) == (["3", "4"], 2)


def test_the_last_of_several_in_a_chunk_wins(site: Site) -> None:
    assert site.record(7, chunk(*(("a", f"{n}") for n in range(30)))) == Recorded(30, 0, {}, known=29)
    assert (site.texts(), site.counted()) == (["29"], 1)


def test_killed_at_every_call_and_tried_again(site: Site) -> None:
    site.record(7, FIRST)
    counts = counting()
    site.record(8, SECOND, counts.wrap(site.apart))
    assert counts.calls >= 7
    whole = site.stored()
    for cut in range(counts.calls + 1):
        fresh = replace(site, stack=Stack.create(site.clients))
        fresh.begin(7, 8)
        fresh.record(7, FIRST)
        if cut < counts.calls:
            with pytest.raises(Killed):
                fresh.record(8, SECOND, killed_after(cut).wrap(site.apart))
        else:
            fresh.record(8, SECOND, sent_twice().wrap(site.apart))
        assert fresh.record(8, SECOND) in (None, Recorded(5, 0, {}, known=3))
        assert fresh.record(8, SECOND) is None
        assert fresh.texts() == BOTH
        assert len(fresh.stored()) == len(whole)
        assert fresh.counted() == 5
        fresh.stack.delete(site.clients)


def test_two_chunks_at_once_agree_on_the_ids_that_they_share(site: Site) -> None:
    rows = [(f"row-{n}", f"text {n}") for n in range(150)]
    ends: list[Recorded | None] = []

    def record(number: int, mine: list[tuple[str | None, str]]) -> None:
        ends.append(site.record(number, chunk(*mine)))

    threads = [
        threading.Thread(target=record, args=(7, rows)),
        threading.Thread(target=record, args=(8, rows[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(site.texts()) == sorted(text for _, text in rows)
    assert sum(end.known for end in ends if end) == 150, "each is new to one of the two"
    assert site.counted() == 150
