"""The numbers that callers bring with an interaction, in JSON or in a file: what they may be and be named."""

from __future__ import annotations

from plumbline.metrics import series

MAX_METRICS = 50
"""How many an interaction can have."""
MAX_METRIC_VALUE = 1e100
"""The greatest size of one."""


def own_series(name: str) -> str:
    """The name of the series that a caller's metric is counted in: about the output unless it says ``input.``.

    >>> own_series("latency_ms")
    'output.latency_ms'

    Raises:
        ValueError: the name cannot be a metric's, or is one that Plumbline measures itself.
    """
    found = series(name)
    if found.number:
        raise ValueError(f"Plumbline measures {found.name} itself")
    return found.name
