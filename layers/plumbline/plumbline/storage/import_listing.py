"""The listing of imports, newest first, without those that have expired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.storage.clients import available
from plumbline.storage.import_items import has_expired
from plumbline.storage.positions import HIGHEST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient


def newest(
    dynamodb: DynamoDBClient, table: str, limit: int, before: str | None, now: datetime
) -> tuple[list[Mapping[str, Any]], str | None]:
    """The newest items before a position, and the position to go on from (None at the end).

    Raises:
        Unavailable: storage is busy or down.
    """
    found: list[Mapping[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        asked = limit + 1 - len(found)
        with available():
            answer = dynamodb.query(
                TableName=table,
                IndexName="recent",
                KeyConditionExpression="kind = :kind AND #at < :before",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={":kind": {"S": "import"}, ":before": {"S": before or HIGHEST}},
                ScanIndexForward=False,
                Limit=asked,
                **start,
            )
        found += [item for item in answer["Items"] if not has_expired(item, now)]
        last = answer.get("LastEvaluatedKey")
        # An answer ends early at 1 MB, which is a hundred imports with as many problems as are kept: enough.
        if not last or len(found) > limit or len(answer["Items"]) < asked:
            break
        start = {"ExclusiveStartKey": last}
    chosen = found[:limit]
    more = last or len(found) > limit
    return chosen, chosen[-1]["at"]["S"] if more and chosen else None
