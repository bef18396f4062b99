"""Imports of which a part fails for good: seen to be stalled, redriven, or ended with what could be stored."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from plumbline.errors import Conflict, NotFound
from plumbline.imports.importer import STALLED_AFTER
from plumbline.storage.queue import Message

from tests.support import faults
from tests.support.faults import Killed
from tests.support.imports import Site, Watching, csv_file
from tests.support.queued import FILES, PLAIN, Broken, check, queued, redrive

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda least, most: least)


@pytest.fixture
def site(clients: Clients, stack: Stack) -> Site:
    return queued(clients, stack)


def test_what_was_tried_in_vain_is_stalled_until_it_is_redriven(site: Site) -> None:
    broken = Broken(site.clients)
    upload = site.upload(PLAIN)
    site.importer().take(upload, lambda: True)
    watching = Watching()
    broken.names.add("batch_write_item")
    site.drain(broken.clients, watching)
    current = site.found(upload)
    # The chunk without a good row writes none.
    assert (current.state, current.dead_chunks, current.chunks_done) == ("stalled", frozenset({1, 2}), 1)
    assert sorted(watching.stalls)[:2] == [(upload.import_id, 1), (upload.import_id, 2)]
    assert site.queue is not None
    assert sorted(site.queue.dead, key=str) == [Message(upload.import_id, 1), Message(upload.import_id, 2)]
    site.queue.dead.clear()
    site.queue.sent.clear()

    broken.names.clear()
    assert redrive(site, upload) == 2
    assert site.found(upload).state == "running"
    site.drain(broken.clients)
    assert sorted(one.chunk for one in site.queue.sent if one.chunk) == [1, 2]
    check(site, site.found(upload))
    with pytest.raises(Conflict, match="has ended"):
        redrive(site, upload)
    with pytest.raises(NotFound):
        redrive(site, replace(upload, key="uploads/never.csv"))


def test_a_plan_that_fails_for_good_is_stalled_until_it_is_redriven(site: Site) -> None:
    broken = Broken(site.clients)
    upload = site.upload(PLAIN)
    broken.names.add("head_object")
    site.importer(broken.clients).take(upload, lambda: True)
    site.drain(broken.clients)
    current = site.found(upload)
    assert (current.state, current.dead_chunks) == ("stalled", frozenset({0}))
    broken.names.clear()
    redrive(site, upload)
    site.drain(broken.clients)
    assert site.queue is not None
    site.queue.dead.clear()
    check(site, site.found(upload))


def test_a_planner_that_dies_every_time_is_looked_after(site: Site) -> None:
    upload = site.upload(PLAIN)
    with pytest.raises(Killed):
        site.importer(faults.killed_after(9).wrap(site.clients)).take(upload, lambda: True)
    assert site.found(upload).state == "planning"
    site.drain()  # S3 tells of it no more
    check(site, site.found(upload))


def test_messages_that_are_lost_are_told_by_the_watch(site: Site) -> None:
    upload = site.upload(PLAIN)
    site.importer().take(upload, lambda: True)
    assert site.queue is not None
    site.queue.kept = [one for one in site.queue.kept if one.message.watch]
    watching = Watching()
    site.drain(watching=watching)
    assert site.queue.now >= STALLED_AFTER.total_seconds()
    assert site.found(upload).state == "stalled"
    assert [chunk for _, chunk in watching.stalls] == [1, 2, 3]
    redrive(site, upload)
    site.drain()
    check(site, site.found(upload))


def test_a_plan_longer_than_a_run_goes_on_by_message(site: Site) -> None:
    upload = site.upload(FILES["uploads/packed.csv.gz"], "uploads/packed.csv.gz")
    site.importer().take(upload, lambda: False)
    assert site.found(upload).chunks == 2
    site.drain()
    check(site, site.found(upload))


def test_messages_that_sqs_refuses_are_sent_again(site: Site) -> None:
    assert site.queue is not None
    site.queue.refuses = 3
    upload = site.upload(PLAIN)
    site.run(upload)
    check(site, site.found(upload))


@pytest.mark.parametrize("planned", [True, False])
def test_a_file_that_is_removed_midway_fails_and_keeps_what_was_stored(site: Site, planned: bool) -> None:
    upload = site.upload(PLAIN)
    if planned:
        site.importer().take(upload, lambda: True)
        site.importer().handle(Message(upload.import_id, 1), lambda: True)
    else:
        site.importer().take(upload, lambda: False)
        site.importer().handle(Message(upload.import_id, 1), lambda: True)
    site.clients.s3.delete_object(Bucket=upload.bucket, Key=upload.key, VersionId=upload.version)
    site.drain()
    ended = site.found(upload)
    assert (ended.state, ended.rows_stored, ended.chunks_done) == ("failed", 2, ended.chunks)
    assert (
        ended.failure
        == "The file was removed before all of it was read. Upload it again. 2 rows of it were stored."
    )
    assert len(site.interactions()) == site.counted() == 2


def test_a_file_that_breaks_off_fails_and_keeps_what_came_before(site: Site) -> None:
    rows = [[f"q{n}", str(random.Random(n).random()) * 40_000] for n in range(12)]
    packed = gzip.compress(csv_file(rows), mtime=0)
    upload = site.upload(packed[: len(packed) - 200], "uploads/broken.csv.gz")
    ended = site.run(upload)
    stored = sorted([one.input, one.output] for one in site.interactions())
    assert ended.state == "failed"
    assert ended.failure is not None
    assert ended.failure.endswith(f" {len(stored)} rows of it were stored.")
    assert 0 < len(stored) == ended.rows_stored < 12
    assert stored == sorted(rows[: len(stored)])
    assert 0 < ended.chunks == ended.chunks_done
