"""The table of interactions: written once, read by id, and listed newest first."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from plumbline.errors import PlumblineError
from plumbline.storage.alert_listing import AlertQuery, list_alerts
from plumbline.storage.baselines import BaselineWrite, baseline_put
from plumbline.storage.batches import get_item, put_items
from plumbline.storage.conditional import ALL_OLD, equal_items, put_item
from plumbline.storage.external_ids import ExternalIds
from plumbline.storage.feed_listing import list_items
from plumbline.storage.idempotency import Idempotency, KeyUsed, read_key
from plumbline.storage.items import (
    Written,
    is_interaction,
    read_interaction,
    texts_key,
    write_interaction,
)
from plumbline.storage.removal import MADE_BY, Remover, was_removed
from plumbline.storage.sequence import Sequence
from plumbline.storage.text_objects import TextObjects
from plumbline.storage.transactions import Cancelled, VersionConflict, transact

if TYPE_CHECKING:
    import collections.abc
    from collections.abc import Callable, Iterable, Mapping

    from plumbline.models import Alert, Interaction
    from plumbline.storage.clients import Clients

__all__ = ["AlertQuery", "BaselineWrite", "Idempotency", "InteractionStore", "KeyUsed", "VersionConflict"]

_log = logging.getLogger(__name__)

_NEW = "attribute_not_exists(id)"
_NEW_OR_EXPIRED = "attribute_not_exists(id) OR expires_at <= :now"


class InteractionStore:
    """Keeps interactions, and reads them back.

    ``baselines_table`` is needed only by a store that is handed baselines to write along (``put(…, fold=…)``).
    ``streamed`` says that who reads the table's stream finishes what removing an interaction leaves.
    """

    def __init__(
        self,
        clients: Clients,
        table: str,
        bucket: str,
        sequence: Sequence | None = None,
        *,
        baselines_table: str | None = None,
        streamed: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clients = clients
        self._table = table
        self._texts = TextObjects(clients.s3, bucket)
        self._remover = Remover(clients, table, self._texts, streamed=streamed, clock=clock)
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

    def claim(self, wanted: Mapping[str, int], ends: Mapping[str, int] | None = None) -> dict[str, int]:
        """The interaction of each external id: the one in ``wanted``, unless it has had one before.

        ``ends`` says of those whose interaction is not kept for ever when it is gone, in seconds since 1970.

        Raises:
            Unavailable: storage is busy or down; some may have been claimed, and will be found so.
        """
        return self._external_ids.claim(wanted, ends or {})

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
        if idempotency is not None:
            written.item[MADE_BY] = {"N": str(idempotency.id)}
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
        unless very many in a row have expired or were just removed.

        Raises:
            Unavailable: storage is busy or down.
        """
        items, position = list_items(self._clients, self._table, limit, before, max_bytes, self._clock())
        return [one for one in self._clients.workers.map(self._read, items) if one], position

    def alerts(self, query: AlertQuery, limit: int, before: str | None) -> tuple[list[Alert], str | None]:
        """Alerts newest first, then by rule, after a position; and the position to go on from (None at the end).

        One call examines a bounded number of interactions: it may answer fewer than ``limit`` (even none) with a
        position to go on from.

        Raises:
            InvalidRequest: ``before`` is no position of this listing.
            Unavailable: storage is busy or down.
        """
        return list_alerts(self._clients, self._table, query, limit, before, self._clock())

    def remove(self, interaction_id: int) -> bool:
        """Remove an interaction, with its alerts, texts and keys; whether there was one.

        Once this is called, reads do not find it, whatever becomes of the rest.

        Raises:
            Unavailable: storage is busy or down; removing it again does what is left to do.
        """
        return self._remover.remove(interaction_id)

    def removed(self, ids: collections.abc.Sequence[int]) -> set[int]:
        """Which of these interactions were removed by their ids.

        Raises:
            Unavailable: storage is busy or down.
        """
        return self._remover.removed(ids)

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
        self._texts.put(*written.s3_object)

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
        # It may have been removed meanwhile: by somebody who found it in a listing before its answer arrived.
        if found is not None and not was_removed(found) and not equal_items(found, written.item):
            raise PlumblineError(f"interaction {interaction_id} exists already: the sequence is behind its table")

    def _read(self, item: Mapping[str, Any]) -> Interaction | None:
        if not is_interaction(item, self._clock()):
            return None
        key = texts_key(item)
        if key is None:
            return read_interaction(item)
        fetched = self._texts.get(key)
        if fetched is None:
            # Whoever removed the texts removed the interaction.
            _log.warning("interaction %s has lost its texts in S3", item["id"]["N"])
            return None
        return read_interaction(item, fetched)
