"""What a metric and a series are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from plumbline.models import ELEMENTS, Element

Kind = Literal["count", "length", "ratio", "score", "flag"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that is computed from a text.

    ``unit`` is the metric's smallest meaningful step, ``scale`` the size below which differences are read as
    absolute and above which as relative (``T(x) = ln(1 + |x|/scale)``), ``characters`` and ``words`` how much
    text there must be for the metric to be defined, ``given`` what else must hold, ``outliers`` whether they
    are looked for out of the box, ``lowest`` and ``highest`` the ends of its range.
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
    given: str = ""
    elements: tuple[Element, ...] = ELEMENTS
    lowest: float = 0.0
    highest: float = math.inf

    @property
    def support(self) -> str:
        """What the metric needs to be defined, in words."""
        if self.given:
            return self.given
        if self.words:
            return f"{self.words} word{'s' if self.words > 1 else ''}"
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
