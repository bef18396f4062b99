"""Rows that are removed while their import is still trying: they do not come back, and are counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from plumbline.imports.cutting import Sizes
from plumbline.storage.external_ids import claim_id
from plumbline.storage.interactions import InteractionStore

from tests.support.changes import items
from tests.support.faults import Faults, Killed, killed_after
from tests.support.imports import Site, csv_file
from tests.support.tables import Stack

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

ROWS = [["q", f"answer {n}", f"row-{n}" if n else ""] for n in range(3)]
CHUNKS = 2
DATA = csv_file(ROWS, ("Input", "Output", "id"))


def live(clients: Clients, stack: Stack) -> dict[str, int]:
    store = InteractionStore(clients, stack.interactions, stack.bucket)
    return {one.output: one.id for one in store.page(99, None)[0]}


def site_on(clients: Clients, stack: Stack) -> Site:
    return Site(clients, stack, "inline", Sizes(rows=2))


def calls_of_a_run(clients: Clients) -> list[str]:
    """The calls that importing the file makes, in their order."""
    names: list[str] = []

    def note(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        names.append(name)
        return arguments

    stack = Stack.create(clients)
    site = site_on(clients, stack)
    site.run(site.upload(DATA), Faults(lambda _, call: call(), note).wrap(clients))
    stack.delete(clients)
    return names


def test_a_chunk_that_is_tried_again_does_not_bring_back_what_was_removed(moto_clients: Clients) -> None:
    """The process ends when a chunk's rows are stored, and before they are counted."""
    names = calls_of_a_run(moto_clients)
    cuts = [place for place, name in enumerate(names, 1) if name == "batch_write_item"]
    assert len(cuts) == CHUNKS
    for chunk, cut in enumerate(cuts):
        stack = Stack.create(moto_clients)
        site = site_on(moto_clients, stack)
        upload = site.upload(DATA)
        with pytest.raises(Killed):
            site.run(upload, killed_after(cut).wrap(moto_clients))
        stored = live(moto_clients, stack)
        assert len(stored) == min(2 * (chunk + 1), len(ROWS))
        store = InteractionStore(moto_clients, stack.interactions, stack.bucket)
        removed = list(stored.values())[::2]
        assert all(store.remove(number) for number in removed)
        ended = site.run(upload)
        left = live(moto_clients, stack)
        assert set(left.values()).isdisjoint(removed)
        assert len(left) == len(ROWS) - len(removed), "each of the others is there, and once"
        claimed = {name for name in ("row-1", "row-2") if claim_id(name) in items(moto_clients, stack)}
        assert claimed == {f"row-{output[-1]}" for output in left} - {"row-0"}, "nor is their id taken again"
        counted = (ended.state, ended.rows_stored, site.counted())
        assert counted == ("succeeded", len(ROWS), len(ROWS))
        stack.delete(moto_clients)
