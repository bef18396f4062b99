"""Every address of the API, each called on a stack that has something to show there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from plumbline.access import SCOPES, Key
from plumbline.models import Import
from plumbline.storage.chunk_items import Place, PlannedChunk
from plumbline.storage.files import FileInfo
from plumbline.storage.import_chunks import ChunkStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.keys import _write as key_item

from tests.support.gateway import NOW, Clock, Gateway, services
from tests.support.keys import kept
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
KEY, OTHER_KEY = Key.new(), Key.new()
"""Which are kept in the stack's table: each request asks it for the first one."""


@dataclass(frozen=True)
class Call:
    """A request, which is the same one each time it is sent with the same key.

    ``makes`` says what one more of there is after each new key: interactions or imports. Where it ``repeats``, the
    same request is answered as it was before.
    """

    operation: str
    send: Callable[[Gateway, str], Answer]
    makes: str = ""
    repeats: bool = True

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
    "make a key": Call(
        "POST /api/keys",
        lambda api, key: api.post("/api/keys", {"name": key or "one", "scopes": ["read"]}),
        # Each is another one, and of no use to anybody who has not seen it.
        repeats=False,
    ),
    "list keys": _get("/api/keys", "/api/keys"),
    "revoke a key": Call(
        "DELETE /api/keys/{id}", lambda api, key: api.send("DELETE", f"/api/keys/{OTHER_KEY.id}")
    ),
    "read settings": _get("/api/settings", "/api/settings"),
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
        for key in (KEY, OTHER_KEY):
            # Last used in a year: no request notes its use, which it would do on the side.
            stored = replace(kept(key, *SCOPES, now=NOW), last_used_at=NOW + timedelta(days=365))
            clients.dynamodb.put_item(TableName=stack.keys, Item=key_item(stored))
        base = stack.settings(**{"baseline_window_days": 2, **queues, **settings})
        api = cls(served, base, stack, Clock())
        with_values = replace(api, settings=replace(base, baseline_updates="inline")).gateway()
        for body in (PAIR, LONG):
            assert with_values.post("/api/interactions", body).status == 200
        _stalled_import(clients, stack)
        return api

    def gateway(self, clients: Clients | None = None) -> Gateway:
        """The API as new processes answer it, which have nothing in memory."""
        return Gateway(services(clients or self.clients, self.settings, self.clock), KEY.text)

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


def is_503(answer: Answer) -> bool:
    """Whether an answer says, in the envelope, that it is worth being asked for again, and when."""
    return (
        answer.status == 503
        and answer.json["success"] is False
        and 1 <= int(answer.headers["retry-after"]) <= 30
        and bool(answer.message)
    )
