"""The rules that values are held against: as somebody sets them, and as they hold for single series.

A rule's *target* is a series (``output.length``), a metric (``length``: of both elements, where Plumbline
measures it on both) or ``*``. What is said of a series goes before what is said of its metric, and that before
what is said of ``*``, in whatever order the rules stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plumbline.alerts.targets import EVERYTHING, precision, targeted
from plumbline.baselines import Baselines
from plumbline.metrics import series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plumbline.baselines import Sketches
    from plumbline.models import Direction, Sensitivity, Severity
    from plumbline.settings import Settings


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Bounds of the target's values, with the severity of the alerts that they raise.

    Without any bound the target has no thresholds: those said of it by less precise rules, and the one on
    ``length`` that there is out of the box, do not hold.
    """

    target: str
    above: float | None = None
    below: float | None = None
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class OutlierRule:
    """Whether outliers are looked for in the target, how sensitively, and how severe they are.

    What is None is left to less precise rules, and at last to the registry of metrics and the settings.
    """

    target: str
    on: bool | None = None
    sensitivity: Sensitivity | None = None
    severity: Severity | None = None


Rule = ThresholdRule | OutlierRule


@dataclass(frozen=True, slots=True)
class Threshold:
    """An alert when a value of ``series`` is ``direction`` (``above``: greater than, not equal to) ``bound``."""

    series: str
    direction: Direction
    bound: float
    severity: Severity = "warning"

    def crossed_by(self, value: float) -> bool:
        return value > self.bound if self.direction == "above" else value < self.bound


@dataclass(frozen=True, slots=True)
class OutlierDefaults:
    """What holds for the outliers of every series of which no rule says more; None for ``on``: the registry."""

    on: bool | None = None
    sensitivity: Sensitivity = "default"
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Rules:
    """Which values raise alerts, series by series.

    ``thresholds`` holds the bounds, at most one in each direction. ``outliers``, ``sensitivities`` and
    ``severities`` say for single series whether outliers are looked for in them, how sensitively, and how
    severe they are; the others go by ``defaults``.
    """

    thresholds: Mapping[str, tuple[Threshold, ...]] = field(default_factory=dict)
    outliers: Mapping[str, bool] = field(default_factory=dict)
    sensitivities: Mapping[str, Sensitivity] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    defaults: OutlierDefaults = OutlierDefaults()
    _looked_for: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> Rules:
        """The rules that the configuration asks for."""
        simple = ThresholdRule("length", above=settings.alert_threshold)
        return cls.of(settings.alert_rules, sensitivity=settings.sensitivity, simple=simple)

    @classmethod
    def of(
        cls,
        rules: Iterable[Rule],
        *,
        sensitivity: Sensitivity = "default",
        simple: ThresholdRule | None = None,
    ) -> Rules:
        """What the rules come to. ``simple`` holds where no rule says otherwise, ``sensitivity`` likewise."""
        ordered = sorted(rules, key=lambda rule: precision(rule.target))
        bounds = [rule for rule in ordered if isinstance(rule, ThresholdRule)]
        outliers = [rule for rule in ordered if isinstance(rule, OutlierRule)]
        return _Compiled(sensitivity).add_bounds([simple, *bounds] if simple else bounds).add(outliers).rules()

    def looks_for_outliers(self, name: str) -> bool:
        """Whether outliers are looked for in a series."""
        found = self._looked_for.get(name)
        if found is None:
            default = series(name).outliers if self.defaults.on is None else self.defaults.on
            found = self._looked_for[name] = self.outliers.get(name, default)
        return found

    def sensitivity(self, name: str) -> Sensitivity:
        """How sensitively outliers are looked for in a series."""
        return self.sensitivities.get(name, self.defaults.sensitivity)

    def severity(self, name: str) -> Severity:
        """How severe outliers of a series are."""
        return self.severities.get(name, self.defaults.severity)

    def fit(self, sketches: Sketches) -> Baselines:
        """The baselines of these sketches, as sensitive as the rules say."""
        return Baselines.fit(sketches, self.defaults.sensitivity, self.sensitivities)


class _Compiled:
    """Rules by series, while they are put together from the least precise rule to the most precise."""

    def __init__(self, sensitivity: Sensitivity) -> None:
        self._bounds: dict[str, dict[Direction, Threshold]] = {}
        self._on: dict[str, bool] = {}
        self._sensitivities: dict[str, Sensitivity] = {}
        self._severities: dict[str, Severity] = {}
        self._defaults = OutlierDefaults(sensitivity=sensitivity)

    def add_bounds(self, rules: Iterable[ThresholdRule]) -> _Compiled:
        for rule in rules:
            if rule.above is None and rule.below is None:
                for name in list(self._bounds) if rule.target == EVERYTHING else targeted(rule.target):
                    self._bounds.pop(name, None)
                continue
            for name in targeted(rule.target):
                bounds = self._bounds.setdefault(name, {})
                if rule.above is not None:
                    bounds["above"] = Threshold(name, "above", rule.above, rule.severity)
                if rule.below is not None:
                    bounds["below"] = Threshold(name, "below", rule.below, rule.severity)
        return self

    def add(self, rules: Iterable[OutlierRule]) -> _Compiled:
        for rule in rules:
            if rule.target == EVERYTHING:
                known = self._defaults
                self._defaults = OutlierDefaults(
                    known.on if rule.on is None else rule.on,
                    rule.sensitivity or known.sensitivity,
                    rule.severity or known.severity,
                )
                continue
            for name in targeted(rule.target):
                if rule.on is not None:
                    self._on[name] = rule.on
                if rule.sensitivity is not None:
                    self._sensitivities[name] = rule.sensitivity
                if rule.severity is not None:
                    self._severities[name] = rule.severity
        return self

    def rules(self) -> Rules:
        return Rules(
            thresholds={name: tuple(bounds.values()) for name, bounds in self._bounds.items() if bounds},
            outliers=self._on,
            sensitivities=self._sensitivities,
            severities=self._severities,
            defaults=self._defaults,
        )
