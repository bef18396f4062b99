"""What a function has logged, as a line for a person; None for what nobody reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

# What every line has, and says nothing about this one; time, level, message and correlation id have their places.
_COMMON = frozenset(
    {
        *("level", "location", "message", "timestamp", "service", "correlation_id", "sampling_rate"),
        *("cold_start", "function_name", "function_memory_size", "function_arn", "function_request_id"),
        *("xray_trace_id", "exception", "exception_name", "stack_trace"),
    }
)
_PLATFORM = (
    "START RequestId:",
    "END RequestId:",
    "INIT_START ",
    "REPORT RequestId:",
    "EXTENSION\t",
    "XRAY TraceId:",
)
_FATAL = ("Task timed out", "Runtime exited", "Runtime.ExitError", "[ERROR]", "Traceback ")
NARROW = 14
"""Columns for a function's name."""


def readable(function: str, moment: int, text: str) -> str | None:
    """One event of a log group. ``moment`` is in milliseconds since 1970; shown in this machine's time zone."""
    text = text.rstrip("\n")
    fields = _fields(text)
    if fields is None:
        return _plain(function, moment, text)
    if "_aws" in fields:
        return None  # metrics: the dashboard's
    more = [f"{name}={_value(value)}" for name, value in fields.items() if name not in _COMMON]
    correlation = fields.get("correlation_id")
    parts = [str(fields.get("message", "")), *more, *([f"[{correlation}]"] if correlation else [])]
    line = _line(function, moment, str(fields.get("level", "-")), "  ".join(map(_visible, parts)))
    if "exception" in fields:
        line += "".join(f"\n    {_visible(one)}" for one in str(fields["exception"]).splitlines())
    return line


def _fields(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def _plain(function: str, moment: int, text: str) -> str | None:
    if not text.strip():
        return None
    if text.startswith(_PLATFORM) and "Status: " not in text:
        return None
    level = "ERROR" if any(sign in text for sign in _FATAL) or "Status: " in text else "-"
    first, *rest = text.splitlines()
    return "\n".join(
        [_line(function, moment, level, _visible(first)), *(f"    {_visible(one)}" for one in rest if one.strip())]
    )


def _line(function: str, moment: int, level: str, said: str) -> str:
    local = datetime.fromtimestamp(moment / 1000, UTC).astimezone()
    return f"{local:%H:%M:%S}.{moment % 1000:03d}  {function:<{NARROW}}  {level:<7}  {said}"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _visible(text: str) -> str:
    """The text with control characters escaped: what is logged may hold any, and a terminal obeys some."""
    return "".join(char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}" for char in text)
