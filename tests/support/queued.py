"""An import through the queue, from S3's event to its last message, and what it must come to however it goes."""

from __future__ import annotations

import copy
import csv
import gzip
import io
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from plumbline.imports.cutting import Sizes
from plumbline.imports.redrive import Redriver
from plumbline.storage.batches import MAX_WRITES
from plumbline.storage.queue import ImportQueue

from tests.support import faults
from tests.support.faults import Faults, Killed, Mortal
from tests.support.imports import Site, Watching, csv_file
from tests.support.moto_state import MotoState, is_moto
from tests.support.queue import CHUNKS as CHUNKS_URL
from tests.support.queue import PLANS as PLANS_URL
from tests.support.queue import LocalQueue
from tests.support.tables import Stack, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.imports.uploads import Upload
    from plumbline.models import Import
    from plumbline.storage.clients import Clients

GOOD = [[f"question {n}" + "?\n" * (n % 3), f"answer {n}, " + "x" * (n * 40)] for n in range(4)]
SIZES = Sizes(rows=2)
CHUNKS = 3
BAD = b'"only" one cell\r\n'
PLAIN = csv_file(GOOD) + BAD
FILES = {"uploads/plain.csv": PLAIN, "uploads/packed.csv.gz": gzip.compress(PLAIN, mtime=0)}


def queued(clients: Clients, stack: Stack, seed: int = 1, queue: LocalQueue | None = None) -> Site:
    """A site with a queue, an empty one unless it is given, from which messages come in the order of ``seed``."""
    queue = queue or LocalQueue()
    queue.order = random.Random(seed)
    served = replace(clients, make_sqs=lambda: queue)  # type: ignore[arg-type,return-value]
    return Site(served, stack, "inline", SIZES, queue, few=1)


@dataclass
class Run:
    """All that happens to an upload: S3's event, delivered again after a kill, and then every message."""

    site: Site
    upload: Upload
    taken: bool = False
    watching: Watching = field(default_factory=Watching)

    def live(self, mortal: Mortal) -> None:
        """Let the rest of it happen."""
        site, watching = self.site, self.watching
        clients = mortal.faults.wrap(site.clients)
        while not self.taken:
            mortal.revive()
            try:
                site.importer(clients, watching).take(self.upload, watching.has_time)
                self.taken = True
            except Killed:
                continue
        assert site.queue is not None
        while (kept := site.queue.receive()) is not None:
            mortal.revive()
            try:
                site.deliver(site.importer(clients, watching), kept, watching)
            except Killed:
                continue


def killed_once(site: Site, key: str, every: int = 1) -> Iterator[Run]:
    """Runs in which a process has been killed after its first call, after its second (or ``every``), and so on.

    The calls are those of a first run, which is not killed. With moto it is the only one, and the state after each
    call is kept.
    """
    first = Run(site, site.upload(FILES[key], key))
    states: list[tuple[MotoState, LocalQueue | None, bool, Watching]] = []

    def keep() -> None:
        states.append((MotoState.of(site.clients), *copy.deepcopy((site.queue, first.taken, first.watching))))

    calls = Mortal(done=keep if is_moto(site.clients) else lambda: None)
    first.live(calls)
    check(site, site.found(first.upload))
    for cut in range(1, calls.faults.calls + 1, every):
        if states:
            state, queue, taken, watching = states[cut - 1]
            state.put_back()
            yield Run(queued(site.clients, site.stack, cut, queue), first.upload, taken, watching)
        else:
            empty(site)
            again = queued(site.clients, site.stack, cut)
            run = Run(again, again.upload(FILES[key], key))
            run.live(Mortal(cut))
            yield run


class Broken:
    """Clients whose calls of some ``names`` find AWS busy."""

    def __init__(self, clients: Clients) -> None:
        self.names: set[str] = set()
        self.clients = Faults(lambda _, call: call(), self._change).wrap(clients)

    def _change(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name in self.names:
            raise faults.error("ThrottlingException", 400)
        return arguments


def check(site: Site, ended: Import, data: bytes = PLAIN) -> None:
    """Every good row once, under one id, counted once; the bad one put aside; nothing left over."""
    stored = site.interactions()
    assert sorted([one.input, one.output] for one in stored) == sorted(GOOD)
    assert ended.state == "succeeded_with_problems", ended.failure
    assert (ended.rows_read, ended.rows_stored, ended.rows_rejected) == (5, 4, 1)
    assert ended.alerts_raised == sum(len(one.alerts) for one in stored) > 0
    assert (ended.chunks, ended.chunks_done, ended.planned, ended.dead_chunks) == (
        CHUNKS,
        CHUNKS,
        True,
        frozenset(),
    )
    assert ended.bytes_read == ended.bytes_total == len(data)
    assert [problem.row for problem in ended.problems] == [6]
    assert ended.rejected_key is not None
    rejected = list(csv.reader(io.StringIO(site.read(ended.rejected_key).decode(), newline="")))
    assert [row[:2] for row in rejected] == [["Input", "Output"], ['"only" one cell', ""]]
    assert site.counted() == len(GOOD)
    assert site.queue is not None
    assert (site.queue.kept, site.queue.dead) == ([], [])


def empty(site: Site) -> None:
    """Remove everything from the tables. (Moto copies all of them for each transaction.)"""
    tables = (
        (site.stack.interactions, ["id"]),
        (site.stack.baselines, ["day", "writer"]),
        (site.stack.imports, ["id", "part"]),
    )
    for table, keys in tables:
        found = [{key: item[key] for key in keys} for item in scan(site.clients, table)]
        for start in range(0, len(found), MAX_WRITES):
            deletes: Any = [{"DeleteRequest": {"Key": key}} for key in found[start : start + MAX_WRITES]]
            answer = site.clients.dynamodb.batch_write_item(RequestItems={table: deletes})
            assert not answer["UnprocessedItems"]


def redrive(site: Site, upload: Upload) -> int:
    """Redrive an import as the API does."""
    queue = ImportQueue(site.clients, CHUNKS_URL, PLANS_URL)
    return Redriver(site.imports, queue).redrive(upload.import_id)
