"""The table of API keys: one item a key, under its id.

An item has ``hash`` (SHA-256 of the key), ``name``, ``scopes``, ``at`` (when it was made, then its id: the order
of the listing) and, where there is such a thing, ``expires_at``, ``revoked_at`` and ``last_used_at``, as texts.
The index ``listed`` holds all of it but the hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plumbline.access import Key, StoredKey, read_scopes
from plumbline.storage.clients import available
from plumbline.storage.conditional import put_if
from plumbline.storage.positions import HIGHEST
from plumbline.times import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from mypy_boto3_dynamodb import DynamoDBClient

    from plumbline.access import Scope
    from plumbline.storage.items import Item

_TIME_LENGTH = 27
_KIND = "key"
_CONDITION_FAILED = "ConditionalCheckFailedException"


class KeyStore:
    """What is kept of keys."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def get(self, key_id: str) -> StoredKey | None:
        """A key by its id, as it stands now.

        Raises:
            Unavailable: storage is busy or down.
        """
        with available():
            answer = self._dynamodb.get_item(TableName=self._table, Key={"id": {"S": key_id}}, ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else _read(item)

    def issue(
        self, name: str, scopes: Iterable[Scope], now: datetime, expires_at: datetime | None = None
    ) -> tuple[Key, StoredKey]:
        """Make a key: the key, which can be read nowhere afterwards, and what is kept of it.

        Raises:
            Unavailable: storage is busy or down.
        """
        while True:
            key = Key.new()
            stored = StoredKey(key.id, key.digest, name, frozenset(scopes), now, expires_at)
            if put_if(self._dynamodb, self._table, _write(stored), "attribute_not_exists(id)") is None:
                return key, stored

    def page(self, limit: int, before: str | None = None) -> tuple[list[StoredKey], str | None]:
        """Keys, the newest first, without their hashes, and the position to go on from (None at the end).

        Raises:
            Unavailable: storage is busy or down.
        """
        with available():
            answer = self._dynamodb.query(
                TableName=self._table,
                IndexName="listed",
                KeyConditionExpression="kind = :kind AND #at < :before",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={":kind": {"S": _KIND}, ":before": {"S": before or HIGHEST}},
                ScanIndexForward=False,
                # One more says whether there is more.
                Limit=limit + 1,
            )
        items = answer["Items"]
        found = [_read(item) for item in items[:limit]]
        return found, items[limit - 1]["at"]["S"] if len(items) > limit else None

    def revoke(self, key_id: str, now: datetime) -> StoredKey | None:
        """Make a key good for nothing; None where there is no such key. Of one that is revoked, nothing changes.

        Raises:
            Unavailable: storage is busy or down.
        """
        try:
            with available():
                answer = self._dynamodb.update_item(
                    TableName=self._table,
                    Key={"id": {"S": key_id}},
                    UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :now)",
                    ConditionExpression="attribute_exists(id)",
                    ExpressionAttributeValues={":now": {"S": format_time(now)}},
                    ReturnValues="ALL_NEW",
                )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == _CONDITION_FAILED:
                return None
            raise
        return _read(answer["Attributes"])

    def used(self, key_id: str, now: datetime, every: timedelta) -> None:
        """Note that a key was used, where that was not noted ``every`` so often already.

        Raises:
            Unavailable: storage is busy or down.
            ClientError: it was noted, or there is no such key.
        """
        with available():
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": key_id}},
                UpdateExpression="SET last_used_at = :now",
                ConditionExpression="attribute_exists(id)"
                " AND (attribute_not_exists(last_used_at) OR last_used_at <= :before)",
                ExpressionAttributeValues={
                    ":now": {"S": format_time(now)},
                    ":before": {"S": format_time(now - every)},
                },
            )


def _write(key: StoredKey) -> Item:
    item: Item = {
        "id": {"S": key.id},
        "kind": {"S": _KIND},
        "at": {"S": f"{format_time(key.created_at)}#{key.id}"},
        "hash": {"B": key.digest},
        "name": {"S": key.name},
        "scopes": {"SS": sorted(key.scopes)},
    }
    times = {"expires_at": key.expires_at, "revoked_at": key.revoked_at, "last_used_at": key.last_used_at}
    return item | {name: {"S": format_time(moment)} for name, moment in times.items() if moment is not None}


def _read(item: Mapping[str, Any]) -> StoredKey:
    return StoredKey(
        id=item["id"]["S"],
        digest=item["hash"]["B"] if "hash" in item else b"",
        name=item["name"]["S"],
        scopes=read_scopes(item["scopes"]["SS"]),
        created_at=parse_time(item["at"]["S"][:_TIME_LENGTH]),
        expires_at=_time(item, "expires_at"),
        revoked_at=_time(item, "revoked_at"),
        last_used_at=_time(item, "last_used_at"),
    )


def _time(item: Mapping[str, Any], name: str) -> datetime | None:
    return parse_time(item[name]["S"]) if name in item else None
