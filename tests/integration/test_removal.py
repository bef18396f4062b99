"""Removing an interaction: nothing of it is left, wherever a process ends, and whoever does it again."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.cleaning import Change
from plumbline.errors import Unavailable
from plumbline.storage.external_ids import claim_id
from plumbline.storage.idempotency import Idempotency
from plumbline.storage.interactions import AlertQuery, InteractionStore
from plumbline.storage.removal import KEPT_SECONDS
from plumbline.storage.text_objects import TextObjects

from tests.support import faults
from tests.support.changes import Stream, cleaner, items, versions
from tests.support.faults import Faults, Killed, killed_after, sent_twice
from tests.support.interactions import THRESHOLD, interaction
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

NOW = 1_800_000_000.0
AT = datetime.fromtimestamp(NOW, UTC)
SECRET = "my mother's maiden name"
LONG = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9F00), k=260_000)))
OTHER = "texts/50/0123456789abcdef"
KEY = Idempotency("order-7", "a digest")


def store(clients: Clients, stack: Stack, *, streamed: bool = False) -> InteractionStore:
    return InteractionStore(clients, stack.interactions, stack.bucket, streamed=streamed, clock=lambda: NOW)


def fill(clients: Clients, stack: Stack) -> None:
    """An interaction with all that one can have, number 5, between others, of which one has texts in S3 too."""
    kept = store(clients, stack)
    assert kept.claim({"row-5": 5}) == {"row-5": 5}
    kept.put(
        interaction(5, input=SECRET, output=LONG, findings=(THRESHOLD,), claim=claim_id("row-5")), idempotency=KEY
    )
    for number in (4, 6, 50):
        kept.put(interaction(number))
    clients.s3.put_object(Bucket=stack.bucket, Key=OTHER, Body=b"of another")


def assert_gone(clients: Clients, stack: Stack) -> None:
    """Nothing of number 5 is there but that it was, and the others are whole."""
    left = items(clients, stack)
    assert left[5] == {
        "id": {"N": "5"},
        "removed": {"N": str(int(NOW))},
        "expires_at": {"N": str(int(NOW) + KEPT_SECONDS)},
    }
    assert claim_id("row-5") not in left
    assert left[KEY.id]["digest"] == {"S": "-"}
    assert SECRET not in json.dumps(left, default=repr)
    assert [key for key, _ in versions(clients, stack)] == [OTHER]
    kept = store(clients, stack)
    assert [one.id for one in kept.page(10, None)[0]] == [50, 6, 4]
    assert kept.get(5) is None
    assert kept.alerts(AlertQuery(), 10, None) == kept.alerts(AlertQuery(interaction_id=5), 10, None) == ([], None)


def test_nothing_of_it_is_left(clients: Clients, stack: Stack) -> None:
    fill(clients, stack)
    clients.s3.put_object(Bucket=stack.bucket, Key="texts/5/left-by-an-attempt-that-died", Body=b"x")
    for key, _ in versions(clients, stack):
        if key.startswith("texts/5/"):
            clients.s3.delete_object(Bucket=stack.bucket, Key=key)  # a marker
    assert len(versions(clients, stack)) == 5
    assert store(clients, stack).remove(5) is True
    assert_gone(clients, stack)
    for number in (5, 999, 0, KEY.id, claim_id("row-5")):
        assert store(clients, stack).remove(number) is False
    assert_gone(clients, stack)


@pytest.mark.parametrize("streamed", [False, True])
def test_killed_at_every_call_and_done_again(clients: Clients, stack: Stack, streamed: bool) -> None:
    """What a process leaves that ends at any call, another removes: who asks again, or who reads the stream."""
    fill(clients, stack)
    counts = faults.counting()
    store(counts.wrap(clients), stack).remove(5)
    assert counts.calls >= 7
    for cut in range(counts.calls):
        fresh = Stack.create(clients)
        fill(clients, fresh)
        stream = Stream(clients, fresh)
        with pytest.raises(Killed):
            store(killed_after(cut).wrap(clients), fresh, streamed=streamed).remove(5)
        there = items(clients, fresh)[5]
        if "at" in there:
            read = store(clients, fresh).get(5)
            assert read is not None
            assert (read.input, read.output) == (SECRET, LONG), "before the first write nothing is lost"
        else:
            assert store(clients, fresh).get(5) is None, "from the first write on it is not found"
        if streamed and "at" not in there:
            stream.clean(AT)
            assert store(clients, fresh).remove(5) is False
        else:
            assert store(clients, fresh).remove(5) is ("at" in there or "unfinished" in there)
        assert_gone(clients, fresh)
        fresh.delete(clients)


def test_every_call_sent_twice(clients: Clients, stack: Stack) -> None:
    fill(clients, stack)
    store(sent_twice().wrap(clients), stack).remove(5)
    assert_gone(clients, stack)


def test_the_stream_finishes_again_and_again_and_in_any_order(clients: Clients, stack: Stack) -> None:
    fill(clients, stack)
    stream = Stream(clients, stack)
    with pytest.raises(Killed):
        store(killed_after(2).wrap(clients), stack).remove(5)
    first = stream.read(AT)
    assert len(first) == 1
    assert store(clients, stack).remove(5) is True
    later = stream.read(AT)
    for record in (*later, *first, *first, *later):
        assert cleaner(clients, stack).follow(Change.read(record)) == 0
    assert_gone(clients, stack)


def s3_is_down() -> Faults:
    def change(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name in {"list_object_versions", "delete_object"}:
            raise faults.error("SlowDown", 503)
        return arguments

    return Faults(lambda _, call: call(), change)


def test_where_s3_is_down_the_stream_does_the_rest(clients: Clients, stack: Stack) -> None:
    fill(clients, stack)
    stream = Stream(clients, stack)
    assert store(s3_is_down().wrap(clients), stack, streamed=True).remove(5) is True
    assert store(clients, stack).get(5) is None
    changes = [Change.read(record) for record in stream.read(AT)]
    with pytest.raises(Unavailable):
        cleaner(s3_is_down().wrap(clients), stack).follow(changes[0])
    assert [cleaner(clients, stack).follow(change) for change in changes] == [1]
    assert_gone(clients, stack)


def test_without_a_stream_whoever_asked_is_told_to_ask_again(clients: Clients, stack: Stack) -> None:
    fill(clients, stack)
    with pytest.raises(Unavailable):
        store(s3_is_down().wrap(clients), stack).remove(5)
    assert store(clients, stack).get(5) is None
    assert store(clients, stack).remove(5) is True
    assert_gone(clients, stack)


def replacing(clients: Clients, stack: Stack, put: Callable[[], object]) -> Faults:
    """An import puts another row there between reading the item and removing it."""

    def act(number: int, call: Callable[[], Any]) -> Any:
        answer = call()
        if number == 1:
            put()
        return answer

    return Faults(act)


@pytest.mark.parametrize("output", ["short", LONG])
def test_what_an_import_puts_there_meanwhile_is_removed_too(clients: Clients, stack: Stack, output: str) -> None:
    fill(clients, stack)
    other = interaction(5, output=output, import_id=77, claim=claim_id("row-5"))
    meanwhile = replacing(clients, stack, lambda: store(clients, stack).put_batch([other]))
    assert store(meanwhile.wrap(clients), stack).remove(5) is True
    left = items(clients, stack)
    assert left[5].keys() == {"id", "removed", "expires_at"}
    assert claim_id("row-5") not in left
    assert [key for key, _ in versions(clients, stack)] == [OTHER]


def test_texts_that_an_import_is_just_writing_stay(clients: Clients, stack: Stack) -> None:
    """It puts its row in the tombstone's place, at any moment after that stands."""
    wanted = interaction(5, output=LONG[::-1], import_id=77)

    def removing(wrapped: Clients) -> None:
        # By the clock of now: what is written meanwhile is young.
        InteractionStore(wrapped, stack.interactions, stack.bucket).remove(5)

    counts = faults.counting()
    store(clients, stack).put(interaction(5, output=LONG))
    removing(counts.wrap(clients))
    for cut in range(3, counts.calls + 1):
        store(clients, stack).put_batch([interaction(5, output=LONG)])

        def act(number: int, call: Callable[[], Any], cut: int = cut) -> Any:
            if number == cut:
                store(clients, stack).put_batch([wanted])
            return call()

        removing(Faults(act).wrap(clients))
        assert store(clients, stack).get(5) == wanted
    assert counts.calls >= 5


