"""DynamoDB stream and S3's queue: what interactions that are gone leave behind is removed."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit
from plumbline.cleaning import Change, Cleaner, Unreadable, read_message
from plumbline.errors import Unavailable
from plumbline.http.telemetry import Telemetry
from plumbline.settings import Settings
from plumbline.storage.clients import Clients
from plumbline.storage.removal import Remover
from plumbline.storage.retrying import PATIENT
from plumbline.storage.text_objects import TextObjects

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


class CleanupHandler:
    """Handles batches of both. Everything it needs is made by the first one, or by :meth:`warm_up`."""

    def __init__(self, settings: Settings | None = None, clients: Clients | None = None) -> None:
        self._given_settings = settings
        self._given_clients = clients

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        answer: dict[str, Any] = self._handle(event, context)
        return answer

    def warm_up(self) -> None:
        """Make the clients during the function's start, which has a whole core. Nothing is sent anywhere."""
        _ = self._cleaner, self._handle

    @cached_property
    def _handle(self) -> Callable[..., Any]:
        handle: Callable[..., Any] = self._clean
        if self._telemetry.tracer:
            handle = self._telemetry.tracer.capture_lambda_handler(
                handle, capture_response=False, capture_error=False
            )
        return self._telemetry.logger.inject_lambda_context(handle, log_event=False, clear_state=True)

    def _clean(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Do each record; those that failed are delivered again. One record's trouble is not another's."""
        failed: list[str] = []
        removed = done = 0
        for record in event.get("Records") or ():
            try:
                removed += self._take(record)
            except Unreadable as error:
                problem = str(error)
                self._telemetry.logger.error("record passed over", extra={"problem": problem})  # noqa: TRY400
            except Unavailable as error:
                self._telemetry.logger.warning("record put off", extra={"error": type(error).__name__})
                failed.append(_identity(record))
            except Exception as error:  # noqa: BLE001 - the others go on; its message may quote a text
                self._telemetry.unexpected(context.aws_request_id, error)
                failed.append(_identity(record))
            else:
                done += 1
        if removed:
            self._telemetry.metrics.add_metric("TextsRemoved", MetricUnit.Count, removed)
        self._telemetry.flush()
        self._telemetry.logger.info("cleaned up", extra={"done": done, "failed": len(failed), "texts": removed})
        return {"batchItemFailures": [{"itemIdentifier": identity} for identity in failed]}

    def _take(self, record: dict[str, Any]) -> int:
        """Do one record; how many versions of texts it removed."""
        if record.get("eventSource") == "aws:sqs":
            return sum(map(self._cleaner.look_after, read_message(record["body"])))
        return self._cleaner.follow(Change.read(record))

    @cached_property
    def _telemetry(self) -> Telemetry:
        return Telemetry()

    @cached_property
    def _cleaner(self) -> Cleaner:
        settings = self._given_settings or Settings.from_env()
        clients = self._given_clients or Clients.create(patient=True)
        texts = TextObjects(clients.s3, settings.uploads_bucket)
        remover = Remover(clients, settings.interactions_table, texts, backoff=PATIENT)
        return Cleaner(clients, settings.interactions_table, texts, remover)


def _identity(record: dict[str, Any]) -> str:
    """By which Lambda knows a record: the message's, or in a stream the record's place."""
    return str(record["messageId"] if "messageId" in record else record["dynamodb"]["SequenceNumber"])


handler = CleanupHandler()

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    handler.warm_up()
