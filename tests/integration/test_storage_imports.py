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
from plumbline.storage.imports import Chunk, ChunkOutcome, ImportStore
from plumbline.storage.retrying import Backoff
from plumbline.storage.transactions import VersionConflict

from tests.support.faults import counting, in_turn, sent_twice
from tests.support.interactions import EPOCH

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

BACKOFF = Backoff(attempts=40, base=0.005, cap=0.05)
OUTCOME = ChunkOutcome(1000, 10, 8, 2, 3, next_byte=1000, next_row=11, next_line=15)


@pytest.fixture
def store(clients: Clients, stack: Stack) -> ImportStore:
    return ImportStore(clients, stack.imports, baselines_table=stack.baselines, backoff=BACKOFF)


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
        version="",
    )
    store.create(full)
    assert store.get(7) == full


def test_a_create_that_is_sent_twice_is_this_calls_own(clients: Clients, stack: Stack) -> None:
    assert ImportStore(sent_twice().wrap(clients), stack.imports).create(an_import())


def test_imports_are_listed_newest_first(store: ImportStore) -> None:
    for number in range(1, 12):
        store.create(an_import(number))
        store.reserve_chunk(number, 0, 5, lambda count: 1)
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
    store.create(an_import())
    assert store.start(7, EPOCH, 1234)
    assert store.start(7, EPOCH + timedelta(hours=1), 1234), "taken up again after a crash"
    running = an_import(state="running", started_at=EPOCH, size_bytes=1234)
    assert store.get(7) == running
    ended = EPOCH + timedelta(hours=2)
    assert store.finish(7, "succeeded_with_problems", ended, "rejected/7.csv")
    done = replace(running, state="succeeded_with_problems", finished_at=ended, rejected_key="rejected/7.csv")
    assert store.get(7) == done
    assert not store.start(7, EPOCH, 1)
    assert not store.fail(7, "too late", EPOCH)
    assert not store.finish(7, "succeeded", EPOCH)
    assert store.get(7) == done


def test_an_import_that_fails_says_why(store: ImportStore) -> None:
    store.create(an_import())
    assert store.fail(7, "The file is empty.", EPOCH)
    assert store.get(7) == an_import(state="failed", failure="The file is empty.", finished_at=EPOCH)


def test_an_import_that_is_not_there_has_no_states(store: ImportStore) -> None:
    assert not store.start(8, EPOCH, 1)
    assert not store.fail(8, "message", EPOCH)
    assert store.get(8) is None


def test_an_end_that_is_sent_twice_is_this_calls_own(clients: Clients, stack: Stack) -> None:
    repeated = ImportStore(sent_twice().wrap(clients), stack.imports)
    repeated.create(an_import())
    assert repeated.start(7, EPOCH, 1)
    assert repeated.finish(7, "succeeded", EPOCH)


def test_the_first_snapshot_is_the_imports(store: ImportStore) -> None:
    assert store.snapshot(7, lambda: b"first") == b"first"
    assert store.snapshot(7, lambda: b"second") == b"first"
    assert store.snapshot(8, lambda: b"") == b""

    def meanwhile() -> bytes:
        store.snapshot(9, lambda: b"theirs")
        return b"ours"

    assert store.snapshot(9, meanwhile) == b"theirs"


# ---------------------------------------------------------------- chunks


def test_a_chunk_keeps_the_ids_it_was_given(store: ImportStore) -> None:
    taken: list[int] = []

    def reserve(count: int) -> int:
        taken.append(count)
        return 100 * len(taken)

    assert store.reserve_chunk(7, 0, 10, reserve) == 100
    assert store.reserve_chunk(7, 0, 10, reserve) == 100
    assert store.reserve_chunk(7, 1, 5, reserve) == 200
    assert taken == [10, 5]
    with pytest.raises(PlumblineError, match="chunk 1 of import 7 had 5 rows before and 6 now"):
        store.reserve_chunk(7, 1, 6, reserve)

    def meanwhile(count: int) -> int:
        store.reserve_chunk(7, 2, count, lambda count: 300)
        return 999

    assert store.reserve_chunk(7, 2, 8, meanwhile) == 300
    assert store.chunks(7) == [Chunk(0, 100, 10), Chunk(1, 200, 5), Chunk(2, 300, 8)]
    assert store.chunks(8) == []


def test_a_chunk_is_counted_once(store: ImportStore) -> None:
    store.create(an_import())
    store.reserve_chunk(7, 0, 10, lambda count: 1)
    outcome = replace(OUTCOME, problems=problems(3, 5))
    assert store.finish_chunk(7, 0, outcome)
    assert not store.finish_chunk(7, 0, outcome)
    found = store.get(7)
    assert found == an_import(
        bytes_read=1000, rows_read=10, rows_stored=8, rows_rejected=2, alerts_raised=3, problems=problems(3, 5)
    )
    assert store.chunks(7) == [Chunk(0, 1, 10, done=True, next_byte=1000, next_row=11, next_line=15)]


