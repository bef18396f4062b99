from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.baselines import Sketches
from plumbline.errors import PlumblineError
from plumbline.models import Import, Problem
from plumbline.storage.baselines import BaselineStore, BaselineWrite
from plumbline.storage.chunk_items import Place, PlannedChunk
from plumbline.storage.files import FileInfo
from plumbline.storage.import_chunks import ChunkOutcome, ChunkStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.retrying import Backoff
from plumbline.storage.transactions import VersionConflict

from tests.support.faults import counting, in_turn, sent_twice
from tests.support.interactions import EPOCH

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

BACKOFF = Backoff(attempts=40, base=0.005, cap=0.05)
OUTCOME = ChunkOutcome(1000, 10, 8, 2, 3)
INFO = FileInfo("uploads/täglich 1.csv", "v1", 1234)


def planned(number: int) -> PlannedChunk:
    """One of chunks of 10 rows and 1,000 bytes each."""
    start = Place(1000 * (number - 1), 10 * number - 9, 10 * number - 9)
    return PlannedChunk(number, start, Place(start.byte + 1000, start.row + 10, start.line + 10), number == 2)


@pytest.fixture
def store(clients: Clients, stack: Stack) -> ImportStore:
    return ImportStore(clients, stack.imports)


@pytest.fixture
def chunks(clients: Clients, stack: Stack, store: ImportStore) -> ChunkStore:
    """Of import 7, which has 3 chunks."""
    made = ChunkStore(
        clients, stack.imports, baselines_table=stack.baselines, backoff=BACKOFF, clock=lambda: EPOCH
    )
    store.create(an_import())
    assert made.plan(7, [planned(1), planned(2), planned(3)], 0)
    return made


def an_import(number: int = 7, **changes: Any) -> Import:
    made = Import(
        id=number,
        bucket="bucket",
        key="uploads/täglich 1.csv",
        version="v1",
        filename="täglich 1.csv",
        state="queued",
        created_at=EPOCH + timedelta(seconds=number),
    )
    return replace(made, **changes)


def problems(*rows: int) -> tuple[Problem, ...]:
    return tuple(Problem(row, row + 1, f"row {row} is bad", "Output") for row in rows)


def test_an_import_is_created_once(store: ImportStore) -> None:
    assert store.get(7) is None
    assert store.create(an_import())
    assert store.get(7) == an_import()
    assert not store.create(an_import(filename="another.csv"))
    assert store.get(7) == an_import()


def test_every_field_is_kept(store: ImportStore) -> None:
    full = an_import(
        state="failed",
        size_bytes=12,
        started_at=EPOCH,
        finished_at=EPOCH,
        bytes_read=1,
        rows_read=2,
        rows_stored=3,
        rows_rejected=4,
        alerts_raised=5,
        problems=(Problem(2, 3, "a cell is missing"), Problem(4, 6, "too long", "Input")),
        failure="no header",
        rejected_key="rejected/7.csv",
        source="{}",
        plan_failure="no more of it",
        bytes_total=99,
        progressed_at=EPOCH,
        chunks=4,
        chunks_done=3,
        sent=2,
        planned=True,
        rows_known=1,
        dead_chunks=frozenset({0, 12}),
        version="",
    )
    store.create(full)
    assert store.get(7) == full


def test_a_create_that_is_sent_twice_is_this_calls_own(clients: Clients, stack: Stack) -> None:
    assert ImportStore(sent_twice().wrap(clients), stack.imports).create(an_import())


def test_imports_are_listed_newest_first(store: ImportStore) -> None:
    for number in range(1, 12):
        store.create(an_import(number))
    read: list[int] = []
    position = None
    while True:
        page, position = store.page(4, position)
        read += [one.id for one in page]
        if position is None:
            break
    assert read == list(range(11, 0, -1))
    assert store.page(11, None)[1] is None
    assert store.page(1, None)[0] == [an_import(11)]


def test_a_page_of_long_reports_is_read_to_its_end(store: ImportStore) -> None:
    long = tuple(Problem(row, row, "x" * 500, "y" * 500) for row in range(100))
    for number in range(1, 16):
        store.create(an_import(number, problems=long))
    first, position = store.page(15, None)
    assert position is not None
    rest, end = store.page(15, position)
    assert [one.id for one in [*first, *rest]] == list(range(15, 0, -1))
    assert end is None


