from __future__ import annotations

import random
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from plumbline.baselines import Sketches
from plumbline.errors import PayloadTooLarge, PlumblineError
from plumbline.models import MAX_INTERACTION_ID, Interaction
from plumbline.storage.baselines import BaselineStore, BaselineWrite
from plumbline.storage.idempotency import Idempotency, KeyUsed
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.transactions import VersionConflict

from tests.support.interactions import EPOCH, OUTLIER, THRESHOLD, interaction
from tests.support.strategies import interactions
from tests.support.tables import scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack


@pytest.fixture
def store(clients: Clients, stack: Stack) -> InteractionStore:
    return InteractionStore(clients, stack.interactions, stack.bucket, baselines_table=stack.baselines)


def noise(length: int) -> str:
    return "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyzäöü€😀", k=length))


def test_what_is_put_is_got(store: InteractionStore) -> None:
    kept = interaction(
        7,
        findings=(THRESHOLD, OUTLIER),
        metadata={"model": "m", "n": 2**80, "nested": [None, {"é": 1.5}]},
        import_id=9,
    )
    store.put(kept)
    assert store.get(7) == kept


@pytest.mark.parametrize("number", [1, 8, 0, -1, -(2**90), MAX_INTERACTION_ID])
def test_there_is_nothing_under_an_id_that_was_not_put(store: InteractionStore, number: int) -> None:
    store.put(interaction(2), idempotency=Idempotency("key", "digest"))
    store.next_id()
    assert store.get(number) is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(interactions())
def test_any_interaction_comes_back_as_it_was(store: InteractionStore, kept: Interaction) -> None:
    store.put_batch([kept])
    assert store.get(kept.id) == kept
    store.put(kept)  # and is known again, whatever the table made of its numbers


