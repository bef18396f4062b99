"""Redaction by the template's parameters, on the local stack, every function held to its role."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.imports import csv_file
from tests.support.local_stack import wait_for_import

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.local_stack import LocalStack

PATTERNS = r'"EMPLOYEE=EMP-\d{6}; TICKET=\b[A-Z]{2,5}-[0-9]+\b"'
TEXT = "I am joe@example.org (EMP-123456), see PLB-17"
KEPT = "I am [EMAIL] ([EMPLOYEE]), see [TICKET]"


@pytest.fixture
def redacting(local_stack: LocalStack) -> Iterator[LocalStack]:
    local_stack.deploy(Redact='"email, phone"', RedactPatterns=PATTERNS)
    try:
        yield local_stack
    finally:
        local_stack.deploy(Redact="none", RedactPatterns='""')


def test_texts_are_kept_as_the_parameters_say(redacting: LocalStack, http: httpx.Client) -> None:
    made = http.post("/api/interactions", json={"input_text": TEXT, "output_text": "ip 10.0.0.1"}).json()["data"]
    assert (made["input"], made["output"]) == (KEPT, "ip 10.0.0.1")
    assert made["metrics"]["input.redactions"] == 3
    packed = gzip.compress(csv_file([[TEXT, "x"]] * 3) + b"joe@example.org\r\n")
    answer = http.post("/api/interactions/bulk", files={"file": ("rows.csv.gz", packed)})
    done = wait_for_import(http, answer.headers["location"])
    assert (done["state"], done["rows_stored"], done["rows_rejected"]) == ("succeeded_with_problems", 3, 1)
    rejected = httpx.get(done["rejected_rows"]["url"], trust_env=False).text
    assert "[EMAIL],," in rejected
    assert "joe@" not in rejected
    assert stored(redacting, done["id"]) == [KEPT] * 3
    # Its role lets the function remove what it kept on the way, in all versions, which it does once it is done.
    until = time.monotonic() + 60
    while staged(redacting, done["id"]):
        assert time.monotonic() < until, redacting.logged("imports", 0.0)[-20:]
        time.sleep(0.2)


def staged(stack: LocalStack, import_id: int) -> list[Any]:
    versions = stack.s3().list_object_versions(Bucket=stack.bucket, Prefix=f"staging/{import_id}/")
    return [*versions.get("Versions", ()), *versions.get("DeleteMarkers", ())]


def stored(stack: LocalStack, import_id: int) -> list[str]:
    pages = stack.dynamodb().get_paginator("scan")
    found = pages.paginate(
        TableName=stack.described["InteractionsTable"],
        FilterExpression="import_id = :import",
        ExpressionAttributeValues={":import": {"N": str(import_id)}},
    )
    return [item["input"]["S"] for page in found for item in page["Items"]]
