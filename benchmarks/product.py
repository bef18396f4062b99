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
from plumbline.imports.chunks import next_chunk
from plumbline.imports.header import open_csv
from plumbline.imports.job import ImportJob, Upload
from plumbline.imports.reader import RecordReader
from plumbline.imports.rows import RowParser
from plumbline.imports.worker import ChunkWorker
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.clients import Clients
from plumbline.storage.files import FileStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import AlertQuery, InteractionStore

from benchmarks.data import Pair, as_csv
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plumbline.imports.worker import Recorded

    from benchmarks.scoring import Verdict

# Texts are long: without this the alerts read back would mostly be of the length.
NO_THRESHOLD = 1e12
_CREDENTIALS = {
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
        self._imports = ImportStore(clients, stack.imports, baselines_table=stack.baselines)
        worker = ChunkWorker(self._interactions, self._imports, Rules.from_settings(settings), baselines)
        self._job = ImportJob(self._imports, self._files, worker, lambda: cache.sketches().pack())

    def import_file(self, name: str, pairs: Sequence[Pair]) -> list[int]:
        """Import the interactions as a CSV file, and answer their ids in order."""
        key = f"uploads/{name}.csv"
        version = self._files.put(key, as_csv(pairs))
        ended = self._job.run(Upload(self._bucket, key, version, datetime.now(UTC)), _Patient())
        if ended.state != "succeeded" or ended.rows_stored != len(pairs):
            raise RuntimeError(f"the import ended as {ended.state}: {ended.failure or ended.problems[:3]}")
        chunks = self._imports.chunks(ended.id)
        return [number for chunk in chunks for number in range(chunk.first_id, chunk.first_id + chunk.count)]

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
    """Watches an import that has all the time it needs."""

    def recorded(self, recorded: Recorded, /) -> None:
        pass

    def has_time(self) -> bool:
        return True


@contextmanager
def product() -> Iterator[Product]:
    """An empty stack in a simulated account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with mock.patch.dict(os.environ, {**kept, **_CREDENTIALS}, clear=True), mock_aws():
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
    body = as_csv(pairs)
    layout, lines = open_csv(io.BytesIO(body))
    reader, parser = RecordReader(lines, layout.rows_begin, layout.width), RowParser(layout, datetime.now(UTC))
    sizes: list[int] = []
    while reader.byte < len(body):
        sizes.append(len(next_chunk(reader, parser, len(sizes) + 1, len(body)).rows))
    return sizes