@pytest.mark.parametrize("length", [0, 1, 900, 5_000, 380_000, 389_000, 500_000, 3_000_000])
@pytest.mark.parametrize("make", [lambda length: "ab c" * (length // 4) + "x" * (length % 4), noise])
def test_texts_of_any_length_are_kept_whole(
    store: InteractionStore, length: int, make: Callable[[int], str]
) -> None:
    kept = interaction(5, input="short", output=make(length), metadata={"source": "a"})
    store.put(kept)
    assert store.get(5) == kept
    assert store.page(5, None) == ([kept], None)


def test_texts_go_where_they_are_cheapest(store: InteractionStore, clients: Clients, stack: Stack) -> None:
    store.put(interaction(1))
    store.put(interaction(2, output="The answer is in the text. " * 100))
    store.put(interaction(3, output=noise(600_000)))
    stored = {item["id"]["N"]: item for item in scan(clients, stack.interactions)}
    assert {"input", "output"} <= stored["1"].keys()
    assert "texts" in stored["2"]
    assert not {"input", "output", "texts_at"} & stored["2"].keys()
    key = stored["3"]["texts_at"]["S"]
    assert key.startswith("texts/3/")
    assert not {"input", "output", "texts"} & stored["3"].keys()
    objects = clients.s3.list_objects_v2(Bucket=stack.bucket)["Contents"]
    assert [one["Key"] for one in objects] == [key]


def test_metadata_too_big_for_an_item_goes_along(store: InteractionStore) -> None:
    kept = interaction(1, metadata={"column": noise(700_000)})
    store.put(kept)
    assert store.get(1) == kept


def test_more_metrics_than_an_item_holds_are_refused(store: InteractionStore) -> None:
    with pytest.raises(PayloadTooLarge, match="metrics"):
        store.put(interaction(1, metrics={f"output.{secrets.token_hex(100)}": 1.0 for _ in range(5_000)}))
    assert store.get(1) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e126, -1e200])
def test_a_number_that_cannot_be_kept_is_refused(store: InteractionStore, value: float) -> None:
    with pytest.raises(ValueError, match="finite number between"):
        store.put(interaction(1, metrics={"output.length": value}))


def test_an_interaction_whose_texts_were_removed_is_gone(
    store: InteractionStore, clients: Clients, stack: Stack
) -> None:
    store.put(interaction(1))
    store.put(interaction(2, output=noise(600_000)))
    (texts,) = clients.s3.list_objects_v2(Bucket=stack.bucket)["Contents"]
    clients.s3.delete_object(Bucket=stack.bucket, Key=texts["Key"])
    assert store.get(2) is None
    assert store.page(5, None) == ([interaction(1)], None)


def test_putting_the_same_again_changes_nothing(store: InteractionStore, clients: Clients, stack: Stack) -> None:
    kept = interaction(1, findings=(OUTLIER,), metrics={"output.big": 1e22, "output.small": 1.5e-7})
    store.put(kept)
    before = scan(clients, stack.interactions)
    store.put(kept)
    store.put_batch([kept, interaction(2)])
    store.put_batch([kept, interaction(2)])
    assert [item for item in scan(clients, stack.interactions) if item["id"] == {"N": "1"}] == before


def test_an_id_is_never_given_to_another_interaction(store: InteractionStore) -> None:
    store.put(interaction(1))
    with pytest.raises(PlumblineError, match="interaction 1 exists already"):
        store.put(replace(interaction(1), output="another"))
    with pytest.raises(PlumblineError, match="interaction 1 exists already"):
        store.put(replace(interaction(1), output="another"), idempotency=Idempotency("key", "digest"))
    assert store.get(1) == interaction(1)


# ---------------------------------------------------------------- idempotency keys


def test_a_key_leads_to_the_interaction_it_made(store: InteractionStore) -> None:
    key = Idempotency("order-1", "digest")
    assert store.find_key(key) is None
    store.put(interaction(1), idempotency=key)
    used = store.find_key(key)
    assert used is not None
    assert (used.interaction_id, used.same_request) == (1, True)
    other = store.find_key(Idempotency("order-1", "another digest"))
    assert other is not None
    assert not other.same_request
    assert store.find_key(Idempotency("order-2", "digest")) is None


def test_a_key_makes_one_interaction(store: InteractionStore, clients: Clients, stack: Stack) -> None:
    key = Idempotency("order-1", "digest")
    store.put(interaction(1), idempotency=key)
    with pytest.raises(KeyUsed) as raised:
        store.put(interaction(2), idempotency=key)
    assert (raised.value.interaction_id, raised.value.same_request) == (1, True)
    assert store.get(2) is None
    store.put(interaction(1), idempotency=key)
    assert len(scan(clients, stack.interactions)) == 2


def test_a_key_is_forgotten_after_a_day(clients: Clients, stack: Stack) -> None:
    now = 1_700_000_000.5
    store = InteractionStore(clients, stack.interactions, stack.bucket, clock=lambda: now)
    key = Idempotency("order-1", "digest")
    store.put(interaction(1), idempotency=key)
    now += 24 * 3600 - 1
    assert store.find_key(key) is not None
    with pytest.raises(KeyUsed):
        store.put(interaction(2), idempotency=key)
    now += 1
    assert store.find_key(key) is None
    store.put(interaction(2), idempotency=key)
    used = store.find_key(key)
    assert used is not None
    assert used.interaction_id == 2


# ---------------------------------------------------------------- folding along


def sketches_of(*kept: Interaction) -> Sketches:
    sketches = Sketches()
    for one in kept:
        sketches.add(one.metrics)
    return sketches


def test_an_interaction_and_its_baseline_are_kept_together(
    store: InteractionStore, clients: Clients, stack: Stack
) -> None:
    first, second = interaction(1), interaction(2)
    store.put(first, fold=BaselineWrite("2026-01-02", "inline", sketches_of(first), 0))
    store.put(second, fold=BaselineWrite("2026-01-02", "inline", sketches_of(first, second), 1))
    stored = BaselineStore(clients, stack.baselines).load("2026-01-02", "inline")
    assert stored is not None
    assert stored.version == 2
    assert stored.sketches.pack() == sketches_of(first, second).pack()


@pytest.mark.parametrize("version", [0, 2, 9])
def test_a_baseline_that_was_replaced_keeps_the_interaction_out(
    store: InteractionStore, clients: Clients, stack: Stack, version: int
) -> None:
    first, second = interaction(1), interaction(2)
    store.put(first, fold=BaselineWrite("2026-01-02", "inline", sketches_of(first), 0))
    key = Idempotency("order-2", "digest")
    late = BaselineWrite("2026-01-02", "inline", sketches_of(second), version)
    with pytest.raises(VersionConflict):
        store.put(second, idempotency=key, fold=late)
    assert store.get(2) is None
    assert store.find_key(key) is None
    stored = BaselineStore(clients, stack.baselines).load("2026-01-02", "inline")
    assert stored is not None
    assert stored.sketches.pack() == sketches_of(first).pack()


def test_the_same_again_is_not_folded_again(store: InteractionStore, clients: Clients, stack: Stack) -> None:
    first = interaction(1)
    write = BaselineWrite("2026-01-02", "inline", sketches_of(first), 0)
    store.put(first, fold=write)
    store.put(first, fold=write)
    stored = BaselineStore(clients, stack.baselines).load("2026-01-02", "inline")
    assert stored is not None
    assert stored.version == 1


def test_a_used_key_comes_before_a_lost_race(store: InteractionStore) -> None:
    key = Idempotency("order-1", "digest")
    first, second = interaction(1), interaction(2)
    store.put(first, idempotency=key, fold=BaselineWrite("2026-01-02", "inline", sketches_of(first), 0))
    with pytest.raises(KeyUsed):
        store.put(second, idempotency=key, fold=BaselineWrite("2026-01-02", "inline", sketches_of(second), 0))


def test_a_store_without_baselines_says_so(clients: Clients, stack: Stack) -> None:
    store = InteractionStore(clients, stack.interactions, stack.bucket)
    with pytest.raises(TypeError, match="baselines' table"):
        store.put(interaction(1), fold=BaselineWrite("2026-01-02", "inline", Sketches(), 0))


def test_times_of_any_year_are_kept(store: InteractionStore) -> None:
    for number, year in enumerate((1, 999, 1970, 9999), 1):
        kept = replace(interaction(number), created_at=datetime(year, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
        store.put(kept)
        assert store.get(number) == kept
    assert [one.created_at.year for one in store.page(9, None)[0]] == [9999, 1970, 999, 1]
    assert EPOCH.tzinfo is UTC
