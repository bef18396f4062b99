"""The measurements of imports: both sides get the same rows, and all of them."""

from __future__ import annotations

import csv
import http.client
import io
import json
import zlib
from typing import TYPE_CHECKING

from plumbline.imports.source import recognise

from benchmarks import dynamodb_stub, import_profile, import_worker
from benchmarks.data import Pair, as_csv
from benchmarks.import_speed import rows, stub

if TYPE_CHECKING:
    import pytest

REAL = [Pair(f"question {n}\nof several lines", f"answer {n}, " * 40) for n in range(60)]


def test_rows_have_the_lengths_that_were_asked_for_and_are_the_same_each_time() -> None:
    made = rows(REAL, 100, 30, 80)
    assert {(len(one.input), len(one.output)) for one in made} == {(30, 80)}
    assert made == rows(REAL, 100, 30, 80)
    assert len(set(made)) > 90
    assert [Pair(*row) for row in csv.reader(io.StringIO(as_csv(made).decode(), newline=""))][1:] == made


def test_a_worker_reads_every_row_once_whatever_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_worker, "ROWS_AT_ONCE", 7)
    made = rows(REAL, 50, 30, 80)
    data = as_csv(made)
    source = recognise(io.BytesIO(data), "history.csv")
    chunks = [
        import_worker.read(data, source, number, *cut)
        for number, cut in enumerate(import_worker.cuts(data, source), 1)
    ]
    assert [Pair(row.input, row.output) for chunk in chunks for row in chunk.rows] == made
    assert [len(chunk.rows) for chunk in chunks] == [7] * 7 + [1]


def test_the_stand_in_takes_what_it_is_sent() -> None:
    with stub(1.0) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        for operation, answer in (
            ("BatchWriteItem", {"UnprocessedItems": {}}),
            ("PutItem", {}),
            ("UpdateItem", {"Attributes": {"last": {"N": "1000000"}}}),
            ("UpdateItem", {"Attributes": {"last": {"N": "1100000"}}}),
        ):
            connection.request("POST", "/", b"{}", {"X-Amz-Target": f"DynamoDB_20120810.{operation}"})
            response = connection.getresponse()
            body = response.read()
            assert json.loads(body) == answer
            assert response.headers["x-amz-crc32"] == str(zlib.crc32(body))
        connection.close()


def test_the_stand_in_takes_no_more_units_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("benchmarks.dynamodb_stub.time.monotonic", lambda: now[0])
    limit = dynamodb_stub.Limit(10)
    put = {"PutRequest": {"Item": {"id": {"N": "1"}, "input": {"S": "x" * 2_000}}}}
    body = json.dumps({"RequestItems": {"t": [put] * 7}}).encode()
    assert dynamodb_stub.write(body, limit) == (200, {"UnprocessedItems": {"t": [put] * 2}})
    assert dynamodb_stub.write(body, limit)[0] == 400
    now[0] += 0.4
    assert dynamodb_stub.write(body, limit) == (200, {"UnprocessedItems": {"t": [put] * 5}})
    now[0] += 60
    assert dynamodb_stub.write(body, limit) == (200, {"UnprocessedItems": {"t": [put] * 2}})


def test_shares_of_a_profile_are_of_the_whole() -> None:
    assert import_profile.shares({"one": 1.0, "other": 3.0}, 4.0) == [["one", "25%"], ["other", "75%"]]
