"""Many items at once: reads and writes that DynamoDB may do in part, carried on until all are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.storage.clients import available
from plumbline.storage.retrying import PATIENT, PROMPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

    from plumbline.storage.clients import Clients
    from plumbline.storage.items import Item, Written
    from plumbline.storage.retrying import Backoff

MAX_READS = 100
MAX_WRITES = 25
# A request may have 16 MB as it is sent, where a byte of a text is at most six (a control character in JSON).
MAX_WRITE_BYTES = 2_500_000


def get_item(clients: Clients, table: str, number: int) -> Mapping[str, Any] | None:
    """One item by id, read consistently; None where there is none.

    Raises:
        Unavailable: storage is busy or down.
    """
    with available():
        answer = clients.dynamodb.get_item(TableName=table, Key={"id": {"N": str(number)}}, ConsistentRead=True)
    return answer.get("Item")


def get_items(
    clients: Clients, table: str, ids: Sequence[int], backoff: Backoff = PROMPT
) -> dict[int, Mapping[str, Any]]:
    """Items by id, at most 100; ids of which there is no item are absent.

    Items of this table never change, so an eventually consistent read can only miss one that is new: what it
    misses is read again consistently.

    Raises:
        Unavailable: storage is busy or down, or left keys unread to the last.
    """
    found = _get_items(clients, table, ids, backoff, consistent=False)
    missing = [number for number in ids if number not in found]
    if missing:
        found.update(_get_items(clients, table, missing, backoff, consistent=True))
    return found


def _get_items(
    clients: Clients, table: str, ids: Sequence[int], backoff: Backoff, *, consistent: bool
) -> dict[int, Mapping[str, Any]]:
    found: dict[int, Mapping[str, Any]] = {}
    keys: Any = [{"id": {"N": str(number)}} for number in ids]
    for _ in backoff:
        with available():
            answer: Any = clients.dynamodb.batch_get_item(
                RequestItems={table: {"Keys": keys, "ConsistentRead": consistent}}
            )
        found.update((int(item["id"]["N"]), item) for item in answer["Responses"].get(table, []))
        keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys")
        if not keys:
            break
    return found


def put_items(clients: Clients, table: str, items: Iterable[Written], backoff: Backoff = PATIENT) -> None:
    """Put items, replacing what is there under their ids, several batches at a time.

    Raises:
        Unavailable: some could not be written; putting the same items again is safe.
    """
    for _ in clients.workers.map(lambda batch: _put_batch(clients, table, batch, backoff), batched(items)):
        pass


def batched(items: Iterable[Written]) -> Iterator[list[Item]]:
    """Items in batches that one request may hold."""
    batch: list[Item] = []
    size = 0
    for written in items:
        if batch and (len(batch) == MAX_WRITES or size + written.size > MAX_WRITE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(written.item)
        size += written.size
    if batch:
        yield batch


def _put_batch(clients: Clients, table: str, batch: Sequence[Item], backoff: Backoff) -> None:
    left: Sequence[WriteRequestTypeDef] = [{"PutRequest": {"Item": item}} for item in batch]
    for _ in backoff:
        with available():
            answer: Any = clients.dynamodb.batch_write_item(RequestItems={table: left})
        left = answer.get("UnprocessedItems", {}).get(table)
        if not left:
            return
