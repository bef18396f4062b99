"""Feed keys: the order in which interactions and alerts are listed, and the positions to go on from."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from plumbline.errors import InvalidRequest
from plumbline.times import format_time, parse_time

if TYPE_CHECKING:
    from datetime import datetime

FEED_SHARDS = 8
LOWEST, HIGHEST = "0", "~"
"""Texts that sort before and after every feed key."""
_TIME_LENGTH = 27
_written = lru_cache(maxsize=256)(format_time)  # rows of a file without times all have that of its import


def feed_key(created_at: datetime, number: int) -> str:
    """Time, then id: as texts, these sort as listings do.

    >>> from datetime import UTC
    >>> feed_key(datetime(2026, 1, 2, tzinfo=UTC), 7)
    '2026-01-02T00:00:00.000000Z#0000000000000007'
    """
    return f"{_written(created_at)}#{number:016d}"


def feed_time(key: str) -> datetime:
    """The time in a feed key."""
    return parse_time(key[:_TIME_LENGTH])


def alert_position(key: str, rule: int) -> str:
    """The position of an alert: its interaction's feed key, then its rule."""
    return f"{key}#{rule:03d}"


def split_alert_position(position: str) -> tuple[str, int]:
    """Feed key and rule of :func:`alert_position`.

    Raises:
        InvalidRequest: it is no such position.
    """
    key, _, rule = position.rpartition("#")
    if not (key and rule.isascii() and rule.isdigit()):
        raise InvalidRequest("the position to go on from is not one of this listing")
    return key, int(rule)


def shard_of(interaction_id: int) -> int:
    """The partition of the indexes that an interaction is listed in."""
    return interaction_id % FEED_SHARDS
