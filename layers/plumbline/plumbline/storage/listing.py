"""Reading an index that is spread over shards as one list, newest first."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plumbline.storage.clients import available
from plumbline.storage.positions import FEED_SHARDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plumbline.storage.clients import Clients

_LARGEST_QUERY = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """What to read: the index, the name of its partition key, and the feed keys from ``low`` to ``high``."""

    table: str
    index: str
    partition_key: str
    low: str
    high: str


@dataclass(slots=True)
class _Shard:
    number: int
    waiting: deque[Mapping[str, Any]] = field(default_factory=deque)
    start_key: Mapping[str, Any] | None = None
    exhausted: bool = False


def newest_first(clients: Clients, listing: Listing, expected: int) -> Iterator[Mapping[str, Any]]:
    """The index's items in descending order of ``at``, read as they are needed.

    All shards are asked in parallel, each for its part of the ``expected`` number of items and a few more; what
    arrives meanwhile is newer than what was read and changes nothing behind it.

    Raises:
        Unavailable: storage is busy or down.
    """
    shards = [_Shard(number) for number in range(FEED_SHARDS)]
    limit = min(_LARGEST_QUERY, expected // FEED_SHARDS + 4)
    while True:
        # The next item is known once every shard shows its newest.
        while any(not shard.waiting and not shard.exhausted for shard in shards):
            low = [shard for shard in shards if not shard.exhausted and len(shard.waiting) <= limit // 4]
            for _ in clients.workers.map(lambda shard: _read_on(clients, listing, shard, limit), low):  # noqa: B023
                pass
            limit = min(_LARGEST_QUERY, 2 * limit)
        heads = [shard for shard in shards if shard.waiting]
        if not heads:
            return
        yield max(heads, key=lambda shard: shard.waiting[0]["at"]["S"]).waiting.popleft()


def _read_on(clients: Clients, listing: Listing, shard: _Shard, limit: int) -> None:
    start: dict[str, Any] = {} if shard.start_key is None else {"ExclusiveStartKey": shard.start_key}
    with available():
        answer = clients.dynamodb.query(
            TableName=listing.table,
            IndexName=listing.index,
            KeyConditionExpression="#shard = :shard AND #at BETWEEN :low AND :high",
            ExpressionAttributeNames={"#shard": listing.partition_key, "#at": "at"},
            ExpressionAttributeValues={
                ":shard": {"N": str(shard.number)},
                ":low": {"S": listing.low},
                ":high": {"S": listing.high},
            },
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
    shard.waiting.extend(answer["Items"])
    shard.start_key = answer.get("LastEvaluatedKey")
    shard.exhausted = shard.start_key is None
