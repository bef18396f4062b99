"""The table of interactions: written once, read by id, and listed newest first."""

from __future__ import annotations

import logging
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plumbline.errors import PlumblineError
from plumbline.storage.alert_listing import AlertQuery, list_alerts
from plumbline.storage.baselines import BaselineWrite, baseline_put
from plumbline.storage.batches import get_item, get_items, put_items
from plumbline.storage.clients import available
from plumbline.storage.conditional import ALL_OLD, equal_items, put_item
from plumbline.storage.deadline import read_whole
from plumbline.storage.external_ids import ExternalIds
from plumbline.storage.idempotency import Idempotency, KeyUsed, read_key
from plumbline.storage.items import (
    Written,
    is_interaction,
    read_interaction,
    read_size,
    texts_key,
    write_interaction,
)
from plumbline.storage.listing import Listing, newest_first
from plumbline.storage.positions import HIGHEST, LOWEST
from plumbline.storage.sequence import Sequence
from plumbline.storage.transactions import Cancelled, VersionConflict, transact

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Callable, Iterable, Mapping

    from plumbline.models import Alert, Interaction
    from plumbline.storage.clients import Clients

__all__ = ["AlertQuery", "BaselineWrite", "Idempotency", "InteractionStore", "KeyUsed", "VersionConflict"]

_log = logging.getLogger(__name__)

_READ_AT_ONCE = 25
_EMPTY_PAGES = 10
_NEW = "attribute_not_exists(id)"
_NEW_OR_EXPIRED = "attribute_not_exists(id) OR expires_at <= :now"


