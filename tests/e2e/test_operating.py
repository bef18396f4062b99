"""What the person on call has, on the local stack: alarms, a dashboard, logs, dead letters that are redriven."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from scripts.stacks import RunningStack, running
from tests.support.operations import ALARMS, ROOT, STACK

if TYPE_CHECKING:
    import httpx

    from tests.support.local_stack import LocalStack

PAIR = {"input_text": "a secret question", "output_text": "a secret answer"}
EMPTY: dict[str, Any] = {"input_text": "", "output_text": "x" * 200}


@pytest.fixture
def stack(local_stack: LocalStack) -> RunningStack:
    return running("", local_stack.state)


def run(module: str, local_stack: LocalStack, *more: str) -> str:
    command = [sys.executable, "-m", module, "--state", str(local_stack.state), *more]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120).stdout


def test_alarms_and_dashboard_are_deployed_and_somebody_is_told(stack: RunningStack) -> None:
    cloudwatch = stack.client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    alarms = {one["AlarmName"]: one for page in pages for one in page["MetricAlarms"]}
    assert set(alarms) == {one["AlarmName"]["Fn::Sub"].replace(STACK, stack.name) for one in ALARMS.values()}
    (subscription,) = stack.client("sns").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == "nobody@example.com"
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [subscription["TopicArn"]]
        assert "Runbook: " in alarm["AlarmDescription"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=stack.name)["DashboardBody"])
    assert "${" not in json.dumps(body)
    assert len(body["widgets"]) >= 15


def test_tail_shows_a_request_with_its_correlation_id_and_no_text(
    local_stack: LocalStack, http: httpx.Client
) -> None:
    assert http.post("/api/interactions", json=PAIR).status_code == 200
    assert http.get("/health").json()["data"]["status"] == "ok"
    shown = run("scripts.tailing", local_stack, "--once", "--since", "10m", "--function", "interactions")
    answered = "  interactions    INFO     request answered  method=POST  route=/api/interactions  status=200"
    *_, last = [line for line in shown.splitlines() if answered in line]
    assert last.endswith("]")
    assert "secret" not in run("scripts.tailing", local_stack, "--once", "--since", "10m")


def test_a_batch_in_the_dead_letters_is_folded_again_and_counted_once(
    local_stack: LocalStack, http: httpx.Client, stack: RunningStack
) -> None:
    assert http.post("/api/interactions", json=EMPTY).status_code == 200
    wanted = _length(http, least=1)
    streams = stack.client("dynamodbstreams")
    (stream,) = streams.list_streams(TableName=stack.outputs["InteractionsTable"])["Streams"]
    arn = stream["StreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    records = streams.get_records(ShardIterator=streams.get_shard_iterator(**place)["ShardIterator"])["Records"]
    numbers = [one["dynamodb"]["SequenceNumber"] for one in (records[0], records[-1])]
    info = {"shardId": shard["ShardId"], "startSequenceNumber": numbers[0], "endSequenceNumber": numbers[1]}
    letter = json.dumps({"version": "1.0", "DDBStreamBatchInfo": {**info, "streamArn": arn}})
    sqs = stack.client("sqs")
    for queue in ("BaselinesDeadLetters", "CleanupDeadLetters"):
        sqs.send_message(QueueUrl=stack.outputs[queue], MessageBody=letter)
    said = run("scripts.redriving", local_stack)
    assert "baselines: 1 letters done again" in said
    assert "cleanup: 1 letters done again" in said
    for queue in ("BaselinesDeadLetters", "CleanupDeadLetters"):
        assert "Messages" not in sqs.receive_message(QueueUrl=stack.outputs[queue])
    assert _length(http, least=1) == wanted


def _length(http: httpx.Client, least: int) -> int:
    """How many values the baseline of a series has, once it has some and they grow no more."""
    known = -1
    for _ in range(60):
        series = {one["name"]: one["count"] for one in http.get("/api/metrics").json()["data"]}
        now = series.get("output.length", 0)
        if now == known and now >= least:
            return int(now)
        known = now
        # What is in a function's memory is up to five seconds old.
        time.sleep(6)
    raise AssertionError(f"the baselines did not come to rest: {known}")