def test_a_claim_of_another_interaction_stays(clients: Clients, stack: Stack) -> None:
    fill(clients, stack)
    clients.dynamodb.update_item(
        TableName=stack.interactions,
        Key={"id": {"N": str(claim_id("row-5"))}},
        UpdateExpression="SET interaction_id = :other",
        ExpressionAttributeValues={":other": {"N": "6"}},
    )
    assert store(clients, stack).remove(5) is True
    assert items(clients, stack)[claim_id("row-5")]["interaction_id"] == {"N": "6"}


def test_texts_of_an_earlier_release_go_too(clients: Clients, stack: Stack) -> None:
    store(clients, stack).put(interaction(5, output=LONG))
    (key, _), *_ = versions(clients, stack)
    body = clients.s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read()
    clients.s3.delete_objects(
        Bucket=stack.bucket,
        Delete={"Objects": [{"Key": key, "VersionId": version} for key, version in versions(clients, stack)]},
    )
    for name in ("texts/5", "texts/50", "texts/5"):
        clients.s3.put_object(Bucket=stack.bucket, Key=name, Body=body)
    clients.dynamodb.update_item(
        TableName=stack.interactions,
        Key={"id": {"N": "5"}},
        UpdateExpression="SET texts_at = :at",
        ExpressionAttributeValues={":at": {"S": "texts/5"}},
    )
    found = store(clients, stack).get(5)
    assert found is not None
    assert found.output == LONG
    assert store(clients, stack).remove(5) is True
    assert [key for key, _ in versions(clients, stack)] == ["texts/50"]


