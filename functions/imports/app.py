"""S3 and the import queues: uploaded files are planned, and their chunks imported.

Two functions run this: one that S3 calls and that plans, which may take long, and one for the chunks.
"""

from __future__ import annotations

import os
import random
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit
from plumbline.alerts import Rules
from plumbline.baseline_cache import BaselineCache
from plumbline.errors import Unavailable
from plumbline.http.telemetry import Telemetry
from plumbline.imports.completion import Completion
from plumbline.imports.importer import Importer
from plumbline.imports.planner import Planner
from plumbline.imports.stores import Stores
from plumbline.imports.uploads import Unreadable, Upload, read_uploads
from plumbline.imports.work import ChunkWork
from plumbline.imports.worker import ChunkWorker
from plumbline.redaction import Redactor
from plumbline.retention import Retention
from plumbline.settings import Settings
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.clients import Clients
from plumbline.storage.files import FileStore
from plumbline.storage.import_chunks import ChunkStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.queue import MAX_RECEIVES, ImportQueue, Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from plumbline.imports.worker import Recorded
    from plumbline.models import Import

# A chunk takes a few seconds; where the table throttles, half a minute more.
SECONDS_FOR_A_CHUNK = 60
# 30 s, 2 min, 8 min, 32 min: together longer than most outages.
FIRST_WAIT_SECONDS = 30


class UnfinishedError(Exception):
    """Not every upload of the event was imported or handed to the queue: Lambda is to deliver the event again."""


