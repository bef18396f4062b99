"""DynamoDB stream: the values of new interactions are folded into the baselines."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit
from plumbline.folding import Folder
from plumbline.http.telemetry import Telemetry
from plumbline.settings import Settings
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.clients import Clients

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


class BaselinesHandler:
    """Handles the stream's batches. Everything it needs is made by the first one, or by :meth:`warm_up`."""

    def __init__(self, settings: Settings | None = None, clients: Clients | None = None) -> None:
        self._given_settings = settings
        self._given_clients = clients

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        answer: dict[str, Any] = self._handle(event, context)
        return answer

    def warm_up(self) -> None:
        """Make the client during the function's start, which has a whole core. Nothing is sent anywhere."""
        _ = self._folder, self._handle

    @cached_property
    def _handle(self) -> Callable[..., Any]:
        handle: Callable[..., Any] = self._fold
        if self._telemetry.tracer:
            handle = self._telemetry.tracer.capture_lambda_handler(
                handle, capture_response=False, capture_error=False
            )
        return self._telemetry.logger.inject_lambda_context(handle, log_event=False, clear_state=True)

    def _fold(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG002
        """Fold a batch; a failure of storage ends the call, and Lambda delivers the batch again."""
        telemetry = self._telemetry
        folded = self._folder.fold(event.get("Records") or ())
        for problem in folded.unusable:
            telemetry.logger.error("record passed over", extra={"problem": problem})
        telemetry.metrics.add_metric("InteractionsFolded", MetricUnit.Count, folded.counted)
        if folded.unusable:
            telemetry.metrics.add_metric("RecordsUnusable", MetricUnit.Count, len(folded.unusable))
        if folded.left_out:
            telemetry.logger.warning("series left out: there are too many", extra={"values": folded.left_out})
            telemetry.metrics.add_metric("ValuesLeftOut", MetricUnit.Count, folded.left_out)
        telemetry.flush()
        telemetry.logger.info("batch folded", extra={"counted": folded.counted, "known": folded.known})
        return {"batchItemFailures": []}

    @cached_property
    def _telemetry(self) -> Telemetry:
        return Telemetry()

    @cached_property
    def _folder(self) -> Folder:
        settings = self._given_settings or Settings.from_env()
        clients = self._given_clients or Clients.create(patient=True)
        return Folder(BaselineStore(clients, settings.baselines_table))


handler = BaselinesHandler()

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    handler.warm_up()