class InteractionStore:
    """Keeps interactions, and reads them back.

    ``baselines_table`` is needed only by a store that is handed baselines to write along (``put(…, fold=…)``).
    """

    def __init__(
        self,
        clients: Clients,
        table: str,
        bucket: str,
        sequence: Sequence | None = None,
        *,
        baselines_table: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clients = clients
        self._table = table
        self._bucket = bucket
        self._sequence = sequence or Sequence(clients, table)
        self._external_ids = ExternalIds(clients, table)
        self._baselines_table = baselines_table
        self._clock = clock

    def next_id(self) -> int:
        """An id that nobody else gets.

        Raises:
            Unavailable: storage is busy or down.
        """
        return self._sequence.next()

    def reserve(self, count: int) -> int:
        """The first of ``count`` consecutive ids.

        Raises:
            Unavailable: storage is busy or down.
        """
        return self._sequence.reserve(count)

    def claim(self, wanted: Mapping[str, int]) -> dict[str, int]:
        """The interaction of each external id: the one in ``wanted``, unless it has had one before.

        Raises:
            Unavailable: storage is busy or down; some may have been claimed, and will be found so.
        """
        return self._external_ids.claim(wanted)

    def put(
        self,
        interaction: Interaction,
        *,
        idempotency: Idempotency | None = None,
        fold: BaselineWrite | None = None,
    ) -> None:
        """Keep an interaction with its alerts, its idempotency key and its baseline: all of them or nothing.

        Putting the same interaction again changes nothing. Texts too big for an item are in S3 before the item is
        there; a put that fails in between leaves an object that nothing points to.

        Raises:
            KeyUsed: the idempotency key made another interaction before.
            VersionConflict: ``fold`` was built from a version that has been replaced since.
            PayloadTooLarge: its metrics are more than can be kept.
            ValueError: a number that cannot be kept, or metadata that is not JSON.
            Unavailable: storage is busy or down.
        """
        written = write_interaction(interaction)
        self._put_texts(written)
        if idempotency is None and fold is None:
            found = put_item(self._clients.dynamodb, self._table, written.item, _NEW)
            self._must_be_ours(interaction.id, written, found)
        else:
            self._put_together(interaction.id, written, idempotency, fold)

    def find_key(self, idempotency: Idempotency) -> KeyUsed | None:
        """What the key made before, if it was used in the last 24 hours.

        Raises:
            Unavailable: storage is busy or down.
        """
        item = get_item(self._clients, self._table, idempotency.id)
        return read_key(item, idempotency, self._clock()) if item else None

    def get(self, interaction_id: int) -> Interaction | None:
        """One interaction, read consistently; None where there is none.

        Raises:
            Unavailable: storage is busy or down.
        """
        if interaction_id <= 0:
            return None
        item = get_item(self._clients, self._table, interaction_id)
        return self._read(item) if item else None

    def page(
        self, limit: int, before: str | None, max_bytes: int = 4_000_000
    ) -> tuple[list[Interaction], str | None]:
        """The newest interactions before a position, and the position to go on from (None at the end).

        Fewer than ``limit`` where their texts would be over ``max_bytes`` together, but never fewer than one,
        unless very many in a row have just been deleted.

        Raises:
            Unavailable: storage is busy or down.
        """
        interactions: list[Interaction] = []
        for _ in range(_EMPTY_PAGES):
            items, before = self._items(limit, before, max_bytes)
            interactions = [one for one in self._clients.workers.map(self._read, items) if one]
            if interactions or before is None:
                break
        return interactions, before

    def alerts(self, query: AlertQuery, limit: int, before: str | None) -> tuple[list[Alert], str | None]:
        """Alerts newest first, then by rule, after a position; and the position to go on from (None at the end).

        One call examines a bounded number of interactions: it may answer fewer than ``limit`` (even none) with a
        position to go on from.

        Raises:
            InvalidRequest: ``before`` is no position of this listing.
            Unavailable: storage is busy or down.
        """
        return list_alerts(self._clients, self._table, query, limit, before)

    def put_batch(self, interactions: Iterable[Interaction]) -> None:
        """Keep many interactions under ids that were reserved for them; putting them again changes nothing.

        They are taken a few thousand at a time. Where an error is raised, some may have been kept.

        Raises:
            PayloadTooLarge: the metrics of one are more than can be kept.
            ValueError: a number that cannot be kept, or metadata that is not JSON.
            Unavailable: some could not be written in spite of all retries.
        """
        put_items(self._clients, self._table, map(write_interaction, interactions), first=self._put_texts)

    def _put_texts(self, written: Written) -> None:
        if written.s3_object is None:
            return
        key, body = written.s3_object
        with available():
            self._clients.s3.put_object(Bucket=self._bucket, Key=key, Body=body)

    def _put_together(
        self, interaction_id: int, written: Written, idempotency: Idempotency | None, fold: BaselineWrite | None
    ) -> None:
        now = self._clock()
        writes: list[Any] = [
            {"Put": {"TableName": self._table, "Item": written.item, "ConditionExpression": _NEW, **ALL_OLD}}
        ]
        if idempotency is not None:
            writes.append(self._key_put(idempotency, interaction_id, now))
        if fold is not None:
            if self._baselines_table is None:
                raise TypeError("a store that folds needs to be told the baselines' table")
            writes.append(baseline_put(self._baselines_table, fold))
        try:
            transact(self._clients.dynamodb, writes, yields=len(writes) - 1 if fold is not None else -1)
        except Cancelled as cancelled:
            if idempotency is not None and cancelled.failed(1):
                used = read_key(cancelled.items[1] or {}, idempotency, now) or self.find_key(idempotency)
                if used is not None and used.interaction_id != interaction_id:
                    raise used from cancelled
            if cancelled.failed(0):
                # All or nothing: where the interaction is ours, an earlier attempt wrote the rest as well.
                self._must_be_ours(interaction_id, written, cancelled.items[0] or {})
                return
            raise VersionConflict from cancelled

    def _key_put(self, idempotency: Idempotency, interaction_id: int, now: float) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": idempotency.item(interaction_id, now),
                "ConditionExpression": _NEW_OR_EXPIRED,
                "ExpressionAttributeValues": {":now": {"N": str(int(now))}},
                **ALL_OLD,
            }
        }

    def _must_be_ours(self, interaction_id: int, written: Written, found: Mapping[str, Any] | None) -> None:
        if found is not None and not equal_items(found, written.item):
            raise PlumblineError(f"interaction {interaction_id} exists already: the sequence is behind its table")

    def _items(self, limit: int, before: str | None, max_bytes: int) -> tuple[list[Mapping[str, Any]], str | None]:
        listing = Listing(self._table, "feed", "shard", LOWEST, before or HIGHEST)
        listed = islice(newest_first(self._clients, listing, limit + 2), limit + 2)
        # The bounds of a listing are inclusive: the first may be the one that ended the page before.
        keys = [(item["at"]["S"], int(item["id"]["N"])) for item in listed if item["at"]["S"] != before]
        chosen, complete = self._choose(keys[:limit], max_bytes)
        if not complete:
            return chosen, chosen[-1]["at"]["S"]
        return chosen, keys[limit - 1][0] if len(keys) > limit else None

    def _choose(
        self, keys: collections.abc.Sequence[tuple[str, int]], max_bytes: int
    ) -> tuple[list[Mapping[str, Any]], bool]:
        """The items of as many keys as fit, and whether that is all of them."""
        chosen: list[Mapping[str, Any]] = []
        size = 0
        for start in range(0, len(keys), _READ_AT_ONCE):
            numbers = [number for _, number in keys[start : start + _READ_AT_ONCE]]
            items = get_items(self._clients, self._table, numbers)
            for item in (items[number] for number in numbers if number in items):
                size += read_size(item)
                if chosen and size > max_bytes:
                    return chosen, False
                chosen.append(item)
        return chosen, True

    def _read(self, item: Mapping[str, Any]) -> Interaction | None:
        if not is_interaction(item):
            return None
        key = texts_key(item)
        if key is None:
            return read_interaction(item)
        try:
            with available():
                fetched = read_whole(self._clients.s3.get_object(Bucket=self._bucket, Key=key)["Body"])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "NoSuchKey":
                raise
            # Whoever removed the texts removed the interaction.
            _log.warning("interaction %s has lost its texts in S3", item["id"]["N"])
            return None
        return read_interaction(item, fetched)
