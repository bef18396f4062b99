"""Redriving an import through the API: what is sent, what is refused, and that it does no harm twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from plumbline.models import Import
from plumbline.storage.chunk_items import Place, PlannedChunk
from plumbline.storage.files import FileInfo
from plumbline.storage.import_chunks import ChunkStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.queue import Message

from tests.support import faults
from tests.support.gateway import NOW, Clock, Gateway, services
from tests.support.queue import CHUNKS, PLANS, LocalQueue

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack


@pytest.fixture
def queue() -> LocalQueue:
    return LocalQueue()


@pytest.fixture
def queued(clients: Clients, stack: Stack, clock: Clock, queue: LocalQueue) -> Gateway:
    """The API of a stack with a queue."""
    served = replace(clients, make_sqs=lambda: queue)  # type: ignore[arg-type,return-value]
    return Gateway(services(served, stack.settings(import_queue_url=CHUNKS, plan_queue_url=PLANS), clock))


def begin(clients: Clients, stack: Stack, chunks: int = 3) -> ImportStore:
    """Import 7, all of it planned and nothing done."""
    store = ImportStore(clients, stack.imports)
    store.create(Import(7, stack.bucket, "uploads/a.csv", "v", "a.csv", "queued", NOW))
    store.start(7, NOW, FileInfo("uploads/a.csv", "v", 900))
    places = [Place(100 * number, number, number) for number in range(1, chunks + 2)]
    planned = [PlannedChunk(n + 1, places[n], places[n + 1]) for n in range(chunks)]
    assert ChunkStore(clients, stack.imports).plan(7, planned, 0)
    assert store.end_plan(7, chunks, NOW + timedelta(seconds=1), sent=chunks)
    return store


def test_a_stalled_import_goes_on(queued: Gateway, queue: LocalQueue, clients: Clients, stack: Stack) -> None:
    begin(clients, stack).stall(7, 2)
    stalled = queued.get("/api/imports/7").data
    assert stalled["state"] == "stalled"
    assert "1 of 3 chunks" in stalled["stalled"]
    answer = queued.send("POST", "/api/imports/7/redrive")
    assert (answer.status, answer.data) == (200, {"id": 7, "chunks": 3})
    assert answer.message == "Chunks that are sent once more: 3"
    assert Message(7, again=True) in queue.sent
    going_on = queued.get("/api/imports/7").data
    assert (going_on["state"], going_on["stalled"]) == ("running", None)


def test_one_that_is_not_stalled_takes_no_harm(
    queued: Gateway, queue: LocalQueue, clients: Clients, stack: Stack
) -> None:
    begin(clients, stack)
    before = queued.get("/api/imports/7").data
    for _ in range(2):
        assert queued.send("POST", "/api/imports/7/redrive").status == 200
    assert queued.get("/api/imports/7").data == before


@pytest.mark.parametrize("state", ["succeeded", "succeeded_with_problems", "failed"])
def test_one_that_has_ended_is_refused(
    queued: Gateway, queue: LocalQueue, clients: Clients, stack: Stack, state: str
) -> None:
    begin(clients, stack).end(7, state, NOW)  # type: ignore[arg-type]
    answer = queued.send("POST", "/api/imports/7/redrive")
    assert (answer.status, answer.data) == (409, [])
    assert answer.message.startswith("Import 7 has ended: it ")
    assert queue.sent == []


def test_one_whose_file_has_not_arrived_is_refused(queued: Gateway, queue: LocalQueue) -> None:
    """To begin its plan would end it, because there is no file."""
    asked = queued.post("/api/imports", {"filename": "a.csv"})
    answer = queued.send("POST", f"{asked.headers['location']}/redrive")
    assert (answer.status, "its file has not arrived" in answer.message) == (409, True)
    assert queue.sent == []


def test_one_whose_file_came_and_was_not_begun_is_planned(
    queued: Gateway, queue: LocalQueue, clients: Clients, stack: Stack
) -> None:
    """The function that S3 calls got no further than to keep that the file is there."""
    asked = queued.post("/api/imports", {"filename": "a.csv"})
    number, key = asked.data["id"], asked.data["fields"]["key"]
    store = ImportStore(clients, stack.imports, clock=lambda: NOW)
    assert not store.create(Import(number, stack.bucket, key, "", "a.csv", "queued", NOW))
    answer = queued.send("POST", f"{asked.headers['location']}/redrive")
    assert (answer.status, Message(number, again=True) in queue.sent) == (200, True)


def test_one_that_came_whole_can_be_sent_again_before_it_has_begun(queued: Gateway, queue: LocalQueue) -> None:
    uploaded = queued.upload(b"Input,Output\na,b\n")
    answer = queued.send("POST", f"{uploaded.headers['location']}/redrive")
    assert (answer.status, answer.data["chunks"]) == (200, 0)
    assert answer.message == "Chunks that are sent once more: 0, and the file is cut into chunks to its end"
    assert queue.sent


@pytest.mark.parametrize(("number", "status"), [("8", 404), ("x", 422), ("0", 422)])
def test_there_must_be_an_import(queued: Gateway, number: str, status: int) -> None:
    answer = queued.send("POST", f"/api/imports/{number}/redrive")
    assert (answer.status, answer.fields) == (status, ["path.id"])


def test_without_a_queue_there_is_another_way(api: Gateway, clients: Clients, stack: Stack) -> None:
    begin(clients, stack)
    answer = api.send("POST", "/api/imports/7/redrive")
    assert (answer.status, "send the upload's event again" in answer.message) == (409, True)


def test_a_queue_that_is_down_leaves_the_mark(clients: Clients, stack: Stack, clock: Clock) -> None:
    begin(clients, stack).stall(7, 2)

    class Down:
        def send_message_batch(self, **_: object) -> None:
            raise faults.error("ServiceUnavailable", 503)

    served = replace(clients, make_sqs=Down)  # type: ignore[arg-type]
    api = Gateway(services(served, stack.settings(import_queue_url=CHUNKS, plan_queue_url=PLANS), clock))
    assert api.send("POST", "/api/imports/7/redrive").status == 503
    assert api.get("/api/imports/7").data["state"] == "stalled"
