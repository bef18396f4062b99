"""What one interaction, one fold and one look takes: counted and measured on the product itself.

DynamoDB is DynamoDB Local, S3 is simulated in this process (moto), the rest is the functions' own code.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import util
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto import mock_aws
from plumbline.metrics import measure
from plumbline.models import Interaction
from plumbline.storage.clients import Clients
from plumbline.storage.items import write_interaction
from plumbline.storage.sizes import item_bytes

from benchmarks.consumption import Consumption, Meter
from benchmarks.data import as_csv
from benchmarks.product import CREDENTIALS
from tests.support.gateway import Clock, Context, Gateway, services
from tests.support.tables import Stack, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.data import Pair

ROOT = Path(__file__).parent.parent
SAMPLE = 1000
"""How many interactions are recorded."""
KEYED = 100
"""How many of them once more, with an Idempotency-Key."""
DAY = 5000
"""How many a day has whose baseline is folded into. It grows little with more."""
BILLED_BYTES = 100
"""What DynamoDB bills of storage for an item, and again for its entry in an index, besides its size."""
READ_UNIT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Counted:
    """Per call, in DynamoDB's request units, and in bytes.

    ``record`` logs an interaction, ``keyed`` one with an Idempotency-Key, ``row`` imports one; ``fold`` is of one
    batch. ``reading`` is a page of interactions, one of alerts and one interaction. ``row_read_units`` is what
    reading one day's row of the baselines takes, ``metrics`` how many metrics in CloudWatch's sense are reported.
    """

    record: Consumption
    keyed: Consumption
    row: Consumption
    fold: Consumption
    reading: Consumption
    health: Consumption
    row_read_units: float
    item_bytes: float
    index_bytes: float
    row_file_bytes: float
    record_log_bytes: float
    reading_log_bytes: float
    fold_log_bytes: float
    record_answer_bytes: float
    reading_answer_bytes: float
    metrics: int

    def calls(self) -> dict[str, tuple[float, float, float]]:
        """Read units, write units, and the indexes' part of them, by what is done."""
        named = {
            "log an interaction": self.record,
            "the same with an Idempotency-Key": self.keyed,
            "import a row": self.row,
            "fold a batch into the baselines": self.fold,
            "a page of interactions, one of alerts, one interaction": self.reading,
            "health": self.health,
        }
        units = {
            name: (one.read_units, one.write_units, one.write_units_of_indexes) for name, one in named.items()
        }
        units["read a day's row of the baselines"] = (self.row_read_units, 0.0, 0.0)
        return units


