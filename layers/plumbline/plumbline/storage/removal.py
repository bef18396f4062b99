"""Removing interactions: everything of them, in an order in which a crash loses nothing and leaves nothing.

First a *tombstone* takes the item's place, with one conditional write. It holds no text and no place in the
indexes, so from then on nobody finds the interaction. Until the rest is done it is *unfinished*, and keeps where
the rest is: the S3 objects, the claim of the caller's own id, and the idempotency key. These are removed next, and
then the tombstone is finished: nothing is left in it but the id. Whoever does this, and however often, does the
same; the table's stream brings every tombstone that is unfinished to somebody who finishes it.

A tombstone outlives what may still write under its id: a chunk of an import that is tried again. It is gone itself
after a year.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plumbline.errors import Unavailable
from plumbline.storage.batches import MAX_READS, get_item, read_items
from plumbline.storage.clients import available
from plumbline.storage.conditional import CONDITION_FAILED, put_item
from plumbline.storage.findings import EXPIRES
from plumbline.storage.items import is_interaction, texts_key, texts_prefix
from plumbline.storage.retrying import PROMPT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plumbline.storage.clients import Clients
    from plumbline.storage.items import Item
    from plumbline.storage.retrying import Backoff
    from plumbline.storage.text_objects import TextObjects

_log = logging.getLogger(__name__)

MADE_BY = "made_by"
"""The attribute of an interaction that says which idempotency key made it."""
REMOVED = "removed"
UNFINISHED = "unfinished"
KEPT_SECONDS = 365 * 24 * 3600
LONGEST_RUN = timedelta(seconds=900)
"""How long a process may take from writing an object to writing the item that refers to it."""
_POINTERS = ("texts_at", "claim", MADE_BY)


def was_removed(item: Mapping[str, Any]) -> bool:
    """Whether an item is what is left of an interaction that was removed."""
    return REMOVED in item


def is_unfinished(item: Mapping[str, Any]) -> bool:
    """Whether something of an interaction that was removed may still be there."""
    return UNFINISHED in item


class Remover:
    """Removes interactions from a table, and what belongs to them from where that is.

    Where the table's changes are ``streamed``, what cannot be finished now is left to who reads the stream.
    """

    def __init__(
        self,
        clients: Clients,
        table: str,
        texts: TextObjects,
        *,
        streamed: bool = False,
        clock: Callable[[], float] = time.time,
        backoff: Backoff = PROMPT,
    ) -> None:
        self._clients = clients
        self._table = table
        self._texts = texts
        self._streamed = streamed
        self._clock = clock
        self._backoff = backoff

    def remove(self, interaction_id: int) -> bool:
        """Remove an interaction; whether there was one, or one that was removed before and not finished.

        Raises:
            Unavailable: storage is busy or down; removing it again does what is left to do.
        """
        found = get_item(self._clients, self._table, interaction_id)
        for _ in self._backoff:
            if not found or int(found["id"]["N"]) <= 0:
                return False
            if was_removed(found):
                return self._finish_or_leave(found)
            tombstone = self._tombstone(found)
            other = self._put(tombstone, found)
            if other is None:
                self._finish_or_leave(tombstone)
                return is_interaction(found, self._clock())
            # An import has put another row in its place, or this very call was sent twice.
            found = other
        raise AssertionError("the last wait raises")

    def removed(self, ids: Sequence[int]) -> set[int]:
        """Which of these interactions were removed, and not put there again since.

        Raises:
            Unavailable: storage is busy or down.
        """
        found: set[int] = set()
        for start in range(0, len(ids), MAX_READS):
            items = read_items(
                self._clients, self._table, ids[start : start + MAX_READS], self._backoff, consistent=True
            )
            found |= {number for number, item in items.items() if was_removed(item)}
        return found

    def finish(self, tombstone: Mapping[str, Any]) -> int:
        """Remove what a tombstone says is still there; how many versions of S3 objects that were.

        Raises:
            Unavailable: storage is busy or down; what is left to do is done by finishing again.
        """
        number = int(tombstone["id"]["N"])
        texts = self._remove_texts(number, texts_key(tombstone), int(tombstone[REMOVED]["N"]))
        if "claim" in tombstone:
            self._remove_claim(tombstone["claim"]["N"], number)
        if MADE_BY in tombstone:
            self._blank_key(tombstone[MADE_BY]["N"], number)
        finished = {name: value for name, value in tombstone.items() if name not in {*_POINTERS, UNFINISHED}}
        # Where an import has put the row there again, it is that import's.
        put_item(self._clients.dynamodb, self._table, finished, "attribute_exists(removed)")
        return texts

    def _finish_or_leave(self, tombstone: Mapping[str, Any]) -> bool:
        """Finish a tombstone, or leave that to the stream; whether it was unfinished."""
        if not is_unfinished(tombstone):
            return False
        try:
            self.finish(tombstone)
        except Unavailable:
            if not self._streamed:
                raise
            _log.warning("what is left of interaction %s is removed by the stream", tombstone["id"]["N"])
        return True

    def _tombstone(self, item: Mapping[str, Any]) -> Item:
        return {
            "id": item["id"],
            REMOVED: {"N": str(int(self._clock()))},
            UNFINISHED: {"S": "yes"},
            EXPIRES: {"N": str(int(self._clock()) + KEPT_SECONDS)},
            **{name: item[name] for name in _POINTERS if name in item},
        }

    def _put(self, tombstone: Item, found: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Put a tombstone in the place of what was found; what is there instead, if it is not that any more."""
        given = {name: found[name] for name in ("at", *_POINTERS) if name in found}
        conditions = [f"#{name} = :{name}" for name in given]
        conditions += [f"attribute_not_exists(#{name})" for name in _POINTERS if name not in given]
        return put_item(
            self._clients.dynamodb,
            self._table,
            tombstone,
            " AND ".join(conditions),
            ExpressionAttributeNames={f"#{name}": name for name in ("at", *_POINTERS)},
            ExpressionAttributeValues={f":{name}": value for name, value in given.items()},
        )

    def _remove_texts(self, number: int, key: str | None, removed_at: int) -> int:
        """All versions of its object, and what attempts that died have left, if they are certain to have ended: an
        import may be writing another object for a row that it puts in the tombstone's place.
        """
        prefix = texts_prefix(number)
        latest = datetime.fromtimestamp(removed_at, UTC) - LONGEST_RUN
        versions = [one for one in self._texts.versions(prefix) if one.key == key or one.modified <= latest]
        if key is not None and not key.startswith(prefix):
            versions += self._texts.versions_of(key)
        self._texts.delete((version.key, version.version) for version in versions)
        return len(versions)

    def _remove_claim(self, claim: str, number: int) -> None:
        self._change_if_ours(
            lambda of_ours: self._clients.dynamodb.delete_item(
                TableName=self._table, Key={"id": {"N": claim}}, **of_ours
            ),
            number,
        )

    def _blank_key(self, key: str, number: int) -> None:
        """Forget the digest of the request. The key stays used until it expires: nobody who sends the request
        again means to bring back what was removed.
        """
        self._change_if_ours(
            lambda of_ours: self._clients.dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"N": key}},
                UpdateExpression="SET digest = :none",
                **{
                    **of_ours,
                    "ExpressionAttributeValues": {**of_ours["ExpressionAttributeValues"], ":none": {"S": "-"}},
                },
            ),
            number,
        )

    def _change_if_ours(self, change: Callable[[dict[str, Any]], object], number: int) -> None:
        """Change an item that says which interaction it is about, unless it is about another one, or gone."""
        of_ours: dict[str, Any] = {
            "ConditionExpression": "interaction_id = :number",
            "ExpressionAttributeValues": {":number": {"N": str(number)}},
        }
        try:
            with available():
                change(of_ours)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != CONDITION_FAILED:
                raise
