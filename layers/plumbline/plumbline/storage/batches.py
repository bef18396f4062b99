"""Many items at once: reads and writes that DynamoDB may do in part, carried on until all are done."""

from __future__ import annotations

from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plumbline.storage.clients import available
from plumbline.storage.retrying import PATIENT, PROMPT
from plumbline.storage.wire import prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from mypy_boto3_dynamodb import DynamoDBClient

    from plumbline.storage.clients import Clients
    from plumbline.storage.items import Item, Written
    from plumbline.storage.pace import Pace
    from plumbline.storage.retrying import Backoff

MAX_READS = 100
MAX_WRITES = 25
# A request may have 16 MB as it is sent, where a byte of a text is at most six (a control character in JSON).
MAX_WRITE_BYTES = 2_500_000
# Batches are made in runs, then sent: making them while threads send costs a third more processor time, since
# every compression and every answer hands the interpreter over. A run is a usual chunk of an import.
RUN_BATCHES = 200
RUN_BYTES = 8_000_000


def get_item(clients: Clients, table: str, number: int) -> Mapping[str, Any] | None:
    """One item by id, read consistently; None where there is none.

    Raises:
        Unavailable: storage is busy or down.
    """
    return read_item(clients.dynamodb, table, {"id": {"N": str(number)}})


def read_item(dynamodb: DynamoDBClient, table: str, key: Item) -> Mapping[str, Any] | None:
    """One item by its whole key, read consistently; None where there is none.

    Raises:
        Unavailable: storage is busy or down.
    """
    with available():
        answer = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)
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
    found = read_items(clients, table, ids, backoff, consistent=False)
    missing = [number for number in ids if number not in found]
    if missing:
        found.update(read_items(clients, table, missing, backoff, consistent=True))
    return found


def read_items(
    clients: Clients, table: str, ids: Sequence[int], backoff: Backoff, *, consistent: bool
) -> dict[int, Mapping[str, Any]]:
    """Items by id, at most 100, read once; where it need not be consistently, new ones may be missed.

    Raises:
        Unavailable: storage is busy or down, or left keys unread to the last.
    """
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


def put_items(
    clients: Clients,
    table: str,
    items: Iterable[Written],
    backoff: Backoff = PATIENT,
    *,
    first: Callable[[Written], object] = lambda _: None,
) -> None:
    """Put items, replacing what is there under their ids, several batches at a time.

    ``items`` are taken a few thousand at a time; of a batch in flight, ``first`` is done with each item that needs
    an S3 object before any is written. Where the table refuses some for now, fewer batches are in flight from
    there on, in later calls too.

    Raises:
        Unavailable: some could not be written; putting the same items again is safe.
    """
    for run in _runs(batched(items)):
        _put_run(clients, table, run, backoff, first)


@dataclass(frozen=True, slots=True)
class _Batch:
    """The requests of a batch, prepared, and those of its items that something is to be done with first."""

    requests: list[Any]
    pointing: list[Written]


def _runs(batches: Iterable[list[Written]]) -> Iterator[list[_Batch]]:
    run: list[_Batch] = []
    size = 0
    for batch in batches:
        requests = [prepared({"PutRequest": {"Item": written.item}}) for written in batch]
        run.append(_Batch(requests, [written for written in batch if written.s3_object is not None]))
        size += sum(written.size for written in batch)
        if len(run) == RUN_BATCHES or size >= RUN_BYTES:
            yield run
            run, size = [], 0
    if run:
        yield run


def _put_run(
    clients: Clients,
    table: str,
    batches: Iterable[_Batch],
    backoff: Backoff,
    first: Callable[[Written], object],
) -> None:
    flying: set[Future[bool]] = set()
    try:
        for batch in batches:
            while len(flying) >= clients.pace.allowed:
                flying = _land(flying, clients.pace, FIRST_COMPLETED)
            flying.add(clients.workers.submit(_put_batch, clients, table, batch, backoff, first))
        _land(flying, clients.pace, ALL_COMPLETED)
    finally:
        # Where one failed: nothing goes on behind the back of whoever is told.
        for future in flying:
            future.cancel()
        wait(flying)


def _land(flying: set[Future[bool]], pace: Pace, when: str) -> set[Future[bool]]:
    landed, left = wait(flying, return_when=when)
    for future in landed:
        if future.result():
            pace.taken()
        else:
            pace.refused()
    return left


def batched(items: Iterable[Written]) -> Iterator[list[Written]]:
    """Items in batches that one request may hold."""
    batch: list[Written] = []
    size = 0
    for written in items:
        if batch and (len(batch) == MAX_WRITES or size + written.size > MAX_WRITE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(written)
        size += written.size
    if batch:
        yield batch


def _put_batch(
    clients: Clients, table: str, batch: _Batch, backoff: Backoff, first: Callable[[Written], object]
) -> bool:
    """Put a batch; whether the table took it whole and at once."""
    for written in batch.pointing:
        first(written)
    left = batch.requests
    smoothly = True
    for _ in backoff:
        with available():
            answer: Any = clients.dynamodb.batch_write_item(RequestItems={table: left})
        left = answer.get("UnprocessedItems", {}).get(table)
        smoothly = smoothly and not left and not answer.get("ResponseMetadata", {}).get("RetryAttempts")
        if not left:
            break
    return smoothly
