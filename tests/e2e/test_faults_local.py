"""Faults on the local stack: a crowd while a file is imported, everything delivered again, time limits."""

from __future__ import annotations

import base64
import csv
import io
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest

from tests.support.loading import Load
from tests.support.local_stack import wait_for_import
from tests.support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.local_stack import LocalStack

CLIENTS, EACH = 64, 2
ROWS = 200


def file_of(load: Load, rows: int) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["Input", "Output", "number", f"metric.{load.name}"])
    for number in range(rows):
        writer.writerow([f"Row {number} of {load.name}?", "Yes.", f"row-{number}", 1])
    return out.getvalue().encode()


@pytest.fixture(scope="module")
def crowd(local_stack: LocalStack) -> tuple[Load, dict[str, Any]]:
    """64 clients that post at once while a file is imported: what they were answered, and the import."""
    load = Load()
    together = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        with local_stack.http() as http:
            together.wait()
            for turn in range(EACH):
                load.post(http, f"{number}-{turn}")

    with local_stack.http() as http, ThreadPoolExecutor(CLIENTS) as clients:
        file = (f"{load.name}.csv", file_of(load, ROWS), "text/csv")
        sent = http.post("/api/interactions/bulk", files={"file": file})
        assert sent.status_code == 200
        list(clients.map(client, range(CLIENTS)))
        return load, wait_for_import(http, sent.headers["location"])


def test_a_crowd_is_answered_and_stored_once_while_a_file_is_imported(
    local_stack: LocalStack, crowd: tuple[Load, dict[str, Any]]
) -> None:
    load, done = crowd
    assert (done["state"], done["rows_read"], done["rows_stored"]) == ("succeeded", ROWS, ROWS)
    assert len(load.acknowledged) == len(set(load.acknowledged.values())) == CLIENTS * EACH
    load.check(local_stack, others=ROWS)


def test_everything_delivered_once_more_changes_nothing(
    local_stack: LocalStack, http: httpx.Client, crowd: tuple[Load, dict[str, Any]]
) -> None:
    load, done = crowd
    dead = waiting(local_stack, "ImportsDeadLetters"), waiting(local_stack, "BaselinesDeadLetters")
    for key, number in list(load.acknowledged.items())[:8]:
        answer = load.post_once(http, key)
        assert answer.json()["data"]["id"] == number
        assert answer.headers["idempotent-replayed"] == "true"
    for _ in range(2):
        invoke(local_stack, "imports", s3_event(local_stack, done["key"]))
        invoke(local_stack, "baselines", stream_event(local_stack, load))
    chunks = [{"chunk": number + 1} for number in range(done["chunks"])]
    for queue, messages in (("ImportQueue", chunks), ("PlanQueue", [{}, {"again": True}, {"watch": True}])):
        for message in messages * 2:
            body = json.dumps({"import": done["id"], **message})
            local_stack.sqs().send_message(QueueUrl=local_stack.described[queue], MessageBody=body)
    until = time.monotonic() + 60
    while waiting(local_stack, "ImportQueue") or waiting(local_stack, "PlanQueue"):
        assert time.monotonic() < until, "messages are left"
        time.sleep(0.5)
    assert http.get(f"/api/imports/{done['id']}").json()["data"] == done
    load.check(local_stack, others=ROWS)
    assert dead == (waiting(local_stack, "ImportsDeadLetters"), waiting(local_stack, "BaselinesDeadLetters"))


