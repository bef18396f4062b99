"""Listing interactions, from the index that holds all of them, newest first."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from plumbline.storage.batches import get_items
from plumbline.storage.items import is_interaction, read_size
from plumbline.storage.listing import Listing, newest_first
from plumbline.storage.positions import HIGHEST, LOWEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plumbline.storage.clients import Clients

MAX_EXAMINED = 1000
"""Entries of the index that one call looks at; more than a page holds where many have expired or were removed."""
_READ_AT_ONCE = 25

_Entry = tuple[str, "Mapping[str, Any] | None"]


def list_items(  # noqa: PLR0917 - what is listed, and then how much of it
    clients: Clients, table: str, limit: int, before: str | None, max_bytes: int, now: float
) -> tuple[list[Mapping[str, Any]], str | None]:
    """The items of the newest interactions before a position, and where to go on from (None at the end).

    Fewer than ``limit`` where they would be over ``max_bytes`` together, but never fewer than one, unless very
    many in a row have expired or were just removed.

    Raises:
        Unavailable: storage is busy or down.
    """
    chosen: list[Mapping[str, Any]] = []
    size = 0
    position = before
    for examined, (at, item) in enumerate(_entries(clients, table, limit, before), 1):
        if item is not None and is_interaction(item, now):
            size += read_size(item)
            # One more than the page holds: only then is it certain that there is a next page.
            if len(chosen) == limit or (chosen and size > max_bytes):
                return chosen, position
            chosen.append(item)
        # Whoever goes on reads from behind the last one that the page has, so nothing new can slip in between.
        position = at
        if examined == MAX_EXAMINED:
            return chosen, position
    return chosen, None


def _entries(clients: Clients, table: str, limit: int, before: str | None) -> Iterator[_Entry]:
    """The index's entries in order, each with its item (None where that is gone), as they are needed."""
    listing = Listing(table, "feed", "shard", LOWEST, before or HIGHEST)
    # The bounds of a listing are inclusive: the first may be the one that ended the page before.
    listed = (
        (entry["at"]["S"], int(entry["id"]["N"]))
        for entry in newest_first(clients, listing, limit + 2)
        if entry["at"]["S"] != before
    )
    left = limit + 1
    while keys := list(islice(listed, min(left, _READ_AT_ONCE) if left > 0 else _READ_AT_ONCE)):
        items = get_items(clients, table, [number for _, number in keys])
        yield from ((at, items.get(number)) for at, number in keys)
        left -= len(keys)
