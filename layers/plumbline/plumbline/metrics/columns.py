"""Values of many interactions, series by series, and back to each interaction's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DECIMALS = 6  # far below every metric's unit, and short to read and to store
_MILLIONTHS = 10.0**_DECIMALS
_TO_WHOLE = 1.5 * 2.0**52  # added and taken off again, it leaves the nearest whole number of one below 2**51
_NO_TIE = 0.4999  # from a whole number: so far, the error of scaling does not change which one is the nearest
_OFTEN_COUNTED = 2_000


class _Floats(dict[int, float]):
    """Whole numbers as floats. Those that most counts are there once, which is kinder to the processor's cache."""

    def __missing__(self, key: int) -> float:
        return round(float(key), _DECIMALS)


_float = _Floats((number, float(number)) for number in range(_OFTEN_COUNTED)).__getitem__


class Columns:
    """Values of series, each as one column, rounded."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._columns: list[Iterable[float]] = []
        self._absent: list[tuple[str, list[int]]] = []

    def put_counts(self, names: tuple[str, ...], columns: Iterable[Iterable[int]]) -> None:
        """Columns of whole numbers and their names; as many of them as of these."""
        self._names += names
        self._columns += [map(_float, column) for column in columns]

    def put(self, names: tuple[str, ...], columns: Iterable[Sequence[float | None]]) -> None:
        """Columns and their names, as many of them as of these; None stands for a value that there is not."""
        self._names += names
        for name, column in zip(names, columns, strict=True):
            try:
                self._columns.append(_round(column))  # type: ignore[arg-type] # most columns have no None
            except TypeError:
                self._columns.append(_round([0.0 if value is None else value for value in column]))
                self._absent.append((name, [at for at, value in enumerate(column) if value is None]))

    def rows(self) -> list[dict[str, float]]:
        """The values that there are, by name."""
        names = self._names
        rows = [dict(zip(names, row, strict=True)) for row in zip(*self._columns, strict=True)]
        for name, places in self._absent:
            for at in places:
                del rows[at][name]
        return rows


def _round(column: Iterable[float]) -> list[float]:
    # Told how many decimals, round() goes by way of a text: right even between two neighbours, but slow.
    return [
        whole / _MILLIONTHS
        if -_NO_TIE < (scaled := value * _MILLIONTHS) - (whole := scaled + _TO_WHOLE - _TO_WHOLE) < _NO_TIE
        else round(float(value), _DECIMALS)
        for value in column
    ]
