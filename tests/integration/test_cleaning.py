"""Texts in S3 go when nobody refers to them any more, and never before."""

from __future__ import annotations

import json
import random
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.cleaning import Change, Cleaner
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.removal import Remover
from plumbline.storage.text_objects import TextObjects, Version

from tests.support import faults
from tests.support.changes import Stream, cleaner, items, sweep, told, versions
from tests.support.faults import Faults, Killed, killed_after
from tests.support.functions import load
from tests.support.gateway import Context
from tests.support.interactions import interaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plumbline.models import Interaction
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

LATER = datetime.now(UTC) + timedelta(days=2)
LONG = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9F00), k=260_000)))


def store(clients: Clients, stack: Stack) -> InteractionStore:
    return InteractionStore(clients, stack.interactions, stack.bucket)


def long(import_id: int | None = None, output: str = LONG) -> Interaction:
    return interaction(5, output=output, import_id=import_id)


def expire(clients: Clients, stack: Stack) -> None:
    """What DynamoDB's time to live does, some day."""
    clients.dynamodb.delete_item(TableName=stack.interactions, Key={"id": {"N": "5"}})


def assert_whole(clients: Clients, stack: Stack, expected: Interaction) -> None:
    assert store(clients, stack).get(5) == expected


# ---------------------------------------------------------------- the stream


def test_texts_go_with_an_interaction_that_expires(clients: Clients, stack: Stack) -> None:
    store(clients, stack).put(long())
    store(clients, stack).put_batch([long()])  # another version of the same object
    assert len(versions(clients, stack)) == 2
    stream = Stream(clients, stack)
    expire(clients, stack)
    (record,) = stream.read(datetime.now(UTC))
    follow = cleaner(clients, stack).follow
    assert [follow(Change.read(record)) for _ in range(3)] == [2, 0, 0]
    assert versions(clients, stack) == []


@pytest.mark.parametrize("output", ["short", LONG[::-1]])
def test_texts_go_when_another_row_takes_the_place(clients: Clients, stack: Stack, output: str) -> None:
    store(clients, stack).put_batch([long(7)])
    stream = Stream(clients, stack)
    other = long(8, output)
    store(clients, stack).put_batch([other])
    assert stream.clean(LATER) == 1
    assert len(versions(clients, stack)) == (output != "short")
    assert_whole(clients, stack, other)


def test_the_same_texts_put_again_stay(clients: Clients, stack: Stack) -> None:
    store(clients, stack).put_batch([long(7)])
    stream = Stream(clients, stack)
    again = interaction(5, output=LONG, import_id=7, metrics={"output.length": 1.0})
    store(clients, stack).put_batch([again])
    assert stream.clean(LATER) == 0
    assert_whole(clients, stack, again)


def test_a_late_record_takes_nothing_from_the_one_that_is_there(clients: Clients, stack: Stack) -> None:
    """A, then B, then A again: the record of the first change comes last."""
    first, other = long(7), long(8, "short")
    stream = Stream(clients, stack)
    store(clients, stack).put_batch([first])
    stream.read(LATER)
    store(clients, stack).put_batch([other])
    (gone,) = stream.read(LATER)
    store(clients, stack).put_batch([first])
    assert cleaner(clients, stack).follow(Change.read(gone)) == 0
    assert_whole(clients, stack, first)


def at_each_call(clients: Clients, act: Callable[[Clients], object], between: Callable[[], object]) -> int:
    """Let something happen once before each of an act's calls in turn; how many calls it makes."""
    counts = faults.counting()
    act(counts.wrap(clients))
    for cut in range(1, counts.calls + 1):

        def interrupt(number: int, call: Callable[[], Any], cut: int = cut) -> Any:
            if number == cut:
                between()
            return call()

        act(Faults(interrupt).wrap(clients))
    return counts.calls


def test_an_import_tried_again_while_its_row_was_replaced_keeps_its_texts(clients: Clients, stack: Stack) -> None:
    """The first attempt's row is replaced by another import's, and the cleanup follows that while the second
    attempt is anywhere between writing its text and writing its row.
    """
    mine, other = long(7), long(8, "short")

    def begin() -> dict[str, Any]:
        store(clients, stack).put_batch([mine])
        stream = Stream(clients, stack)
        store(clients, stack).put_batch([other])
        (record,) = stream.read(datetime.now(UTC))
        return record

    def try_again(wrapped: Clients) -> None:
        record.update(begin())
        store(wrapped, stack).put_batch([mine])
        assert_whole(clients, stack, mine)

    record: dict[str, Any] = {}
    calls = at_each_call(clients, try_again, lambda: cleaner(clients, stack).follow(Change.read(record)))
    assert calls == 2


def test_only_versions_older_than_any_process_go_when_a_row_is_replaced(stack: Stack, clients: Clients) -> None:
    at = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
    deleted: list[tuple[str, str]] = []

    class Aged(TextObjects):
        def versions_of(self, key: str) -> Any:
            ages = {"old": timedelta(minutes=16), "young": timedelta(minutes=14), "new": -timedelta(minutes=1)}
            return (Version(key, name, at - age) for name, age in ages.items())

        def delete(self, versions: Iterable[tuple[str, str]]) -> None:
            deleted.extend(versions)

    texts = Aged(clients.s3, stack.bucket)
    aged = Cleaner(clients, stack.interactions, texts, Remover(clients, stack.interactions, texts))
    old = {"id": {"N": "5"}, "texts_at": {"S": "texts/5/abc"}}
    assert aged.follow(Change(5, old, {"id": {"N": "5"}, "input": {"S": ""}}, at)) == 1
    assert deleted == [("texts/5/abc", "old")]
    assert aged.follow(Change(5, old, {}, at)) == 3
    assert aged.follow(Change(-5, old, {}, at)) == 0
    assert aged.follow(Change(5, {**old, "texts_at": {"S": "uploads/5"}}, {}, at)) == 0


