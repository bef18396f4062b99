from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.errors import InvalidRequest, Unavailable
from plumbline.storage import alert_listing
from plumbline.storage.alert_listing import AlertQuery
from plumbline.storage.idempotency import Idempotency
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.positions import feed_key

from tests.support.faults import Faults, in_turn
from tests.support.interactions import EPOCH, OUTLIER, THRESHOLD, interaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.models import Alert, Interaction
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack


@pytest.fixture
def store(clients: Clients, stack: Stack) -> InteractionStore:
    return InteractionStore(clients, stack.interactions, stack.bucket)


def pages(store: InteractionStore, limit: int, max_bytes: int = 4_000_000) -> list[list[Interaction]]:
    read = []
    position = None
    while True:
        page, position = store.page(limit, position, max_bytes)
        read.append(page)
        if position is None:
            return read
        assert page, "a page with a position has something on it"


def all_alerts(store: InteractionStore, query: AlertQuery, limit: int = 3) -> list[Alert]:
    read: list[Alert] = []
    position = None
    while True:
        page, position = store.alerts(query, limit, position)
        assert len(page) <= limit
        read += page
        if position is None:
            return read


# ---------------------------------------------------------------- interactions


def test_an_empty_table_has_one_empty_page(store: InteractionStore) -> None:
    store.next_id()
    assert store.page(10, None) == ([], None)
    assert store.alerts(AlertQuery(), 10, None) == ([], None)


@pytest.mark.parametrize(("count", "limit"), [(1, 1), (10, 10), (10, 3), (60, 1), (61, 30), (260, 100)])
def test_pages_hold_everything_once_newest_first(store: InteractionStore, count: int, limit: int) -> None:
    kept = [interaction(number) for number in range(1, count + 1)]
    store.put_batch(random.Random(1).sample(kept, count))
    read = pages(store, limit)
    assert [one for page in read for one in page] == kept[::-1]
    assert [len(page) for page in read[:-1]] == [limit] * (len(read) - 1)
    assert read[-1]


def test_the_same_moment_is_listed_by_id(store: InteractionStore) -> None:
    kept = [interaction(number, created_at=EPOCH) for number in range(1, 20)]
    store.put_batch(kept)
    assert [one.id for page in pages(store, 4) for one in page] == list(range(19, 0, -1))


def test_all_in_one_shard_are_listed_too(store: InteractionStore) -> None:
    kept = [interaction(8 * number) for number in range(1, 131)]
    store.put_batch(kept)
    assert [one for page in pages(store, 100) for one in page] == kept[::-1]


def test_keys_and_the_sequence_are_not_listed(store: InteractionStore) -> None:
    store.put(interaction(store.next_id()), idempotency=Idempotency("key", "digest"))
    assert pages(store, 10) == [[interaction(1)]]