def test_functions_killed_at_their_time_limits_lose_and_double_nothing(
    local_stack: LocalStack, http: httpx.Client
) -> None:
    """The planner has no time to end its plan, and hands it on; the worker hangs until it is killed."""
    load = Load()
    key = f"uploads/{load.name}.csv"
    with Proxy() as nobody, returning_soon(local_stack), changed(local_stack, "imports", 30):
        with changed(local_stack, "import-workers", 3, AWS_ENDPOINT_URL_S3=nobody.url):
            local_stack.s3().put_object(Bucket=local_stack.bucket, Key=key, Body=file_of(load, ROWS))
            until = time.monotonic() + 90
            while nobody.accepted < 2:  # the second worker was begun because the first was killed
                assert time.monotonic() < until, "no worker was killed"
                time.sleep(0.1)
        made = next(one for one in http.get("/api/imports").json()["data"] if one["key"] == key)
        assert (made["state"], made["rows_stored"]) == ("running", 0)
        # Its messages may have been received too often by now; then somebody is to look, and to redrive it.
        assert http.post(f"/api/imports/{made['id']}/redrive").status_code == 200
        done = wait_for_import(http, f"/api/imports/{made['id']}")
    assert (done["state"], done["rows_stored"]) == ("succeeded", ROWS)
    load.check(local_stack, others=ROWS)


def test_storage_that_never_answers_is_a_503_before_the_gateway_gives_up(
    local_stack: LocalStack, http: httpx.Client
) -> None:
    load = Load()
    with Proxy() as nobody:
        with changed(local_stack, "interactions", 2, AWS_ENDPOINT_URL_DYNAMODB=nobody.url):
            killed = load.post_once(http, "one")
        assert killed.status_code >= 500
        with changed(local_stack, "interactions", 29, AWS_ENDPOINT_URL_DYNAMODB=nobody.url):
            answer = load.post_once(http, "one")
    assert answer.elapsed.total_seconds() < 29
    assert (answer.status_code, answer.json()["success"]) == (503, False)
    assert int(answer.headers["retry-after"]) >= 1
    assert load.post(http, "one").status_code == 200
    load.check(local_stack)


def waiting(stack: LocalStack, queue: str) -> int:
    """How many messages of a queue can be received or are being worked on; not those for later."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = stack.sqs().get_queue_attributes(QueueUrl=stack.described[queue], AttributeNames=names)["Attributes"]
    return sum(map(int, counts.values()))


def invoke(stack: LocalStack, function: str, event: dict[str, Any]) -> None:
    done = stack.functions().invoke(
        FunctionName=f"plumbline-{function}", Payload=json.dumps(event, default=_in_base64).encode()
    )
    assert "FunctionError" not in done, done["Payload"].read()


def s3_event(stack: LocalStack, key: str) -> dict[str, Any]:
    """What S3 tells of a file that is there."""
    head = stack.s3().head_object(Bucket=stack.bucket, Key=key)
    described = {"key": quote_plus(key, safe="/"), "versionId": head["VersionId"], "size": head["ContentLength"]}
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": head["LastModified"].isoformat(),
        "s3": {"bucket": {"name": stack.bucket}, "object": described},
    }
    return {"Records": [record]}


def stream_event(stack: LocalStack, load: Load) -> dict[str, Any]:
    """What the table's stream tells of the interactions of a load."""
    numbers = list(load.found(stack))
    client, table = stack.dynamodb(), stack.described["InteractionsTable"]
    items = [client.get_item(TableName=table, Key={"id": {"N": str(number)}})["Item"] for number in numbers]
    records = [
        {
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "ApproximateCreationDateTime": int(load.since.timestamp()) + 2,
                "Keys": {"id": item["id"]},
                "NewImage": item,
                "SequenceNumber": f"{index:021d}",
            },
        }
        for index, item in enumerate(items)
    ]
    return {"Records": records}


def _in_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@contextmanager
def changed(stack: LocalStack, function: str, seconds: int, **variables: str) -> Iterator[None]:
    """A function with another time limit and further variables, in processes of its own."""
    client, name = stack.functions(), f"plumbline-{function}"
    usual = client.get_function_configuration(FunctionName=name)
    environment = usual["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=name, Timeout=seconds, Environment={"Variables": {**environment, **variables}}
    )
    try:
        yield
    finally:
        client.update_function_configuration(
            FunctionName=name, Timeout=usual["Timeout"], Environment={"Variables": environment}
        )


@contextmanager
def returning_soon(stack: LocalStack) -> Iterator[None]:
    """What a killed worker had comes again after seconds, not after the template's 18 minutes."""
    sqs, queue = stack.sqs(), stack.described["ImportQueue"]
    usual = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "5"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=usual)
