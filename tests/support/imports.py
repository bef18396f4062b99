"""Imports for tests: a file with everything in it, a job on given clients, and what it should come to."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plumbline.alerts import Rules
from plumbline.baseline_cache import BaselineCache
from plumbline.imports.job import ImportJob, Upload
from plumbline.imports.worker import ChunkWorker
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.files import FileStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.items import read_interaction

from tests.support.tables import scan

if TYPE_CHECKING:
    from plumbline.imports.worker import Recorded
    from plumbline.models import Import, Interaction
    from plumbline.settings import BaselineUpdates
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

UPLOADED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 3, 5, 0, tzinfo=UTC)


@dataclass
class Watching:
    """Notes what each chunk added; lets ``chunks`` of them be done."""

    chunks: int = 10**9
    seen: list[Recorded] = field(default_factory=list)

    def recorded(self, recorded: Recorded, /) -> None:
        self.seen.append(recorded)

    def has_time(self) -> bool:
        self.chunks -= 1
        return self.chunks >= 0

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
    """A stack, and what runs on it."""

    clients: Clients
    stack: Stack
    updates: BaselineUpdates = "stream"

    def upload(self, data: bytes, key: str = "uploads/history.csv") -> Upload:
        answer = self.clients.s3.put_object(Bucket=self.stack.bucket, Key=key, Body=data)
        return Upload(self.stack.bucket, key, answer["VersionId"], UPLOADED_AT)

    def job(self, clients: Clients | None = None) -> ImportJob:
        """A job as a new process has it."""
        clients = clients or self.clients
        stack = self.stack
        settings = stack.settings(baseline_updates=self.updates, baseline_window_days=1)
        imports = ImportStore(clients, stack.imports, baselines_table=stack.baselines)
        baselines = BaselineStore(clients, stack.baselines)
        cache = BaselineCache(baselines, settings, lambda: NOW)
        worker = ChunkWorker(
            InteractionStore(clients, stack.interactions, stack.bucket),
            imports,
            Rules.from_settings(settings),
            baselines if self.updates == "inline" else None,
            clock=lambda: NOW,
        )
        return ImportJob(
            imports,
            FileStore(clients.s3, stack.bucket),
            worker,
            lambda: cache.sketches().pack(),
            clock=lambda: NOW,
        )

    def run(self, upload: Upload, clients: Clients | None = None, watching: Watching | None = None) -> Import:
        return self.job(clients).run(upload, watching or Watching())

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
