"""The sketches of all series, by name."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from plumbline.baselines import packing
from plumbline.baselines.sketch import Sketch
from plumbline.metrics import ValueTable, series

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterable, Iterator, Mapping


class Sketches:
    """What the series of many interactions look like. Merging adds, in any order and any split."""

    __slots__ = ("_by_name",)

    def __init__(self, by_name: Mapping[str, Sketch] | None = None) -> None:
        self._by_name: dict[str, Sketch] = dict(by_name or {})

    def add(self, metrics: Mapping[str, float]) -> None:
        """Count one interaction's values.

        Raises:
            ValueError: a value is not finite, or a name is none that a series can have; then none was counted.
        """
        if not all(map(isfinite, metrics.values())):
            raise ValueError("a series' value must be a finite number")
        self._know(metrics)
        for name, value in metrics.items():
            self._by_name[name].add(value)

    def add_many(self, interactions: Iterable[Mapping[str, float]]) -> None:
        """Count many interactions' values: the same as adding each, at a fraction of the cost.

        Raises:
            ValueError: a value is not finite, or a name is none that a series can have; then none was counted.
        """
        self.add_table(ValueTable.of(interactions))

    def add_table(self, table: ValueTable) -> None:
        """Count the values of a table's interactions.

        Raises:
            ValueError: a value is not finite, or a name is none that a series can have; then none was counted.
        """
        if not all(all(map(isfinite, column.counts)) for column in table.columns):
            raise ValueError("a series' value must be a finite number")
        self._know(column.name for column in table.columns)
        for column in table.columns:
            self._by_name[column.name].add_all(column.counts)

    def _know(self, names: Iterable[str]) -> None:
        self._by_name.update({name: Sketch(series(name).unit) for name in names if name not in self._by_name})

    def merge(self, other: Sketches) -> None:
        """Add the other's values to these; the other stays as it is."""
        for name, sketch in other.items():
            mine = self._by_name.get(name)
            if mine is None:
                self._by_name[name] = sketch.copy()
            else:
                mine.merge(sketch)

    def copy(self) -> Sketches:
        """The same values, to be added to on their own."""
        return Sketches({name: sketch.copy() for name, sketch in self._by_name.items()})

    def pack(self) -> bytes:
        """As compact bytes; equal sketches give equal bytes."""
        return packing.pack(self._by_name.items())

    @classmethod
    def unpack(cls, packed: bytes) -> Sketches:
        """The inverse of :meth:`pack`.

        Raises:
            ValueError: these are not packed sketches, or are of a version that this release does not know.
        """
        return cls(packing.unpack(packed))

    def get(self, name: str) -> Sketch | None:
        """The sketch of a series, or None where it has no value yet."""
        return self._by_name.get(name)

    def items(self) -> ItemsView[str, Sketch]:
        """Names and sketches."""
        return self._by_name.items()

    def __getitem__(self, name: str) -> Sketch:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __eq__(self, other: object) -> bool:
        return self._by_name == other._by_name if isinstance(other, Sketches) else NotImplemented

    __hash__ = None  # type: ignore[assignment]
