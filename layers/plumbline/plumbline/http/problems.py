"""What was wrong where, in words for the caller: pydantic's errors as (field, problem) pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Problem = tuple[str, str]

_MAX_NAME = 64

_PROBLEMS = {
    "missing": "is required",
    "string_type": "must be text",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "dict_type": "must be an object",
    "finite_number": "must be a finite number",
    "model_attributes_type": "must be a JSON object",
}
_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "an array",
    dict: "an object",
}


def explain(errors: Iterable[Mapping[str, Any]], known: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Pydantic's errors, translated. ``known`` lists the names that are known in a part of the request."""
    return [(_field(error["loc"]), _problem(error, known)) for error in errors]


def summary(problems: Sequence[Problem]) -> str:
    """What was wrong, in one line: the one problem itself, or the fields that have any."""
    if len(problems) == 1:
        return f"{problems[0][0]} {problems[0][1]}"
    fields = list(dict.fromkeys(field for field, _ in problems))
    named = ", ".join(fields[:5]) + (", …" if len(fields) > 5 else "")
    return f"The request has {len(problems)} problems: {named}"


def short(name: str) -> str:
    """A name from the request, short enough to be shown."""
    return name if len(name) <= _MAX_NAME else f"{name[:_MAX_NAME]}…"


def json_kind(value: object) -> str:
    """What JSON calls a value."""
    if value is None:
        return "null"
    return _KINDS.get(type(value), "something else")


def known_names(fields: Iterable[Any]) -> list[str]:
    """The names that a route's parameters go by; a parameter that is a model stands for its fields."""
    names: list[str] = []
    for field in fields:
        model = field.type_
        if isinstance(model, type) and issubclass(model, BaseModel):
            names.extend(model.model_fields)
        else:
            names.append(field.alias)
    return names


def _field(place: Sequence[Any]) -> str:
    name = ""
    for part in place:
        name += f"[{part}]" if isinstance(part, int) else f".{short(part)}" if name else part
    return name


def _problem(error: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> str:
    kind, given = error["type"], error.get("input")
    if kind == "extra_forbidden":
        return f"is not known here; known are {', '.join(known.get(error['loc'][0], ())) or 'none'}"
    if kind == "literal_error":
        return f"must be {error['ctx']['expected']}".replace("'", "")
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind in _PROBLEMS:
        told = _PROBLEMS[kind]
        return told if kind in ("missing", "finite_number") else f"{told}, not {json_kind(given)}"
    return str(error["msg"])
