"""Series by name, and the table of metrics as documentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plumbline.metrics.definition import Metric, Series
from plumbline.metrics.table import METRICS
from plumbline.models import ELEMENTS, Element

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_METRICS = 62
"""How many metrics the table may hold: their two series each have the numbers 1 to 124."""

OWN_UNIT = 1e-6
"""Smallest step of a series that a caller brings: small enough for a fraction of a cent."""

METRIC_NAME = r"[A-Za-z](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?"
"""What a metric may be called."""
_NAME = re.compile(METRIC_NAME)


def _builtin(metrics: Iterable[Metric]) -> dict[str, Series]:
    return {
        f"{element}.{metric.name}": Series(
            name=f"{element}.{metric.name}",
            element=element,
            metric=metric.name,
            unit=metric.unit,
            scale=metric.scale,
            flag=metric.kind == "flag",
            outliers=metric.outliers,
            number=2 * metric.number - (element == "input"),
            lowest=metric.lowest,
            highest=metric.highest,
        )
        for metric in metrics
        for element in metric.elements
    }


SERIES: Mapping[str, Series] = _builtin(METRICS)
"""The series that Plumbline measures itself, by name."""


def series(name: str) -> Series:
    """The series of that name: one of Plumbline's own, or else a caller's with sensible defaults.

    A name that does not begin with ``input.`` or ``output.`` is about the output.

    >>> series("latency_ms").name
    'output.latency_ms'

    Raises:
        ValueError: the name cannot be a series' name.
    """
    known = SERIES.get(name)
    if known is not None:
        return known
    head, _, tail = name.partition(".")
    element, metric = _element(head, tail, name)
    known = SERIES.get(f"{element}.{metric}")
    if known is not None:
        return known
    if not _NAME.fullmatch(metric):
        raise ValueError(
            "a metric's name begins with a letter, holds up to 64 ASCII letters, digits, '_', '-' and '.', "
            "and ends with none of the last two"
        )
    return Series(f"{element}.{metric}", element, metric, OWN_UNIT, None)


def _element(head: str, tail: str, name: str) -> tuple[Element, str]:
    for element in ELEMENTS:
        if head == element and tail:
            return element, tail
    return "output", name


def markdown_table(metrics: Iterable[Metric] = METRICS) -> str:
    """The metrics as a Markdown table, for the documentation."""
    lines = [
        "| metric | of | meaning | unit | defined from | outliers | source |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for metric in sorted(metrics, key=lambda one: one.number):
        looked_for = "while rare" if metric.kind == "flag" else "yes"
        cells = (
            f"`{metric.name}`",
            ", ".join(metric.elements),
            metric.meaning,
            "flag" if metric.kind == "flag" else f"{metric.unit:g}",
            metric.support,
            looked_for if metric.outliers else "no",
            metric.source,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
