"""A stack deployed once more, with other parameters: what is there stays, and all of it goes on working."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.local_stack import page, wait_for_import

if TYPE_CHECKING:
    import httpx

    from tests.support.local_stack import LocalStack

HARDENED = {
    "ThrottlingRateLimit": "50",
    "ApiReservedConcurrency": "20",
    "ImportReservedConcurrency": "5",
    "AccessLogBucket": "our-access-logs",
    "DeletionProtection": "off",
    "ImportMemory": "1024",
}
TEXT = "May this stay?"


def test_other_parameters_touch_no_data(local_stack: LocalStack) -> None:
    with local_stack.http() as http:
        before = recorded(http, TEXT)
        imported(http, before=before["id"])
        stored = listed(http)
        tables = local_stack.dynamodb().list_tables()["TableNames"]
        assert {protected(local_stack, table) for table in tables} == {True}
        outputs = dict(local_stack.described)
        key = local_stack.kms().create_key()["KeyMetadata"]["Arn"]
        local_stack.deploy(KmsKeyArn=key, **HARDENED)
        assert local_stack.dynamodb().list_tables()["TableNames"] == tables
        assert {protected(local_stack, table) for table in tables} == {False}
        for queue in (name for name in outputs if name.endswith(("Queue", "DeadLetters"))):
            found = local_stack.sqs().get_queue_attributes(QueueUrl=outputs[queue], AttributeNames=["All"])
            assert found["Attributes"]["KmsMasterKeyId"] == key
        assert listed(http) == stored
        assert http.get(f"/api/interactions/{before['id']}").json()["data"] == before
        after = recorded(http, TEXT)
        assert after["id"] > before["id"]
        workers = local_stack.functions().get_function_configuration(FunctionName="plumbline-import-workers")
        assert workers["MemorySize"] == 1024
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
    data: list[dict[str, Any]] = page(http, "/api/interactions", limit=100)["data"]
    return data