def test_a_chunk_whose_end_is_sent_twice_is_counted_once(clients: Clients, stack: Stack) -> None:
    repeated = ImportStore(sent_twice().wrap(clients), stack.imports, baselines_table=stack.baselines)
    repeated.create(an_import())
    repeated.reserve_chunk(7, 0, 10, lambda count: 1)
    assert repeated.finish_chunk(7, 0, OUTCOME, BaselineWrite("2026-01-31", "import#7", Sketches(), 0))
    assert not repeated.finish_chunk(7, 0, OUTCOME)
    found = repeated.get(7)
    assert found is not None
    assert found.rows_read == 10


def test_the_first_hundred_problems_are_kept(store: ImportStore) -> None:
    store.create(an_import())
    for number in range(4):
        store.reserve_chunk(7, number, 1, lambda count: 1)
    store.finish_chunk(7, 1, replace(OUTCOME, problems=problems(*range(200, 260))))
    store.finish_chunk(7, 0, replace(OUTCOME, problems=problems(*range(100, 160))))
    store.finish_chunk(7, 2, replace(OUTCOME, problems=problems(*range(300, 500))))
    store.finish_chunk(7, 3, OUTCOME)
    found = store.get(7)
    assert found is not None
    assert [problem.row for problem in found.problems] == [*range(100, 140), *range(200, 260)]
    assert found.rows_read == 40


def test_a_long_problem_is_cut(store: ImportStore) -> None:
    store.create(an_import())
    store.reserve_chunk(7, 0, 1, lambda count: 1)
    store.finish_chunk(7, 0, replace(OUTCOME, problems=(Problem(1, 1, "p" * 9_999, "c" * 9_999),) * 500))
    found = store.get(7)
    assert found is not None
    assert found.problems == (Problem(1, 1, "p" * 500, "c" * 500),) * 100


def test_chunks_that_end_together_are_all_counted(clients: Clients, stack: Stack) -> None:
    store = ImportStore(in_turn(clients), stack.imports, backoff=BACKOFF)
    store.create(an_import())
    for number in range(12):
        store.reserve_chunk(7, number, 1, lambda count: 1)

    def finish(number: int) -> bool:
        return store.finish_chunk(7, number, replace(OUTCOME, problems=problems(*range(number, number + 20))))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(finish, range(12)))
    found = store.get(7)
    assert found is not None
    assert (found.rows_read, found.alerts_raised, len(found.problems)) == (120, 36, 100)


def test_a_chunk_and_its_baseline_are_one(store: ImportStore, clients: Clients, stack: Stack) -> None:
    baselines = BaselineStore(clients, stack.baselines)
    sketches = Sketches()
    sketches.add({"output.length": 5.0})
    store.create(an_import())
    store.reserve_chunk(7, 0, 10, lambda count: 1)
    store.reserve_chunk(7, 1, 10, lambda count: 1)
    assert store.finish_chunk(7, 0, OUTCOME, BaselineWrite("2026-01-31", "import#7", sketches, 0))
    with pytest.raises(VersionConflict):
        store.finish_chunk(7, 1, OUTCOME, BaselineWrite("2026-01-31", "import#7", sketches, 0))
    assert [chunk.done for chunk in store.chunks(7)] == [True, False]
    found, loaded = store.get(7), baselines.load("2026-01-31", "import#7")
    assert found is not None
    assert loaded is not None
    assert (found.rows_read, loaded.version) == (10, 1)
    assert not store.finish_chunk(7, 0, OUTCOME, replace(loaded, version=0)), "done before, whatever its baseline"


def test_a_chunk_without_import_or_ids_is_an_error_at_once(clients: Clients, stack: Stack) -> None:
    faults = counting()
    store = ImportStore(faults.wrap(clients), stack.imports)
    store.create(an_import())
    with pytest.raises(PlumblineError, match="no ids were reserved for chunk 0 of import 7"):
        store.finish_chunk(7, 0, OUTCOME)
    store.reserve_chunk(8, 0, 10, lambda count: 1)
    for outcome in (OUTCOME, replace(OUTCOME, problems=problems(1))):
        with pytest.raises(PlumblineError, match="there is no import 8"):
            store.finish_chunk(8, 0, outcome)
    with pytest.raises(TypeError, match="baselines' table"):
        store.finish_chunk(7, 0, OUTCOME, BaselineWrite("2026-01-31", "import#7", Sketches(), 0))
    assert faults.calls < 12


def test_many_chunks_are_listed_in_order(store: ImportStore) -> None:
    for number in (3, 12, 0, 100_000, 7):
        store.reserve_chunk(7, number, 1, lambda count: 1)
    assert [chunk.number for chunk in store.chunks(7)] == [0, 3, 7, 12, 100_000]
