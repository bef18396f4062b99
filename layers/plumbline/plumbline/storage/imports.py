"""The table of imports: one item an import, and the baseline it is judged against; its chunks stand beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plumbline.storage.batches import read_item
from plumbline.storage.conditional import put_if, update_if
from plumbline.storage.import_items import (
    EXPIRES,
    UNFINISHED,
    UNFINISHED_STATES,
    expires,
    has_expired,
    import_key,
    read_import,
    write_import,
)
from plumbline.storage.import_listing import newest
from plumbline.times import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from plumbline.models import Import, ImportState
    from plumbline.storage.clients import Clients
    from plumbline.storage.files import FileInfo
    from plumbline.storage.items import Item

_NAMES = {"#token": "token", "#state": "state", "#source": "source"}
# Of an import of which nothing works any more, as many dead chunks are named as fit beside the rest of it.
_MANY_DEAD = 1000


class ImportStore:
    """Keeps how far each import has come."""

    def __init__(
        self,
        clients: Clients,
        table: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._dynamodb = clients.dynamodb
        self._table = table
        self._clock = clock

    def announce(self, new: Import, until: datetime) -> None:
        """Keep an import whose file is still to come, which is forgotten if it has not come by ``until``.

        One that was announced before waits until then; one whose file has come stays as it is.

        Raises:
            Unavailable: storage is busy or down.
        """
        item = {**write_import(new), **expires(until)}
        if self._put(item) is not None:
            self._update(
                new.id,
                [f"{EXPIRES} = :until"],
                {":until": item[EXPIRES]},
                condition=f"attribute_exists({EXPIRES})",
            )

    def create(self, new: Import) -> bool:
        """Keep an import whose file is there; False where it exists already: then all that this changes is that
        one which was announced is not waited for any longer.

        Raises:
            Unavailable: storage is busy or down.
        """
        while (found := self._put(write_import(new))) is not None:
            if EXPIRES not in found or self._stay(new.id):
                return False
        return True

    def _put(self, item: Item) -> Mapping[str, Any] | None:
        """What is there already, which is nothing if it has expired; None where the item was put."""
        condition = f"attribute_not_exists(id) OR {EXPIRES} <= :now"
        now: Item = {":now": {"N": str(int(self._clock().timestamp()))}}
        return put_if(self._dynamodb, self._table, item, condition, ExpressionAttributeValues=now)

    def _stay(self, import_id: int) -> bool:
        """Let an import not expire; False where it has been removed meanwhile."""
        return self._update(import_id, [], {}, condition="attribute_exists(id)", more=f" REMOVE {EXPIRES}")

    def get(self, import_id: int) -> Import | None:
        """One import, read consistently; None where there is none.

        Raises:
            Unavailable: storage is busy or down.
        """
        item = self._part(import_id, "import")
        return read_import(item) if item and not has_expired(item, self._clock()) else None

    def page(self, limit: int, before: str | None) -> tuple[list[Import], str | None]:
        """The newest imports before a position, and the position to go on from (None at the end).

        Raises:
            Unavailable: storage is busy or down.
        """
        items, following = newest(self._dynamodb, self._table, limit, before, self._clock())
        return [read_import(item) for item in items], following

    def start(self, import_id: int, started_at: datetime, info: FileInfo) -> bool:
        """Mark an import that is queued as being planned, of this version of its file.

        False where that was done before.

        Raises:
            Unavailable: storage is busy or down.
        """
        return self._update(
            import_id,
            [
                "#state = :planning",
                "started_at = :at",
                "progressed_at = :at",
                "size_bytes = :size",
                "version = :version",
            ],
            {
                ":planning": {"S": "planning"},
                ":queued": {"S": "queued"},
                ":at": {"S": format_time(started_at)},
                ":size": {"N": str(info.size)},
                ":version": {"S": "" if info.version == "null" else info.version},
            },
            condition="#state = :queued",
        )

    def recognise(self, import_id: int, source: str, begins: int, bytes_total: int | None) -> bool:
        """Keep what the file was recognised as, and count the ``begins`` bytes before its rows.

        False where that was done before.

        Raises:
            Unavailable: storage is busy or down.
        """
        update = ["#source = :source", "bytes_read = bytes_read + :begins"]
        values: Item = {":source": {"S": source}, ":begins": {"N": str(begins)}}
        if bytes_total is not None:
            update.append("bytes_total = :total")
            values[":total"] = {"N": str(bytes_total)}
        return self._update(
            import_id,
            update,
            values,
            condition=f"{UNFINISHED} AND attribute_not_exists(#source)",
        )

    def note_sent(self, import_id: int, number: int) -> None:
        """Keep that every chunk up to a number has been sent to the queue.

        Raises:
            Unavailable: storage is busy or down.
        """
        self._update(
            import_id,
            ["sent = :sent"],
            {":sent": {"N": str(number)}},
            condition="attribute_exists(id) AND (attribute_not_exists(sent) OR sent < :sent)",
        )

    def end_plan(
        self,
        import_id: int,
        chunks: int,
        at: datetime,
        *,
        sent: int = 0,
        bytes_total: int | None = None,
        failure: str | None = None,
    ) -> bool:
        """Keep that there will be no more chunks than ``chunks``, and what keeps the rest from being read.

        Those up to number ``sent`` are in the queue. False where the plan has another length, or had its end
        before.

        Raises:
            Unavailable: storage is busy or down.
        """
        update = [
            "#state = :running",
            "planned = :yes",
            "sent = :sent",
            "started_at = if_not_exists(started_at, :at)",
        ]
        values: Item = {
            ":running": {"S": "running"},
            ":yes": {"BOOL": True},
            ":at": {"S": format_time(at)},
            ":chunks": {"N": str(chunks)},
            ":sent": {"N": str(sent)},
            ":plan": {"NS": ["0"]},
        }
        if bytes_total is not None:
            update.append("bytes_total = :total")
            values[":total"] = {"N": str(bytes_total)}
        if failure is not None:
            update.append("plan_failure = if_not_exists(plan_failure, :failure)")
            values[":failure"] = {"S": failure}
        return self._update(
            import_id,
            update,
            values,
            condition=f"{UNFINISHED} AND chunks = :chunks AND attribute_not_exists(planned)",
            more=" DELETE dead_chunks :plan",
        )

    def stall(self, import_id: int, chunk: int) -> bool:
        """Mark an import as stalled, by a chunk (0: its plan) that will not be tried again.

        False where the import has ended, or is marked for more chunks than need be named.

        Raises:
            Unavailable: storage is busy or down.
        """
        return self._update(
            import_id,
            [],
            {":dead": {"NS": [str(chunk)]}, ":many": {"N": str(_MANY_DEAD)}},
            condition=f"{UNFINISHED} AND (attribute_not_exists(dead_chunks) OR size(dead_chunks) < :many)",
            more=" ADD dead_chunks :dead",
        )

    def revive(self, import_id: int, chunks: Iterable[int]) -> None:
        """Take chunks out of those that stall an import.

        Raises:
            Unavailable: storage is busy or down.
        """
        numbers = [str(chunk) for chunk in chunks]
        if numbers:
            self._update(
                import_id,
                [],
                {":alive": {"NS": numbers}},
                condition="attribute_exists(id)",
                more=" DELETE dead_chunks :alive",
            )

    def end(
        self,
        import_id: int,
        state: ImportState,
        finished_at: datetime,
        *,
        failure: str | None = None,
        rejected_key: str | None = None,
    ) -> bool:
        """End an import, if it failed saying why; False where it has ended already.

        Raises:
            Unavailable: storage is busy or down.
        """
        update = ["#state = :end", "finished_at = :at"]
        values: Item = {":end": {"S": state}, ":at": {"S": format_time(finished_at)}}
        if failure is not None:
            update.append("failure = :failure")
            values[":failure"] = {"S": failure}
        if rejected_key is not None:
            update.append("rejected_key = :rejected")
            values[":rejected"] = {"S": rejected_key}
        return self._update(import_id, update, values, condition=UNFINISHED)

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

    def _part(self, import_id: int, part: str) -> Mapping[str, Any] | None:
        return read_item(self._dynamodb, self._table, {"id": {"N": str(import_id)}, "part": {"S": part}})

    def _update(
        self, import_id: int, sets: Sequence[str], values: Item, *, condition: str, more: str = ""
    ) -> bool:
        update = f"SET {', '.join([*sets, '#token = :token'])}{more}"
        # DynamoDB takes no names and values that are not used.
        names = {name: word for name, word in _NAMES.items() if name in update + condition}
        return update_if(
            self._dynamodb,
            self._table,
            import_key(import_id),
            update,
            condition=condition,
            names=names,
            values={**(UNFINISHED_STATES if UNFINISHED in condition else {}), **values},
        )