def test_a_cleanup_killed_at_every_call_is_done_by_the_next(clients: Clients, stack: Stack) -> None:
    for cut in range(4):
        store(clients, stack).put(long())
        stream = Stream(clients, stack)
        expire(clients, stack)
        (record,) = stream.read(datetime.now(UTC))
        try:
            cleaner(killed_after(cut).wrap(clients), stack).follow(Change.read(record))
        except Killed:
            cleaner(clients, stack).follow(Change.read(record))
        assert versions(clients, stack) == []


# ---------------------------------------------------------------- what nobody refers to


def test_a_text_whose_writer_died_is_removed(clients: Clients, stack: Stack) -> None:
    with pytest.raises(Killed):
        store(killed_after(1).wrap(clients), stack).put(long())
    (left,) = versions(clients, stack)
    assert sweep(clients, stack, left) == 1
    assert versions(clients, stack) == []
    assert sweep(clients, stack, left) == 1, "again does no harm"


def test_a_text_that_is_referred_to_stays(clients: Clients, stack: Stack) -> None:
    store(clients, stack).put(long())
    assert sweep(clients, stack, *versions(clients, stack)) == 0
    assert_whole(clients, stack, long())


def test_a_retry_a_day_later_meets_the_sweep_at_any_moment(clients: Clients, stack: Stack) -> None:
    """The first attempt died between S3 and the table. Its version is looked after before, between and after the
    calls of the second one, which writes a version of its own.
    """

    def try_again(wrapped: Clients) -> None:
        expire(clients, stack)
        with pytest.raises(Killed):
            store(killed_after(1).wrap(clients), stack).put_batch([long(7)])
        left[:] = versions(clients, stack)
        store(wrapped, stack).put_batch([long(7)])
        assert_whole(clients, stack, long(7))
        sweep(clients, stack, *versions(clients, stack))
        assert_whole(clients, stack, long(7))

    left: list[tuple[str, str]] = []
    calls = at_each_call(clients, try_again, lambda: sweep(clients, stack, *left))
    assert calls == 2


def test_removed_and_expired_interactions_refer_to_nothing(clients: Clients, stack: Stack) -> None:
    store(clients, stack).put(long())
    with pytest.raises(Killed):
        store(killed_after(2).wrap(clients), stack).remove(5)
    assert "unfinished" in items(clients, stack)[5]
    assert sweep(clients, stack, *versions(clients, stack)) == 1
    assert versions(clients, stack) == []


# ---------------------------------------------------------------- the function


def handler(clients: Clients, stack: Stack) -> Any:
    return load("cleanup").CleanupHandler(stack.settings(), clients)


def failing(number: int) -> Faults:
    """The table does not answer for one interaction."""

    def change(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments.get("Key") == {"id": {"N": str(number)}}:
            raise faults.error("ThrottlingException", 400)
        return arguments

    return Faults(lambda _, call: call(), change)


def test_one_records_trouble_is_not_anothers(clients: Clients, stack: Stack) -> None:
    kept = [interaction(number, output=LONG) for number in (5, 6)]
    store(clients, stack).put_batch(kept)
    stream = Stream(clients, stack)
    for one in kept:
        clients.dynamodb.delete_item(TableName=stack.interactions, Key={"id": {"N": str(one.id)}})
    records = stream.read(datetime.now(UTC))
    event = {"Records": [records[0], {"eventName": "REMOVE", "dynamodb": {}}, records[1]]}
    answer = handler(failing(5).wrap(clients), stack)(event, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]}
    assert [key.split("/")[1] for key, _ in versions(clients, stack)] == ["5"]
    assert handler(clients, stack)(event, Context()) == {"batchItemFailures": []}
    assert versions(clients, stack) == []


def test_messages_are_handled_one_by_one(
    clients: Clients, stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A logger of its own: one that an earlier test made writes to that test's output.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    for number in (5, 6):
        clients.s3.put_object(Bucket=stack.bucket, Key=f"texts/{number}/x", Body=b"x")
    written = versions(clients, stack)
    bodies = [
        told(written[0]),
        told(written[1]),
        "not JSON",
        '{"Event": "s3:TestEvent"}',
        told(("uploads/5", "v")),
    ]
    messages = [
        {"messageId": f"m{place}", "eventSource": "aws:sqs", "body": body} for place, body in enumerate(bodies)
    ]
    answer = handler(failing(5).wrap(clients), stack)({"Records": messages}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert versions(clients, stack) == [written[0]]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines if "message" in line] == [
        "record put off",
        "record passed over",
        "cleaned up",
    ]
    (metric,) = [line for line in lines if "_aws" in line]
    assert metric["TextsRemoved"] == [1.0]


@pytest.mark.parametrize("event", ["cleanup-stream", "cleanup-texts"])
def test_the_sample_events_are_handled(clients: Clients, stack: Stack, event: str) -> None:
    clients.s3.put_object(Bucket=stack.bucket, Key="texts/9000003/5f0c1b1e5f0c1b1e5f0c1b1e5f0c1b1e", Body=b"x")
    sample = json.loads((Path(__file__).parents[2] / "events" / f"{event}.json").read_text("utf-8"))
    assert handler(clients, stack)(sample, Context()) == {"batchItemFailures": []}
