"""A line of a file of JSON lines, as the interaction it stands for or as the problem that keeps it from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from plumbline.errors import UnreadableFile
from plumbline.imports.jsonl_forms import FORM, KNOWN_FORMS, Form, form_of, series_of
from plumbline.imports.jsonl_values import json_days, json_metadata, json_metric, json_text, json_time, kind_of
from plumbline.imports.messages import answer, conversation, exchange, is_messages
from plumbline.imports.openai_log import read_log
from plumbline.imports.reader import MAX_ROW_BYTES
from plumbline.imports.values import Unusable, read_external_id
from plumbline.models import NewInteraction, Problem
from plumbline.own_metrics import MAX_METRICS
from plumbline.retention import FOR_EVER

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.retention import Retention

# By so many lines a file is known.
FIRST_LINES = 100
# Objects of one file mostly have the same keys.
_FORMS_KEPT = 1000
_TO_LINES = (
    "If the file is one JSON array, write it as JSON lines: jq -c '.[]' FILE > lines.jsonl. "
    "If its objects go over several lines: jq -c . FILE > lines.jsonl."
)


class JsonParser:
    """Turns the lines of one file into interactions.

    ``created_at`` is the time of rows that bring none, and that from which ``retention`` counts: the import's own,
    so that a retry gives the same.
    """

    def __init__(self, created_at: datetime, retention: Retention = FOR_EVER) -> None:
        self._created_at = created_at
        self._retention = retention
        self._expires_at = retention.until(created_at)
        self._forms: dict[tuple[str, ...], Form] = {}

    def parse(self, row: int, line: int, raw: bytes) -> NewInteraction | Problem:
        """The interaction that a line stands for, or what is wrong with it. Texts are kept as they are."""
        try:
            return self._read(read_object(raw), len(raw))
        except Unusable as reason:
            return Problem(row, line, reason.problem, reason.column)

    def _read(self, found: dict[str, Any], size: int) -> NewInteraction:
        form = self._form(tuple(found))
        metadata = json_metadata(found, form.metadata, form.all_metadata, size)
        created_at = self._created_at
        if form.kind == "pair":
            asked, answered = found[form.input], found[form.output]
            if not isinstance(asked, str):
                asked = _input(asked, form.input, metadata)
            if not isinstance(answered, str):
                answered = _output(answered, form.output)
        elif form.kind == "chat":
            whole, answered = exchange(found[form.input], form.input)
            asked = _with_system(whole.input, whole.system, metadata)
        else:
            log = read_log(found[form.input], found[form.output], form.input, form.output)
            asked, answered = _with_system(log.input, log.system, metadata), log.output
            metadata = {**log.metadata, **metadata}
            if log.created_at is not None:
                created_at = json_time(log.created_at, self._created_at)
        if form.created_at is not None:
            created_at = json_time(found[form.created_at], created_at)
        return NewInteraction(
            json_text(asked, form.input),
            json_text(answered, form.output),
            created_at,
            metadata,
            _metrics(found, form) if form.metrics or form.all_metrics else {},
            None if form.external_id is None else _external_id(found[form.external_id], form.external_id),
            self._expires_at if form.retention_days is None else self._kept_until(found[form.retention_days]),
        )

    def _kept_until(self, value: object) -> datetime | None:
        return self._retention.until(self._created_at, json_days(value))

    def _form(self, keys: tuple[str, ...]) -> Form:
        form = self._forms.get(keys)
        if form is None:
            if len(self._forms) >= _FORMS_KEPT:
                self._forms.clear()
            form = self._forms[keys] = form_of(keys)
        return form


def read_object(raw: bytes) -> dict[str, Any]:
    """The object that a line holds.

    Raises:
        Unusable: it holds none.
    """
    if len(raw) > MAX_ROW_BYTES:
        raise Unusable(
            f"The line is longer than {MAX_ROW_BYTES // 2**20} MiB, too long to be read or repeated here."
        )
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Unusable(_not_json(raw, error)) from None
    if not isinstance(found, dict):
        raise Unusable(f"The line holds {kind_of(found)}; it must hold an object, like {FORM}.")
    return found


def check_first_lines(head: bytes) -> None:
    """Refuse a file that is no JSON lines, or of no known form.

    Args:
        head: the file's first bytes, with the whole of its first line at least.

    Raises:
        UnreadableFile: the first line holds no object, or none of the first hundred is of a known form.
    """
    lines = [line for line in head.split(b"\n")[:-1] or [head] if line.strip()][:FIRST_LINES]
    lines = lines or [head]
    try:
        first = read_object(lines[0])
    except Unusable as reason:
        raise UnreadableFile(
            f"The file begins like JSON, but its first line is no object on its own. {reason.problem} {_TO_LINES}"
        ) from None
    try:
        form_of(tuple(first))
    except Unusable as reason:
        if not any(_is_known(line) for line in lines[1:]):
            keys = ", ".join(f"“{key[:40]}”" for key in list(first)[:10])
            raise UnreadableFile(
                f"{reason.problem} Found in the first line: {keys or 'none'}. Lines are like {KNOWN_FORMS}."
            ) from None


def _is_known(line: bytes) -> bool:
    try:
        form_of(tuple(read_object(line)))
    except Unusable:
        return False
    return True


def _not_json(raw: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "The line contains bytes that are not UTF-8. Save the file in UTF-8."
    hint = " JSON has neither NaN nor Infinity: write null." if b"NaN" in raw or b"Infinity" in raw else ""
    return f"The line is not JSON: {error.msg} (at character {error.colno}).{hint}"


def _input(value: object, key: str, metadata: dict[str, Any]) -> object:
    if not is_messages(value):
        return value
    asked = conversation(value, key)
    return _with_system(asked.input, asked.system, metadata)


def _output(value: object, key: str) -> object:
    return answer(value, key) if isinstance(value, dict) and value.get("role") == "assistant" else value


def _with_system(asked: str, system: str | None, metadata: dict[str, Any]) -> str:
    """The input; the instructions are noted as metadata, unless there is a key of that name."""
    if system:
        metadata.setdefault("system", system)
    return asked


def _metrics(found: dict[str, Any], form: Form) -> dict[str, float]:
    metrics = {series: json_metric(found[key], key) for key, series in form.metrics if found[key] is not None}
    if form.all_metrics is not None and (given := found[form.all_metrics]) is not None:
        if not isinstance(given, dict):
            raise Unusable('There must be an object of numbers, like {"latency_ms": 812}.', form.all_metrics)
        for name, value in given.items():
            key = f"{form.all_metrics}.{name}"
            series = series_of(name, key)
            if series in metrics:
                raise Unusable(f"The metric {series} is given twice.", key)
            if value is not None:
                metrics[series] = json_metric(value, key)
    if len(metrics) > MAX_METRICS:
        raise Unusable(f"The row has {len(metrics)} metrics; at most {MAX_METRICS} can be kept.", form.all_metrics)
    return metrics


def _external_id(value: object, key: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return read_external_id(value, key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unusable(
        f"An id must be text or a whole number of up to 64 bits, not {kind_of(value)}. Write others as text.", key
    )
