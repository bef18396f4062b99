"""The callers' own ids: one interaction each, whoever claims them, however often, and wherever it stops."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.errors import Unavailable
from plumbline.storage import external_ids
from plumbline.storage.external_ids import ExternalIds
from plumbline.storage.idempotency import LOWEST_KEY_ID, Idempotency
from plumbline.storage.interactions import AlertQuery, InteractionStore
from plumbline.storage.retrying import Backoff

from tests.support.faults import Faults, Killed, counting, error, in_turn, killed_after, killed_before, sent_twice
from tests.support.interactions import interaction
from tests.support.tables import Stack, scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

QUICK = Backoff(attempts=60, sleep=lambda seconds: None)


def wanted(first: int, names: range) -> dict[str, int]:
    """Ids of the callers' from a range, each with an interaction of its own from ``first`` on."""
    return {f"row-{name}": first + at for at, name in enumerate(names)}


@pytest.fixture
def apart(clients: Clients) -> Clients:
    """Moto takes no transactions at once."""
    return in_turn(clients)


def ids(clients: Clients, stack: Stack) -> ExternalIds:
    return ExternalIds(clients, stack.interactions, QUICK)


def test_an_id_has_the_interaction_that_it_was_first_claimed_for(
    clients: Clients, apart: Clients, stack: Stack
) -> None:
    first = wanted(1_000, range(250))
    assert ids(apart, stack).claim(first) == first
    assert ids(apart, stack).claim(first) == first
    again = ids(apart, stack).claim(wanted(5_000, range(130, 380)))
    assert again == {**{f"row-{name}": 1_000 + name for name in range(130, 250)}, **wanted(5_120, range(250, 380))}
    assert len(scan(clients, stack.interactions)) == 380
    assert ids(apart, stack).claim({}) == {}


@pytest.mark.parametrize("name", ["1", "", "ä" * 200, "\0", " 1", "01"])
def test_any_text_is_an_id_of_its_own(apart: Clients, stack: Stack, name: str) -> None:
    others = {other: 7 + at for at, other in enumerate({"1", "", "ä" * 200, "\0", " 1", "01"})}
    assert ids(apart, stack).claim(others) == others
    assert ids(apart, stack).claim({name: 99}) == {name: others[name]}


def test_ids_that_are_meant_for_the_same_place_each_have_their_own(
    clients: Clients, apart: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external_ids, "PLACES", 45)
    first = wanted(100, range(30))
    assert ids(apart, stack).claim(first) == first
    assert len(scan(clients, stack.interactions)) == 30
    assert ids(apart, stack).claim(wanted(900, range(30))) == first
    assert ids(apart, stack).claim(wanted(900, range(25, 40))) == {
        **{f"row-{name}": 100 + name for name in range(25, 30)},
        **wanted(905, range(30, 40)),
    }


def test_claims_are_seen_by_nobody_else(clients: Clients, stack: Stack) -> None:
    store = InteractionStore(clients, stack.interactions, stack.bucket)
    kept = interaction(store.reserve(2))
    store.put(kept, idempotency=Idempotency("row-1", "digest"))
    store.claim(wanted(1, range(40)))
    assert store.page(100, None) == ([kept], None)
    assert store.alerts(AlertQuery(), 100, None) == ([], None)
    claims = [item for item in scan(clients, stack.interactions) if "external" in item]
    assert len(claims) == 40
    assert all(int(item["id"]["N"]) < LOWEST_KEY_ID for item in claims)
    assert LOWEST_KEY_ID <= Idempotency("row-1", "digest").id < 0
    assert not any({"at", "shard", "alerting", "expires_at"} & item.keys() for item in claims)
    assert store.get(int(claims[0]["id"]["N"])) is None


def test_a_process_may_end_between_any_two_calls(
    clients: Clients, apart: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external_ids, "MAX_PUTS", 10)
    monkeypatch.setattr(external_ids, "MAX_READS", 10)
    ids(apart, stack).claim(wanted(1, range(0, 26, 7)))
    mine = wanted(1_000, range(26))
    counts = counting()
    whole = ids(counts.wrap(apart), stack).claim(mine)
    assert counts.calls >= 6
    for killed in (killed_before, killed_after):
        for cut in range(1, counts.calls + 1):
            fresh = Stack.create(clients)
            ids(apart, fresh).claim(wanted(1, range(0, 26, 7)))
            with pytest.raises(Killed):
                ids(killed(cut).wrap(apart), fresh).claim(mine)
            told = ids(apart, fresh).claim(mine)
            assert told == whole
            assert ids(apart, fresh).claim(wanted(9_000, range(26))) == whole
            fresh.delete(clients)


def test_every_call_may_be_sent_twice(apart: Clients, stack: Stack) -> None:
    mine = wanted(1_000, range(120))
    assert ids(sent_twice().wrap(apart), stack).claim(mine) == mine
    assert ids(sent_twice().wrap(apart), stack).claim(wanted(1, range(120))) == mine


def test_a_throttled_call_is_reported_and_what_was_claimed_stays(apart: Clients, stack: Stack) -> None:
    mine = wanted(1_000, range(250))
    for refused in range(1, 20):

        def throttle(number: int, call: Callable[[], Any], refused: int = refused) -> Any:
            if number == refused:
                raise error("ProvisionedThroughputExceededException", 400)
            return call()

        try:
            told = ids(Faults(throttle).wrap(apart), stack).claim(wanted(1_000, range(250)))
        except Unavailable:
            continue
        assert told == mine
        break
    assert refused > 3


def test_a_claim_between_the_read_and_the_write_is_found(apart: Clients, stack: Stack) -> None:
    others = wanted(1, range(0, 250, 3))

    def act(number: int, call: Callable[[], Any]) -> Any:
        answer = call()
        if number == 3:  # after the last of the reads
            ids(apart, stack).claim(others)
        return answer

    told = ids(Faults(act).wrap(apart), stack).claim(wanted(1_000, range(250)))
    assert told == {**wanted(1_000, range(250)), **others}
    assert ids(apart, stack).claim(wanted(7_000, range(250))) == told


def test_several_at_once_are_told_the_same(apart: Clients, stack: Stack) -> None:
    told: list[dict[str, int]] = []

    def claim(turn: int) -> None:
        names = range(200) if turn % 2 else range(199, -1, -1)
        told.append(ids(apart, stack).claim(wanted(1_000 * (turn + 1), names)))

    threads = [threading.Thread(target=claim, args=(turn,)) for turn in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 3
    assert told[0] == told[1] == told[2]
    assert len(set(told[0].values())) == 200
