"""The envelope of every answer: ``{"success", "data", "message"}``, written by orjson as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from plumbline.http.limits import MAX_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

JSON = "application/json"


def success(
    data: object, message: str, *, next_cursor: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer of 200. ``next_cursor`` stands beside ``data`` only where there is more."""
    content: dict[str, Any] = {"success": True, "data": data, "message": message}
    if next_cursor is not None:
        content["next_cursor"] = next_cursor
    return Response(orjson.dumps(content), 200, headers, JSON)


def failure(
    status: int,
    message: str,
    problems: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer that says what was wrong where: ``data`` is ``[{"field", "problem"}, …]``, empty if nowhere.

    Of many problems the first are listed, so that no request makes an answer longer than itself.
    """
    shown = problems[:MAX_PROBLEMS]
    listed = [{"field": printable(field), "problem": printable(problem)} for field, problem in shown]
    content = {"success": False, "data": listed, "message": printable(message)}
    return Response(orjson.dumps(content), status, headers, JSON)


def printable(text: str) -> str:
    """The text with lone surrogates and control characters escaped: names echoed from a request may hold any."""
    safe = text.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char >= " " and char != "\x7f" else f"\\x{ord(char):02x}" for char in safe)
