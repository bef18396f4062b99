"""Imports that are announced before their file is there, and what becomes of them if it does not come, or late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.imports.identity import import_id
from plumbline.models import Import
from plumbline.storage.files import FileInfo
from plumbline.storage.imports import ImportStore

from tests.support import faults
from tests.support.faults import Faults, Killed
from tests.support.gateway import NOW, Clock
from tests.support.imports import Site, csv_file
from tests.support.queue import LocalQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

    from tests.support.gateway import Gateway
    from tests.support.tables import Stack

UNTIL = NOW + timedelta(hours=24)
FILE = csv_file([[f"Question {n}?", f"Answer {n}."] for n in range(5)])
KEY = "uploads/api/token/later.csv"


@pytest.fixture
def store(clients: Clients, stack: Stack, clock: Clock) -> ImportStore:
    return ImportStore(clients, stack.imports, clock=clock)


def an_import(number: int = 7) -> Import:
    created = NOW + timedelta(seconds=number)
    return Import(number, "bucket", "uploads/api/a/b.csv", "", "b.csv", "queued", created)


def test_one_whose_file_does_not_come_is_gone_in_time(store: ImportStore, clock: Clock) -> None:
    store.announce(an_import(), UNTIL)
    clock.pass_time(hours=24, seconds=-1)
    waiting = replace(an_import(), awaited=True)
    assert store.get(7) == waiting
    assert store.page(5, None) == ([waiting], None)
    clock.pass_time(seconds=1)
    assert store.get(7) is None
    assert store.page(5, None) == ([], None)


def test_one_whose_file_comes_stays_as_it_was_announced(store: ImportStore, clock: Clock) -> None:
    store.announce(an_import(), UNTIL)
    for _ in range(2):
        assert not store.create(replace(an_import(), filename="another.csv"))
    clock.pass_time(days=365)
    assert store.get(7) == an_import()
    assert store.page(5, None) == ([an_import()], None)
    assert store.start(7, NOW, FileInfo("uploads/api/a/b.csv", "v", 9))


def test_one_whose_file_comes_too_late_is_made_anew(store: ImportStore, clock: Clock) -> None:
    store.announce(an_import(), UNTIL)
    clock.pass_time(hours=24)
    late = replace(an_import(), created_at=clock())
    assert store.create(late)
    assert not store.create(an_import())
    clock.pass_time(days=365)
    assert store.get(7) == late


def test_announcing_again_waits_longer(store: ImportStore, clock: Clock) -> None:
    store.announce(an_import(), UNTIL)
    clock.pass_time(hours=23)
    store.announce(replace(an_import(), created_at=clock()), UNTIL + timedelta(hours=23))
    clock.pass_time(hours=23)
    assert store.get(7) == replace(an_import(), awaited=True), "as it was announced first"
    clock.pass_time(hours=1)
    again = replace(an_import(), created_at=clock())
    store.announce(again, clock() + timedelta(hours=24))
    assert store.get(7) == replace(again, awaited=True)


def test_announcing_again_what_has_come_changes_nothing(store: ImportStore, clock: Clock) -> None:
    store.announce(an_import(), UNTIL)
    store.create(an_import())
    store.announce(an_import(), UNTIL)
    clock.pass_time(days=365)
    assert store.get(7) == an_import()


def test_one_that_is_removed_while_its_file_comes_is_made_anew(
    clients: Clients, stack: Stack, store: ImportStore
) -> None:
    store.announce(an_import(), UNTIL)

    def change(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name == "update_item":
            clients.dynamodb.delete_item(TableName=stack.imports, Key=arguments["Key"])
        return arguments

    removing = Faults(lambda number, call: call(), change).wrap(clients)
    assert ImportStore(removing, stack.imports, clock=lambda: NOW).create(an_import())
    assert store.get(7) == an_import()


def test_what_is_sent_twice_is_done_once(clients: Clients, stack: Stack, store: ImportStore, clock: Clock) -> None:
    repeated = ImportStore(faults.sent_twice().wrap(clients), stack.imports, clock=clock)
    repeated.announce(an_import(), UNTIL)
    assert not repeated.create(an_import())
    clock.pass_time(days=365)
    assert store.get(7) == an_import()


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_are_as_long_as_if_the_others_had_never_been(store: ImportStore, clock: Clock, limit: int) -> None:
    for number in range(1, 13):
        if number % 3:
            store.announce(an_import(number), UNTIL)
        else:
            store.create(an_import(number))
    clock.pass_time(days=2)
    read: list[list[int]] = []
    position = None
    while not read or position is not None:
        found, position = store.page(limit, position)
        read.append([one.id for one in found])
    assert [number for page in read for number in page] == [12, 9, 6, 3]
    assert all(len(page) == limit for page in read[:-1])
    assert read[-1]


# ---------------------------------------------------------------- through the API


def test_the_api_forgets_it_a_day_after_its_form(api: Gateway, clock: Clock) -> None:
    address = api.post("/api/imports", {"filename": "a.csv"}).headers["location"]
    clock.pass_time(hours=24, minutes=15, seconds=-1)
    assert api.get(address).data["state"] == "queued"
    assert len(api.get("/api/imports").data) == 1
    clock.pass_time(seconds=1)
    assert api.get("/api/imports").data == []
    for answer in (api.get(address), api.send("POST", f"{address}/redrive")):
        assert answer.status == 404
        assert "whose file has not come" in answer.message


def test_the_api_keeps_what_came_with_its_file(api: Gateway, clock: Clock) -> None:
    address = api.upload(FILE).headers["location"]
    clock.pass_time(days=365)
    assert api.get(address).data["state"] == "queued"


# ---------------------------------------------------------------- up to its end


def awaited(clients: Clients, stack: Stack) -> Site:
    """An import that was announced, a moment before the time after which it is forgotten; its file is there."""
    queue = LocalQueue()
    served = replace(clients, make_sqs=lambda: queue)  # type: ignore[arg-type,return-value]
    site = Site(served, stack, queue=queue)
    new = Import(import_id(stack.bucket, KEY), stack.bucket, KEY, "", "later.csv", "queued", site.now())
    site.imports.announce(new, site.now() + timedelta(seconds=1))
    return site


def check(site: Site, number: int) -> None:
    ended = site.imports.get(number)
    assert ended is not None
    assert (ended.state, ended.rows_read, ended.rows_stored) == ("succeeded", 5, 5)
    assert [one.input for one in site.interactions()] == [f"Question {n}?" for n in range(5)]


@pytest.mark.parametrize("late", [0, 1, 90_000])
def test_a_file_is_imported_whenever_it_comes(clients: Clients, stack: Stack, late: int) -> None:
    site = awaited(clients, stack)
    assert site.queue is not None
    site.queue.now += late
    upload = site.upload(FILE, KEY)
    site.run(upload)
    check(site, upload.import_id)
    site.run(upload)
    check(site, upload.import_id)


@pytest.mark.parametrize("killed", [faults.killed_before, faults.killed_after])
@pytest.mark.parametrize("last", range(1, 7))
def test_one_that_expires_while_a_process_dies_goes_on(
    clients: Clients, stack: Stack, killed: Callable[[int], Faults], last: int
) -> None:
    """The first six calls let it stay, queue a watch and start it. Where the queue knows of it that is enough."""
    site = awaited(clients, stack)
    assert site.queue is not None
    upload = site.upload(FILE, KEY)
    with pytest.raises(Killed):
        site.importer(killed(last).wrap(site.clients)).take(upload, lambda: True)
    if not site.queue.kept:
        site.queue.now += 90_000
        site.importer().take(upload, lambda: True)
    site.drain()
    check(site, upload.import_id)
