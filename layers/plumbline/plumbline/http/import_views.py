"""Imports as the JSON that callers see: how far they are, how fast, and what was wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.times import format_time

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.models import Import, Problem

_PLAN = 0
"""What stands for the plan among the chunks that were tried in vain."""


def import_view(made: Import, rejected_rows: dict[str, str] | None) -> dict[str, Any]:
    """``rejected_rows`` says where the rows are that could not be used."""
    return {
        "id": made.id,
        "filename": made.filename,
        "key": made.key,
        "state": made.state,
        "created_at": format_time(made.created_at),
        "started_at": _time(made.started_at),
        "progressed_at": _time(made.progressed_at),
        "finished_at": _time(made.finished_at),
        "size_bytes": made.size_bytes,
        "bytes_total": made.bytes_total,
        "bytes_read": made.bytes_read,
        "progress": _progress(made),
        "chunks": made.chunks,
        "chunks_done": made.chunks_done,
        "rows_read": made.rows_read,
        "rows_stored": made.rows_stored,
        "rows_known": made.rows_known,
        "rows_rejected": made.rows_rejected,
        "rows_per_second": _rows_per_second(made),
        "alerts_raised": made.alerts_raised,
        "problems": [_problem_view(problem) for problem in made.problems],
        "failure": made.failure,
        "stalled": _why_stalled(made),
        "rejected_rows": rejected_rows,
    }


def _progress(made: Import) -> float | None:
    """The share of the file's bytes that are done; None where nobody knows how many there are."""
    if made.state in ("succeeded", "succeeded_with_problems"):
        return 1.0
    if not made.bytes_total:
        return None
    return round(min(made.bytes_read / made.bytes_total, 1.0), 4)


def _rows_per_second(made: Import) -> float | None:
    """From the import's start to its end, or to its latest chunk."""
    until = made.finished_at or made.progressed_at
    if made.started_at is None or until is None or until <= made.started_at:
        return None
    return round(made.rows_read / (until - made.started_at).total_seconds(), 1)


def _why_stalled(made: Import) -> str | None:
    if made.state != "stalled":
        return None
    chunks = len(made.dead_chunks - {_PLAN})
    of_all = f" of {made.chunks:,}" if made.planned else ""
    tried = []
    if chunks:
        tried.append(f"{chunks:,}{of_all} {'chunk' if chunks == 1 and not of_all else 'chunks'}")
    if _PLAN in made.dead_chunks:
        tried.append("cutting the file into chunks")
    return (
        f"Tried in vain as often as the queue allows: {' and '.join(tried)}. The logs say why. Once that is"
        f" mended, POST /api/imports/{made.id}/redrive goes on with exactly what is missing."
    )


def _problem_view(problem: Problem) -> dict[str, Any]:
    return {"row": problem.row, "line": problem.line, "column": problem.column, "problem": problem.problem}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
