"""A file of many chunks through the bucket and the queue on the local stack, whole and with a worker killed."""

from __future__ import annotations

import csv
import io
import os
import secrets
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.local_stack import page, wait_for_import

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.local_stack import LocalStack

ROWS = 1600
TEXT = 'A line, and "another"\nwith é. ' * 480
COMES_AGAIN_SECONDS = 10


def history(run: str, first: datetime) -> bytes:
    """Some 25 MB, which are six chunks; the latest of what there is, so that listings begin with it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["Input", "Output", "created_at", "id", "run", "number", f"metric.{run}"])
    for number in range(ROWS):
        moment = (first + timedelta(milliseconds=number)).isoformat()
        writer.writerow(
            [f"Question {number}?", f"{number}: {TEXT}", moment, f"{run}-{number}", run, number, number]
        )
    return out.getvalue().encode()


def import_of(http: httpx.Client, key: str) -> dict[str, Any]:
    """The import of a file in the bucket, as soon as S3 has told of it."""
    until = time.monotonic() + 60
    while True:
        for made in http.get("/api/imports", params={"limit": 100}).json()["data"]:
            if made["key"] == key:
                return dict(made)
        assert time.monotonic() < until, "no import"
        time.sleep(0.2)


def stored(http: httpx.Client, run: str, since: datetime) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every interaction of a run: pages of the listing, down to the run's first moment."""
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = http.get("/api/interactions", params=query).json()
        for one in page["data"]:
            if datetime.fromisoformat(one["created_at"]) < since:
                return
            if one["metadata"].get("run") == run:
                yield int(one["metadata"]["number"]), one
        if "next_cursor" not in page:
            return
        query["cursor"] = page["next_cursor"]


def newest_run(http: httpx.Client) -> str | None:
    """The run of the latest interaction; None where it is of none."""
    newest = page(http, "/api/interactions", limit=1)["data"]
    return newest[0]["metadata"].get("run") if newest else None


def check(http: httpx.Client, run: str, since: datetime, done: dict[str, Any]) -> None:
    counted = ("rows_read", "rows_stored", "rows_known", "rows_rejected")
    assert done["state"] == "succeeded", done
    assert [done[name] for name in counted] == [ROWS, ROWS, 0, 0]
    assert done["chunks"] == done["chunks_done"] > 4
    assert done["bytes_read"] == done["size_bytes"]
    found = list(stored(http, run, since))
    assert sorted(number for number, _ in found) == list(range(ROWS))
    assert len({one["id"] for _, one in found}) == ROWS
    for number, one in found:
        assert (one["input"], one["output"]) == (f"Question {number}?", f"{number}: {TEXT}")
    assert counted_values(http, run) == ROWS


def counted_values(http: httpx.Client, run: str) -> int:
    """How many values the baseline of the run's own metric has, once all that was recorded is folded into it."""
    until, count = time.monotonic() + 60, -1
    while count < ROWS:
        series = http.get(f"/api/metrics/output.{run}", params={"days": 2})
        count = sum(day["count"] for day in series.json()["data"]["days"]) if series.status_code == 200 else 0
        assert time.monotonic() < until, f"{count} values are counted"
        time.sleep(0.5)
    return count


@pytest.fixture
def run() -> str:
    return f"run_{secrets.token_hex(4)}"


def send(local_stack: LocalStack, run: str, since: datetime) -> str:
    key = f"uploads/{run}/history.csv"
    local_stack.s3().put_object(Bucket=local_stack.bucket, Key=key, Body=history(run, since))
    return key


def test_a_file_of_many_chunks_is_stored_exactly(local_stack: LocalStack, http: httpx.Client, run: str) -> None:
    since = datetime.now(UTC) + timedelta(hours=12)
    made = import_of(http, send(local_stack, run, since))
    most = 0
    address = f"/api/imports/{made['id']}"
    while http.get(address).json()["data"]["finished_at"] is None:
        most = max(most, len(local_stack.running("import-workers")))
        time.sleep(0.2)
    assert most > 1, "one worker did all of it"
    check(http, run, since, wait_for_import(http, address))


def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    local_stack: LocalStack, http: httpx.Client, run: str
) -> None:
    sqs, queue = local_stack.sqs(), local_stack.described["ImportQueue"]
    usual = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    # What a killed worker had comes again when its time is up: sooner than after the template's 18 minutes.
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(COMES_AGAIN_SECONDS)})
    since = datetime.now(UTC) + timedelta(hours=13)
    try:
        made = import_of(http, send(local_stack, run, since))
        address = f"/api/imports/{made['id']}"
        until = time.monotonic() + 120
        while newest_run(http) != run:
            assert time.monotonic() < until, "no row was stored"
            time.sleep(0.05)
        killed = local_stack.running("import-workers")
        for process in killed:
            os.kill(process, signal.SIGKILL)
        before = http.get(address).json()["data"]
        assert killed
        assert before["finished_at"] is None, "there was nothing left to kill"
        check(http, run, since, wait_for_import(http, address))
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=usual)
