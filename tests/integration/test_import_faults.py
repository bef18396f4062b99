"""Imports through the queue, with a kill between any two calls, everything delivered twice, and throttling.

However it goes, the end is the same table: that of a plain reading of the file.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.errors import Unavailable
from plumbline.storage.queue import Message

from tests.support import faults
from tests.support.faults import Faults, Mortal
from tests.support.imports import Site, Watching
from tests.support.moto_state import is_moto
from tests.support.queued import CHUNKS, FILES, PLAIN, check, empty, killed_once, queued, redrive
from tests.support.tables import Stack, scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.imports.uploads import Upload
    from plumbline.storage.clients import Clients


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda least, most: least)


@pytest.fixture
def site(clients: Clients, stack: Stack) -> Site:
    return queued(clients, stack)


# A sample on a real engine, which is slower. A packed file makes all the calls that a plain one makes, and more.
STEPS = {"uploads/packed.csv.gz": 12, "uploads/plain.csv": 20}


@pytest.mark.parametrize("key", FILES)
def test_killed_between_any_two_calls(site: Site, key: str) -> None:
    kills = 0
    for run in killed_once(site, key, 1 if is_moto(site.clients) else STEPS[key]):
        run.live(Mortal())
        check(run.site, run.site.found(run.upload))
        assert len(run.watching.ends) <= 1
        kills += 1
    assert kills > (50 if is_moto(site.clients) else 3)


@pytest.mark.parametrize("seed", range(3))
def test_everything_delivered_twice_and_in_any_order(site: Site, seed: int) -> None:
    site = queued(site.clients, site.stack, seed)
    assert site.queue is not None
    site.queue.twice = True
    upload = site.upload(PLAIN)
    for _ in range(2):
        site.importer().take(upload, lambda: True)
    watching = Watching()
    site.drain(watching=watching)
    check(site, site.found(upload))
    assert len(watching.ends) == 1
    assert len(watching.seen) == CHUNKS


@pytest.mark.parametrize("key", FILES)
def test_whatever_comes_after_the_end_changes_nothing(site: Site, key: str) -> None:
    upload = site.upload(FILES[key], key)
    site.run(upload)
    assert site.queue is not None
    before = [
        scan(site.clients, table) for table in (site.stack.interactions, site.stack.imports, site.stack.baselines)
    ]
    importer = site.importer()
    importer.take(upload, lambda: True)
    for message in [*site.queue.sent, Message(upload.import_id, again=True), Message(12345, 1), Message(12345)]:
        for last_try in (False, True):
            importer.handle(message, lambda: True, last_try=last_try)
    after = [
        scan(site.clients, table) for table in (site.stack.interactions, site.stack.imports, site.stack.baselines)
    ]
    assert after == before
    assert site.queue.kept == []


@pytest.mark.parametrize("nth", [11, 19])
def test_every_nth_call_is_throttled_and_every_batch_done_in_part(site: Site, nth: int) -> None:
    refused: list[Any] = []

    def act(number: int, call: Callable[[], Any]) -> Any:
        if number % nth == 0:
            raise faults.error("ProvisionedThroughputExceededException", 400)
        answer = call()
        if "UnprocessedItems" in answer and refused:
            answer["UnprocessedItems"] = {site.stack.interactions: refused.pop()}
        return answer

    def change(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name != "batch_write_item":
            return arguments
        (requests,) = arguments["RequestItems"].values()
        if len(requests) > 1:  # the last one is left undone
            refused.append(requests[-1:])
            return {**arguments, "RequestItems": {site.stack.interactions: requests[:-1]}}
        return arguments

    throttled = Faults(act, change).wrap(site.clients)
    upload = site.upload(PLAIN)
    taken = False
    while not taken:
        try:
            site.importer(throttled).take(upload, lambda: True)
            taken = True
        except Unavailable:
            continue
    site.drain(throttled)
    assert site.queue is not None
    while not site.found(upload).ended:
        assert site.found(upload).state == "stalled"
        assert redrive(site, upload) > 0
        site.drain(throttled)
    site.queue.dead.clear()
    check(site, site.found(upload))


def test_two_planners_at_once_make_one_plan(site: Site) -> None:
    plain = faults.counting()
    site.importer(plain.wrap(site.clients)).take(site.upload(PLAIN), lambda: True)
    site.drain()
    for cut in range(1, plain.calls, 3):
        empty(site)
        upload = site.upload(PLAIN, f"uploads/{cut}.csv")

        def act(number: int, call: Callable[[], Any], cut: int = cut, upload: Upload = upload) -> Any:
            if number == cut:
                site.importer().take(upload, lambda: True)
            return call()

        site.importer(Faults(act).wrap(site.clients)).take(upload, lambda: True)
        site.drain()
        check(site, site.found(upload))
