"""Pages of listings in which some have expired and some were removed: they fill, advance and end. No AWS."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.models import MAX_ID, Interaction
from plumbline.storage import alert_listing, feed_listing
from plumbline.storage.alert_listing import AlertQuery, list_alerts
from plumbline.storage.feed_listing import list_items
from plumbline.storage.items import is_interaction, read_interaction, write_interaction
from plumbline.storage.sizes import item_bytes

from tests.support.interactions import OUTLIER, THRESHOLD, interaction
from tests.support.strategies import interactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from plumbline.storage.listing import Listing

NOW = 1_800_000_000.0
STATES = ("for ever", "live", "expired", "removed")
states = st.lists(st.sampled_from(STATES), max_size=80)


class Table:
    """An index and its items, as the listings read them. What was removed is in the index a moment longer."""

    def __init__(self, states: Sequence[str]) -> None:
        self.items = {
            number: write_interaction(self.made(number, state)).item for number, state in enumerate(states, 1)
        }
        self.removed = {number for number, state in enumerate(states, 1) if state == "removed"}
        self.live = [n for n, state in reversed([*enumerate(states, 1)]) if state in {"for ever", "live"}]
        self.read = 0

    @staticmethod
    def made(number: int, state: str) -> Interaction:
        end = datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=int(state == "live"))
        findings = (THRESHOLD, OUTLIER)
        return interaction(number, expires_at=None if state == "for ever" else end, findings=findings)

    def newest_first(self, _clients: object, listing: Listing, _expected: int) -> Iterator[Mapping[str, Any]]:
        names = {"id", "at", "shard"} if listing.index == "feed" else {"id", "at", "alerting", "alerts"}
        for item in sorted(self.items.values(), key=lambda item: item["at"]["S"], reverse=True):
            if listing.low <= item["at"]["S"] <= listing.high:
                yield {name: item[name] for name in names}

    def get_items(self, _clients: object, _table: str, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        assert len(ids) <= 25
        self.read += len(ids)
        gone = {"id": {"N": "1"}, "removed": {"N": "1"}, "expires_at": {"N": str(int(NOW) + 1)}}
        # Some are gone altogether, of others a tombstone is left.
        return {n: gone if n in self.removed else self.items[n] for n in ids if n not in self.removed or n % 2}


def walk(page: Callable[[str | None], tuple[list[Any], str | None]]) -> list[list[Any]]:
    pages: list[list[Any]] = []
    position: str | None = None
    while not pages or position is not None:
        assert len(pages) < 500, "it does not advance"
        found, position = page(position)
        pages.append(found)
    return pages


@given(states, st.integers(1, 60), st.sampled_from([3, 30, 1000]))
def test_pages_of_interactions(states: list[str], limit: int, examined: int) -> None:
    table = Table(states)
    clients: Any = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed_listing, "newest_first", table.newest_first)
        patch.setattr(feed_listing, "get_items", table.get_items)
        patch.setattr(feed_listing, "MAX_EXAMINED", examined)
        pages = walk(lambda before: list_items(clients, "table", limit, before, 10**9, NOW))
        read = table.read
        list_items(clients, "table", limit, None, 10**9, NOW)
    assert [int(item["id"]["N"]) for page in pages for item in page] == table.live
    assert all(len(page) <= limit for page in pages)
    assert table.read - read <= max(limit + 1, examined) + 25
    if examined > len(states):
        assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert len(pages) == max(1, -(-len(table.live) // limit)), "no page but the only one is empty"


@given(states, st.integers(1, 60), st.sampled_from([3, 1000]))
def test_pages_of_alerts(states: list[str], limit: int, examined: int) -> None:
    # An index has forgotten what was removed when the table has: alerts are read of it alone.
    table = Table([state for state in states if state != "removed"])
    clients: Any = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alert_listing, "newest_first", table.newest_first)
        patch.setattr(alert_listing, "MAX_EXAMINED", examined)
        pages = walk(lambda before: list_alerts(clients, "table", AlertQuery(), limit, before, NOW))
    expected = [number * 1000 + rule for number in table.live for rule in (THRESHOLD.rule, OUTLIER.rule)]
    assert [alert.id for page in pages for alert in page] == expected


@given(interactions(), st.integers(0, 4_000_000_000), st.integers(1, MAX_ID**2))
def test_the_end_and_the_claim_come_back(kept: Interaction, end: int, claim: int) -> None:
    mortal = replace(kept, expires_at=datetime.fromtimestamp(end, UTC), claim=-claim)
    written = write_interaction(mortal)
    assert written.size == item_bytes(written.item)
    assert read_interaction(written.item, written.s3_object[1] if written.s3_object else None) == mortal
    seen = [written.item]
    if kept.findings:
        seen.append({name: written.item[name] for name in ("id", "at", "alerts")})
    for item in seen:
        assert is_interaction(item, end - 1)
        assert not is_interaction(item, end)


def test_a_text_in_s3_has_an_object_of_its_own() -> None:
    texts = {"output": "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9F00), k=260_000)))}
    made = [
        write_interaction(interaction(number, import_id=import_id, **changed)).s3_object
        for number, import_id, changed in (
            (5, None, texts),
            (5, 7, texts),
            (5, 8, texts),
            (50, 7, texts),
            (5, 7, {"output": texts["output"][::-1]}),
        )
    ]
    keys = [one[0] for one in made if one]
    assert len(set(keys)) == len(made)
    again = write_interaction(interaction(5, import_id=7, **texts)).s3_object
    assert again == made[1]
