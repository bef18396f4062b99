"""What stands under which key of a JSON line, told by its keys alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from plumbline.imports.header import (
    CREATED_AT,
    EXTERNAL_ID_NAMES,
    INPUT_NAMES,
    MAX_COLUMNS,
    MAX_NAME,
    METRIC_PREFIX,
    OUTPUT_NAMES,
    REJECTED_COLUMNS,
    RETENTION_DAYS,
)
from plumbline.imports.values import Unusable
from plumbline.own_metrics import own_series

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORM = '{"input": "…", "output": "…"} or {"messages": […]}'
KNOWN_FORMS = (
    '{"input": "…", "output": "…"} (or input_text/output_text, prompt/response, prompt/completion, '
    'question/answer), {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}, '
    'or {"request": {"messages": […]}, "response": {"choices": […]}}'
)
MESSAGES = "messages"
METRICS = "metrics"
METADATA = "metadata"
_own_series = lru_cache(own_series)
REQUEST, RESPONSE = "request", "response"


@dataclass(frozen=True, slots=True)
class Form:
    """Where in an object what is.

    ``pair``: the texts under ``input`` and ``output``. ``chat``: the conversation under ``input``, its last
    message the output. ``log``: a request under ``input`` and the response to it under ``output``. ``metrics``
    holds key and series of each ``metric.NAME``; ``metadata`` are the further keys.
    """

    kind: Literal["pair", "chat", "log"]
    input: str
    output: str
    created_at: str | None
    external_id: str | None
    metrics: tuple[tuple[str, str], ...]
    all_metrics: str | None
    all_metadata: str | None
    metadata: tuple[str, ...]
    retention_days: str | None = None


def form_of(keys: Sequence[str]) -> Form:
    """The form of an object with these keys, whatever their case.

    Raises:
        Unusable: it is none of the known ones, or has two keys that mean the same.
    """
    by_name = _by_name(keys)
    kind, found_input, found_output = _texts(by_name)
    external_id = next((by_name[name] for name in EXTERNAL_ID_NAMES if name in by_name), None)
    metrics = _metrics(keys)
    used = {found_input, found_output, *(key for key, _ in metrics)}
    used.update(by_name[name] for name in (CREATED_AT, RETENTION_DAYS, METRICS, METADATA) if name in by_name)
    metadata = tuple(key for name, key in by_name.items() if key not in used and name not in REJECTED_COLUMNS)
    _check_metadata(metadata)
    return Form(
        kind,
        found_input,
        found_output,
        by_name.get(CREATED_AT),
        external_id,
        metrics,
        by_name.get(METRICS),
        by_name.get(METADATA),
        metadata,
        by_name.get(RETENTION_DAYS),
    )


def _by_name(keys: Sequence[str]) -> Mapping[str, str]:
    by_name: dict[str, str] = {}
    for key in keys:
        other = by_name.setdefault(key.strip().casefold(), key)
        if other != key:
            raise Unusable(f"The keys {_list([other, key])} are the same but for their case. Rename one.")
    return by_name


def _texts(by_name: Mapping[str, str]) -> tuple[Literal["pair", "chat", "log"], str, str]:
    """The kind of an object, and the keys of its input and its output."""
    inputs = [by_name[name] for name in INPUT_NAMES if name in by_name]
    outputs = [by_name[name] for name in OUTPUT_NAMES if name in by_name]
    if not inputs and REQUEST in by_name and RESPONSE in by_name:
        return "log", by_name[REQUEST], by_name[RESPONSE]
    if not inputs and MESSAGES in by_name:
        if not outputs:
            return "chat", by_name[MESSAGES], by_name[MESSAGES]
        inputs = [by_name[MESSAGES]]
    for what, found in (("input", inputs), ("output", outputs)):
        if len(found) > 1:
            raise Unusable(
                f"The object has {len(found)} keys that mean the {what}: {_list(found)}. Keep one of them, or "
                "give the others another name."
            )
        if not found:
            raise Unusable(f"The object has no key for the {what}. A line is like {FORM}.")
    return "pair", inputs[0], outputs[0]


def _metrics(keys: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for key in keys:
        if key.strip().casefold().startswith(METRIC_PREFIX):
            series = series_of(key.strip()[len(METRIC_PREFIX) :], key)
            if series in found:
                raise Unusable(f"The keys {_list([found[series], key])} are the same metric, {series}.", key)
            found[series] = key
    return tuple((key, series) for series, key in found.items())


def series_of(name: str, key: str) -> str:
    """The series of a caller's metric.

    Raises:
        Unusable: the name, in ``key``, cannot be a metric's.
    """
    try:
        return _own_series(name)
    except ValueError as error:
        raise Unusable(f"The metric's name cannot be used: {error}.", key[:MAX_NAME]) from None


def _check_metadata(keys: Sequence[str]) -> None:
    if len(keys) > MAX_COLUMNS:
        raise Unusable(f"The object has {len(keys):,} further keys; at most {MAX_COLUMNS} can be kept.")
    for key in keys:
        check_key(key)


def check_key(key: str, parent: str | None = None) -> None:
    """Raise Unusable where a key, in the object under ``parent``, cannot be kept."""
    if not 1 <= len(key) <= MAX_NAME or "\0" in key:
        raise Unusable(f"A key has from 1 to {MAX_NAME} characters, none of them NUL.", parent)


def _list(keys: Sequence[str]) -> str:
    return ", ".join(f"“{key[:40]}{'…' if len(key) > 40 else ''}”" for key in keys)