def test_the_states_of_an_import(store: ImportStore) -> None:
    store.create(an_import(version=""))
    assert store.start(7, EPOCH, INFO)
    assert not store.start(7, EPOCH + timedelta(hours=1), replace(INFO, version="v2")), "taken up after a crash"
    planning = an_import(state="planning", started_at=EPOCH, progressed_at=EPOCH, size_bytes=1234)
    assert store.get(7) == planning
    assert store.recognise(7, "{}", 14, 1234)
    assert not store.recognise(7, "{}", 14, 1234)
    assert not store.end_plan(7, 1, EPOCH), "a plan of another length"
    assert store.end_plan(7, 0, EPOCH, bytes_total=1234)
    assert not store.end_plan(7, 0, EPOCH, failure="too late")
    running = replace(planning, state="running", planned=True, source="{}", bytes_read=14, bytes_total=1234)
    assert store.get(7) == running
    ended = EPOCH + timedelta(hours=2)
    assert store.end(7, "succeeded_with_problems", ended, rejected_key="rejected/7.csv")
    done = replace(running, state="succeeded_with_problems", finished_at=ended, rejected_key="rejected/7.csv")
    assert store.get(7) == done
    assert not store.start(7, EPOCH, INFO)
    assert not store.end(7, "failed", EPOCH, failure="too late")
    assert not store.stall(7, 1)
    assert store.get(7) == done


def test_an_import_that_fails_says_why(store: ImportStore) -> None:
    store.create(an_import())
    assert store.end_plan(7, 0, EPOCH, failure="The file is empty.")
    assert store.end(7, "failed", EPOCH, failure="The file is empty.")
    found = store.get(7)
    assert found is not None
    assert (found.state, found.failure, found.plan_failure) == ("failed",) + ("The file is empty.",) * 2


def test_an_import_is_stalled_while_chunks_of_it_are_dead(store: ImportStore) -> None:
    store.create(an_import(state="running"))
    for chunk in (3, 11, 3):
        assert store.stall(7, chunk)
    found = store.get(7)
    assert found is not None
    assert (found.state, found.dead_chunks, found.ended) == ("stalled", frozenset({3, 11}), False)
    store.revive(7, [])
    store.revive(7, [3, 5])
    assert store.get(7) == an_import(state="stalled", dead_chunks=frozenset({11}))
    store.revive(7, [11])
    assert store.get(7) == an_import(state="running")


def test_an_import_that_is_not_there_has_no_states(store: ImportStore) -> None:
    assert not store.start(8, EPOCH, INFO)
    assert not store.end(8, "failed", EPOCH, failure="message")
    assert not store.end_plan(8, 0, EPOCH)
    assert not store.stall(8, 1)
    store.note_sent(8, 1)
    store.revive(8, [1])
    assert store.get(8) is None


def test_what_is_known_to_be_sent_only_grows(store: ImportStore) -> None:
    store.create(an_import())
    for number in (3, 5, 4):
        store.note_sent(7, number)
    assert store.get(7) == an_import(sent=5)


def test_an_end_that_is_sent_twice_is_this_calls_own(clients: Clients, stack: Stack) -> None:
    repeated = ImportStore(sent_twice().wrap(clients), stack.imports)
    repeated.create(an_import())
    assert repeated.start(7, EPOCH, INFO)
    assert repeated.end(7, "succeeded", EPOCH)


def test_the_first_snapshot_is_the_imports(store: ImportStore) -> None:
    assert store.snapshot(7, lambda: b"first") == b"first"
    assert store.snapshot(7, lambda: b"second") == b"first"
    assert store.snapshot(8, lambda: b"") == b""

    def meanwhile() -> bytes:
        store.snapshot(9, lambda: b"theirs")
        return b"ours"

    assert store.snapshot(9, meanwhile) == b"theirs"


# ---------------------------------------------------------------- chunks


