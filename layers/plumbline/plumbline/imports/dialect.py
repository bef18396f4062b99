"""How records stand in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Dialect:
    """``csv``: cells with a ``delimiter`` between them, ``width`` a row. ``jsonl``: a JSON object a line."""

    kind: Literal["csv", "jsonl"]
    delimiter: str = ","
    width: int = 2
