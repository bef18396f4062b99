"""S3 is slow, or breaks off half-way through a body: read on, tried again, or 503; nothing is lost or doubled."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from plumbline.errors import Unavailable
from plumbline.http import lambda_handler
from plumbline.storage import deadline, files, items
from plumbline.storage.files import FileStore

from tests.support.api_calls import LARGEST_ITEM, LONG, Api
from tests.support.bodies import BreakingBodies, slow_bodies
from tests.support.imports import Watching
from tests.support.queued import FILES, check, queued
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.storage.clients import Clients


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda least, most: least)


@pytest.fixture
def stack(moto_clients: Clients) -> Iterator[Stack]:
    """S3 is moto's whatever DynamoDB is."""
    made = Stack.create(moto_clients)
    yield made
    made.delete(moto_clients)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("key", FILES)
def test_an_import_whose_bodies_break_off_is_whole(
    moto_clients: Clients, stack: Stack, key: str, seed: int
) -> None:
    site = queued(moto_clients, stack, seed)
    upload = site.upload(FILES[key], key)
    breaking = BreakingBodies(seed)
    clients = breaking.faults.wrap(site.clients)
    watching = Watching()
    for _ in range(20):
        try:
            site.importer(clients, watching).take(upload, lambda: True)
            break
        except Unavailable:  # S3's event is delivered again
            continue
    site.drain(clients, watching)
    assert len(breaking.broken) >= 4
    assert any(asked.startswith("bytes 0-") for asked in breaking.broken), "the planner's reading broke off"
    assert any(not asked.startswith("bytes 0-") for asked in breaking.broken), "a worker's reading broke off"
    check(site, site.found(upload))
    assert len(watching.ends) == 1


def test_a_large_file_is_read_on_from_where_it_broke_off(
    moto_clients: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "READ_BUFFER", 10_000)
    data = random.Random(1).randbytes(300_000)
    FileStore(moto_clients.s3, stack.bucket).put("uploads/a.bin", data)
    breaking = BreakingBodies(1, spared=9)
    with FileStore(breaking.faults.wrap(moto_clients).s3, stack.bucket).open("uploads/a.bin") as stream:
        assert stream.read() == data
    starts = [int(asked.split()[1].partition("-")[0]) for asked in breaking.broken]
    assert starts == sorted(starts), "what was read is not read again"
    assert len(starts) > 2


def test_a_long_text_whose_body_breaks_off_is_503_and_there_the_next_time(
    moto_clients: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "LARGEST_ITEM", LARGEST_ITEM)
    api = Api.create(moto_clients, stack)
    seen = []
    for seed in range(4):
        broken = api.gateway(BreakingBodies(seed).faults.wrap(moto_clients))
        for path in ("/api/interactions/2", "/api/interactions"):
            answers = [broken.get(path) for _ in range(3)]
            seen += [answer.status for answer in answers]
            for answer in answers:
                if answer.status == 503:
                    assert answer.json["success"] is False
                    assert int(answer.headers["retry-after"]) >= 1
                else:
                    assert answer.status == 200
                    data = answer.data[0] if path == "/api/interactions" else answer.data
                    assert data["output"] == LONG["output_text"]
    assert set(seen) == {200, 503}


def test_a_text_that_comes_too_slowly_is_503_in_time(
    moto_clients: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "LARGEST_ITEM", LARGEST_ITEM)
    api = Api.create(moto_clients, stack)
    monkeypatch.setattr(deadline, "_BLOCK", 500)
    monkeypatch.setattr(lambda_handler, "STORAGE_SECONDS", 0.5)
    # The whole would take 5 seconds, or more.
    slow = api.gateway(slow_bodies(0.5).wrap(moto_clients)).get("/api/interactions/2")
    assert (slow.status, slow.headers["retry-after"]) == (503, "5")
    monkeypatch.setattr(lambda_handler, "STORAGE_SECONDS", 20)
    assert api.gateway().get("/api/interactions/2").data["output"] == LONG["output_text"]
