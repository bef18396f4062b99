from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.errors import Unavailable
from plumbline.storage.batches import MAX_WRITES, batched, put_items
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.items import LARGEST_ITEM, Written, write_interaction
from plumbline.storage.pace import Pace
from plumbline.storage.retrying import Backoff
from plumbline.storage.wire import as_json

from tests.support.faults import Faults, counting, error
from tests.support.interactions import interaction
from tests.support.tables import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plumbline.models import Interaction
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

QUICK = Backoff(attempts=12, sleep=lambda seconds: None)


@pytest.mark.parametrize("count", [0, 1, 25, 26, 333])
def test_any_number_of_interactions_is_kept(clients: Clients, stack: Stack, count: int) -> None:
    store = InteractionStore(clients, stack.interactions, stack.bucket)
    kept = [interaction(number) for number in range(1, count + 1)]
    store.put_batch(kept)
    store.put_batch(kept)
    assert len(scan(clients, stack.interactions)) == count
    assert store.page(400, None) == (kept[::-1], None)


def test_large_texts_of_a_batch_are_kept(clients: Clients, stack: Stack) -> None:
    store = InteractionStore(clients, stack.interactions, stack.bucket)
    kept = [interaction(number, input="\x01é" * (40_000 * number)) for number in range(1, 31)]
    store.put_batch(kept)
    assert [store.get(one.id) for one in kept] == kept


def test_batches_stay_within_what_one_request_may_have() -> None:
    # The worst text: each byte of it is six in the request.
    items = [Written({"id": {"N": str(n)}, "output": {"S": "\x01" * 380_000}}, 380_020) for n in range(60)]
    items += [write_interaction(interaction(n)) for n in range(100, 190)]
    made = list(batched(items))
    assert [written for batch in made for written in batch] == items
    assert max(map(len, made)) == MAX_WRITES
    assert all(len(as_json([written.item for written in batch])) < 16_000_000 for batch in made)
    assert LARGEST_ITEM < 400 * 1024


def test_unprocessed_items_are_written_in_the_end(clients: Clients, stack: Stack) -> None:
    kept = [interaction(number) for number in range(1, 120)]
    put_items(_writes_at_most(4).wrap(clients), stack.interactions, map(write_interaction, kept), QUICK)
    assert sorted(int(item["id"]["N"]) for item in scan(clients, stack.interactions)) == list(range(1, 120))


def test_items_that_stay_unprocessed_are_reported_never_dropped(clients: Clients, stack: Stack) -> None:
    written = [write_interaction(interaction(1))]
    waits: list[float] = []
    faults = _writes_at_most(0)
    with pytest.raises(Unavailable):
        put_items(faults.wrap(clients), stack.interactions, written, Backoff(attempts=5, sleep=waits.append))
    assert faults.calls == 5
    assert len(waits) == 4
    assert all(0 <= wait <= 1 for wait in waits)


def test_a_throttled_batch_is_reported(clients: Clients, stack: Stack) -> None:
    def act(number: int, call: Callable[[], Any]) -> Any:
        if number == 3:
            raise error("ProvisionedThroughputExceededException", 400)
        return call()

    with pytest.raises(Unavailable):
        put_items(
            Faults(act).wrap(clients),
            stack.interactions,
            [write_interaction(interaction(n)) for n in range(1, 200)],
        )


def test_batches_are_in_flight_together_but_not_all(clients: Clients, stack: Stack) -> None:
    lock, flying, most = threading.Lock(), 0, 0
    meet = threading.Barrier(2, timeout=10)

    def act(number: int, call: Callable[[], Any]) -> Any:
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        if number <= 2:
            meet.wait()
        with lock:
            flying -= 1
            return call()

    fresh = replace(clients, pace=Pace(8))
    put_items(
        Faults(act).wrap(fresh), stack.interactions, [write_interaction(interaction(n)) for n in range(1, 999)]
    )
    assert 2 <= most <= 8
    assert len(scan(clients, stack.interactions)) == 998


def test_a_table_that_refuses_is_asked_less_and_more_again_later(clients: Clients, stack: Stack) -> None:
    fresh = replace(clients, pace=Pace(8))
    lock, flying, most, refusing = threading.Lock(), 0, 0, True

    def act(number: int, call: Callable[[], Any]) -> Any:
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        time.sleep(0.002)
        with lock:
            flying -= 1
            answer = call()
        answer["ResponseMetadata"]["RetryAttempts"] = int(refusing)
        return answer

    put_items(Faults(act).wrap(fresh), stack.interactions, map(write_interaction, some(1, 500)))
    assert fresh.pace.allowed == 1
    most = 0
    put_items(Faults(act).wrap(fresh), stack.interactions, map(write_interaction, some(500, 600)))
    assert most == 1
    refusing = False
    put_items(Faults(act).wrap(fresh), stack.interactions, map(write_interaction, some(600, 1400)))
    assert fresh.pace.allowed == 8
    assert len(scan(clients, stack.interactions)) == 1399


def test_items_are_taken_in_runs(clients: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.storage.batches.RUN_BATCHES", 2)
    counts = counting()
    seen: list[tuple[int, int]] = []

    def made() -> Iterator[Interaction]:
        for one in some(1, 110):
            seen.append((one.id, counts.calls))
            yield one

    InteractionStore(counts.wrap(clients), stack.interactions, stack.bucket).put_batch(made())
    assert [calls for number, calls in seen if number in {50, 51, 52, 101, 102}] == [0, 0, 2, 2, 4]
    assert len(scan(clients, stack.interactions)) == 109


def test_what_fails_while_items_are_made_is_raised_when_all_writes_have_ended(
    clients: Clients, stack: Stack
) -> None:
    counts = counting()

    def made() -> Iterator[Interaction]:
        yield from some(1, 60)
        raise KeyError("on purpose")

    store = InteractionStore(counts.wrap(clients), stack.interactions, stack.bucket)
    with pytest.raises(KeyError):
        store.put_batch(made())
    assert len(scan(clients, stack.interactions)) == 25 * counts.calls <= 50


def some(first: int, end: int) -> Iterator[Interaction]:
    return (interaction(number) for number in range(first, end))


def _writes_at_most(most: int) -> Faults:
    """Batches of writes are done in part, as DynamoDB may."""
    left: dict[int, list[Any]] = {}
    table_name: list[str] = []

    def change(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert name == "batch_write_item"
        ((table, requests),) = arguments["RequestItems"].items()
        table_name[:] = [table]
        left[threading.get_ident()] = requests[most:]
        # A request for nothing at all is an error: write what is going to be written again.
        return {"RequestItems": {table: requests[: max(1, most)]}}

    def act(_: int, call: Callable[[], Any]) -> Any:
        answer = call()
        unprocessed = left.pop(threading.get_ident())
        return {**answer, "UnprocessedItems": {table_name[0]: unprocessed} if unprocessed else {}}

    return Faults(act, change)
