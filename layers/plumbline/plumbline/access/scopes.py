"""Scopes: what a caller may do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

Scope = Literal["ingest", "read", "admin"]
"""``ingest`` writes interactions and files, ``read`` reads what was recorded, ``admin`` does all else: keys,
settings, deleting, redriving. None contains another."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
_BETWEEN = re.compile(r"[\s,]+")
# How identity providers name the scopes of an API: Amazon Cognito as plumbline/read, others as plumbline:read.
_RESOURCE = re.compile(r"plumbline[/:]")


def read_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """The scopes that are named.

    Raises:
        ValueError: a name is no scope, or there is none.
    """
    named = set(names)
    found: frozenset[Scope] = frozenset(scope for scope in SCOPES if scope in named)
    unknown = sorted(named - found)
    if unknown or not found:
        wrong = f", not {unknown[0]!r}" if unknown else ""
        raise ValueError(f"must name at least one of {', '.join(SCOPES)}{wrong}")
    return found


def claimed_scopes(claim: str) -> frozenset[Scope]:
    """The scopes in a token's claim: Plumbline's are picked out, others are somebody else's.

    >>> sorted(claimed_scopes("openid plumbline/ingest plumbline:read"))
    ['ingest', 'read']
    """
    # The gateway writes a claim that is a list as [one two].
    names = {
        name[match.end() :] if (match := _RESOURCE.match(name)) else name
        for name in _BETWEEN.split(claim.strip("[] "))
    }
    return frozenset(scope for scope in SCOPES if scope in names)
