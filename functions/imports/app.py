"""S3: an uploaded file is imported."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit, single_metric
from plumbline.alerts import Rules
from plumbline.baseline_cache import BaselineCache
from plumbline.errors import Unavailable
from plumbline.http.telemetry import SERVICE, Telemetry
from plumbline.imports.job import ImportJob, Upload
from plumbline.imports.uploads import Unreadable, read_uploads
from plumbline.imports.worker import ChunkWorker
from plumbline.settings import Settings
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.clients import Clients
from plumbline.storage.files import FileStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import InteractionStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from plumbline.imports.worker import Recorded

# A chunk takes a few seconds; where the table throttles, half a minute more.
SECONDS_FOR_A_CHUNK = 60


class UnfinishedError(Exception):
    """Not every upload of the event was imported to its end: Lambda is to deliver the event again."""


class ImportsHandler:
    """Handles S3's events. Everything it needs is made by the first one, or by :meth:`warm_up`."""

    def __init__(self, settings: Settings | None = None, clients: Clients | None = None) -> None:
        self._given_settings = settings
        self._given_clients = clients

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> None:
        self._handle(event, context)

    def warm_up(self) -> None:
        """Make the clients during the function's start, which has a whole core. Nothing is sent anywhere."""
        _ = self._clients, self._worker, self._handle

    @cached_property
    def _handle(self) -> Callable[..., Any]:
        handle: Callable[..., Any] = self._import_all
        if self._telemetry.tracer:
            handle = self._telemetry.tracer.capture_lambda_handler(
                handle, capture_response=False, capture_error=False
            )
        return self._telemetry.logger.inject_lambda_context(handle, log_event=False, clear_state=True)

    def _import_all(self, event: dict[str, Any], context: LambdaContext) -> None:
        unfinished = 0
        try:
            for upload in read_uploads(event):
                if isinstance(upload, Unreadable):
                    self._telemetry.logger.error("record passed over", extra={"problem": upload.problem})
                else:
                    unfinished += not self._import_one(upload, context)
        finally:
            self._telemetry.flush()
        if unfinished:
            raise UnfinishedError(f"{unfinished} of the event's uploads are not imported to their end yet")

    def _import_one(self, upload: Upload, context: LambdaContext) -> bool:
        """Whether the import has ended. One upload's trouble is not another's."""
        logger = self._telemetry.logger
        logger.set_correlation_id(str(upload.import_id))
        watcher = _Watcher(self._telemetry, context)
        job = ImportJob(self._imports, FileStore(self._clients.s3, upload.bucket), self._worker, self._known)
        try:
            ended = job.run(upload, watcher)
        except Unavailable as error:
            logger.warning("import interrupted", extra={"error": type(error).__name__, **watcher.counts})
            return False
        except Exception as error:  # noqa: BLE001 - the other uploads go on; its message may quote a text
            self._telemetry.unexpected(context.aws_request_id, error)
            return False
        logger.info("import ended", extra={"state": ended.state, **watcher.counts})
        return True

    def _known(self) -> bytes:
        return self._cache.sketches().pack()

    @cached_property
    def _telemetry(self) -> Telemetry:
        return Telemetry()

    @cached_property
    def _settings(self) -> Settings:
        return self._given_settings or Settings.from_env()

    @cached_property
    def _clients(self) -> Clients:
        return self._given_clients or Clients.create(patient=True)

    @cached_property
    def _imports(self) -> ImportStore:
        settings = self._settings
        return ImportStore(self._clients, settings.imports_table, baselines_table=settings.baselines_table)

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
            self._imports,
            Rules.from_settings(settings),
            self._baselines if settings.baseline_updates == "inline" else None,
        )


class _Watcher:
    """Counts what each chunk adds, and keeps an eye on the clock."""

    def __init__(self, telemetry: Telemetry, context: LambdaContext) -> None:
        self._telemetry = telemetry
        self._context = context
        self._chunks = 0
        self.counts = {"rows_stored": 0, "rows_rejected": 0}

    def recorded(self, recorded: Recorded, /) -> None:
        self.counts["rows_stored"] += recorded.stored
        self.counts["rows_rejected"] += recorded.rejected
        metrics = self._telemetry.metrics
        metrics.add_metric("RowsImported", MetricUnit.Count, recorded.stored)
        metrics.add_metric("RowsRejected", MetricUnit.Count, recorded.rejected)
        for alert_type, count in sorted(recorded.alerts.items()):
            with single_metric("AlertsRaised", MetricUnit.Count, count, namespace=metrics.namespace) as metric:
                metric.add_dimension("service", metrics.service or SERVICE)
                metric.add_dimension("alert_type", alert_type)

    def has_time(self) -> bool:
        """Whether there is time for another chunk; always for a first one, so that every run gets on."""
        self._chunks += 1
        return self._chunks == 1 or self._context.get_remaining_time_in_millis() > SECONDS_FOR_A_CHUNK * 1000


handler = ImportsHandler()

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    handler.warm_up()
