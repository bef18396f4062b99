"""The single values of a JSON line: texts, times, metrics, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from plumbline.imports.header import CREATED_AT, MAX_COLUMNS, RETENTION_DAYS
from plumbline.imports.jsonl_forms import check_key
from plumbline.imports.rows import MAX_CELL_BYTES, MAX_METADATA_BYTES
from plumbline.imports.values import NOT_DAYS, Unusable, checked_days, read_retention_days, read_time
from plumbline.own_metrics import MAX_METRIC_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MAX_METADATA_DEPTH = 32
_EXACT = 2.0**63
_PLAIN = frozenset((int, bool, type(None)))
_BYTES_A_CHARACTER = 4


def kind_of(value: object) -> str:
    """What JSON calls a value."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    kinds: dict[type, str] = {str: "text", int: "a number", float: "a number", list: "an array", dict: "an object"}
    return kinds[type(value)]


def json_text(value: object, key: str) -> str:
    """A text; null is the empty one, as an empty cell is.

    Raises:
        Unusable: it is something else, too long, or holds a NUL.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        hint = f" Write it as text: jq -c '.{key} |= tojson'." if isinstance(value, dict | list) else ""
        raise Unusable(f"There must be text, not {kind_of(value)}.{hint}", key)
    short = len(value) * _BYTES_A_CHARACTER <= MAX_CELL_BYTES
    if not short and (size := len(value.encode())) > MAX_CELL_BYTES:
        raise Unusable(f"The text is too long: it has {size:,} bytes; up to {MAX_CELL_BYTES:,} are read.", key)
    if "\0" in value:
        raise Unusable("The text contains a NUL character.", key)
    return value


def json_time(value: object, imported_at: datetime) -> datetime:
    """A time, as text or as a Unix time; ``imported_at`` where there is none.

    Raises:
        Unusable: it is no time, or one that cannot be.
    """
    if value is None:
        return imported_at
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unusable(f"There must be a time, not {kind_of(value)}.", CREATED_AT)
    written = value if isinstance(value, str) else str(value)
    return read_time(written, imported_at) if written and not written.isspace() else imported_at


def json_days(value: object) -> int | None:
    """For how many days a row is kept, as a number or as text; None where it does not say.

    Raises:
        Unusable: it is no number of days, or too large.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return read_retention_days(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unusable(NOT_DAYS, RETENTION_DAYS)
    return checked_days(value)


def json_metric(value: object, key: str) -> float:
    """A number.

    Raises:
        Unusable: it is none, or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable(f"A metric is a number, not {kind_of(value)}.", key)
    if not -MAX_METRIC_VALUE <= value <= MAX_METRIC_VALUE:
        raise Unusable(f"A metric lies between -{MAX_METRIC_VALUE:g} and {MAX_METRIC_VALUE:g}.", key)
    return float(value)


def json_metadata(
    found: dict[str, Any], keys: Sequence[str], all_metadata: str | None, size: int
) -> dict[str, Any]:
    """What an object holds beside its texts: further keys and the entries of its ``metadata``, but for nulls.

    ``size`` is how many bytes the object has in the file.

    Raises:
        Unusable: it is too much, or has values that cannot be kept.
    """
    kept = {key: value for key in keys if (value := found[key]) is not None and value != ""}
    if all_metadata is not None and (given := found[all_metadata]) is not None:
        if not isinstance(given, dict):
            raise Unusable('There must be an object, like {"model": "small-1"}.', all_metadata)
        for name, value in given.items():
            check_key(name, all_metadata)
            if name in kept:
                raise Unusable("There is a key of the same name beside the metadata.", f"{all_metadata}.{name}")
            if value is not None and value != "":
                kept[name] = value
    for name, value in kept.items():
        _check(value, name, 1)
    if size > MAX_METADATA_BYTES and kept:
        _check_size(kept)
    if len(kept) > MAX_COLUMNS:
        raise Unusable(f"The row has {len(kept)} entries of metadata; at most {MAX_COLUMNS} can be kept.")
    return kept


def _check_size(kept: dict[str, Any]) -> None:
    if len(orjson.dumps(kept)) > MAX_METADATA_BYTES:
        raise Unusable(
            f"The keys beside input and output hold more than {MAX_METADATA_BYTES // 1024} KiB together."
        )


def _check(value: object, key: str, depth: int) -> None:
    """Raise Unusable where a value holds what cannot be kept as it stands in the file."""
    if type(value) in _PLAIN:
        return
    if isinstance(value, str):
        if "\0" in value:
            raise Unusable("The text contains a NUL character.", key)
    elif isinstance(value, float):
        if not -_EXACT < value < _EXACT:
            raise Unusable("The number is too large to be kept exactly. Write it as text.", key)
    elif depth >= MAX_METADATA_DEPTH:
        raise Unusable(f"Values are nested at most {MAX_METADATA_DEPTH} levels deep.", key)
    else:
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        assert isinstance(inner, list)  # of what JSON has, nothing else is left
        for one in inner:
            _check(one, key, depth + 1)
