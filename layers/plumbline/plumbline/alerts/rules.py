"""The rules that values are held against, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plumbline.metrics import series

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumbline.models import Direction
    from plumbline.settings import Settings


@dataclass(frozen=True, slots=True)
class Threshold:
    """An alert when a value of ``series`` is ``direction`` (``above``: greater than, not equal to) ``bound``."""

    series: str
    direction: Direction
    bound: float

    def crossed_by(self, value: float) -> bool:
        return value > self.bound if self.direction == "above" else value < self.bound


@dataclass(frozen=True, slots=True)
class Rules:
    """Which values raise alerts.

    ``thresholds`` holds the bounds by series, at most one in each direction. ``outliers`` says for single
    series whether outliers are looked for in them; the others go by the registry of metrics.
    """

    thresholds: Mapping[str, tuple[Threshold, ...]] = field(default_factory=dict)
    outliers: Mapping[str, bool] = field(default_factory=dict)
    _looked_for: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> Rules:
        """The rules that the configuration asks for."""
        bound = settings.alert_threshold
        return cls({name: (Threshold(name, "above", bound),) for name in ("input.length", "output.length")})

    def looks_for_outliers(self, name: str) -> bool:
        """Whether outliers are looked for in a series."""
        found = self._looked_for.get(name)
        if found is None:
            found = self._looked_for[name] = self.outliers.get(name, series(name).outliers)
        return found
