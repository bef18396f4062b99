"""Interactions that are kept for a while: gone on time for all who read, and the same when they come again."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.storage import external_ids
from plumbline.storage.external_ids import SPARE_SECONDS, ExternalIds, claim_id
from plumbline.storage.interactions import AlertQuery, InteractionStore
from plumbline.storage.retrying import Backoff

from tests.support.changes import items
from tests.support.faults import Faults, Killed, in_turn, killed_after, sent_twice
from tests.support.gateway import Clock, Gateway, services
from tests.support.imports import UPLOADED_AT, Site, csv_file
from tests.support.interactions import THRESHOLD, interaction
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

PAIR = {"input_text": "Why?", "output_text": "Because. " * 20}
NOW = 1_800_000_000.0
QUICK = Backoff(attempts=60, sleep=lambda seconds: None)

# ---------------------------------------------------------------- the API


@pytest.mark.parametrize(
    ("parameter", "given", "days"),
    [(0, None, None), (30, None, 30), (30, 1, 1), (30, 3650, 3650), (0, 7, 7)],
)
def test_an_interaction_says_when_it_is_gone(
    clients: Clients, stack: Stack, clock: Clock, parameter: int, given: int | None, days: int | None
) -> None:
    api = Gateway(services(clients, stack.settings(retention_days=parameter), clock))
    sent = PAIR | ({} if given is None else {"retention_days": given}) | {"created_at": "2020-01-01T00:00:00Z"}
    made = api.post("/api/interactions", sent).data
    # From its arrival, not from when it happened; the next whole second.
    arrived = clock().replace(microsecond=0) + timedelta(seconds=1)
    expected = None if days is None else f"{arrived + timedelta(days=days):%Y-%m-%dT%H:%M:%S}.000000Z"
    assert made["expires_at"] == expected
    assert api.get("/api/interactions/1").data == made
    assert api.get("/api/interactions").data == [made]


def test_an_expired_interaction_is_hidden_from_every_read(clients: Clients, stack: Stack, clock: Clock) -> None:
    api = Gateway(services(clients, stack.settings(), clock))
    api.post("/api/interactions", PAIR | {"retention_days": 1}, idempotency_key="k")
    kept = api.post("/api/interactions", PAIR).data
    clock.pass_time(days=1)
    assert api.get("/api/interactions/1").status == 200
    assert len(api.get("/api/interactions").data) == len(api.get("/api/alerts").data) == 2
    clock.pass_time(seconds=1)
    assert api.get("/api/interactions/1").status == 404
    assert api.get("/api/interactions").data == [kept]
    assert [one["interaction_id"] for one in api.get("/api/alerts").data] == [2]
    assert api.get("/api/alerts", {"interaction_id": 1}).data == []
    assert items(clients, stack)[1]["input"], "DynamoDB takes its time"
    assert api.send("DELETE", "/api/interactions/1").status == 404
    assert items(clients, stack)[1].keys() == {"id", "removed", "expires_at"}, "but who asks need not wait for it"


def test_a_key_of_an_interaction_that_is_gone_makes_no_other(clients: Clients, stack: Stack, clock: Clock) -> None:
    api = Gateway(services(clients, stack.settings(), clock))
    for _ in range(2):
        assert api.post("/api/interactions", PAIR, idempotency_key="k").data["id"] == 1
    removed = api.send("DELETE", "/api/interactions/1")
    assert (removed.status, removed.json) == (
        200,
        {"success": True, "data": None, "message": "Interaction removed successfully"},
    )
    assert api.send("DELETE", "/api/interactions/1").status == 404
    for body in (PAIR, {"input_text": "", "output_text": ""}):
        replayed = api.post("/api/interactions", body, idempotency_key="k")
        assert replayed.status == 410
        assert "Because" not in replayed.body.decode()
    clock.pass_time(hours=25)
    assert api.post("/api/interactions", PAIR, idempotency_key="k").data["id"] == 2


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        (0, "must be a whole number of days from 1 to 3650"),
        (3651, "must be a whole number of days from 1 to 3650"),
        (-1, "must be a whole number of days from 1 to 3650"),
        (1.5, "must be a whole number of days, not a number"),
        ("30", "must be a whole number of days, not text"),
        (True, "must be a whole number of days, not true or false"),
    ],
)
def test_a_wrong_number_of_days_is_named(api: Gateway, days: object, problem: str) -> None:
    answer = api.post("/api/interactions", PAIR | {"retention_days": days})
    assert (answer.status, answer.data) == (422, [{"field": "body.retention_days", "problem": problem}])


def test_a_key_is_for_the_days_as_well(api: Gateway) -> None:
    assert api.post("/api/interactions", PAIR, idempotency_key="k").status == 200
    assert api.post("/api/interactions", PAIR | {"retention_days": None}, idempotency_key="k").status == 200
    assert api.post("/api/interactions", PAIR | {"retention_days": 9}, idempotency_key="k").status == 422


# ---------------------------------------------------------------- pages


def test_pages_fill_whatever_has_expired(clients: Clients, stack: Stack) -> None:
    """Every third is live; between them are those that have expired and one that was removed."""
    store = InteractionStore(clients, stack.interactions, stack.bucket, clock=lambda: NOW)
    now = datetime.fromtimestamp(NOW, UTC)
    store.put_batch(
        interaction(n, expires_at=now + timedelta(seconds=int(n % 3 == 0)), findings=(THRESHOLD,))
        for n in range(1, 61)
    )
    store.remove(30)
    pages = walk(lambda position: store.page(4, position))
    live = [n for n in range(60, 0, -3) if n != 30]
    assert [[one.id for one in page] for page in pages] == [live[at : at + 4] for at in range(0, 19, 4)]
    alerts = walk(lambda position: store.alerts(AlertQuery(), 4, position))
    assert [one.interaction_id for page in alerts for one in page] == live


def walk(page: Callable[[str | None], tuple[list[Any], str | None]]) -> list[list[Any]]:
    pages = []
    position: str | None = None
    while True:
        found, position = page(position)
        pages.append(found)
        if position is None:
            return pages


# ---------------------------------------------------------------- files


def rows(*kept: str, header: str = "retention_days") -> bytes:
    return csv_file([["q", f"answer {n}", cell] for n, cell in enumerate(kept)], ("Input", "Output", header))


JSON_LINES = (
    '{"input": "q", "output": "answer 0", "retention_days": 3}\n'
    '{"input": "q", "output": "answer 1"}\n'
    '{"input": "q", "output": "answer 2", "Retention_Days": " 5 "}\n'
    '{"input": "q", "output": "answer 3", "retention_days": null}\n'
    '{"input": "q", "output": "answer 4", "retention_days": 2.5}\n'
    '{"input": "q", "output": "answer 5", "retention_days": true}\n'
    '{"input": "q", "output": "answer 6", "retention_days": 3651}\n'
)


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("uploads/a.csv", rows("3", "", " 5 ", "  ", "2.5", "yes", "3651")),
        ("uploads/a.csv", rows("3", "", "5", "", "0", "-1", "99999999999", header=" Retention_Days")),
        ("uploads/a.jsonl", JSON_LINES.encode()),
    ],
)
@pytest.mark.parametrize("parameter", [0, 10])
def test_rows_say_how_long_they_are_kept(moto_clients: Clients, key: str, data: bytes, parameter: int) -> None:
    stack = Stack.create(moto_clients)
    site = Site(moto_clients, stack, retention_days=parameter)
    ended = site.run(site.upload(data, key))
    assert (ended.rows_stored, ended.rows_rejected) == (4, 3)
    others = UPLOADED_AT + timedelta(days=parameter) if parameter else None
    expected = [UPLOADED_AT + timedelta(days=3), others, UPLOADED_AT + timedelta(days=5), others]
    assert [one.expires_at for one in site.interactions()] == expected
    assert not any("retention" in str(one.metadata).lower() for one in site.interactions())
    assert {problem.column for problem in ended.problems} == {"retention_days"}
    assert {problem.problem for problem in ended.problems} == {
        "There must be a whole number of days from 1 to 3650, or nothing for as long as others are kept."
    }
    stack.delete(moto_clients)


# ---------------------------------------------------------------- the callers' own ids


def named(output: str, days: str = "", name: str = "a") -> bytes:
    return csv_file([["q", output, name, days]], ("Input", "Output", "id", "retention_days"))


@pytest.mark.parametrize("physically", [False, True])
def test_a_row_that_comes_again_after_it_expired_is_stored_again(
    clients: Clients, stack: Stack, physically: bool
) -> None:
    site = Site(clients, stack, "inline")
    site.run(site.upload(named("first", "1"), "uploads/1.csv"))
    (first,) = site.interactions()
    later = (UPLOADED_AT + timedelta(days=2)).timestamp()
    store = InteractionStore(clients, stack.interactions, stack.bucket, clock=lambda: later)
    assert store.page(9, None) == ([], None)
    if physically:
        clients.dynamodb.delete_item(TableName=stack.interactions, Key={"id": {"N": str(first.id)}})
    ended = site.run(site.upload(named("second", "9"), "uploads/2.csv"))
    assert (ended.rows_stored, ended.rows_known) == (1, 1)
    (second,) = store.page(9, None)[0]
    assert (second.id, second.output) == (first.id, "second")
    assert site.counted() == 1


def test_a_row_that_comes_again_after_it_was_removed_is_another(clients: Clients, stack: Stack) -> None:
    site = Site(clients, stack, "inline")
    site.run(site.upload(named("first"), "uploads/1.csv"))
    (first,) = site.interactions()
    store = InteractionStore(site.clients, stack.interactions, stack.bucket)
    assert store.remove(first.id)
    assert claim_id("a") not in items(clients, stack)
    ended = site.run(site.upload(named("second"), "uploads/2.csv"))
    assert (ended.rows_stored, ended.rows_known) == (1, 0)
    (second,) = store.page(9, None)[0]
    assert (second.output, second.id > first.id) == ("second", True)
    site.run(site.upload(named("third"), "uploads/3.csv"))
    assert [(one.id, one.output) for one in store.page(9, None)[0]] == [(second.id, "third")]


def ids(clients: Clients, stack: Stack) -> ExternalIds:
    return ExternalIds(clients, stack.interactions, QUICK)


def end_of(clients: Clients, stack: Stack, name: str = "a") -> int | None:
    item = items(clients, stack)[claim_id(name)]
    return int(item["expires_at"]["N"]) if "expires_at" in item else None


def test_a_claim_outlives_its_interaction(clients: Clients, stack: Stack) -> None:
    apart = in_turn(clients)
    assert ids(apart, stack).claim({"a": 5}, {"a": 1000}) == {"a": 5}
    assert end_of(clients, stack) == 1000 + SPARE_SECONDS
    writes: list[str] = []

    def note(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        writes.extend([name] if name == "transact_write_items" else [])
        return arguments

    noted = Faults(lambda _, call: call(), note).wrap(apart)
    assert ids(noted, stack).claim({"a": 6}, {"a": 1000 + SPARE_SECONDS}) == {"a": 5}
    assert (writes, end_of(clients, stack)) == ([], 1000 + SPARE_SECONDS), "it lasts as it is"
    assert ids(noted, stack).claim({"a": 7}, {"a": 1001 + SPARE_SECONDS}) == {"a": 5}
    assert (len(writes), end_of(clients, stack)) == (1, 1001 + 2 * SPARE_SECONDS)
    assert ids(noted, stack).claim({"a": 8}, {"a": 1}) == {"a": 5}
    assert (len(writes), end_of(clients, stack)) == (1, 1001 + 2 * SPARE_SECONDS), "it never ends sooner"
    assert ids(noted, stack).claim({"a": 9}) == {"a": 5}
    assert (len(writes), end_of(clients, stack)) == (2, None)
    assert ids(noted, stack).claim({"a": 10}, {"a": 5000}) == {"a": 5}
    assert (len(writes), end_of(clients, stack)) == (2, None), "nor does one that never ends"


def test_claims_are_put_off_through_kills_and_repeats(clients: Clients, stack: Stack) -> None:
    apart = in_turn(clients)
    names = [f"row-{n}" for n in range(4)]
    first, later = {name: 5 + at for at, name in enumerate(names)}, dict.fromkeys(names, 10**9)
    for cut in range(4):
        ids(apart, stack).claim(first, dict.fromkeys(names, 1000 + cut))
        with contextlib.suppress(Killed):
            ids(killed_after(cut).wrap(apart), stack).claim(dict.fromkeys(names, 99), later)
        assert ids(sent_twice().wrap(apart), stack).claim(dict.fromkeys(names, 99), later) == first
        assert {end_of(clients, stack, name) for name in names} == {10**9 + SPARE_SECONDS}


@pytest.mark.parametrize("what", ["put off further", "gone", "another's"])
def test_a_claim_that_changes_while_it_is_put_off(clients: Clients, stack: Stack, what: str) -> None:
    apart = in_turn(clients)
    ids(apart, stack).claim({"a": 5}, {"a": 1000})
    key = {"id": {"N": str(claim_id("a"))}}

    def meddle() -> None:
        if what == "put off further":
            ids(apart, stack).claim({"a": 6}, {"a": 10**9 + 1})
            return
        apart.dynamodb.delete_item(TableName=stack.interactions, Key=key)
        if what == "another's":
            ids(apart, stack).claim({"a": 7}, {"a": 10**9 + 2})

    def act(number: int, call: Callable[[], Any]) -> Any:
        if number == 2:
            meddle()
        return call()

    told = ids(Faults(act).wrap(apart), stack).claim({"a": 99}, {"a": 10**9})
    expected = {"put off further": (5, 1), "gone": (99, 0), "another's": (7, 2)}[what]
    assert (told["a"], end_of(clients, stack)) == (expected[0], 10**9 + expected[1] + SPARE_SECONDS)


def test_claims_of_others_at_the_same_place_are_not_put_off(
    clients: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external_ids, "PLACES", 3)
    apart = in_turn(clients)
    names = ["a", "b", "c"]
    first = {name: 5 + at for at, name in enumerate(names)}
    assert ids(apart, stack).claim(first, dict.fromkeys(names, 1000)) == first
    assert ids(apart, stack).claim(dict.fromkeys(names, 99), {"a": 10**9, "b": 2000, "c": 2000}) == first
    ends = sorted(int(item["expires_at"]["N"]) - SPARE_SECONDS for item in items(clients, stack).values())
    assert ends == [1000, 1000, 10**9]
