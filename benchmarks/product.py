"""The product with AWS simulated in this process (moto): files are imported and alerts are read back."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest import mock

from moto import mock_aws
from plumbline.alerts import Rules
from plumbline.baseline_cache import BaselineCache
from plumbline.imports.completion import Completion
from plumbline.imports.cutting import cut
from plumbline.imports.importer import Importer
from plumbline.imports.planner import Planner
from plumbline.imports.source import recognise
from plumbline.imports.stores import Stores
from plumbline.imports.uploads import Upload
from plumbline.imports.work import ChunkWork
from plumbline.imports.worker import ChunkWorker
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.clients import Clients
from plumbline.storage.files import FileStore
from plumbline.storage.import_chunks import ChunkStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import AlertQuery, InteractionStore

from benchmarks.data import Pair, as_csv
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plumbline.imports.worker import Recorded
    from plumbline.models import Import

    from benchmarks.scoring import Verdict

# Texts are long: without this the alerts read back would mostly be of the length.
NO_THRESHOLD = 1e12
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Product:
    """A stack of its own, which keeps its baselines itself (there is no stream)."""

    def __init__(self, clients: Clients) -> None:
        stack = Stack.create(clients)
        settings = stack.settings(
            alert_threshold=NO_THRESHOLD, baseline_updates="inline", baseline_refresh_seconds=0.0
        )
        baselines = BaselineStore(clients, stack.baselines)
        cache = BaselineCache(baselines, settings)
        self._bucket = stack.bucket
        self._files = FileStore(clients.s3, stack.bucket)
        self._interactions = InteractionStore(clients, stack.interactions, stack.bucket)
        self._imports = ImportStore(clients, stack.imports)
        self._chunks = ChunkStore(clients, stack.imports, baselines_table=stack.baselines)
        worker = ChunkWorker(self._interactions, self._chunks, Rules.from_settings(settings), baselines)
        stores, watcher = Stores(self._imports, self._chunks, self._files), _Patient()

        def known() -> bytes:
            return cache.sketches().pack()

        self._importer = Importer(
            stores,
            Planner(stores, None, known),
            ChunkWork(stores, worker, known, watcher),
            Completion(stores, watcher.ended),
            queue=None,
            watcher=watcher,
        )

    def import_file(self, name: str, pairs: Sequence[Pair]) -> list[int]:
        """Import the interactions as a CSV file, and answer their ids in order."""
        key = f"uploads/{name}.csv"
        version = self._files.put(key, as_csv(pairs))
        upload = Upload(self._bucket, key, version, datetime.now(UTC))
        self._importer.take(upload, lambda: True)
        ended = self._imports.get(upload.import_id)
        if ended is None:
            raise RuntimeError("the import is gone")
        if ended.state != "succeeded" or ended.rows_stored != len(pairs):
            raise RuntimeError(f"the import ended as {ended.state}: {ended.failure or ended.problems[:3]}")
        numbers: list[int] = []
        for chunk in self._chunks.after(ended.id):
            assert chunk.first_id is not None
            assert chunk.count is not None
            numbers += range(chunk.first_id, chunk.first_id + chunk.count)
        return numbers

    def outliers(self) -> dict[int, Verdict]:
        """The series of all outlier alerts, by interaction."""
        found: dict[int, Verdict] = {}
        position: str | None = None
        while True:
            alerts, position = self._interactions.alerts(AlertQuery(alert_type="outlier"), 1000, position)
            for alert in alerts:
                known = found.get(alert.interaction_id, frozenset())
                found[alert.interaction_id] = known | {alert.finding.series}
            if position is None:
                return found


class _Patient:
    """Is told what becomes of imports, and needs to know none of it."""

    def recorded(self, recorded: Recorded, /) -> None:
        pass

    def stalled(self, import_id: int, chunk: int, /) -> None:
        pass

    def ended(self, ended: Import, /) -> None:
        pass


@contextmanager
def product() -> Iterator[Product]:
    """An empty stack in a simulated account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with mock.patch.dict(os.environ, {**kept, **CREDENTIALS}, clear=True), mock_aws():
        clients = Clients.create(patient=True)
        try:
            yield Product(clients)
        finally:
            clients.workers.shutdown()
            clients.dynamodb.close()
            clients.s3.close()


def verdicts_of_import(history: Sequence[Pair], test: Sequence[Pair]) -> list[Verdict]:
    """What the product finds in ``test``, imported after ``history``."""
    with product() as stack:
        stack.import_file("history", history)
        numbers = stack.import_file("test", test)
        found = stack.outliers()
        return [found.get(number, frozenset()) for number in numbers]


def chunk_sizes(pairs: Sequence[Pair]) -> list[int]:
    """How many rows each chunk has in which the product imports a file of these interactions."""
    source = recognise(io.BytesIO(as_csv(pairs)), "pairs.csv")
    body = io.BytesIO(as_csv(pairs)[source.begins.byte :])
    return [one.end.row - one.start.row for one in cut(body, source.begins, source.dialect)]