def test_a_plan_grows_at_its_end(store: ImportStore, chunks: ChunkStore) -> None:
    assert list(chunks.after(7)) == [planned(1), planned(2), planned(3)]
    assert not chunks.plan(7, [planned(3), planned(4)], 0), "another planner was there before"
    assert not chunks.plan(7, [planned(5)], 0), "a gap"
    assert chunks.plan(7, [planned(4)], 3)
    assert [chunk.number for chunk in chunks.after(7, 2)] == [3, 4]
    assert chunks.get(7, 4) == planned(4)
    assert chunks.get(7, 5) is None
    assert store.get(7) == an_import(chunks=4, sent=3, progressed_at=EPOCH)
    assert not chunks.plan(8, [planned(1)], 0)
    assert list(chunks.after(8)) == []
    assert store.end_plan(7, 4, EPOCH)
    assert not chunks.plan(7, [planned(5)], 4), "the plan has ended"


def test_a_chunk_keeps_the_ids_it_was_given(chunks: ChunkStore) -> None:
    taken: list[int] = []

    def reserve(count: int) -> int:
        taken.append(count)
        return 100 * len(taken)

    assert chunks.reserve_chunk(7, 1, 10, reserve) == 100
    assert chunks.reserve_chunk(7, 1, 10, reserve) == 100
    assert chunks.reserve_chunk(7, 2, 5, reserve) == 200
    assert taken == [10, 5]
    with pytest.raises(PlumblineError, match="chunk 2 of import 7 had 5 rows before and 6 now"):
        chunks.reserve_chunk(7, 2, 6, reserve)

    def meanwhile(count: int) -> int:
        chunks.reserve_chunk(7, 3, count, lambda count: 300)
        return 999

    assert chunks.reserve_chunk(7, 3, 8, meanwhile) == 300
    assert [(chunk.first_id, chunk.count) for chunk in chunks.after(7)] == [(100, 10), (200, 5), (300, 8)]
    with pytest.raises(PlumblineError, match="there is no chunk 4 of import 7"):
        chunks.reserve_chunk(7, 4, 1, reserve)


def test_a_chunk_is_counted_once(store: ImportStore, chunks: ChunkStore) -> None:
    store.stall(7, 1)
    chunks.reserve_chunk(7, 1, 10, lambda count: 1)
    outcome = replace(OUTCOME, rows_known=4, problems=problems(3, 5))
    assert chunks.finish_chunk(7, 1, outcome)
    assert not chunks.finish_chunk(7, 1, outcome)
    assert store.get(7) == an_import(
        chunks=3,
        chunks_done=1,
        bytes_read=1000,
        rows_read=10,
        rows_stored=8,
        rows_known=4,
        rows_rejected=2,
        alerts_raised=3,
        problems=problems(3, 5),
        progressed_at=EPOCH,
    )
    assert chunks.get(7, 1) == replace(planned(1), first_id=1, count=10, rejected=2, done=True)


def test_a_chunk_that_cannot_be_read_will_fail_its_import(store: ImportStore, chunks: ChunkStore) -> None:
    assert chunks.finish_chunk(7, 1, ChunkOutcome(failure="The file is gone."))
    assert chunks.finish_chunk(7, 2, ChunkOutcome(failure="Another reason."))
    assert not chunks.finish_chunk(7, 2, OUTCOME)
    assert store.get(7) == an_import(
        chunks=3, chunks_done=2, plan_failure="The file is gone.", progressed_at=EPOCH
    )


def test_a_chunk_whose_end_is_sent_twice_is_counted_once(
    chunks: ChunkStore, store: ImportStore, clients: Clients, stack: Stack
) -> None:
    repeated = ChunkStore(sent_twice().wrap(clients), stack.imports, baselines_table=stack.baselines)
    repeated.reserve_chunk(7, 1, 10, lambda count: 1)
    assert repeated.finish_chunk(7, 1, OUTCOME, BaselineWrite("2026-01-31", "import#7", Sketches(), 0))
    assert not repeated.finish_chunk(7, 1, OUTCOME)
    found = store.get(7)
    assert found is not None
    assert found.rows_read == 10


