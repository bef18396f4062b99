"""Each function may do what its role says and no more: a permission is taken away, and what needed it fails.

It fails as it should: the log says what was refused, nothing half-done is left, and it works again afterwards.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest

from tests.support.local_stack import page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from tests.support.local_stack import LocalStack

SECONDS = 60
LARGE = 1_400_000


class Need(NamedTuple):
    """A permission, and a call of the API that needs it."""

    function: str
    sid: str
    refused: str
    method: str
    path: str
    sent: dict[str, Any]


def recording(output: str = "Yes.") -> dict[str, Any]:
    return {"json": {"input_text": "May you?", "output_text": output}}


def incompressible() -> str:
    return "".join(uuid4().hex for _ in range(LARGE // 32))


NEEDS = [
    # Which call comes first is up to the ids that are left of the last block.
    Need(
        "interactions", "RecordAndReadInteractions", "PutItem UpdateItem", "POST", "/api/interactions", recording()
    ),
    Need("interactions", "RecordAndReadInteractions", "GetItem", "GET", "/api/interactions/1", {}),
    Need("interactions", "ListInteractions", "Query", "GET", "/api/interactions", {}),
    Need("interactions", "KeepLargeTextsAndUploads", "PutObject", "POST", "/api/interactions", recording("large")),
    Need(
        *("interactions", "KeepLargeTextsAndUploads", "PutObject", "POST", "/api/interactions/bulk"),
        {"files": {"file": ("one.csv", b"Input,Output\nMay you?,Not now.\n")}},
    ),
    Need("interactions", "AnnounceReadAndRedriveImports", "Query", "GET", "/api/imports", {}),
    Need(
        *("interactions", "AnnounceReadAndRedriveImports", "PutItem", "POST", "/api/imports"),
        {"json": {"filename": "one.csv"}},
    ),
    Need("alerts", "ListAlerts", "Query", "GET", "/api/alerts", {}),
    Need("alerts", "ReadOneInteractionsAlerts", "GetItem", "GET", "/api/alerts?interaction_id=1", {}),
]


@contextmanager
def without(stack: LocalStack, function: str, sid: str) -> Iterator[None]:
    """A function's role less one of its statements."""
    iam = stack.iam()
    logical = "".join(part.capitalize() for part in function.split("-")) + "Role"
    (role,) = [one["RoleName"] for one in iam.list_roles()["Roles"] if f"-{logical}-" in one["RoleName"]]
    policy = {"RoleName": role, "PolicyName": "own-work"}
    whole = iam.get_role_policy(**policy)["PolicyDocument"]
    kept = [one for one in whole["Statement"] if one["Sid"] != sid]
    assert len(kept) == len(whole["Statement"]) - 1
    iam.put_role_policy(**policy, PolicyDocument=json.dumps({**whole, "Statement": kept}))
    try:
        yield
    finally:
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(whole))


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.25)


def refusals(stack: LocalStack, function: str, since: float) -> set[str]:
    """What AWS refused a function, as its log says: ``PutItem: AccessDenied``."""
    lines = [json.loads(line) for line in stack.logged(function, since) if line.startswith("{")]
    return {line["refused"].removesuffix("Exception") for line in lines if "refused" in line}


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: f"{need.function}-{need.sid}-{need.refused}-{need.path}")
def test_an_api_call_without_its_permission(local_stack: LocalStack, http: httpx.Client, need: Need) -> None:
    sent = dict(need.sent)
    if sent == recording("large"):
        sent = recording(incompressible())
    first = http.post("/api/interactions", **recording()).json()["data"]["id"]
    path = need.path.replace("=1", f"={first}").replace("/1", f"/{first}")
    newest = page(http, "/api/interactions", limit=1)["data"][0]["id"]
    since = time.time() - 1
    with without(local_stack, need.function, need.sid):
        answer = http.request(need.method, path, **sent)
    assert (answer.status_code, answer.json()["success"]) == (500, False)
    assert "arn:" not in answer.text
    denied = {f"{call}: AccessDenied" for call in need.refused.split()}
    until(
        lambda: bool(denied & refusals(local_stack, need.function, since)), "the log does not say what was refused"
    )
    if need.path == "/api/interactions":
        assert page(http, "/api/interactions", limit=1)["data"][0]["id"] == newest
    assert http.request(need.method, path, **sent).status_code == 200


def test_a_key_that_cannot_be_looked_up_opens_nothing(local_stack: LocalStack, http: httpx.Client) -> None:
    made = http.post("/api/keys", json={"name": "new", "scopes": ["read"]}).json()["data"]
    with local_stack.http(made["key"]) as reader:
        with without(local_stack, "interactions", "CheckKeys"):
            assert reader.get("/api/interactions").status_code == 500
        # The same key, good as soon as it can be seen to be.
        assert reader.get("/api/interactions").status_code == 200


def test_an_upload_that_may_not_be_read_is_kept_among_the_dead_letters(
    local_stack: LocalStack, http: httpx.Client
) -> None:
    where = {"Bucket": local_stack.bucket, "Key": f"uploads/{uuid4().hex}.csv"}
    since = time.time() - 1
    with without(local_stack, "imports", "ReadUploads"):
        local_stack.s3().put_object(**where, Body=b"Input,Output\nMay you read me?,Not now.\n")
        until(lambda: bool(dead_letters(local_stack, where["Key"])), "there is no dead letter")
    assert {one.split(": ")[1] for one in refusals(local_stack, "imports", since)} <= {"AccessDenied", "403"}
    assert not [one for one in imports(http, where["Key"]) if one["rows_stored"]]
    local_stack.s3().put_object(**where, Body=b"Input,Output\nMay you read me now?,Yes.\n")
    until(lambda: any(one["state"] == "succeeded" for one in imports(http, where["Key"])), "it is not imported")


def dead_letters(stack: LocalStack, key: str) -> list[dict[str, Any]]:
    """The dead letters that tell of a file; they are taken out."""
    queue = {"QueueUrl": stack.described["ImportsDeadLetters"]}
    received = stack.sqs().receive_message(**queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
    found = [message for message in received.get("Messages", []) if key in message["Body"]]
    for message in found:
        stack.sqs().delete_message(**queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def imports(http: httpx.Client, key: str) -> list[dict[str, Any]]:
    return [one for one in http.get("/api/imports").json()["data"] if one["key"] == key]


def test_values_that_could_not_be_folded_are_folded_once_they_may_be(
    local_stack: LocalStack, http: httpx.Client
) -> None:
    series = f"permission_{uuid4().hex[:8]}"
    interaction = recording()["json"] | {"metrics": {series: 7}}
    since = time.time() - 1
    with without(local_stack, "baselines", "FoldBaselines"):
        assert http.post("/api/interactions", json=interaction).status_code == 200
        until(
            lambda: any("AccessDenied" in line for line in local_stack.logged("baselines", since)),
            "the log does not say what was refused",
        )
        assert http.get(f"/api/metrics/output.{series}").status_code == 404
    until(lambda: http.get(f"/api/metrics/output.{series}").status_code == 200, "it was never folded")
