"""The chunks of an import in its table: planned in order, given ids, counted once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plumbline.errors import PlumblineError
from plumbline.storage.baselines import BaselineWrite, baseline_put
from plumbline.storage.batches import read_item
from plumbline.storage.chunk_items import chunk_key, chunk_part, read_chunk
from plumbline.storage.chunk_writes import done_write, plan_writes, progress_write
from plumbline.storage.clients import available
from plumbline.storage.conditional import same_token, update_if
from plumbline.storage.import_items import KEPT_PROBLEMS, ChunkOutcome, import_key
from plumbline.storage.retrying import PATIENT
from plumbline.storage.transactions import Cancelled, VersionConflict, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from plumbline.storage.chunk_items import PlannedChunk
    from plumbline.storage.clients import Clients
    from plumbline.storage.items import Item
    from plumbline.storage.retrying import Backoff

__all__ = ["MAX_AT_ONCE", "ChunkOutcome", "ChunkStore", "VersionConflict"]

MAX_AT_ONCE = 99
"""How many chunks can be planned by one call: a transaction has up to 100 writes."""


class ChunkStore:
    """Keeps which chunks an import has, and which of them are done.

    ``baselines_table`` is needed only by a store that is handed baselines to write along
    (``finish_chunk(…, fold=…)``).
    """

    def __init__(
        self,
        clients: Clients,
        table: str,
        *,
        baselines_table: str | None = None,
        backoff: Backoff = PATIENT,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._dynamodb = clients.dynamodb
        self._table = table
        self._baselines_table = baselines_table
        self._backoff = backoff
        self._clock = clock

    def plan(self, import_id: int, planned: Sequence[PlannedChunk], sent: int) -> bool:
        """Add chunks to the end of a plan, all or none; and note up to which one they have been ``sent``.

        False where the plan does not end just before the first of them (somebody else has gone on with it), is at
        its end, or is of an import that has ended or is not there.

        Raises:
            Unavailable: storage is busy or down.
        """
        writes: Any = plan_writes(self._table, import_id, planned, sent, self._clock())
        try:
            transact(self._dynamodb, writes, self._backoff)
        except Cancelled:
            return False
        return True

    def get(self, import_id: int, number: int) -> PlannedChunk | None:
        """One chunk, read consistently; None where none of that number has been planned.

        Raises:
            Unavailable: storage is busy or down.
        """
        item = self._item(chunk_key(import_id, number))
        return read_chunk(item) if item else None

    def after(self, import_id: int, number: int = 0) -> Iterator[PlannedChunk]:
        """The chunks behind a number in the order of the file, read consistently.

        Raises:
            Unavailable: storage is busy or down; iterating may raise it too.
        """
        start: dict[str, Any] = {"ExclusiveStartKey": chunk_key(import_id, number)}
        while start:
            with available():
                answer = self._dynamodb.query(
                    TableName=self._table,
                    KeyConditionExpression="id = :id AND part BETWEEN :first AND :last",
                    ExpressionAttributeValues={
                        ":id": {"N": str(import_id)},
                        ":first": {"S": chunk_part(0)},
                        ":last": {"S": "chunk#~"},
                    },
                    ConsistentRead=True,
                    **start,
                )
            yield from map(read_chunk, answer["Items"])
            last = answer.get("LastEvaluatedKey")
            start = {"ExclusiveStartKey": last} if last else {}

    def reserve_chunk(self, import_id: int, number: int, count: int, reserve: Callable[[int], int]) -> int:
        """The first of the ``count`` ids of a chunk's rows, the same on every retry.

        ``reserve`` takes so many ids from the sequence; those of an attempt that ends here are never used.

        Raises:
            Unavailable: storage is busy or down.
            PlumblineError: the chunk was never planned, or had another number of rows before.
        """
        chunk = self._planned(import_id, number)
        if chunk.first_id is None:
            self._keep_ids(import_id, number, reserve(count), count)
            chunk = self._planned(import_id, number)
        if chunk.first_id is None or chunk.count != count:
            raise PlumblineError(
                f"chunk {number} of import {import_id} had {chunk.count} rows before and {count} now"
            )
        return chunk.first_id

    def finish_chunk(
        self, import_id: int, number: int, outcome: ChunkOutcome, fold: BaselineWrite | None = None
    ) -> bool:
        """Count a chunk, keep its problems and write its baseline: all of it once, or nothing.

        False where the chunk was done before. Of all problems the first hundred to arrive are kept. An outcome
        with a ``failure`` ends a chunk that cannot be read, and will end its import so.

        Raises:
            VersionConflict: ``fold`` was built from a version that has been replaced since.
            Unavailable: storage is busy or down.
        """
        done, token = done_write(self._table, import_id, number, outcome)
        folding = [baseline_put(self._baselines(), fold)] if fold is not None else []
        for _ in self._backoff:
            kept = self._problems_kept(import_id) if outcome.problems else KEPT_PROBLEMS
            progress = progress_write(self._table, import_id, number, outcome, kept=kept, now=self._clock())
            writes: Any = [done, progress, *folding]
            try:
                transact(self._dynamodb, writes, self._backoff, yields=2 if folding else -1)
            except Cancelled as cancelled:
                if cancelled.failed(0):
                    return self._was_done(import_id, number, token)
                if folding and cancelled.codes[2] != "None":
                    raise VersionConflict from cancelled
                # Another chunk's problems came in between: count again how many there is room for.
                self._problems_kept(import_id)
            else:
                return True
        raise AssertionError("the last wait raises")

    def _was_done(self, import_id: int, number: int, token: Item) -> bool:
        """Whether it was this very call that ended the chunk: its answer was lost, and the client repeated it."""
        found = self._item(chunk_key(import_id, number))
        if found is None or "done" not in found:
            raise PlumblineError(f"no ids were reserved for chunk {number} of import {import_id}")
        return same_token(found, token)

    def _keep_ids(self, import_id: int, number: int, first_id: int, count: int) -> None:
        update_if(
            self._dynamodb,
            self._table,
            chunk_key(import_id, number),
            "SET first_id = :first, #count = :count, #token = :token",
            condition="attribute_exists(part) AND attribute_not_exists(first_id)",
            names={"#token": "token", "#count": "count"},
            values={":first": {"N": str(first_id)}, ":count": {"N": str(count)}},
        )

    def _planned(self, import_id: int, number: int) -> PlannedChunk:
        chunk = self.get(import_id, number)
        if chunk is None:
            raise PlumblineError(f"there is no chunk {number} of import {import_id}")
        return chunk

    def _problems_kept(self, import_id: int) -> int:
        item = self._item(import_key(import_id))
        if item is None:
            raise PlumblineError(f"there is no import {import_id}")
        return int(item["problems_kept"]["N"])

    def _baselines(self) -> str:
        if self._baselines_table is None:
            raise TypeError("a store that folds needs to be told the baselines' table")
        return self._baselines_table

    def _item(self, key: Item) -> Mapping[str, Any] | None:
        return read_item(self._dynamodb, self._table, key)
