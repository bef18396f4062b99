"""Interactions read from CSV, and their division into a history and a test."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_DATA = Path("../shared/data/interactions-20k.csv.gz")


class Pair(NamedTuple):
    """What a model was asked and what it answered."""

    input: str
    output: str


def read(path: Path) -> list[Pair]:
    """All interactions of a CSV file (gzipped or not) with the columns ``Input`` and ``Output``."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return [Pair(row["Input"], row["Output"]) for row in csv.DictReader(file)]


def as_csv(pairs: Iterable[Pair]) -> bytes:
    """Interactions as a CSV file in the form that :func:`read` and the product read."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["Input", "Output"])
    writer.writerows(pairs)
    return file.getvalue().encode()


def halves(pairs: Sequence[Pair], seed: int) -> tuple[list[int], list[int]]:
    """Positions of ``pairs`` in two halves of about the same size, no input being in both."""
    by_input: dict[str, list[int]] = {}
    for position, pair in enumerate(pairs):
        by_input.setdefault(pair.input, []).append(position)
    groups = list(by_input.values())
    Random(seed).shuffle(groups)
    first: list[int] = []
    second: list[int] = []
    for group in groups:
        (first if len(first) < len(pairs) / 2 else second).extend(group)
    return first, second
