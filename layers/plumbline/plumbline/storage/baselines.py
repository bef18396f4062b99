"""The table of baselines: what each writer has folded into each day, packed into one attribute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from plumbline.baselines import Sketches
from plumbline.storage.clients import available
from plumbline.storage.conditional import put_if
from plumbline.storage.transactions import VersionConflict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plumbline.storage.clients import Clients
    from plumbline.storage.items import Item

KEPT_DAYS = 400
"""A day's sketches are removed after this long: more than the widest window and a year's comparison."""
INLINE_WRITER = "inline"
"""The writer of values that whoever records them folds in itself."""


@dataclass(slots=True)
class BaselineWrite:
    """What one writer makes of one day (``2026-01-31``).

    ``version`` is the stored version that ``sketches`` were built from and that this write replaces; 0 where there
    is none yet. ``counted`` holds the packed ids of the interactions that the writer has counted, where it keeps
    them.
    """

    day: str
    writer: str
    sketches: Sketches
    version: int
    counted: bytes = b""


class BaselineRows(Protocol):
    """Who has what writers stored: :class:`BaselineStore`."""

    def load(self, day: str, writer: str, /) -> BaselineWrite | None: ...


def load_or_begin(rows: BaselineRows, day: str, writer: str) -> BaselineWrite:
    """What the writer has stored of the day, to be added to and written; empty where it has stored nothing.

    Raises:
        Unavailable: storage is busy or down.
    """
    return rows.load(day, writer) or BaselineWrite(day, writer, Sketches(), 0)


def inline_baseline(rows: BaselineRows, now: datetime) -> BaselineWrite:
    """What requests and imports that fold their own values have stored of the day.

    Raises:
        Unavailable: storage is busy or down.
    """
    return load_or_begin(rows, now.strftime("%Y-%m-%d"), INLINE_WRITER)


class BaselineStore:
    """Reads and replaces sketches."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._clients = clients
        self._table = table

    def load(self, day: str, writer: str) -> BaselineWrite | None:
        """What the writer has stored of the day, read consistently; None where it has not.

        Raises:
            Unavailable: storage is busy or down.
        """
        with available():
            answer = self._clients.dynamodb.get_item(
                TableName=self._table, Key={"day": {"S": day}, "writer": {"S": writer}}, ConsistentRead=True
            )
        return _read(answer["Item"]) if "Item" in answer else None

    def save(self, write: BaselineWrite) -> None:
        """Replace the version that the write was built from.

        Raises:
            VersionConflict: it is no longer the stored one; nothing was written.
            Unavailable: storage is busy or down.
        """
        condition, values = _condition(write)
        if put_if(self._clients.dynamodb, self._table, _item(write), condition, **values) is not None:
            raise VersionConflict

    def read_day(self, day: str) -> Sketches:
        """All writers' sketches of a day, merged.

        Raises:
            Unavailable: storage is busy or down.
        """
        merged = Sketches()
        for write in self.read_writers(day):
            merged.merge(write.sketches)
        return merged

    def read_days(self, days: Sequence[str]) -> list[BaselineWrite]:
        """What every writer has stored of each of these days, asked for in parallel.

        Raises:
            Unavailable: storage is busy or down.
        """
        return [write for writes in self._clients.workers.map(self.read_writers, days) for write in writes]

    def read_writers(self, day: str) -> list[BaselineWrite]:
        """What every writer has stored of a day.

        Raises:
            Unavailable: storage is busy or down.
        """
        writes: list[BaselineWrite] = []
        start: dict[str, Any] = {}
        while True:
            with available():
                answer = self._clients.dynamodb.query(
                    TableName=self._table,
                    KeyConditionExpression="#day = :day",
                    ExpressionAttributeNames={"#day": "day"},
                    ExpressionAttributeValues={":day": {"S": day}},
                    **start,
                )
            writes.extend(map(_read, answer["Items"]))
            if "LastEvaluatedKey" not in answer:
                return writes
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def baseline_put(table: str, write: BaselineWrite) -> dict[str, Any]:
    """The write as part of a transaction."""
    condition, values = _condition(write)
    return {"Put": {"TableName": table, "Item": _item(write), "ConditionExpression": condition, **values}}


def _condition(write: BaselineWrite) -> tuple[str, dict[str, Any]]:
    if write.version == 0:
        return "attribute_not_exists(#version)", {"ExpressionAttributeNames": {"#version": "version"}}
    return "#version = :version", {
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(write.version)}},
    }


def _item(write: BaselineWrite) -> Item:
    expires = datetime.fromisoformat(write.day).replace(tzinfo=UTC) + timedelta(days=KEPT_DAYS)
    item: Item = {
        "day": {"S": write.day},
        "writer": {"S": write.writer},
        "sketches": {"B": write.sketches.pack()},
        "version": {"N": str(write.version + 1)},
        "expires_at": {"N": str(int(expires.timestamp()))},
    }
    if write.counted:
        item["counted"] = {"B": write.counted}
    return item


def _read(item: Mapping[str, Any]) -> BaselineWrite:
    return BaselineWrite(
        day=item["day"]["S"],
        writer=item["writer"]["S"],
        sketches=Sketches.unpack(item["sketches"]["B"]),
        version=int(item["version"]["N"]),
        counted=bytes(item["counted"]["B"]) if "counted" in item else b"",
    )