def count(pairs: Sequence[Pair], engine: str) -> Counted:
    """Everything, on a stack of its own at a DynamoDB Local."""
    sample = pairs[:: max(1, len(pairs) // SAMPLE)][:SAMPLE]
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB": engine, "POWERTOOLS_SERVICE_NAME": "plumbline"}
    with mock.patch.dict(os.environ, environment), mock_aws():
        clients = Clients.create()
        stack = Stack.create(clients)
        try:
            with redirect_stdout(io.StringIO()) as log:
                return _Counting(clients, stack, log).all(sample, pairs[:DAY])
        finally:
            stack.delete(clients)


class _Counting:
    def __init__(self, clients: Clients, stack: Stack, log: io.StringIO) -> None:
        self._clients, self._stack, self._log = clients, stack, log
        self._meter = Meter(clients)
        self._said: set[tuple[str, ...]] = set()
        settings = stack.settings(baseline_refresh_seconds=3600.0)
        self._api = Gateway(services(clients, settings, Clock()))

    def all(self, sample: Sequence[Pair], day: Sequence[Pair]) -> Counted:
        self._post(sample[0])  # whatever a first call reads besides
        with self._measured() as (record, record_log):
            answers = [self._post(pair) for pair in sample]
        with self._measured() as (keyed, _):
            for number, pair in enumerate(sample[:KEYED]):
                self._post(pair, idempotency_key=f"key-{number}")
        with self._measured() as (reading, reading_log):
            looks = [
                self._api.get("/api/interactions", "limit=20"),
                self._api.get("/api/alerts", "limit=20"),
                self._api.get("/api/interactions/7"),
            ]
        with self._measured() as (health, _):
            self._api.get("/health")
        items = [item for item in scan(self._clients, self._stack.interactions) if "at" in item]
        fold, fold_log, row_bytes = self._fold(day)
        file, row = self._import(sample)
        return Counted(
            record=record.per(len(sample)),
            keyed=keyed.per(len(sample[:KEYED])),
            row=row.per(len(sample)),
            fold=fold,
            reading=reading,
            health=health,
            row_read_units=ceil(row_bytes / READ_UNIT_BYTES) / 2,
            item_bytes=fmean(item_bytes(item) + BILLED_BYTES for item in items),
            index_bytes=fmean(map(_index_bytes, items)),
            row_file_bytes=len(file) / len(sample),
            record_log_bytes=record_log() / len(sample),
            reading_log_bytes=reading_log() / len(looks),
            fold_log_bytes=fold_log,
            record_answer_bytes=fmean(len(body) for body in answers),
            reading_answer_bytes=sum(len(one.body) for one in looks),
            metrics=len(self._said),
        )

    def _post(self, pair: Pair, **headers: str) -> bytes:
        answer = self._api.post(
            "/api/interactions", {"input_text": pair.input, "output_text": pair.output}, **headers
        )
        if answer.status != 200:
            raise RuntimeError(f"an interaction was answered with {answer.status}: {answer.message}")
        return answer.body

    def _fold(self, day: Sequence[Pair]) -> tuple[Consumption, float, int]:
        """What folding one more interaction takes on a day of all the others; the log's and the row's bytes."""
        handle = _function("baselines").BaselinesHandler(self._stack.settings(), self._clients)
        records = [_inserted(number, pair) for number, pair in enumerate(day, start=1)]
        for start in range(0, len(records) - 1, 1000):
            handle({"Records": records[start:-1][:1000]}, Context())
        with self._measured() as (fold, fold_log):
            handle({"Records": records[-1:]}, Context())
        (row,) = scan(self._clients, self._stack.baselines)
        return fold, fold_log(), item_bytes(row)

    def _import(self, sample: Sequence[Pair]) -> tuple[bytes, Consumption]:
        file = as_csv(sample)
        put = self._clients.s3.put_object(Bucket=self._stack.bucket, Key="uploads/sample.csv", Body=file)
        event = json.loads((ROOT / "events" / "imports-upload.json").read_text(encoding="utf-8"))
        (record,) = event["Records"]
        record["s3"]["bucket"]["name"] = self._stack.bucket
        record["s3"]["object"] |= {"key": "uploads/sample.csv", "size": len(file), "versionId": put["VersionId"]}
        handle = _function("imports").ImportsHandler(self._stack.settings(), self._clients)
        with self._measured() as (row, _):
            handle(event, _Patient())
        stored = sum(item.get("import_id") is not None for item in scan(self._clients, self._stack.interactions))
        if stored != len(sample):
            raise RuntimeError(f"{stored} of {len(sample)} rows were imported")
        return file, row

    @contextmanager
    def _measured(self) -> Iterator[tuple[Consumption, Callable[[], int]]]:
        begin = self._log.tell()
        with self._meter.measured() as consumed:
            yield consumed, lambda: end - begin
        end = self._log.tell()
        for line in self._log.getvalue()[begin:end].splitlines():
            fields = json.loads(line)
            for directive in fields.get("_aws", {}).get("CloudWatchMetrics", []):
                (dimensions,) = directive["Dimensions"]
                values = [str(fields[name]) for name in dimensions]
                self._said |= {(metric["Name"], *values) for metric in directive["Metrics"]}


@dataclass(frozen=True)
class _Patient(Context):
    """A function with time to spare."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def _index_bytes(item: Mapping[str, Any]) -> float:
    """What the item's entries in the template's indexes take: ``feed`` holds keys, ``alerts`` the alerts too."""
    feed = item_bytes({name: item[name] for name in ("id", "shard", "at")}) + BILLED_BYTES
    if "alerting" not in item:
        return feed
    return feed + item_bytes({name: item[name] for name in ("id", "alerting", "at", "alerts")}) + BILLED_BYTES


def _inserted(number: int, pair: Pair) -> dict[str, Any]:
    metrics = measure(pair.input, pair.output)
    one = Interaction(number, pair.input, pair.output, datetime(2026, 1, 2, tzinfo=UTC), metrics)
    item = write_interaction(one).item
    change = {"ApproximateCreationDateTime": 1_767_312_000.0, "Keys": {"id": item["id"]}, "NewImage": item}
    return {"eventName": "INSERT", "dynamodb": change}


def _function(name: str) -> Any:  # noqa: ANN401 - a module that is not in a package
    spec = util.spec_from_file_location(f"{name}_app", ROOT / "functions" / name / "app.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"there is no function {name}")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
