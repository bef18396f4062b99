"""The baselines of all series, each fitted when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

from plumbline.baselines.baseline import SENSITIVITIES, Baseline
from plumbline.baselines.sketches import Sketches
from plumbline.metrics import series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    Sensitivity = Literal["low", "default", "high"]


class Baselines(Mapping[str, "Baseline"]):
    """Baselines by series name, of sketches that must not be added to any more."""

    __slots__ = ("_by_series", "_counted", "_fitted", "_limits", "_sensitivity", "_sketches")

    def __init__(
        self, sketches: Sketches, sensitivity: Sensitivity, by_series: Mapping[str, Sensitivity] | None = None
    ) -> None:
        self._sketches = sketches
        self._sensitivity = sensitivity
        self._by_series = dict(by_series or {})
        self._fitted: dict[str, Baseline] = {}
        self._limits: dict[str, tuple[float, float]] = {}
        self._counted: dict[str, tuple[float, float]] = {}

    @classmethod
    def fit(
        cls,
        sketches: Sketches | None = None,
        sensitivity: Sensitivity = "default",
        by_series: Mapping[str, Sensitivity] | None = None,
    ) -> Baselines:
        """Baselines of these sketches, as sensitive as said, for single series as ``by_series`` says."""
        return cls(Sketches() if sketches is None else sketches, sensitivity, by_series)

    def limits(self, name: str, *, counted: bool = False) -> tuple[float, float]:
        """A series' fences as numbers: a value at or below the first, or at or above the second, is an outlier.

        With ``counted`` they are for a value that the baseline holds already, which all others judge.
        """
        known = self._counted if counted else self._limits
        found = known.get(name)
        if found is None:
            found = known[name] = self._find_limits(name, counted=counted)
        return found

    def _find_limits(self, name: str, *, counted: bool) -> tuple[float, float]:
        baseline = self.get(name)
        if baseline is None:
            return -inf, inf
        lower, upper = baseline.counted_fences if counted else (baseline.lower_fence, baseline.upper_fence)
        return (-inf if lower is None else lower), (inf if upper is None else upper)

    def __getitem__(self, name: str) -> Baseline:
        found = self._fitted.get(name)
        if found is None:
            keys = SENSITIVITIES[self._by_series.get(name, self._sensitivity)]
            found = self._fitted[name] = Baseline(series(name), self._sketches[name], keys)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._sketches

    def __iter__(self) -> Iterator[str]:
        return iter(self._sketches)

    def __len__(self) -> int:
        return len(self._sketches)
