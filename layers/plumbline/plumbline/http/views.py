"""The domain's records as the JSON that callers see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.alerts import explain
from plumbline.times import format_time

if TYPE_CHECKING:
    from plumbline.models import Alert, Evidence, Interaction

_EXACT = 2.0**53


def number(value: float) -> float | int:
    """A whole number without a point, as far as floats know whole numbers exactly."""
    return int(value) if -_EXACT <= value <= _EXACT and value == int(value) else value


def number_or_null(value: float | None) -> float | int | None:
    return None if value is None else number(value)


def interaction_view(interaction: Interaction) -> dict[str, Any]:
    return {
        "id": interaction.id,
        "input": interaction.input,
        "output": interaction.output,
        "created_at": format_time(interaction.created_at),
        "metrics": {name: number(value) for name, value in interaction.metrics.items()},
        "alerts": [alert_view(alert) for alert in interaction.alerts],
        "metadata": dict(interaction.metadata),
        "expires_at": None if interaction.expires_at is None else format_time(interaction.expires_at),
    }


def alert_view(alert: Alert) -> dict[str, Any]:
    finding = alert.finding
    return {
        "id": alert.id,
        "interaction_id": alert.interaction_id,
        "alert_type": finding.alert_type,
        "severity": finding.severity,
        "element": finding.element,
        "metric": finding.metric,
        "metric_value": number(finding.value),
        "created_at": format_time(alert.created_at),
        "direction": finding.direction,
        "bound": number(finding.bound),
        "explanation": explain(finding),
        "baseline": None if finding.baseline is None else _evidence_view(finding.baseline),
    }


def _evidence_view(evidence: Evidence) -> dict[str, Any]:
    return {
        "median": number(evidence.median),
        "lower_fence": number_or_null(evidence.lower_fence),
        "upper_fence": number_or_null(evidence.upper_fence),
        "count": evidence.count,
        "z": number(evidence.z),
        "tail": number(evidence.tail),
        "p5": number_or_null(evidence.p5),
        "p95": number_or_null(evidence.p95),
    }
