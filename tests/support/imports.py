"""Imports for tests: a file with everything in it, a job on given clients, and what it should come to."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from plumbline.alerts import Rules
from plumbline.baseline_cache import BaselineCache
from plumbline.errors import Unavailable
from plumbline.imports.completion import Completion
from plumbline.imports.cutting import SIZES, Sizes
from plumbline.imports.importer import Importer
from plumbline.imports.planner import FEW_CHUNKS, Planner
from plumbline.imports.stores import Stores
from plumbline.imports.uploads import Upload
from plumbline.imports.work import ChunkWork
from plumbline.imports.worker import ChunkWorker
from plumbline.retention import Retention
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.files import FileStore
from plumbline.storage.import_chunks import ChunkStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.items import read_interaction
from plumbline.storage.queue import MAX_RECEIVES, ImportQueue
from plumbline.storage.retrying import Backoff

from tests.support.queue import CHUNKS, PLANS
from tests.support.tables import scan

if TYPE_CHECKING:
    from plumbline.imports.worker import Recorded
    from plumbline.models import Import, Interaction
    from plumbline.redaction import Redactor
    from plumbline.settings import BaselineUpdates
    from plumbline.storage.clients import Clients

    from tests.support.queue import Kept, LocalQueue
    from tests.support.tables import Stack

QUICK = Backoff(attempts=12, base=0.001, cap=0.01)
SMALL = Sizes(rows=12)
UPLOADED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 3, 5, 0, tzinfo=UTC)


@dataclass
class Watching:
    """Notes what becomes of imports; lets ``steps`` of them be done."""

    steps: int = 10**9
    seen: list[Recorded] = field(default_factory=list)
    ends: list[Import] = field(default_factory=list)
    stalls: list[tuple[int, int]] = field(default_factory=list)

    def recorded(self, recorded: Recorded, /) -> None:
        self.seen.append(recorded)

    def ended(self, ended: Import, /) -> None:
        self.ends.append(ended)

    def stalled(self, import_id: int, chunk: int, /) -> None:
        self.stalls.append((import_id, chunk))

    def has_time(self) -> bool:
        self.steps -= 1
        return self.steps >= 0

    @property
    def stored(self) -> int:
        return sum(one.stored for one in self.seen)


def csv_file(rows: list[list[str]], header: tuple[str, ...] = ("Input", "Output")) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def plain_rows(data: bytes) -> list[dict[str, str]]:
    """The rows of a well-formed file, as Python reads them."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@dataclass
class Site:
    """A stack, and what runs on it. Without a ``queue`` every import is done by whoever is told of its file."""

    clients: Clients
    stack: Stack
    updates: BaselineUpdates = "stream"
    sizes: Sizes = SIZES
    queue: LocalQueue | None = None
    few: int = FEW_CHUNKS
    retention_days: int = 0
    redactor: Redactor | None = None

    def upload(self, data: bytes, key: str = "uploads/history.csv") -> Upload:
        answer = self.clients.s3.put_object(Bucket=self.stack.bucket, Key=key, Body=data)
        return Upload(self.stack.bucket, key, answer["VersionId"], UPLOADED_AT)

    @property
    def imports(self) -> ImportStore:
        return ImportStore(self.clients, self.stack.imports, clock=self.now)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.queue.now if self.queue else 0)

    def importer(self, clients: Clients | None = None, watching: Watching | None = None) -> Importer:
        """An importer as a new process has it."""
        clients = clients or self.clients
        watching = watching or Watching()
        stack = self.stack
        settings = stack.settings(baseline_updates=self.updates, baseline_window_days=1)
        imports = ImportStore(clients, stack.imports, clock=self.now)
        chunks = ChunkStore(clients, stack.imports, baselines_table=stack.baselines, backoff=QUICK, clock=self.now)
        baselines = BaselineStore(clients, stack.baselines)
        cache = BaselineCache(baselines, settings, self.now)
        worker = ChunkWorker(
            InteractionStore(clients, stack.interactions, stack.bucket),
            chunks,
            Rules.from_settings(settings),
            baselines if self.updates == "inline" else None,
            clock=self.now,
        )
        stores = Stores(imports, chunks, FileStore(clients.s3, stack.bucket))
        queue = ImportQueue(clients, CHUNKS, PLANS, backoff=QUICK) if self.queue else None

        def known() -> bytes:
            return cache.sketches().pack()

        return Importer(
            stores,
            Planner(
                stores,
                queue,
                known,
                sizes=self.sizes,
                few=self.few,
                redacted=self.redactor is not None,
                clock=self.now,
            ),
            ChunkWork(
                stores, worker, known, watching, retention=Retention(self.retention_days), redactor=self.redactor
            ),
            Completion(stores, watching.ended, redactor=self.redactor, clock=self.now),
            queue=queue,
            watcher=watching,
            clock=self.now,
        )

    def run(self, upload: Upload, clients: Clients | None = None, watching: Watching | None = None) -> Import:
        """Take an upload, and then whatever comes through the queue until nothing is left in it."""
        watching = watching or Watching()
        self.importer(clients, watching).take(upload, watching.has_time)
        self.drain(clients, watching)
        return self.found(upload)

    def drain(self, clients: Clients | None = None, watching: Watching | None = None) -> None:
        """Receive and handle messages until none are left."""
        watching = watching or Watching()
        importer = self.importer(clients, watching)
        while self.queue is not None and (kept := self.queue.receive()) is not None:
            self.deliver(importer, kept, watching)

    def deliver(self, importer: Importer, kept: Kept, watching: Watching) -> None:
        """Handle a message as the function does: it is deleted only if that ended well."""
        assert self.queue is not None
        try:
            importer.handle(kept.message, watching.has_time, last_try=kept.receives >= MAX_RECEIVES)
        except Unavailable:
            return
        self.queue.delete(kept)

    def found(self, upload: Upload) -> Import:
        """The import of an upload as it stands in the table."""
        current = self.imports.get(upload.import_id)
        assert current is not None
        return current

    def interactions(self) -> list[Interaction]:
        """Everything stored, in the order of ids."""
        items = [item for item in scan(self.clients, self.stack.interactions) if int(item["id"]["N"]) > 0]
        return sorted((read_interaction(item, self._texts(item)) for item in items), key=lambda one: one.id)

    def _texts(self, item: dict[str, Any]) -> bytes | None:
        if "texts_at" not in item:
            return None
        return self.read(item["texts_at"]["S"])

    def read(self, key: str) -> bytes:
        return self.clients.s3.get_object(Bucket=self.stack.bucket, Key=key)["Body"].read()

    def counted(self) -> int:
        """How many interactions the day's baseline holds."""
        sketch = BaselineStore(self.clients, self.stack.baselines).read_day("2026-01-02").get("input.length")
        return sketch.count if sketch else 0
