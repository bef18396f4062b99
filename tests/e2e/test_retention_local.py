"""What is removed or has expired leaves nothing in S3, on the local stack, each function held to its role."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.support.local_stack import LocalStack

SECONDS = 90
LONG = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9F00), k=260_000)))


def versions(stack: LocalStack, number: int) -> list[dict[str, Any]]:
    """Every version of the texts of an interaction, and every marker."""
    page = stack.s3().list_object_versions(Bucket=stack.bucket, Prefix=f"texts/{number}/")
    return [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]


def wait_until(happened: Callable[[], object], what: str) -> None:
    until = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(0.5)


@pytest.fixture
def long_one(local_stack: LocalStack, http: httpx.Client) -> dict[str, Any]:
    """An interaction whose texts are in S3."""
    sent = {"input_text": "Tell me all.", "output_text": LONG, "retention_days": 30}
    answer = http.post("/api/interactions", json=sent)
    assert answer.status_code == 200, answer.text[:500]
    made: dict[str, Any] = answer.json()["data"]
    assert made["expires_at"] > made["created_at"]
    assert len(versions(local_stack, made["id"])) == 1
    return made


def test_a_long_text_is_removed_with_its_interaction(
    local_stack: LocalStack, http: httpx.Client, long_one: dict[str, Any]
) -> None:
    address = f"/api/interactions/{long_one['id']}"
    assert http.get(address).json()["data"] == long_one
    removed = http.delete(address)
    assert (removed.status_code, removed.json()["data"]) == (200, None)
    assert versions(local_stack, long_one["id"]) == []
    assert http.get(address).status_code == http.delete(address).status_code == 404
    assert http.get("/api/alerts", params={"interaction_id": long_one["id"]}).json()["data"] == []


def test_a_long_text_goes_with_an_interaction_that_expires(
    local_stack: LocalStack, long_one: dict[str, Any]
) -> None:
    table = local_stack.described["InteractionsTable"]
    local_stack.dynamodb().delete_item(TableName=table, Key={"id": {"N": str(long_one["id"])}})
    wait_until(lambda: not versions(local_stack, long_one["id"]), "the stream has not brought it to the cleanup")


def test_what_somebody_died_removing_is_finished(
    local_stack: LocalStack, http: httpx.Client, long_one: dict[str, Any]
) -> None:
    table, number = local_stack.described["InteractionsTable"], str(long_one["id"])
    key = {"id": {"N": number}}
    dynamodb = local_stack.dynamodb()
    found = dynamodb.get_item(TableName=table, Key=key)["Item"]
    left = {"removed": {"N": "1"}, "unfinished": {"S": "yes"}, "expires_at": {"N": "4000000000"}}
    dynamodb.put_item(TableName=table, Item={**key, **left, "texts_at": found["texts_at"]})
    assert http.get(f"/api/interactions/{number}").status_code == 404
    wait_until(
        lambda: "unfinished" not in dynamodb.get_item(TableName=table, Key=key)["Item"], "nobody has finished it"
    )
    assert versions(local_stack, long_one["id"]) == []


def test_a_text_that_nobody_refers_to_is_removed_and_others_are_not(
    local_stack: LocalStack, http: httpx.Client, long_one: dict[str, Any]
) -> None:
    """S3 tells the queue at once; it says so a quarter of an hour later, which is not waited for here."""
    sqs, queue = local_stack.sqs(), local_stack.described["TextsQueue"]
    orphan = "texts/8999999999999/0123456789abcdef"
    written = local_stack.s3().put_object(
        Bucket=local_stack.bucket, Key=orphan, Body=b"left by a process that died"
    )
    name = "ApproximateNumberOfMessagesDelayed"

    def held_back() -> int:
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"]
        return int(attributes[name])

    wait_until(lambda: held_back() >= 2, "S3 has not told the queue")
    (kept,) = versions(local_stack, long_one["id"])
    told = [(kept["Key"], kept["VersionId"]), (orphan, written["VersionId"])]
    records = [{"s3": {"object": {"key": key, "versionId": version}}} for key, version in told]
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Records": records}), DelaySeconds=0)
    wait_until(lambda: not versions(local_stack, 8999999999999), "nobody has looked after it")
    assert http.get(f"/api/interactions/{long_one['id']}").json()["data"]["output"] == LONG
