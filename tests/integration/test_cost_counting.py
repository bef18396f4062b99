"""What DynamoDB Local says that calls consume, and what costs are reckoned from."""

from __future__ import annotations

import pytest
from moto import mock_aws
from plumbline.storage.clients import Clients

from benchmarks.consumption import Meter
from benchmarks.cost_counting import count
from benchmarks.data import Pair
from tests.support.tables import Stack

SHORT = [Pair(f"What is {number}?", "A number.") for number in range(40)]


def test_units_of_short_interactions_are_those_of_the_rules(dynamodb_local: str) -> None:
    counted = count(SHORT, dynamodb_local)
    # The item and its entry in the feed; no alert, so none in the other index. Ids come in blocks.
    assert 2 <= counted.record.write_units <= 2.2
    assert counted.record.write_units_of_indexes == 1
    assert counted.record.read_units == 0
    # In a transaction item, entry and key cost twice that; and the key is looked for, consistently.
    assert 6 <= counted.keyed.write_units <= 6.4
    assert counted.keyed.read_units == 1
    assert counted.row.write_units >= 2
    assert counted.health.read_units == 0.5
    assert counted.fold.write_units >= 1
    assert counted.fold.read_units >= 1
    assert counted.reading.requests["dynamodb BatchGetItem"] == 1
    assert 3 <= counted.metrics <= 10
    assert 200 <= counted.record_log_bytes <= 3000
    assert 200 <= counted.item_bytes <= 1100


@pytest.mark.parametrize("size", [100, 1500])
def test_the_meter_counts_what_happens_while_it_measures(
    dynamodb_local: str, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local)
    with mock_aws():
        clients = Clients.create()
        stack = Stack.create(clients)
        meter = Meter(clients)

        def put(number: int) -> None:
            item = {"id": {"N": str(number)}, "text": {"S": "x" * size}}
            clients.dynamodb.put_item(TableName=stack.interactions, Item=item)

        put(1)
        with meter.measured() as consumed:
            put(2)
            put(3)
            clients.dynamodb.get_item(TableName=stack.interactions, Key={"id": {"N": "2"}}, ConsistentRead=True)
            clients.s3.list_objects_v2(Bucket=stack.bucket)
        put(4)
        stack.delete(clients)
        clients.workers.shutdown()
    units = -(-(size + 10) // 1024)
    assert consumed.write_units == 2 * units
    assert consumed.per(2).write_units == units
    assert consumed.read_units == 1
    assert consumed.requests == {"dynamodb PutItem": 2, "dynamodb GetItem": 1, "s3 ListObjectsV2": 1}
