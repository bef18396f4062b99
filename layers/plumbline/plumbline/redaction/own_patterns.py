r"""The operator's own patterns: ``EMPLOYEE=EMP-[0-9]{6}; TICKET=[A-Z]{2,5}-[0-9]+``.

A name in capitals, which is what stands in the texts afterwards (``[EMPLOYEE]``), an equals sign and a regular
expression of Python's, to the next semicolon (written ``\x3b`` within one).
"""

from __future__ import annotations

import re
import warnings
from typing import Any, NamedTuple

from plumbline.redaction.kinds import KINDS

_parser: Any = vars(re)["_parser"]  # the only way to a pattern's parts; nobody's types know of it
MOST_PATTERNS = 20
_ENTRY = re.compile(r"([A-Z][A-Z0-9_]{0,31})\s*=\s*(.+)", re.DOTALL)
_FORM = "a name in capitals, = and a regular expression, like EMPLOYEE=EMP-[0-9]{6}"
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT"}


class OwnPattern(NamedTuple):
    """A name, and the regular expression of what is replaced by it."""

    name: str
    expression: str


def parse_patterns(text: str) -> tuple[OwnPattern, ...]:
    """The patterns that a text says, which can all be compiled.

    Raises:
        ValueError: one cannot be used; the message names it.
    """
    found: list[OwnPattern] = []
    for entry in filter(None, map(str.strip, text.split(";"))):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise ValueError(f"{entry[:40]!r} must be {_FORM} (a semicolon within one is written \\x3b)")
        pattern = OwnPattern(*match.groups())
        if pattern.name.lower() in KINDS or any(pattern.name == other.name for other in found):
            raise ValueError(f"{pattern.name} is the name of another pattern already")
        if problem := _problem(pattern.expression):
            raise ValueError(f"the pattern {pattern.name} {problem}")
        found.append(pattern)
    if len(found) > MOST_PATTERNS:
        raise ValueError(f"there are {len(found)} patterns; at most {MOST_PATTERNS} are looked for")
    return tuple(found)


def _problem(expression: str) -> str | None:
    """What is wrong with a regular expression."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            re.compile(expression)
            tree = _parser.parse(expression)
        except (re.error, FutureWarning, DeprecationWarning, OverflowError, RecursionError) as error:
            return f"is no regular expression: {error}"
    if tree.getwidth()[0] == 0:
        return "would match the empty string, and so everywhere: let it demand at least one character"
    if _repeats_repeats(tree, inside=False):
        return (
            "has a repeat inside a repeat, like (a+)+, which takes for ever on some texts: write the inner one "
            "possessive, like (a++)+, or without the outer one"
        )
    return None


def _repeats_repeats(tree: Any, *, inside: bool) -> bool:  # noqa: ANN401 - it has no public type
    """Whether a part that can be of several lengths stands in one that is repeated: the two can divide a text
    between them in more ways than can be tried. What is possessive or atomic keeps what it has.
    """
    for operation, argument in tree:
        if str(operation) in _REPEATS:
            least, most, body = argument
            repeated = most > 1 and least != most
            if (inside and repeated) or _repeats_repeats(body, inside=inside or repeated):
                return True
        elif str(operation) in {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}:
            body = argument[2] if str(operation) == "POSSESSIVE_REPEAT" else argument
            if _repeats_repeats(body, inside=False):
                return True
        elif any(_repeats_repeats(body, inside=inside) for body in _bodies(argument)):
            return True
    return False


def _bodies(argument: Any) -> list[Any]:  # noqa: ANN401 - as above
    """The patterns within a part of one: of groups, alternatives, looks around."""
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    if isinstance(argument, list | tuple):
        return [body for one in argument for body in _bodies(one)]
    return []
