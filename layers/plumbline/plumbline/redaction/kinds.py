"""What is found without being told how."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["secret", "card", "iban", "ssn", "email", "phone", "ip"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The most telling first: where two kinds find the same, it is the first of them."""


def placeholder(name: str) -> str:
    """What stands in a text in place of a kind, or of an own pattern.

    >>> placeholder("email")
    '[EMAIL]'
    """
    return f"[{name.upper()}]"


def parse_kinds(text: str) -> tuple[Kind, ...]:
    """The kinds of a list separated by commas, in the order of :data:`KINDS`; ``all`` are all of them.

    Raises:
        ValueError: there is none of that name.
    """
    names = {name.strip().lower() for name in text.split(",")} - {"", "none"}
    if unknown := sorted(names - {"all", *KINDS}):
        raise ValueError(f"there is no kind {unknown[0]!r}; known are all, {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in names or "all" in names)
