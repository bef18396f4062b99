"""Every metric that Plumbline computes, described in one place.

The API, the documentation and the tests draw on this table; the code that measures knows nothing of it but
the names. A metric's number never changes and is never used again: alerts' ids are built from it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from plumbline.models import ELEMENTS, Element

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["count", "length", "ratio", "score", "flag", "own"]

MOST_METRICS = 62
"""How many metrics the table may hold: their two series each have the numbers 1 to 124."""

OWN_UNIT = 1e-6
"""Smallest step of a series that a caller brings: small enough for a fraction of a cent."""

_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that is computed from a text.

    ``unit`` is the metric's smallest meaningful step, ``scale`` the size below which differences are read as
    absolute and above which as relative (``T(x) = ln(1 + |x|/scale)``), ``characters`` and ``words`` how much
    text there must be for the metric to be defined, ``outliers`` whether they are looked for out of the box,
    ``lowest`` and ``highest`` the ends of its range.
    """

    number: int
    name: str
    kind: Kind
    unit: float
    scale: float
    meaning: str
    source: str
    outliers: bool = True
    characters: int = 0
    words: int = 0
    elements: tuple[Element, ...] = ELEMENTS
    lowest: float = 0.0
    highest: float = math.inf

    @property
    def support(self) -> str:
        """What the metric needs to be defined, in words."""
        if self.words:
            return f"{self.words} words"
        return f"{self.characters} characters" if self.characters else "any text"


@dataclass(frozen=True, slots=True)
class Series:
    """A metric on an element (``output.length``).

    ``scale`` is None where nothing is known of the series' size: it is then taken from the values.
    ``number`` is 0 for a series that the caller brings.
    """

    name: str
    element: Element
    metric: str
    unit: float
    scale: float | None
    flag: bool = False
    outliers: bool = True
    number: int = 0
    lowest: float = -math.inf
    highest: float = math.inf


def _count(number: int, name: str, meaning: str, source: str = "") -> Metric:
    return Metric(number, name, "count", 1.0, 1.0, meaning, source)


def _ratio(
    number: int, name: str, meaning: str, source: str = "", *, characters: int = 0, words: int = 0
) -> Metric:
    return Metric(
        number, name, "ratio", 0.01, 0.1, meaning, source, characters=characters, words=words, highest=1.0
    )


METRICS: tuple[Metric, ...] = (
    _count(1, "length", "Characters, counted as Unicode code points", "as `len` of a Python string"),
    _count(
        2,
        "words",
        "Runs of letters, digits and underscores; each Han or Kana character is one",
        "after Unicode UAX #29, without dictionaries",
    ),
    Metric(
        9,
        "compression_ratio",
        "ratio",
        0.01,
        0.1,
        "Size of the text when compressed, as a share of its UTF-8 bytes: low for repetition, high for noise",
        "zlib (RFC 1950), level 6",
        characters=50,
    ),
)


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