def test_a_page_stops_where_it_gets_too_big(store: InteractionStore) -> None:
    sizes = {1: 50_000, 2: 10, 3: 3_000_000, 4: 700_000, 5: 300_000, 6: 10}
    kept = [interaction(number, output="word " * (size // 5)) for number, size in sizes.items()]
    store.put_batch(kept)
    assert [[one.id for one in page] for page in pages(store, 10, 1_000_000)] == [[6, 5], [4], [3], [2, 1]]
    assert [one for page in pages(store, 10, 1_000_000) for one in page] == kept[::-1]
    assert [[one.id for one in page] for page in pages(store, 10, 1)] == [[6], [5], [4], [3], [2], [1]]


def test_what_was_deleted_meanwhile_is_left_out(store: InteractionStore, clients: Clients, stack: Stack) -> None:
    store.put_batch([interaction(number) for number in range(1, 10)])

    def ghostly() -> InteractionStore:
        return InteractionStore(_index_lists_a_ghost(77).wrap(clients), stack.interactions, stack.bucket)

    assert [one.id for one in ghostly().page(20, None)[0]] == list(range(9, 0, -1))
    assert ghostly().page(1, None) == ([interaction(9)], feed_key(interaction(9).created_at, 9))
    assert [[one.id for one in page] for page in pages(ghostly(), 4)] == [[9, 8, 7, 6], [5, 4, 3, 2], [1]]


def _index_lists_a_ghost(number: int) -> Faults:
    """One query's answer begins with a key whose item is gone."""

    seen: list[int] = []

    def act(_: int, call: Callable[[], Any]) -> Any:
        answer = call()
        shard = str(number % 8)
        if answer.get("Items") and answer["Items"][0].get("shard") == {"N": shard} and not seen:
            seen.append(number)
            key = feed_key(EPOCH + timedelta(days=1), number)
            answer["Items"].insert(0, {"id": {"N": str(number)}, "at": {"S": key}, "shard": {"N": shard}})
        return answer

    return Faults(act)


def test_paging_neither_skips_nor_repeats_while_others_write(clients: Clients, stack: Stack) -> None:
    store = InteractionStore(in_turn(clients), stack.interactions, stack.bucket)
    store.put_batch([interaction(number, findings=(THRESHOLD, OUTLIER)) for number in range(1, 61)])
    stop = threading.Event()

    def write() -> None:
        for number in range(1000, 2000):
            if stop.wait(0.005):
                return
            store.put(interaction(number, findings=(THRESHOLD,)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        listed = [one.id for page in pages(store, 7) for one in page]
        alerts = [alert.id for alert in all_alerts(store, AlertQuery(), 11)]
    finally:
        stop.set()
        writer.join()
    assert alerts[0] > 1_000_000, "something was written in between"
    assert listed == sorted(set(listed), reverse=True)
    assert [number for number in listed if number <= 60] == list(range(60, 0, -1))
    assert len(alerts) == len(set(alerts))
    assert [number for number in alerts if number < 61_000] == [
        1000 * number + rule for number in range(60, 0, -1) for rule in (1, 12)
    ]


def test_keys_left_unread_are_read_again(store: InteractionStore, clients: Clients, stack: Stack) -> None:
    kept = [interaction(number) for number in range(1, 31)]
    store.put_batch(kept)
    partly = InteractionStore(_reads_at_most(7).wrap(clients), stack.interactions, stack.bucket)
    assert [one for page in pages(partly, 30) for one in page] == kept[::-1]
    never = InteractionStore(_reads_at_most(0).wrap(clients), stack.interactions, stack.bucket)
    with pytest.raises(Unavailable):
        never.page(30, None)


def _reads_at_most(most: int) -> Faults:
    """Batches of reads come back unfinished."""

    def act(_: int, call: Callable[[], Any]) -> Any:
        answer = call()
        for table, items in answer.get("Responses", {}).items():
            left = [{"id": item["id"]} for item in items[most:]]
            answer["Responses"][table] = items[:most]
            answer["UnprocessedKeys"] = {table: {"Keys": left}} if left else {}
        return answer

    return Faults(act)


# ---------------------------------------------------------------- alerts


@pytest.fixture
def alerting(store: InteractionStore) -> InteractionStore:
    findings = {
        1: (THRESHOLD,),
        2: (),
        3: (OUTLIER, THRESHOLD),
        4: (replace(THRESHOLD, element="input", rule=2),),
        5: (OUTLIER,),
        6: (),
    }
    store.put_batch([interaction(number, findings=found) for number, found in findings.items()])
    return store


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (AlertQuery(), [5012, 4002, 3001, 3012, 1001]),
        (AlertQuery(alert_type="threshold"), [4002, 3001, 1001]),
        (AlertQuery(alert_type="outlier"), [5012, 3012]),
        (AlertQuery(element="output"), [3001, 1001]),
        (AlertQuery(metric="length"), [4002, 3001, 1001]),
        (AlertQuery(metric="length", element="input"), [4002]),
        (AlertQuery(metric="nothing"), []),
        (AlertQuery(interaction_id=3), [3001, 3012]),
        (AlertQuery(interaction_id=3, alert_type="outlier"), [3012]),
        (AlertQuery(interaction_id=2), []),
        (AlertQuery(interaction_id=99), []),
        (AlertQuery(interaction_id=0), []),
        (AlertQuery(since=EPOCH + timedelta(seconds=4)), [5012, 4002]),
        (AlertQuery(until=EPOCH + timedelta(seconds=4)), [3001, 3012, 1001]),
        (AlertQuery(since=EPOCH + timedelta(seconds=3), until=EPOCH + timedelta(seconds=5)), [4002, 3001, 3012]),
        (AlertQuery(since=EPOCH + timedelta(seconds=5), until=EPOCH + timedelta(seconds=3)), []),
        (AlertQuery(interaction_id=3, since=EPOCH + timedelta(seconds=4)), []),
        (AlertQuery(interaction_id=3, until=EPOCH + timedelta(seconds=4)), [3001, 3012]),
    ],
)
def test_alerts_are_found_by_every_filter(
    alerting: InteractionStore, query: AlertQuery, expected: list[int], limit: int
) -> None:
    assert [alert.id for alert in all_alerts(alerting, query, limit)] == expected


def test_an_alert_has_its_evidence(alerting: InteractionStore) -> None:
    (alert,) = alerting.alerts(AlertQuery(interaction_id=5), 10, None)[0]
    assert (alert.id, alert.interaction_id, alert.created_at) == (5012, 5, EPOCH + timedelta(seconds=5))
    assert alert.finding == OUTLIER
    assert alerting.alerts(AlertQuery(since=alert.created_at), 1, None) == ([alert], None)


def test_one_call_looks_at_a_bounded_number(store: InteractionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_listing, "MAX_EXAMINED", 5)
    rare = replace(OUTLIER, metric="rare")
    store.put_batch([interaction(n, findings=(rare,) if n in {1, 12} else (THRESHOLD,)) for n in range(1, 24)])
    query = AlertQuery(metric="rare")
    first, position = store.alerts(query, 10, None)
    assert first == []
    assert position == f"{feed_key(interaction(19).created_at, 19)}#999"
    assert [alert.interaction_id for alert in all_alerts(store, query)] == [12, 1]
    assert len(all_alerts(store, AlertQuery())) == 23


@pytest.mark.parametrize("position", ["x", "2026", "2026-01-01T00:00:00.000000Z#0000000000000007#", "#001", "a#x"])
def test_a_position_of_another_kind_is_refused(store: InteractionStore, position: str) -> None:
    with pytest.raises(InvalidRequest, match="position"):
        store.alerts(AlertQuery(), 10, position)
