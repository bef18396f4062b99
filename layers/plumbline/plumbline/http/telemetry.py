"""Logs, metrics and traces, by Powertools. None of them ever holds a text, a key or a presigned address."""

from __future__ import annotations

import os
import traceback
from collections import Counter
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from plumbline.errors import SettingsError, Unavailable
from plumbline.storage.clients import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plumbline.models import Finding

NAMESPACE = "Plumbline"
SERVICE = "plumbline"
_FRAMES = 12


class Telemetry:
    """One function's logger, metrics and, where tracing is on, tracer. Reads Powertools' variables when made."""

    def __init__(self) -> None:
        service = os.environ.get("POWERTOOLS_SERVICE_NAME") or SERVICE
        self.logger = Logger(service)
        self.metrics = Metrics(service, os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE)
        # The X-Ray SDK costs 25 ms of a cold start, so it is loaded only where it is asked for.
        traced = os.environ.get("POWERTOOLS_TRACE_DISABLED", "true").lower() == "false"
        self.tracer = Tracer(service, patch_modules=("botocore",)) if traced else None

    def recorded(self, findings: Iterable[Finding]) -> None:
        """Count one interaction and what it raised."""
        self.metrics.add_metric("InteractionsRecorded", MetricUnit.Count, 1)
        self.alerts_raised(Counter((finding.alert_type, finding.severity) for finding in findings))

    def alerts_raised(self, alerts: Mapping[tuple[str, str], int]) -> None:
        """Count alerts, given by type and severity."""
        for (alert_type, severity), count in sorted(alerts.items()):
            with single_metric(
                "AlertsRaised", MetricUnit.Count, count, namespace=self.metrics.namespace
            ) as metric:
                metric.add_dimension("service", self.metrics.service or SERVICE)
                metric.add_dimension("alert_type", alert_type)
                metric.add_dimension("severity", severity)

    def redacted(self, redactions: Mapping[str, int]) -> None:
        """Count placeholders that were put into texts, given by kind."""
        for kind, count in sorted(redactions.items()):
            with single_metric(
                "TextsRedacted", MetricUnit.Count, count, namespace=self.metrics.namespace
            ) as metric:
                metric.add_dimension("service", self.metrics.service or SERVICE)
                metric.add_dimension("kind", kind.lower())

    def refused(self) -> None:
        """Count one request that came without a key that opens."""
        self.metrics.add_metric("RequestsRefused", MetricUnit.Count, 1)

    def removed(self, interaction_id: int) -> None:
        """Log that somebody had an interaction removed, for whoever must account for it."""
        self.logger.info("interaction removed", extra={"interaction": interaction_id})

    def uploaded(self) -> None:
        """Count one file that came through the API."""
        self.metrics.add_metric("FilesUploaded", MetricUnit.Count, 1)

    def flush(self) -> None:
        """Write the metrics of this request, if there are any."""
        if self.metrics.metric_set:
            self.metrics.flush_metrics()

    def answered(self, method: str, route: str, status: int, milliseconds: float) -> None:
        """Log one request: which route, never the address, which may hold what a user typed."""
        fields: dict[str, Any] = {"method": method, "route": route, "status": status}
        self.logger.info("request answered", extra={**fields, "duration_ms": round(milliseconds, 1)})

    def no_answer(self, error: Exception) -> None:
        """Log that a table did not answer when it was asked; a reason that will not pass counts as unexpected."""
        if not isinstance(error, Unavailable):
            self.unexpected("health", error)
            return
        cause = type(error.__cause__ or error)
        self.logger.warning("storage does not answer", extra={"error": f"{cause.__module__}.{cause.__qualname__}"})

    def unexpected(self, request_id: str, error: Exception) -> None:
        """Log an error that no route foresaw: its type and place, but not its message, which may quote a text.

        What is wrong with the settings is said, though: only whoever reads the log can put it right.
        """
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        self.logger.error(
            "unexpected error",
            extra={
                "request_id": request_id,
                "error": f"{type(error).__module__}.{type(error).__qualname__}",
                **({"problem": error.message} if isinstance(error, SettingsError) else {}),
                **({"refused": refused} if (refused := refusal(error)) else {}),
                "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            },
        )
        self.metrics.add_metric("UnexpectedErrors", MetricUnit.Count, 1)
