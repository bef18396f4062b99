"""A stack deployed once more, with other parameters: what is there stays, and all of it goes on working."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.local_stack import wait_for_import

if TYPE_CHECKING:
    import httpx

    from tests.support.local_stack import LocalStack

HARDENED = {
    "ThrottlingRateLimit": "50",
    "ApiReservedConcurrency": "20",
    "ImportReservedConcurrency": "5",
    "AccessLogBucket": "our-access-logs",
    "DeletionProtection": "off",
    "AlertThreshold": "5",
}
TEXT = "This is longer than five characters."


def test_other_parameters_touch_no_data(fresh_stack: LocalStack) -> None:
    with fresh_stack.http() as http:
        before = recorded(http, TEXT)
        imported(http, before=before["id"])
        stored = listed(http)
        tables = fresh_stack.dynamodb().list_tables()["TableNames"]
        assert {protected(fresh_stack, table) for table in tables} == {True}
        outputs = dict(fresh_stack.described)
        key = fresh_stack.kms().create_key()["KeyMetadata"]["Arn"]
        fresh_stack.deploy(KmsKeyArn=key, **HARDENED)
        assert fresh_stack.dynamodb().list_tables()["TableNames"] == tables
        assert {protected(fresh_stack, table) for table in tables} == {False}
        for queue in (name for name in outputs if name.endswith(("Queue", "DeadLetters"))):
            found = fresh_stack.sqs().get_queue_attributes(QueueUrl=outputs[queue], AttributeNames=["All"])
            assert found["Attributes"]["KmsMasterKeyId"] == key
        assert listed(http) == stored
        assert http.get(f"/api/interactions/{before['id']}").json()["data"] == before
        after = recorded(http, TEXT)
        assert after["id"] > before["id"]
        assert [alert["bound"] for alert in after["alerts"] if alert["metric"] == "length"] == [5, 5]
        imported(http, before=after["id"])


def protected(stack: LocalStack, table: str) -> bool:
    described = stack.dynamodb().describe_table(TableName=table)["Table"]
    return bool(described["DeletionProtectionEnabled"])


def recorded(http: httpx.Client, text: str) -> dict[str, Any]:
    answer = http.post("/api/interactions", json={"input_text": text, "output_text": text})
    data: dict[str, Any] = answer.json()["data"]
    assert answer.status_code == 200, data
    return data


def imported(http: httpx.Client, before: int) -> None:
    content = f"Input,Output\nWhat came before {before}?,Not much.\n"
    answer = http.post("/api/interactions/bulk", files={"file": ("one.csv", content)})
    assert wait_for_import(http, answer.headers["location"])["rows_stored"] == 1


def listed(http: httpx.Client) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = http.get("/api/interactions", params={"limit": 100}).json()["data"]
    return data
