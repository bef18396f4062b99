"""Long requests to DynamoDB, made into JSON by orjson.

botocore's serialiser walks every attribute of every item by its model of the service, which takes twice as long as
all else that it does for a batch. This package builds items in wire form, where nothing but binary values differs
from the JSON that is sent. So that part of the parameters is kept back from the serialiser and put into its
request afterwards; addresses, tokens, signatures, retries and errors stay the client's own business.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ConnectionClosedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.client import BaseClient
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient

_LONG = {"BatchWriteItem": "RequestItems", "TransactWriteItems": "TransactItems"}
_KEPT = "plumbline_kept"


def serialise_directly(dynamodb: DynamoDBClient) -> None:
    """Have a client send what it is handed for batches and transactions without walking through it.

    Binary values may be ``bytes``, and any part may be JSON that was made before (:func:`prepared`); everything
    else must be in wire form already, which nothing checks.
    """
    events = dynamodb.meta.events
    for operation in _LONG:
        # A handler's answer is what the parameters become; the stubs know of none that answers.
        events.register(f"provide-client-params.dynamodb.{operation}", _keep_back)  # type: ignore[arg-type]
        events.register(f"before-call.dynamodb.{operation}", _put_in)


def refuse_cut_off(client: BaseClient) -> None:
    """Have a client fail where an answer was cut off.

    botocore notices that for S3's objects only. JSON that cannot be read it takes for an empty answer: an item
    that is there would seem not to be.
    """
    client.meta.events.register("before-parse", _must_be_whole)


def as_json(value: object) -> bytes:
    """Parameters in wire form as the JSON that is sent.

    Raises:
        TypeError: there is something that DynamoDB's JSON has no form for.
    """
    return orjson.dumps(value, default=_binary)


def prepared(value: object) -> orjson.Fragment:
    """A part of parameters as the JSON that is sent, made at once: it takes less memory than what it is made of.

    Raises:
        TypeError: there is something that DynamoDB's JSON has no form for.
    """
    return orjson.Fragment(as_json(value))


def _keep_back(
    params: Mapping[str, Any], model: OperationModel, context: dict[str, Any], **_: object
) -> dict[str, Any]:
    name = _LONG[model.name]
    long = params[name]
    context[_KEPT] = name, long
    # The tables' names stay: the service's address may depend on them.
    return {**params, name: {table: [] for table in long} if isinstance(long, dict) else []}


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    name, long = context.pop(_KEPT)
    params["body"] = as_json({**orjson.loads(params["body"]), name: long})


def _must_be_whole(response_dict: Mapping[str, Any], operation_model: OperationModel, **_: object) -> None:
    body = response_dict["body"]
    if not isinstance(body, bytes) or operation_model.http.get("method") == "HEAD":
        return
    length = response_dict["headers"].get("content-length")
    # Where the answer ends among its headers its length is not known; DynamoDB sends ``{}`` at least.
    cut_among_headers = not body and operation_model.service_model.service_name == "dynamodb"
    if cut_among_headers or (length is not None and int(length) != len(body)):
        raise ConnectionClosedError(endpoint_url=response_dict["headers"].get("server", "AWS"))


def _binary(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return b2a_base64(value, newline=False).decode()
    raise TypeError(f"no attribute value can be a {type(value).__name__}")
