"""Every new interaction counts once, whoever delivers it, how often, in what company and order."""

from __future__ import annotations

import copy
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plumbline.baselines import Sketches
from plumbline.errors import Unavailable
from plumbline.folding import RANGE_BITS, CountedIds, Folder
from plumbline.metrics import SERIES
from plumbline.own_metrics import MOST_SERIES, countable
from plumbline.storage.transactions import VersionConflict

from tests.support.faults import Killed
from tests.support.interactions import interaction
from tests.support.stream import DAY, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plumbline.models import Interaction
    from plumbline.storage.baselines import BaselineWrite

Record = dict[str, Any]
SPAN = 1 << RANGE_BITS


class Rows:
    """The table of baselines in memory. ``before`` and ``after`` are called around each call, with its number."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], BaselineWrite] = {}
        self.calls = 0
        self.saves = 0
        self.before: Callable[[int], None] = lambda _: None
        self.after: Callable[[int], None] = lambda _: None

    def load(self, day: str, writer: str) -> BaselineWrite | None:
        number = self._enter()
        found = copy.deepcopy(self.stored.get((day, writer)))
        self.after(number)
        return found

    def save(self, write: BaselineWrite) -> None:
        number = self._enter()
        stored = self.stored.get((write.day, write.writer))
        if write.version != (stored.version if stored else 0):
            raise VersionConflict
        self.stored[write.day, write.writer] = replace(copy.deepcopy(write), version=write.version + 1)
        self.saves += 1
        self.after(number)

    def _enter(self) -> int:
        self.calls += 1
        number = self.calls
        self.before(number)
        return number

    def days(self) -> dict[str, Sketches]:
        days: dict[str, Sketches] = {}
        for (day, _), write in self.stored.items():
            days.setdefault(day, Sketches()).merge(write.sketches)
        return days


def folder(rows: Rows) -> Folder:
    return Folder(rows, sleep=lambda _: None)


def expected(records: Iterable[Record]) -> dict[str, Sketches]:
    """What counting every distinct interaction once gives."""
    days: dict[str, Sketches] = {}
    seen = set()
    for one in records:
        number = one["dynamodb"]["Keys"]["id"]["N"]
        if number not in seen:
            seen.add(number)
            day = "2026-01-02" if one["dynamodb"]["ApproximateCreationDateTime"] < DAY + 86_400 else "2026-01-03"
            days.setdefault(day, Sketches()).add(metrics_of(int(number)))
    return days


def metrics_of(number: int) -> dict[str, float]:
    return {"input.length": float(number % 97), "output.length": float(number % 13)}


def inserted(number: int) -> Interaction:
    return replace(interaction(1), id=number, metrics=metrics_of(number))


def stream_of(numbers: Iterable[int]) -> list[Record]:
    """Records around a midnight: which day one is of follows from its id."""
    return [record(inserted(number), at=DAY + 86_399.5 + (number % 3) - 1) for number in numbers]


IDS = st.lists(
    st.integers(1, 40) | st.integers(SPAN - 3, SPAN + 3) | st.integers(2**45, 2**45 + 9),
    min_size=1,
    max_size=25,
    unique=True,
)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Record], list[list[Record]]]:
    """A stream, and batches of it: any records in any order, any of them any number of times."""
    stream = stream_of(draw(IDS))
    batches = draw(st.lists(st.lists(st.sampled_from(stream), max_size=12), max_size=8))
    return stream, batches


@given(deliveries())
def test_any_deliveries_count_what_they_brought_once(given_: tuple[list[Record], list[list[Record]]]) -> None:
    stream, batches = given_
    rows = Rows()
    fold = folder(rows).fold
    counted = sum(fold(batch).counted for batch in batches)
    brought = [one for batch in batches for one in batch]
    assert rows.days() == expected(brought)
    assert counted == len({one["eventID"] for one in brought})
    fold(stream)
    assert rows.days() == expected(stream)


@given(deliveries(), st.integers(1, 30), st.booleans())
def test_a_crash_at_any_call_loses_and_doubles_nothing(
    given_: tuple[list[Record], list[list[Record]]], cut: int, answered: bool
) -> None:
    stream, batches = given_
    rows = Rows()

    def die(number: int) -> None:
        if number == cut:
            raise Killed

    if answered:
        rows.before = die
    else:
        rows.after = die
    for batch in batches:
        try:
            folder(rows).fold(batch)
        except Killed:
            half = len(batch) // 2  # Lambda cuts a failed batch in two
            folder(rows).fold(batch[half:])
            folder(rows).fold(batch[:half])
    rows.before = rows.after = lambda _: None
    assert rows.days() == expected(one for batch in batches for one in batch)
    folder(rows).fold(stream)
    assert rows.days() == expected(stream)


@given(deliveries(), st.lists(st.lists(st.integers(0, 24), max_size=10), min_size=1, max_size=12))
def test_two_writers_that_meet_at_any_call(
    given_: tuple[list[Record], list[list[Record]]], others: list[list[int]]
) -> None:
    stream, batches = given_
    rows = Rows()
    meeting = iter(others)
    inside = False

    def other_writer(_: int) -> None:
        nonlocal inside
        picks = None if inside else next(meeting, None)
        if picks is None:
            return
        inside = True
        folder(rows).fold([stream[pick % len(stream)] for pick in picks])
        inside = False

    rows.before = other_writer
    for batch in batches:
        folder(rows).fold(batch)
    rows.before = lambda _: None
    folder(rows).fold(stream)
    assert rows.days() == expected(stream)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 5))
def test_shards_in_any_order_with_any_lag(seed: int, shards: int) -> None:
    chance = random.Random(seed)
    stream = stream_of(range(1, 400))
    queues: list[list[Record]] = [[] for _ in range(shards)]
    for one in stream:
        chance.choice(queues).append(one)
    rows = Rows()
    while any(queues):
        queue = chance.choice([queue for queue in queues if queue])
        size = chance.randint(1, 50)
        batch = queue[:size]
        folder(rows).fold(batch)
        if chance.random() < 0.7:  # otherwise the answer is lost, and it comes again
            del queue[:size]
    assert rows.days() == expected(stream)


def test_a_batch_of_one_day_is_one_write() -> None:
    rows = Rows()
    batch = [record(inserted(number)) for number in range(1, 501)]
    folded = folder(rows).fold(batch)
    assert (folded.counted, folded.known) == (500, 0)
    assert rows.saves == 1
    folded = folder(rows).fold(batch[:200])
    assert (folded.counted, folded.known) == (0, 200)
    assert rows.saves == 1


def test_a_baseline_that_others_keep_writing_is_given_up_for_now() -> None:
    rows = Rows()
    batch = [record(inserted(1))]

    def always_first(number: int) -> None:
        if number % 2 == 0:  # before each save
            for write in rows.stored.values() or ():
                write.version += 1

    folder(rows).fold([record(inserted(2))])
    rows.calls = 0
    rows.before = always_first
    with pytest.raises(Unavailable):
        folder(rows).fold(batch)
    rows.before = lambda _: None
    assert folder(rows).fold(batch).counted == 1


def test_only_new_interactions_count() -> None:
    rows = Rows()
    key = record(inserted(1))
    key["dynamodb"]["Keys"]["id"] = key["dynamodb"]["NewImage"]["id"] = {"N": "-77"}
    removed = record(inserted(2), name="REMOVE")
    del removed["dynamodb"]["NewImage"]
    folded = folder(rows).fold([record(inserted(3), name="MODIFY"), removed, key, record(inserted(4))])
    assert (folded.counted, folded.ignored, folded.unusable) == (1, 3, ())
    assert rows.days() == expected([record(inserted(4))])


def test_more_series_than_an_item_holds_are_left_out_and_said_so() -> None:
    rows = Rows()
    named = [
        record(replace(inserted(n), metrics={**metrics_of(n), f"output.run_{n:04d}": 1.0, "output.score": 0.5}))
        for n in range(1, 1001)
    ]
    folded = folder(rows).fold(named)
    assert (folded.counted, folded.left_out) == (1000, 1000 - (MOST_SERIES - 1))
    (day,) = rows.days().values()
    assert [day[name].count for name in ("input.length", "output.length", "output.score")] == [1000, 1000, 1000]
    assert len(day) == 2 + MOST_SERIES
    again = folder(rows).fold(named)
    assert (again.counted, again.known, again.left_out) == (0, 1000, 0)


@given(st.sets(st.integers(0, 400)), st.lists(st.integers(0, 400), max_size=80, unique=True))
def test_what_can_be_counted(known: set[int], brought: list[int]) -> None:
    sketches = Sketches()
    for number in sorted(known)[:MOST_SERIES]:
        sketches.add({f"output.own_{number}": 1.0})
    sketches.add({"output.length": 1.0})
    values = {"input.words": 3, "output.length": 4, **{f"output.own_{number}": number for number in brought}}
    counted = countable(values, sketches)
    assert counted.items() <= values.items()
    assert {"input.words", "output.length"} <= counted.keys()
    assert {name for name in values if name in sketches} <= counted.keys()
    own = {name for name in (*sketches, *counted) if name not in SERIES}
    assert len(own) <= MOST_SERIES
    assert len(own) == MOST_SERIES or counted == values


def _broken() -> dict[str, Record]:
    def changed(change: Callable[[Record], object]) -> Record:
        one = record(inserted(5))
        change(one["dynamodb"])
        return one

    def metric(name: str, value: object) -> Record:
        return changed(lambda dynamodb: dynamodb["NewImage"]["metrics"].update(M={name: value}))

    return {
        "no image": changed(lambda dynamodb: dynamodb.pop("NewImage")),
        "no metrics": changed(lambda dynamodb: dynamodb["NewImage"].pop("metrics")),
        "no key": changed(lambda dynamodb: dynamodb.pop("Keys")),
        "a key that is no number": changed(lambda dynamodb: dynamodb.update(Keys={"id": {"S": "secret"}})),
        "an id out of range": changed(lambda dynamodb: dynamodb.update(Keys={"id": {"N": str(2**60)}})),
        "no time": changed(lambda dynamodb: dynamodb.pop("ApproximateCreationDateTime")),
        "a time that is none": changed(lambda dynamodb: dynamodb.update(ApproximateCreationDateTime=1e30)),
        "a metric that is no number": metric("output.length", {"S": "secret"}),
        "a metric that is not finite": metric("output.length", {"N": "NaN"}),
        "a metric without a name": metric("", {"N": "1"}),
        "no change at all": {"eventName": "INSERT"},
        "null": {"eventName": "INSERT", "dynamodb": None},
    }


@pytest.mark.parametrize("name", _broken())
def test_a_record_that_nobody_can_read_holds_up_nothing_and_is_named(name: str) -> None:
    rows = Rows()
    folded = folder(rows).fold([record(inserted(1)), _broken()[name], record(inserted(2))])
    assert folded.counted == 2
    assert len(folded.unusable) == 1
    assert "secret" not in folded.unusable[0]
    assert rows.days() == expected([record(inserted(1)), record(inserted(2))])


@given(st.lists(st.integers(0, SPAN - 1), max_size=60))
def test_a_set_of_ids_keeps_what_was_added(numbers: list[int]) -> None:
    ids = CountedIds()
    assert [ids.add(number) for number in numbers] == [
        number not in numbers[:index] for index, number in enumerate(numbers)
    ]
    again = CountedIds(ids.pack())
    assert not any(again.add(number) for number in numbers)
    assert again.pack() == ids.pack()


def test_a_set_of_ids_stays_small() -> None:
    dense, sparse = CountedIds(), CountedIds()
    chance = random.Random(1)
    for number in range(SPAN):
        dense.add(number)
        if chance.random() < 0.5:
            sparse.add(number)
    assert len(dense.pack()) < 1_000
    assert len(sparse.pack()) < 132_000