class ImportsHandler:
    """Handles events of S3 and of SQS. Everything it needs is made by the first one, or by :meth:`warm_up`."""

    def __init__(self, settings: Settings | None = None, clients: Clients | None = None) -> None:
        self._given_settings = settings
        self._given_clients = clients
        self._importer = cache(self._make_importer)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = self._handle(event, context)
        return answer

    def warm_up(self) -> None:
        """Make the clients during the function's start, which has a whole core. Nothing is sent anywhere."""
        _ = self._importer(self._settings.uploads_bucket), self._handle
        if self._queue is not None:
            _ = self._clients.sqs

    @cached_property
    def _handle(self) -> Callable[..., Any]:
        handle: Callable[..., Any] = self._route
        if self._telemetry.tracer:
            handle = self._telemetry.tracer.capture_lambda_handler(
                handle, capture_response=False, capture_error=False
            )
        return self._telemetry.logger.inject_lambda_context(handle, log_event=False, clear_state=True)

    def _route(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
        records = event.get("Records") or []
        try:
            if records and all(record.get("eventSource") == "aws:sqs" for record in records):
                failed = [record["messageId"] for record in records if not self._receive(record, context)]
                return {"batchItemFailures": [{"itemIdentifier": identity} for identity in failed]}
            self._take_all(event, context)
        finally:
            self._telemetry.flush()
        return None

    # ------------------------------------------------------------ S3

    def _take_all(self, event: dict[str, Any], context: LambdaContext) -> None:
        unfinished = 0
        for upload in read_uploads(event):
            if isinstance(upload, Unreadable):
                self._telemetry.logger.error("record passed over", extra={"problem": upload.problem})
            elif upload.bucket != self._settings.uploads_bucket:
                # Only the bucket of the stack may call this function; whoever gets past that has nothing imported.
                self._telemetry.logger.error("record passed over", extra={"problem": "another bucket's"})
            else:
                unfinished += not self._take(upload, context)
        if unfinished:
            raise UnfinishedError(f"{unfinished} of the event's uploads are not imported to their end yet")

    def _take(self, upload: Upload, context: LambdaContext) -> bool:
        """Whether the upload need not be told of again."""
        importer = self._importer(upload.bucket)
        return self._attempt(upload.import_id, context, lambda has_time: importer.take(upload, has_time))

    # ------------------------------------------------------------ SQS

    def _receive(self, record: dict[str, Any], context: LambdaContext) -> bool:
        """Whether a message is done with."""
        message = Message.read(record["body"])
        if message is None:
            self._telemetry.logger.error("message passed over: it is none of an import")
            return True
        receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        importer = self._importer(self._settings.uploads_bucket)
        done = self._attempt(
            message.import_id,
            context,
            lambda has_time: importer.handle(message, has_time, last_try=receives >= MAX_RECEIVES),
        )
        if not done:
            self._postpone(message, record["receiptHandle"], receives)
        return done

    def _postpone(self, message: Message, receipt: str, receives: int) -> None:
        longest = FIRST_WAIT_SECONDS * 4 ** (receives - 1)
        wait = round(random.uniform(longest / 2, longest))  # noqa: S311 - jitter, not a secret
        try:
            assert self._queue is not None
            self._queue.postpone(message, receipt, wait)
        except Unavailable:
            self._telemetry.logger.warning("message not postponed: it comes again when its time is up")

    # ------------------------------------------------------------ both

    def _attempt(self, import_id: int, context: LambdaContext, work: Callable[[Callable[[], bool]], None]) -> bool:
        """Whether the work was done. One import's trouble is not another's."""
        logger = self._telemetry.logger
        logger.set_correlation_id(str(import_id))
        self._watcher.begin()
        try:
            work(lambda: context.get_remaining_time_in_millis() > SECONDS_FOR_A_CHUNK * 1000)
        except Unavailable as error:
            logger.warning("import interrupted", extra={"error": type(error).__name__, **self._watcher.counts})
            return False
        except Exception as error:  # noqa: BLE001 - the others go on; its message may quote a text
            self._telemetry.unexpected(context.aws_request_id, error)
            return False
        return True

    # ------------------------------------------------------------ what it needs

    def _known(self) -> bytes:
        return self._cache.sketches().pack()

    def _make_importer(self, bucket: str) -> Importer:
        stores = Stores(self._imports, self._chunks, FileStore(self._clients.s3, bucket))
        queue, watcher, redactor = self._queue, self._watcher, self._redactor
        return Importer(
            stores,
            Planner(stores, queue, self._known, redacted=redactor is not None),
            ChunkWork(
                stores,
                self._worker,
                self._known,
                watcher,
                retention=Retention(self._settings.retention_days),
                redactor=redactor,
            ),
            Completion(stores, watcher.ended, redactor=redactor),
            queue=queue,
            watcher=watcher,
        )

    @cached_property
    def _telemetry(self) -> Telemetry:
        return Telemetry()

    @cached_property
    def _watcher(self) -> _Watcher:
        return _Watcher(self._telemetry)

    @cached_property
    def _settings(self) -> Settings:
        return self._given_settings or Settings.from_env()

    @cached_property
    def _redactor(self) -> Redactor | None:
        return Redactor.from_settings(self._settings)

    @cached_property
    def _clients(self) -> Clients:
        return self._given_clients or Clients.create(patient=True)

    @cached_property
    def _queue(self) -> ImportQueue | None:
        settings = self._settings
        if not settings.import_queue_url:
            return None
        return ImportQueue(self._clients, settings.import_queue_url, settings.plan_queue_url)

    @cached_property
    def _imports(self) -> ImportStore:
        return ImportStore(self._clients, self._settings.imports_table)

    @cached_property
    def _chunks(self) -> ChunkStore:
        settings = self._settings
        return ChunkStore(self._clients, settings.imports_table, baselines_table=settings.baselines_table)

    @cached_property
    def _baselines(self) -> BaselineStore:
        return BaselineStore(self._clients, self._settings.baselines_table)

    @cached_property
    def _cache(self) -> BaselineCache:
        return BaselineCache(self._baselines, self._settings)

    @cached_property
    def _worker(self) -> ChunkWorker:
        settings = self._settings
        return ChunkWorker(
            InteractionStore(self._clients, settings.interactions_table, settings.uploads_bucket),
            self._chunks,
            Rules.from_settings(settings),
            self._baselines if settings.baseline_updates == "inline" else None,
        )


class _Watcher:
    """Counts what each chunk adds, and logs how imports end."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self.begin()

    def begin(self) -> None:
        """An upload or message begins."""
        self.counts = {"rows_stored": 0, "rows_rejected": 0}

    def recorded(self, recorded: Recorded, /) -> None:
        self.counts["rows_stored"] += recorded.stored
        self.counts["rows_rejected"] += recorded.rejected
        metrics = self._telemetry.metrics
        metrics.add_metric("RowsImported", MetricUnit.Count, recorded.stored)
        metrics.add_metric("RowsRejected", MetricUnit.Count, recorded.rejected)
        self._telemetry.alerts_raised(recorded.alerts)
        self._telemetry.redacted(recorded.redactions)

    def stalled(self, import_id: int, chunk: int, /) -> None:
        self._telemetry.logger.error("import stalled", extra={"import": import_id, "chunk": chunk})
        self._telemetry.metrics.add_metric("ImportsStalled", MetricUnit.Count, 1)

    def ended(self, ended: Import, /) -> None:
        totals = {"rows_stored": ended.rows_stored, "rows_rejected": ended.rows_rejected}
        self._telemetry.logger.info("import ended", extra={"state": ended.state, **totals})
        self._telemetry.metrics.add_metric("ImportsEnded", MetricUnit.Count, 1)


handler = ImportsHandler()

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    handler.warm_up()
