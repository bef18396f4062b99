"""Interactions to keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from plumbline.models import Evidence, Finding, Interaction

EPOCH = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

THRESHOLD = Finding(1, "threshold", "output", "length", 120.0, "above", 100.0)
OUTLIER = Finding(
    12, "outlier", "input", "words", 4000.0, "above", 812.5, Evidence(40.5, None, 812.5, 20113, 7.25, 0.00005)
)


def interaction(number: int, **changes: Any) -> Interaction:
    """An interaction that was made ``number`` seconds after the others began."""
    values: dict[str, Any] = {
        "input": f"question {number}",
        "output": f"answer {number}",
        "created_at": EPOCH + timedelta(seconds=number),
        "metrics": {"input.length": 10.0 + number, "output.compression_ratio": 0.25},
    }
    return Interaction(id=number, **{**values, **changes})
