"""Writes that happen once, however often they are sent."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plumbline.storage.clients import available

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from plumbline.storage.items import Item

CONDITION_FAILED = "ConditionalCheckFailedException"
ALL_OLD: Any = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def new_token() -> Item:
    """An attribute that tells this write from any other."""
    return {"token": {"B": secrets.token_bytes(8)}}


def same_token(found: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Whether what was found is what that write put there."""
    return "token" in found and found["token"] == item["token"]


def put_if(
    dynamodb: DynamoDBClient, table: str, item: Item, condition: str, **expression: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Put an item if a condition holds; what was found there if it does not, None if the item was put.

    A client repeats a call whose answer it did not see. The item carries a token, so that finding itself is told
    from finding another's.

    Raises:
        Unavailable: storage is busy or down.
    """
    item = {**item, **new_token()}
    found = put_item(dynamodb, table, item, condition, **expression)
    return None if found is None or same_token(found, item) else found


def put_item(
    dynamodb: DynamoDBClient, table: str, item: Item, condition: str, **expression: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Put an item if a condition holds; what was found there if it does not.

    Raises:
        Unavailable: storage is busy or down.
    """
    try:
        with available():
            dynamodb.put_item(
                TableName=table,
                Item=item,
                ConditionExpression=condition,
                **expression,  # type: ignore[arg-type]
                **ALL_OLD,
            )
    except ClientError as error:
        found = _found(error)
        if found is None:
            raise
        return found
    return None


def update_if(
    dynamodb: DynamoDBClient,
    table: str,
    key: Item,
    update: str,
    *,
    condition: str,
    names: Mapping[str, str],
    values: Item,
) -> bool:
    """Update an item if a condition holds; whether it did. The update sets ``#token = :token``.

    Raises:
        Unavailable: storage is busy or down.
    """
    token = new_token()
    try:
        with available():
            dynamodb.update_item(
                TableName=table,
                Key=key,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={**values, ":token": token["token"]},
                **ALL_OLD,
            )
    except ClientError as error:
        found = _found(error)
        if found is None:
            raise
        return same_token(found, token)
    return True


def _found(error: ClientError) -> Mapping[str, Any] | None:
    """What stood where a condition failed; None for any other error."""
    if error.response.get("Error", {}).get("Code") != CONDITION_FAILED:
        return None
    response: Any = error.response
    return dict(response.get("Item") or {})


def equal_items(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two items in wire form are the same; DynamoDB may write a number differently (``1e+16``)."""
    return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)


def _equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if one.keys() != other.keys():
        return False
    ((kind, left),) = one.items()
    right = other[kind]
    if kind == "M":
        return equal_items(left, right)
    if kind == "L":
        return len(left) == len(right) and all(map(_equal, left, right))
    if kind == "N":
        return float(left) == float(right)
    return bool(left == right)
