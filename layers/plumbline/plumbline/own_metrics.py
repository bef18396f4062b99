"""The numbers that callers bring with an interaction, in JSON or in a file: what they may be and be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from plumbline.metrics import SERIES, series

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumbline.baselines import Sketches

MAX_METRICS = 50
"""How many an interaction can have."""
MAX_METRIC_VALUE = 1e100
"""The greatest size of one."""
MOST_SERIES = 300
"""How many series of the callers' own a day's baseline holds of one writer: what is kept must fit an item, also
where somebody puts an id into a metric's name.
"""

V = TypeVar("V")


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


def countable(values: Mapping[str, V], known: Sketches) -> Mapping[str, V]:
    """What of an interaction's values, or of other sketches, can be counted in ``known``, by series.

    All of it, but for the callers' series that are new to ``known`` once it holds :data:`MOST_SERIES` of them.
    """
    new = [name for name in values if name not in known and name not in SERIES]
    if not new:
        return values
    room = max(0, MOST_SERIES - sum(name not in SERIES for name in known))
    if len(new) <= room:
        return values
    refused = set(sorted(new)[room:])
    return {name: value for name, value in values.items() if name not in refused}
