"""The table of imports: one item an import, one a chunk, and the baseline each import is judged against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.errors import PlumblineError
from plumbline.storage.baselines import BaselineWrite, baseline_put
from plumbline.storage.chunk_writes import count_update, done_update
from plumbline.storage.clients import available
from plumbline.storage.conditional import put_if, same_token, update_if
from plumbline.storage.import_items import (
    KEPT_PROBLEMS,
    Chunk,
    ChunkOutcome,
    chunk_part,
    read_chunk,
    read_import,
    write_import,
)
from plumbline.storage.positions import HIGHEST
from plumbline.storage.retrying import PATIENT
from plumbline.storage.transactions import Cancelled, VersionConflict, transact
from plumbline.times import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from plumbline.models import Import, ImportState
    from plumbline.storage.clients import Clients
    from plumbline.storage.items import Item
    from plumbline.storage.retrying import Backoff

__all__ = ["Chunk", "ChunkOutcome", "ImportStore", "VersionConflict"]

_UNFINISHED = "#state IN (:queued, :running)"
_UNFINISHED_STATES: Item = {":queued": {"S": "queued"}, ":running": {"S": "running"}}


class ImportStore:
    """Keeps how far each import has come.

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
    ) -> None:
        self._dynamodb = clients.dynamodb
        self._table = table
        self._baselines_table = baselines_table
        self._backoff = backoff

    def create(self, new: Import) -> bool:
        """Keep a new import; False where it exists already, which changes nothing.

        Raises:
            Unavailable: storage is busy or down.
        """
        return put_if(self._dynamodb, self._table, write_import(new), "attribute_not_exists(id)") is None

    def get(self, import_id: int) -> Import | None:
        """One import, read consistently; None where there is none.

        Raises:
            Unavailable: storage is busy or down.
        """
        item = self._part(import_id, "import")
        return read_import(item) if item else None

    def page(self, limit: int, before: str | None) -> tuple[list[Import], str | None]:
        """The newest imports before a position, and the position to go on from (None at the end).

        Raises:
            Unavailable: storage is busy or down.
        """
        with available():
            answer = self._dynamodb.query(
                TableName=self._table,
                IndexName="recent",
                KeyConditionExpression="kind = :kind AND #at < :before",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={":kind": {"S": "import"}, ":before": {"S": before or HIGHEST}},
                ScanIndexForward=False,
                Limit=limit + 1,
            )
        items = answer["Items"]
        # An answer ends early at 1 MB, which is a hundred imports with as many problems as are kept.
        more = len(items) > limit or "LastEvaluatedKey" in answer
        chosen = items[:limit]
        return [read_import(item) for item in chosen], chosen[-1]["at"]["S"] if more and chosen else None

    def start(self, import_id: int, started_at: datetime, size_bytes: int) -> bool:
        """Mark an import as running, keeping the time of its first start; False where it has ended already.

        Raises:
            Unavailable: storage is busy or down.
        """
        return self._update_unfinished(
            import_id,
            "SET #state = :running, started_at = if_not_exists(started_at, :at), size_bytes = :size",
            {":at": {"S": format_time(started_at)}, ":size": {"N": str(size_bytes)}},
        )

    def fail(self, import_id: int, message: str, finished_at: datetime, rejected_key: str | None = None) -> bool:
        """End an import that cannot be done, saying why; False where it has ended already.

        Raises:
            Unavailable: storage is busy or down.
        """
        update = "SET #state = :failed, failure = :message, finished_at = :at"
        values: Item = {
            ":failed": {"S": "failed"},
            ":message": {"S": message},
            ":at": {"S": format_time(finished_at)},
        }
        return self._update_unfinished(import_id, *_with_rejected(update, values, rejected_key))

    def finish(
        self, import_id: int, state: ImportState, finished_at: datetime, rejected_key: str | None = None
    ) -> bool:
        """End an import that was done; False where it has ended already.

        Raises:
            Unavailable: storage is busy or down.
        """
        update = "SET #state = :end, finished_at = :at"
        values: Item = {":end": {"S": state}, ":at": {"S": format_time(finished_at)}}
        return self._update_unfinished(import_id, *_with_rejected(update, values, rejected_key))

    def snapshot(self, import_id: int, make: Callable[[], bytes]) -> bytes:
        """The baseline as it stood when the import began: made by whoever asks first, the same ever after.

        Raises:
            Unavailable: storage is busy or down.
        """
        found: Mapping[str, Any] | None = self._part(import_id, "baseline")
        if found is None:
            item: Item = {"id": {"N": str(import_id)}, "part": {"S": "baseline"}, "sketches": {"B": make()}}
            found = put_if(self._dynamodb, self._table, item, "attribute_not_exists(id)") or item
        return bytes(found["sketches"]["B"])

    def reserve_chunk(self, import_id: int, number: int, count: int, reserve: Callable[[int], int]) -> int:
        """The first of the ``count`` ids of a chunk's rows, the same on every retry.

        ``reserve`` takes so many ids from the sequence; those of an attempt that ends here are never used.

        Raises:
            Unavailable: storage is busy or down.
        """
        found: Mapping[str, Any] | None = self._part(import_id, chunk_part(number))
        if found is None:
            item: Item = {
                "id": {"N": str(import_id)},
                "part": {"S": chunk_part(number)},
                "first_id": {"N": str(reserve(count))},
                "count": {"N": str(count)},
            }
            found = put_if(self._dynamodb, self._table, item, "attribute_not_exists(id)") or item
        if int(found["count"]["N"]) != count:
            raise PlumblineError(
                f"chunk {number} of import {import_id} had {found['count']['N']} rows before and {count} now"
            )
        return int(found["first_id"]["N"])

    def chunks(self, import_id: int) -> list[Chunk]:
        """The import's chunks in the order of the file, read consistently.

        Raises:
            Unavailable: storage is busy or down.
        """
        chunks: list[Chunk] = []
        start: dict[str, Any] = {}
        while True:
            with available():
                answer = self._dynamodb.query(
                    TableName=self._table,
                    KeyConditionExpression="id = :id AND begins_with(part, :chunk)",
                    ExpressionAttributeValues={":id": {"N": str(import_id)}, ":chunk": {"S": "chunk#"}},
                    ConsistentRead=True,
                    **start,
                )
            chunks.extend(map(read_chunk, answer["Items"]))
            if "LastEvaluatedKey" not in answer:
                return chunks
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def finish_chunk(
        self, import_id: int, number: int, outcome: ChunkOutcome, fold: BaselineWrite | None = None
    ) -> bool:
        """Count a chunk, keep its problems and write its baseline: all of it once, or nothing.

        False where the chunk was done before. Of all problems the first hundred to arrive are kept.

        Raises:
            VersionConflict: ``fold`` was built from a version that has been replaced since.
            Unavailable: storage is busy or down.
        """
        done, token = done_update(self._table, import_id, number, outcome)
        folding = [baseline_put(self._baselines(), fold)] if fold is not None else []
        for _ in self._backoff:
            kept = self._problems_kept(import_id) if outcome.problems else KEPT_PROBLEMS
            writes: Any = [done, count_update(self._table, import_id, outcome, kept), *folding]
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
        found = self._part(import_id, chunk_part(number))
        if found is None:
            raise PlumblineError(f"no ids were reserved for chunk {number} of import {import_id}")
        return same_token(found, token)

    def _problems_kept(self, import_id: int) -> int:
        item = self._part(import_id, "import")
        if item is None:
            raise PlumblineError(f"there is no import {import_id}")
        return int(item["problems_kept"]["N"])

    def _baselines(self) -> str:
        if self._baselines_table is None:
            raise TypeError("a store that folds needs to be told the baselines' table")
        return self._baselines_table

    def _part(self, import_id: int, part: str) -> Mapping[str, Any] | None:
        with available():
            answer = self._dynamodb.get_item(
                TableName=self._table, Key={"id": {"N": str(import_id)}, "part": {"S": part}}, ConsistentRead=True
            )
        return answer.get("Item")

    def _update_unfinished(self, import_id: int, update: str, values: Item) -> bool:
        return update_if(
            self._dynamodb,
            self._table,
            {"id": {"N": str(import_id)}, "part": {"S": "import"}},
            f"{update}, #token = :token",
            condition=_UNFINISHED,
            names={"#state": "state", "#token": "token"},
            values={**_UNFINISHED_STATES, **values},
        )


def _with_rejected(update: str, values: Item, rejected_key: str | None) -> tuple[str, Item]:
    if rejected_key is None:
        return update, values
    return f"{update}, rejected_key = :rejected", {**values, ":rejected": {"S": rejected_key}}