def test_the_first_hundred_problems_are_kept(store: ImportStore, chunks: ChunkStore) -> None:
    for number in range(1, 4):
        chunks.reserve_chunk(7, number, 1, lambda count: 1)
    chunks.finish_chunk(7, 2, replace(OUTCOME, problems=problems(*range(200, 260))))
    chunks.finish_chunk(7, 1, replace(OUTCOME, problems=problems(*range(100, 160))))
    chunks.finish_chunk(7, 3, replace(OUTCOME, problems=problems(*range(300, 500))))
    found = store.get(7)
    assert found is not None
    assert [problem.row for problem in found.problems] == [*range(100, 140), *range(200, 260)]
    assert found.rows_read == 30


def test_a_long_problem_is_cut(store: ImportStore, chunks: ChunkStore) -> None:
    chunks.reserve_chunk(7, 1, 1, lambda count: 1)
    chunks.finish_chunk(7, 1, replace(OUTCOME, problems=(Problem(1, 1, "p" * 9_999, "c" * 9_999),) * 500))
    found = store.get(7)
    assert found is not None
    assert found.problems == (Problem(1, 1, "p" * 500, "c" * 500),) * 100


def test_chunks_that_end_together_are_all_counted(clients: Clients, stack: Stack, store: ImportStore) -> None:
    together = ChunkStore(in_turn(clients), stack.imports, backoff=BACKOFF)
    store.create(an_import())
    together.plan(7, [planned(number) for number in range(1, 13)], 0)
    for number in range(1, 13):
        together.reserve_chunk(7, number, 1, lambda count: 1)

    def finish(number: int) -> bool:
        rows = range(number, number + 20)
        return together.finish_chunk(7, number, replace(OUTCOME, problems=problems(*rows)))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(finish, range(1, 13)))
    found = store.get(7)
    assert found is not None
    assert (found.rows_read, found.alerts_raised, len(found.problems)) == (120, 36, 100)
    assert (found.chunks, found.chunks_done) == (12, 12)


def test_a_chunk_and_its_baseline_are_one(
    store: ImportStore, chunks: ChunkStore, clients: Clients, stack: Stack
) -> None:
    baselines = BaselineStore(clients, stack.baselines)
    sketches = Sketches()
    sketches.add({"output.length": 5.0})
    chunks.reserve_chunk(7, 1, 10, lambda count: 1)
    chunks.reserve_chunk(7, 2, 10, lambda count: 1)
    assert chunks.finish_chunk(7, 1, OUTCOME, BaselineWrite("2026-01-31", "import#7", sketches, 0))
    with pytest.raises(VersionConflict):
        chunks.finish_chunk(7, 2, OUTCOME, BaselineWrite("2026-01-31", "import#7", sketches, 0))
    assert [chunk.done for chunk in chunks.after(7)] == [True, False, False]
    found, loaded = store.get(7), baselines.load("2026-01-31", "import#7")
    assert found is not None
    assert loaded is not None
    assert (found.rows_read, loaded.version) == (10, 1)
    assert not chunks.finish_chunk(7, 1, OUTCOME, replace(loaded, version=0)), "done before, whatever its baseline"


def test_a_chunk_without_import_or_ids_is_an_error_at_once(
    chunks: ChunkStore, clients: Clients, stack: Stack
) -> None:
    faults = counting()
    counted = ChunkStore(faults.wrap(clients), stack.imports)
    with pytest.raises(PlumblineError, match="no ids were reserved for chunk 1 of import 7"):
        counted.finish_chunk(7, 1, OUTCOME)
    counted.reserve_chunk(7, 1, 10, lambda count: 1)
    clients.dynamodb.delete_item(TableName=stack.imports, Key={"id": {"N": "7"}, "part": {"S": "import"}})
    for outcome in (OUTCOME, replace(OUTCOME, problems=problems(1))):
        with pytest.raises(PlumblineError, match="there is no import 7"):
            counted.finish_chunk(7, 1, outcome)
    with pytest.raises(TypeError, match="baselines' table"):
        counted.finish_chunk(7, 1, OUTCOME, BaselineWrite("2026-01-31", "import#7", Sketches(), 0))
    assert faults.calls < 14


def test_many_chunks_are_listed_in_order(store: ImportStore, clients: Clients, stack: Stack) -> None:
    many = ChunkStore(clients, stack.imports)
    store.create(an_import())
    for first in range(1, 100, 33):
        assert many.plan(7, [planned(number) for number in range(first, first + 33)], 0)
    assert [chunk.number for chunk in many.after(7)] == list(range(1, 100))
