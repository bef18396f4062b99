"""Killed between any two calls, throttled at any call, every call sent twice: what is kept is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from plumbline.baselines import Sketches
from plumbline.errors import Unavailable
from plumbline.models import Import, Interaction
from plumbline.storage import items
from plumbline.storage.alert_listing import AlertQuery
from plumbline.storage.baselines import BaselineStore, BaselineWrite
from plumbline.storage.chunk_items import Place, PlannedChunk
from plumbline.storage.files import FileInfo
from plumbline.storage.idempotency import Idempotency, KeyUsed
from plumbline.storage.import_chunks import ChunkOutcome, ChunkStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.transactions import VersionConflict

from tests.support.faults import Faults, counting, error, left_by_kills, sent_twice
from tests.support.interactions import EPOCH, THRESHOLD, interaction
from tests.support.tables import Stack, scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

DAY = "2026-01-02"
KEY = Idempotency("order-1", "digest")
PROVISIONED = "ProvisionedThroughputExceededException"


START, MIDDLE, END = Place(0, 1, 1), Place(50, 3, 3), Place(100, 5, 5)
CHUNKS = (PlannedChunk(1, START, MIDDLE), PlannedChunk(2, MIDDLE, END))


class World:
    """The stores of one process."""

    def __init__(self, clients: Clients, stack: Stack) -> None:
        self.interactions = InteractionStore(
            clients, stack.interactions, stack.bucket, baselines_table=stack.baselines
        )
        self.baselines = BaselineStore(clients, stack.baselines)
        self.imports = ImportStore(clients, stack.imports)
        self.chunks = ChunkStore(clients, stack.imports, baselines_table=stack.baselines)


TEXTS = {"small": "text", "S3": "".join(f"{number * 7919 % 99991:x}" for number in range(1_000))}


def record(world: World, text: str) -> None:
    """What a request with an idempotency key does, folding its own values in."""
    if world.interactions.find_key(KEY):
        return
    kept = interaction(world.interactions.next_id(), output=text, findings=(THRESHOLD,))
    for _ in range(3):
        write = world.baselines.load(DAY, "inline") or BaselineWrite(DAY, "inline", Sketches(), 0)
        write.sketches.add({"output.length": 5.0})
        try:
            world.interactions.put(kept, idempotency=KEY, fold=write)
        except VersionConflict:
            continue
        except KeyUsed:
            return
        return


def import_file(world: World, text: str) -> None:
    """What an import of four rows in two chunks does."""
    world.imports.create(Import(7, "bucket", "uploads/a.csv", "v1", "a.csv", state="queued", created_at=EPOCH))
    world.imports.start(7, EPOCH, FileInfo("uploads/a.csv", "v1", 100))
    world.chunks.plan(7, CHUNKS, 0)
    world.imports.end_plan(7, 2, EPOCH)
    known = world.imports.snapshot(7, lambda: Sketches().pack())
    assert Sketches.unpack(known).pack() == Sketches().pack()
    for number in [chunk.number for chunk in world.chunks.after(7) if not chunk.done]:
        first = world.chunks.reserve_chunk(7, number, 2, world.interactions.reserve)
        world.interactions.put_batch(
            [interaction(first + row, output=text, findings=(THRESHOLD,), import_id=7) for row in range(2)]
        )
        write = world.baselines.load(DAY, "import#7") or BaselineWrite(DAY, "import#7", Sketches(), 0)
        for _ in range(2):
            write.sketches.add({"output.length": 5.0})
        world.chunks.finish_chunk(7, number, ChunkOutcome(50, 2, 2, 0, 2), write)
    world.imports.end(7, "succeeded", EPOCH)


def check_recorded(world: World, clients: Clients, stack: Stack, text: str) -> None:
    kept = whole(world, clients, stack, text)
    assert len(kept) == 1
    used = world.interactions.find_key(KEY)
    assert used is not None
    assert used.interaction_id == kept[0].id
    assert counted(world) == 1
    check_listed(world, kept)


def check_imported(world: World, clients: Clients, stack: Stack, text: str) -> None:
    kept = whole(world, clients, stack, text)
    assert len(kept) == 4
    assert {one.import_id for one in kept} == {7}
    found = world.imports.get(7)
    assert found is not None
    assert (found.state, found.bytes_read, found.rows_read, found.rows_stored) == ("succeeded", 100, 4, 4)
    assert (found.rows_rejected, found.alerts_raised) == (0, 4)
    assert counted(world) == 4
    check_listed(world, kept)


def whole(world: World, clients: Clients, stack: Stack, text: str) -> list[Interaction]:
    """All interactions, of which each is there with all its parts or not at all."""
    ids = [int(item["id"]["N"]) for item in scan(clients, stack.interactions) if int(item["id"]["N"]) > 0]
    kept = [one for one in map(world.interactions.get, ids) if one]
    assert len(kept) == len(ids)
    assert all(one.output == text and one.findings == (THRESHOLD,) for one in kept)
    objects = clients.s3.list_objects_v2(Bucket=stack.bucket)["KeyCount"]
    assert objects >= len(ids) if text == TEXTS["S3"] else objects == 0
    return kept


def check_listed(world: World, kept: list[Interaction]) -> None:
    ids = {one.id for one in kept}
    assert {one.id for one in world.interactions.page(100, None)[0]} == ids
    assert {alert.interaction_id for alert in world.interactions.alerts(AlertQuery(), 100, None)[0]} == ids


def counted(world: World) -> int:
    sketch = world.baselines.read_day(DAY).get("output.length")
    return sketch.count if sketch else 0


SCENARIOS = {"record": (record, check_recorded), "import": (import_file, check_imported)}


@pytest.fixture(params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> Any:
    return SCENARIOS[request.param]


@pytest.fixture(params=TEXTS)
def text(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(items, "LARGEST_ITEM", 1_500)
    return TEXTS[request.param]


def calls_of(scenario: Any, clients: Clients, stack: Stack, text: str) -> int:
    act, check = scenario
    faults = counting()
    act(World(faults.wrap(clients), stack), text)
    check(World(clients, stack), clients, stack, text)
    return faults.calls


def test_a_process_may_end_between_any_two_calls(scenario: Any, text: str, clients: Clients, stack: Stack) -> None:
    act, check = scenario
    calls = calls_of(scenario, clients, stack, text)
    assert calls >= 4
    kills = 0
    for fresh in left_by_kills(clients, lambda killed, fresh: act(World(killed, fresh), text)):
        world = World(clients, fresh)
        half = whole(world, clients, fresh, text)
        if act is record:
            assert counted(world) == len(half), "an interaction and its count are one"
        act(world, text)
        act(world, text)
        check(world, clients, fresh, text)
        kills += 1
    assert kills == calls


def test_a_throttled_call_leaves_nothing_half_done_and_may_be_repeated(
    scenario: Any, text: str, clients: Clients, stack: Stack
) -> None:
    act, check = scenario
    throttled = 0
    for refused in range(1, 40):

        def throttle(number: int, call: Callable[[], Any], refused: int = refused) -> Any:
            if number == refused:
                raise error(PROVISIONED, 400)
            return call()

        try:
            act(World(Faults(throttle).wrap(clients), stack), text)
        except Unavailable:
            throttled += 1
            whole(World(clients, stack), clients, stack, text)
        else:
            break
    assert throttled >= 4
    check(World(clients, stack), clients, stack, text)


def test_every_call_may_be_sent_twice(scenario: Any, text: str, clients: Clients, stack: Stack) -> None:
    act, check = scenario
    act(World(sent_twice().wrap(clients), stack), text)
    world = World(clients, stack)
    check(world, clients, stack, text)
    act(World(sent_twice().wrap(clients), stack), text)
    check(world, clients, stack, text)