def test_a_put_whose_answer_was_lost_does_not_bring_it_back(clients: Clients, stack: Stack) -> None:
    kept = interaction(5)
    store(clients, stack).put(kept)
    assert store(clients, stack).remove(5) is True
    store(clients, stack).put(kept)
    assert store(clients, stack).get(5) is None


def test_which_were_removed(clients: Clients, stack: Stack) -> None:
    kept = store(clients, stack)
    kept.put_batch([interaction(number) for number in range(1, 231)])
    for number in (1, 100, 101, 230):
        kept.remove(number)
    assert kept.removed(range(1, 260)) == {1, 100, 101, 230}
    assert kept.removed([]) == set()


def test_many_versions(moto_clients: Clients) -> None:
    stack = Stack.create(moto_clients)
    for number in range(7):
        moto_clients.s3.put_object(Bucket=stack.bucket, Key="texts/5/a", Body=b"%d" % number)
    moto_clients.s3.put_object(Bucket=stack.bucket, Key="texts/5/ab", Body=b"other")

    def two_a_page(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {**arguments, "MaxKeys": 2} if name == "list_object_versions" else arguments

    paged = Faults(lambda _, call: call(), two_a_page).wrap(moto_clients)
    assert len([*TextObjects(paged.s3, stack.bucket).versions_of("texts/5/a")]) == 7
    assert len([*TextObjects(paged.s3, stack.bucket).versions("texts/5/")]) == 8
    texts = TextObjects(moto_clients.s3, stack.bucket)
    gone = [(version.key, version.version) for version in texts.versions_of("texts/5/a")]
    texts.delete(gone)
    texts.delete(gone)
    assert [version.key for version in texts.versions("texts/")] == ["texts/5/ab"]
