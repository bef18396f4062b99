"""Every address of the API, each called on a stack that has something to show there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plumbline.models import Import
from plumbline.storage.chunk_items import Place, PlannedChunk
from plumbline.storage.files import FileInfo
from plumbline.storage.import_chunks import ChunkStore
from plumbline.storage.imports import ImportStore

from tests.support.gateway import NOW, Clock, Gateway, services
from tests.support.queue import CHUNKS, PLANS, LocalQueue
from tests.support.tables import scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.settings import Settings
    from plumbline.storage.clients import Clients

    from tests.support.gateway import Answer
    from tests.support.tables import Stack

PAIR = {"input_text": "Why?", "output_text": "Because it is so. " * 9}
LONG = {"input_text": "Why?", "output_text": "".join(f"{number * 7919 % 99991:x}" for number in range(1_000))}
"""Which is kept in S3 where ``items.LARGEST_ITEM`` is made small."""
LARGEST_ITEM = 1_500
IMPORT = 7


@dataclass(frozen=True)
class Call:
    """A request, which is the same one each time it is sent with the same key.

    ``makes`` says what one more of there is after each new key: interactions or imports.
    """

    operation: str
    send: Callable[[Gateway, str], Answer]
    makes: str = ""

    @property
    def changes(self) -> bool:
        return not self.operation.startswith("GET ")


def _get(operation: str, path: str) -> Call:
    address, _, query = path.partition("?")
    return Call(f"GET {operation}", lambda api, key: api.get(address, query))


CALLS = {
    "record": Call(
        "POST /api/interactions",
        lambda api, key: api.post("/api/interactions", PAIR, idempotency_key=key),
        "interactions",
    ),
    "record a long text": Call(
        "POST /api/interactions",
        lambda api, key: api.post("/api/interactions", LONG, idempotency_key=key),
        "interactions",
    ),
    "upload": Call(
        "POST /api/interactions/bulk",
        lambda api, key: api.upload(b"Input,Output\na,b\n", idempotency_key=key),
        "imports",
    ),
    "ask for a form": Call(
        "POST /api/imports",
        lambda api, key: api.post("/api/imports", {"filename": "a.csv"}, idempotency_key=key),
        "imports",
    ),
    "redrive": Call(
        "POST /api/imports/{id}/redrive", lambda api, key: api.send("POST", f"/api/imports/{IMPORT}/redrive")
    ),
    "list interactions": _get("/api/interactions", "/api/interactions"),
    "go on listing": _get("/api/interactions", "/api/interactions?limit=1"),
    "read an interaction": _get("/api/interactions/{id}", "/api/interactions/1"),
    "read a long text": _get("/api/interactions/{id}", "/api/interactions/2"),
    "list imports": _get("/api/imports", "/api/imports"),
    "read an import": _get("/api/imports/{id}", f"/api/imports/{IMPORT}"),
    "list alerts": _get("/api/alerts", "/api/alerts"),
    "list alerts of one": _get("/api/alerts", "/api/alerts?interaction_id=1"),
    "list metrics": _get("/api/metrics", "/api/metrics"),
    "read a metric": _get("/api/metrics/{series}", "/api/metrics/output.length?days=2"),
    "health": _get("/health", "/health"),
}


@dataclass(frozen=True)
class Api:
    """The API on a stack that has two interactions, with alerts and baselines, and a stalled import."""

    clients: Clients
    settings: Settings
    stack: Stack
    clock: Clock

    @classmethod
    def create(cls, clients: Clients, stack: Stack, **settings: object) -> Api:
        """Fill an empty stack. ``items.LARGEST_ITEM`` must have been made small."""
        queue = LocalQueue()
        served = replace(clients, make_sqs=lambda: queue)  # type: ignore[arg-type,return-value]
        queues = {"import_queue_url": CHUNKS, "plan_queue_url": PLANS}
        base = stack.settings(**{"baseline_window_days": 2, **queues, **settings})
        api = cls(served, base, stack, Clock())
        with_values = replace(api, settings=replace(base, baseline_updates="inline")).gateway()
        for body in (PAIR, LONG):
            assert with_values.post("/api/interactions", body).status == 200
        _stalled_import(clients, stack)
        return api

    def gateway(self, clients: Clients | None = None) -> Gateway:
        """The API as new processes answer it, which have nothing in memory."""
        return Gateway(services(clients or self.clients, self.settings, self.clock))

    def count(self, kind: str) -> int:
        """How many interactions or imports there are; none of anything else."""
        if kind == "interactions":
            return sum("at" in item for item in scan(self.clients, self.stack.interactions))
        if kind != "imports":
            return 0
        return sum(item["part"]["S"] == "import" for item in scan(self.clients, self.stack.imports))


def _stalled_import(clients: Clients, stack: Stack) -> None:
    store = ImportStore(clients, stack.imports)
    store.create(Import(IMPORT, stack.bucket, "uploads/a.csv", "v", "a.csv", "queued", NOW))
    store.start(IMPORT, NOW, FileInfo("uploads/a.csv", "v", 900))
    planned = [PlannedChunk(n, Place(100 * n, n, n), Place(100 * n + 100, n + 1, n + 1)) for n in (1, 2)]
    assert ChunkStore(clients, stack.imports).plan(IMPORT, planned, 0)
    assert store.end_plan(IMPORT, 2, NOW, sent=2)
    assert store.stall(IMPORT, 2)
