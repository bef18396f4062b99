"""What is sent for batches and transactions is what botocore would send, and is answered as ever."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from plumbline.storage.items import write_interaction
from plumbline.storage.wire import as_json, prepared, serialise_directly

from tests.support.strategies import interactions

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.models import Interaction


_NOBODY: Any = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


class Raw(BytesIO):
    """A body as urllib3 hands it on."""

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()


class Engine:
    """A client whose requests are kept and answered here."""

    def __init__(self, *, direct: bool, attempts: int = 1) -> None:
        self.requests: list[Any] = []
        self.answers: Callable[[int], tuple[int, bytes]] = lambda _: (200, b"{}")
        config = Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": attempts})
        self.client = boto3.client("dynamodb", "eu-central-1", config=config, **_NOBODY)
        if direct:
            serialise_directly(self.client)
        self.client.meta.events.register("before-send.dynamodb", self._answer)  # type: ignore[arg-type]

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        self.requests.append(request)
        status, body = self.answers(len(self.requests))
        headers = {"x-amz-crc32": str(zlib.crc32(body)), "content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, status, headers, Raw(body))  # type: ignore[arg-type]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.requests]


@cache
def engines() -> tuple[Engine, Engine]:
    """One that is sent to directly, and one as botocore makes it."""
    return Engine(direct=True), Engine(direct=False)


def decoded(value: Any) -> Any:
    """Wire JSON as the low-level client hands it out."""
    if isinstance(value, list):
        return [decoded(one) for one in value]
    if isinstance(value, dict):
        return {
            name: b64decode(one) if name == "B" and isinstance(one, str) else decoded(one)
            for name, one in value.items()
        }
    return value


@given(interactions())
def test_the_json_of_an_item_is_the_item(kept: Interaction) -> None:
    item = write_interaction(kept).item
    assert decoded(json.loads(as_json(item))) == item


@settings(max_examples=30)
@given(interactions())
def test_a_batch_is_sent_as_botocore_sends_it(kept: Interaction) -> None:
    requests: Any = {"table": [{"PutRequest": {"Item": write_interaction(kept).item}}]}
    direct, plain = engines()
    for engine in (direct, plain):
        engine.client.batch_write_item(RequestItems=requests, ReturnConsumedCapacity="TOTAL")
    assert direct.bodies[-1] == plain.bodies[-1]
    assert direct.bodies[-1]["ReturnConsumedCapacity"] == "TOTAL"
    one, other = direct.requests[-1], plain.requests[-1]
    assert one.url == other.url
    assert one.headers["X-Amz-Target"] == other.headers["X-Amz-Target"]
    assert int(one.headers["Content-Length"]) == len(one.body)


@settings(max_examples=30)
@given(interactions())
def test_what_was_prepared_is_sent_as_what_it_was_made_of(kept: Interaction) -> None:
    item = write_interaction(kept).item
    request: Any = {"PutRequest": {"Item": item}}
    direct, plain = engines()
    direct.client.batch_write_item(RequestItems={"table": [prepared(request), request]})  # type: ignore[list-item]
    plain.client.batch_write_item(RequestItems={"table": [request, request]})
    assert direct.bodies[-1] == plain.bodies[-1]


def test_a_transaction_is_sent_with_its_token() -> None:
    values: Any = {":token": {"B": b"\x00\xff"}, ":n": {"N": "1"}}
    update: Any = {
        "TableName": "t",
        "Key": {"id": {"N": "1"}},
        "UpdateExpression": "SET a = :n",
        "ExpressionAttributeValues": values,
    }
    direct, plain = engines()
    for engine in (direct, plain):
        engine.client.transact_write_items(TransactItems=[{"Update": update}])
    one, other = direct.bodies[-1], plain.bodies[-1]
    assert len(one.pop("ClientRequestToken")) == len(other.pop("ClientRequestToken"))
    assert one == other
    direct.client.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken="mine")
    assert direct.bodies[-1]["ClientRequestToken"] == "mine"


def test_other_requests_are_left_to_the_client() -> None:
    direct, plain = engines()
    for engine in (direct, plain):
        engine.client.put_item(TableName="t", Item={"id": {"N": "1"}, "data": {"B": b"\x00"}})
    assert direct.bodies[-1] == plain.bodies[-1]


def test_a_request_is_signed_as_it_is_sent_and_repeated_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    engine = Engine(direct=True, attempts=3)
    engine.answers = lambda number: (500, b"{}") if number == 1 else (200, b'{"UnprocessedItems": {}}')
    answer = engine.client.batch_write_item(RequestItems={"t": [{"PutRequest": {"Item": {"id": {"B": b"1"}}}}]})
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert engine.requests[0].body == engine.requests[1].body
    assert b'"MQ=="' in engine.requests[1].body
    assert "Signature=" in str(engine.requests[1].headers["Authorization"])


def test_errors_are_the_clients() -> None:
    engine = Engine(direct=True)
    engine.answers = lambda _: (
        400,
        b'{"__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "no"}',
    )
    with pytest.raises(ClientError, match="ValidationException"):
        engine.client.batch_write_item(RequestItems={"t": []})


def test_what_is_no_attribute_value_is_refused() -> None:
    with pytest.raises(TypeError, match="complex"):
        as_json({"S": 1j})
