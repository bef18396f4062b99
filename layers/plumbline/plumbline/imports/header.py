"""What the columns of a CSV file mean, told by its first row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plumbline.errors import UnreadableFile
from plumbline.imports.signatures import EXPECTED
from plumbline.own_metrics import MAX_METRICS, own_series

if TYPE_CHECKING:
    from collections.abc import Sequence

INPUT_NAMES = ("input", "input_text", "prompt", "question")
OUTPUT_NAMES = ("output", "output_text", "response", "answer", "completion")
CREATED_AT = "created_at"
RETENTION_DAYS = "retention_days"
# The first of them that a file has.
EXTERNAL_ID_NAMES = ("external_id", "id")
METRIC_PREFIX = "metric."
# The columns that the file of rejected rows adds: it can be mended and uploaded as it is.
REJECTED_COLUMNS = ("rejected_row", "rejected_line", "rejected_reason")

MAX_COLUMNS = 100
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in which column of a file.

    ``metadata`` holds index and name of each column that is kept as metadata, ``metrics`` index and series of
    each that holds a metric of the caller's own (``metric.latency_ms``, ``metric.input.tokens``); ``external_id``
    is the index of the caller's own id, which is kept as metadata too, ``retention_days`` that of how long the row
    is kept; ``names`` are the header's cells as they
    stand in the file.
    """

    names: tuple[str, ...]
    input: int
    output: int
    created_at: int | None
    metadata: tuple[tuple[int, str], ...]
    metrics: tuple[tuple[int, str], ...] = ()
    external_id: int | None = None
    retention_days: int | None = None

    @property
    def width(self) -> int:
        return len(self.names)

    @property
    def mended(self) -> bool:
        """Whether the file is one of rejected rows that comes back: its cells are as it was written."""
        return any(is_of_rejected(name) for name in self.names)


def is_of_rejected(name: str) -> bool:
    """Whether a column is one of those that a file of rejected rows adds."""
    return name.strip().casefold() in REJECTED_COLUMNS


def is_header(cells: Sequence[str]) -> bool:
    """Whether the cells name a column for the input and one for the output."""
    known = {cell.strip().casefold() for cell in cells}
    return not known.isdisjoint(INPUT_NAMES) and not known.isdisjoint(OUTPUT_NAMES)


def layout_of(cells: Sequence[str]) -> Layout:
    """What a header's cells say about the columns.

    Raises:
        UnreadableFile: the columns cannot be told; the message says why to the file's owner.
    """
    names = [cell.strip() for cell in cells]
    known = [name.casefold() for name in names]
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(f"The header has {len(names):,} columns; at most {MAX_COLUMNS} can be read.")
    _refuse_duplicates(known)
    found_input = _find(names, known, INPUT_NAMES, "input")
    found_output = _find(names, known, OUTPUT_NAMES, "output")
    taken = {found_input, found_output}
    created_at = known.index(CREATED_AT) if CREATED_AT in known else None
    external_id = next((known.index(name) for name in EXTERNAL_ID_NAMES if name in known), None)
    retention_days = known.index(RETENTION_DAYS) if RETENTION_DAYS in known else None
    metrics = _metrics(names)
    taken |= {index for index, _ in metrics}
    metadata = tuple(
        # pandas writes its index under an empty name
        (index, name or f"column_{index + 1}")
        for index, name in enumerate(names)
        if index not in taken
        and index not in {created_at, retention_days}
        and known[index] not in REJECTED_COLUMNS
    )
    _check_metadata_names(metadata)
    return Layout(
        tuple(cells), found_input, found_output, created_at, metadata, metrics, external_id, retention_days
    )


def _metrics(names: Sequence[str]) -> tuple[tuple[int, str], ...]:
    columns: dict[str, int] = {}
    for index, name in enumerate(names):
        if not name.casefold().startswith(METRIC_PREFIX):
            continue
        try:
            series = own_series(name[len(METRIC_PREFIX) :])
        except ValueError as error:
            raise UnreadableFile(
                f"The name of column {index + 1}, {_list([name])}, cannot be used: {error}. A column of numbers "
                f"of your own is named like metric.latency_ms or metric.input.tokens."
            ) from None
        if series in columns:
            raise UnreadableFile(
                f"The columns {_list([names[columns[series]], name])} are the same metric, {series}. "
                f"Keep one of them, or give the other another name."
            )
        columns[series] = index
    if len(columns) > MAX_METRICS:
        raise UnreadableFile(
            f"The header has {len(columns)} columns named {METRIC_PREFIX}…; at most {MAX_METRICS} can be read."
        )
    return tuple((index, series) for series, index in columns.items())


def _refuse_duplicates(known: Sequence[str]) -> None:
    twice = [name for name, count in Counter(known).items() if count > 1 and name]
    if twice:
        raise UnreadableFile(
            f"The header names {_list(twice)} more than once. Give every column a name of its own."
        )


def _check_metadata_names(metadata: Sequence[tuple[int, str]]) -> None:
    for index, name in metadata:
        if len(name) > MAX_NAME or "\0" in name:
            raise UnreadableFile(
                f"The name of column {index + 1} cannot be used: a name has at most {MAX_NAME} characters, "
                f"none of them NUL. {EXPECTED}."
            )
    _refuse_duplicates([name.casefold() for _, name in metadata])


def _find(names: Sequence[str], known: Sequence[str], wanted: Sequence[str], what: str) -> int:
    found = [index for index, name in enumerate(known) if name in wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnreadableFile(
            f"The header has {len(found)} columns that mean the {what}: {_list([names[i] for i in found])}. "
            f"Keep one of them, or give the others another name."
        )
    raise UnreadableFile(
        f"The header has no column for the {what}: none of its columns is named {' or '.join(wanted)} "
        f"(in capitals or not). {_hint(names)}{EXPECTED}."
    )


def _hint(names: Sequence[str]) -> str:
    if len(names) == 1:
        for separator, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
            if separator in names[0]:
                return f"The first row seems to be separated by {called} instead of commas. "
    return f"Found in the first row: {_list(names)}. "


def _list(names: Sequence[str]) -> str:
    shown = [f"“{name[:40]}{'…' if len(name) > 40 else ''}”" for name in names[:10]]
    return ", ".join(shown) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
