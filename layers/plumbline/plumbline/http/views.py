"""The domain's records as the JSON that callers see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.alerts import explain
from plumbline.times import format_time

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.models import Alert, Evidence, Import, Interaction, Problem

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


def import_view(made: Import, rejected_rows: dict[str, str] | None) -> dict[str, Any]:
    """``rejected_rows`` says where the rows are that could not be used."""
    return {
        "id": made.id,
        "filename": made.filename,
        "key": made.key,
        "state": made.state,
        "created_at": format_time(made.created_at),
        "started_at": _time(made.started_at),
        "finished_at": _time(made.finished_at),
        "size_bytes": made.size_bytes,
        "bytes_read": made.bytes_read,
        "rows_read": made.rows_read,
        "rows_stored": made.rows_stored,
        "rows_rejected": made.rows_rejected,
        "alerts_raised": made.alerts_raised,
        "problems": [_problem_view(problem) for problem in made.problems],
        "failure": made.failure,
        "rejected_rows": rejected_rows,
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


def _problem_view(problem: Problem) -> dict[str, Any]:
    return {"row": problem.row, "line": problem.line, "column": problem.column, "problem": problem.problem}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
