"""The values of many interactions as a table: series by series, which is how they are counted and judged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Column(NamedTuple):
    """A series of some interactions: their places in the table, their values, and how often each value occurs."""

    name: str
    places: Sequence[int]
    values: Sequence[float]
    counts: Mapping[float, int]


@dataclass(frozen=True, slots=True)
class ValueTable:
    """Interactions' values by name, and all of them once more as columns.

    A series has a column for each set of series that it occurs with: most interactions have the same ones in the
    same order.
    """

    rows: Sequence[Mapping[str, float]]
    columns: Sequence[Column]

    @classmethod
    def of(cls, interactions: Iterable[Mapping[str, float]]) -> ValueTable:
        """The table of these."""
        rows = list(interactions)
        alike: dict[tuple[str, ...], list[int]] = {}
        for place, row in enumerate(rows):
            alike.setdefault(tuple(row), []).append(place)
        columns = [
            # Most series have few distinct values.
            Column(name, places, values, Counter(values))
            for names, places in alike.items()
            for name, values in zip(
                names, zip(*[rows[place].values() for place in places], strict=True), strict=True
            )
        ]
        return cls(rows, columns)
