"""A JSON body, read strictly: what Python's parser would let pass or change is refused here, by name and place.

The standard library's parser is used and not orjson, because it shows what orjson settles in silence:
keys given twice, and whole numbers too large to keep. Both the syntax (400) and every string, number and
level of nesting (422) are checked before any model sees the value.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

from plumbline.errors import InvalidRequest, ValidationFailed
from plumbline.http.limits import MAX_JSON_VALUES, MAX_PROBLEMS
from plumbline.http.problems import short, summary

MAX_DEPTH = 32
_LEAST, _MOST = -(2**63), 2**63 - 1
_UNFIT = re.compile("[\x00\ud800-\udfff]")
# A string, or what is left of one that is never closed.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


class _Unfit:
    """Stands in for a value that cannot be kept, until its place in the body is known."""

    def __init__(self, problem: str) -> None:
        self.problem = problem


def parse(body: bytes) -> object:
    """The value of a JSON body.

    Raises:
        InvalidRequest: it is empty, no UTF-8 or no JSON; the message says in which line and column.
        ValidationFailed: it is JSON, and values in it cannot be kept; the problems name them.
    """
    value = _decode(body)
    problems: list[tuple[str, str]] = []
    _inspect(value, "body", 1, problems)
    if problems:
        raise ValidationFailed(summary(problems), problems)
    return value


def _decode(body: bytes) -> object:
    if not body.strip():
        raise InvalidRequest("The body is empty. Send a JSON object.", [("body", "is empty")])
    if _holds_too_many(body):
        problem = f"must hold at most {MAX_JSON_VALUES} values, nested ones included"
        raise ValidationFailed(f"body {problem}", [("body", problem)])
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8: byte 0x{body[error.start]:02x} at position {error.start}"
        raise InvalidRequest("The body is not UTF-8.", [("body", problem)]) from None
    try:
        return json.loads(
            text, parse_int=_integer, parse_float=_number, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        problem = f"is not JSON: {what} (line {error.lineno}, column {error.colno})"
        raise InvalidRequest(f"body {problem}", [("body", problem)]) from None
    except RecursionError:
        raise _too_deep() from None


def _holds_too_many(body: bytes) -> bool:
    """Whether reading it would take seconds: millions of values fit into a body, and a few have use."""
    # There are few commas in most bodies, and most of them in texts.
    return body.count(b",") > MAX_JSON_VALUES and _STRING.sub(b"", body).count(b",") > MAX_JSON_VALUES


def _integer(digits: str) -> int | _Unfit:
    if len(digits) <= 20 and _LEAST <= (number := int(digits)) <= _MOST:
        return number
    return _Unfit(f"must be a whole number from {_LEAST} to {_MOST}; send larger ones as text")


def _number(literal: str) -> float | _Unfit:
    number = float(literal)
    return number if math.isfinite(number) else _Unfit("must be a finite number; this one overflows")


def _constant(name: str) -> _Unfit:
    return _Unfit(f"must be a finite number, not {name}; leave it out where there is none")


class _Object(dict[str, Any]):
    """An object whose text gave a key twice: JSON readers disagree on which one counts."""

    twice: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    names = Counter(name for name, _ in pairs)
    marked = _Object(plain)
    marked.twice = names.most_common(1)[0][0]
    return marked


def _inspect(value: object, place: str, depth: int, problems: list[tuple[str, str]]) -> None:
    if len(problems) >= MAX_PROBLEMS:
        return
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, str):
        if unfit := _UNFIT.search(value):
            problems.append((place, _unfit_character(unfit)))
    elif isinstance(value, _Unfit):
        problems.append((place, value.problem))
    elif isinstance(value, dict):
        _inspect_object(value, place, depth, problems)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _inspect(item, f"{place}[{index}]", depth + 1, problems)


def _inspect_object(value: dict[str, Any], place: str, depth: int, problems: list[tuple[str, str]]) -> None:
    if isinstance(value, _Object):
        problems.append((f"{place}.{short(value.twice)}", "is given twice; give it once"))
    for name, item in value.items():
        if len(problems) >= MAX_PROBLEMS:
            return
        if unfit := _UNFIT.search(name):
            problems.append((place, f"has a name that {_unfit_character(unfit)}"))
        _inspect(item, f"{place}.{short(name)}", depth + 1, problems)


def _unfit_character(found: re.Match[str]) -> str:
    code = ord(found.group())
    kind = "NUL" if code == 0 else "a lone surrogate, which is no character"
    return f"must not contain U+{code:04X} ({kind}) at position {found.start()}"


def _too_deep() -> ValidationFailed:
    problem = f"must be nested at most {MAX_DEPTH} levels deep"
    return ValidationFailed(f"body {problem}", [("body", problem)])
