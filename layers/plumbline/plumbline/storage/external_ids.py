"""The callers' own ids: which interaction each of them has.

A *claim* is an item of the interactions table that says which interaction an external id has. It is put where
there is none and always says the same, so whoever brings the same id again, at the same moment or after a crash,
is told the same interaction. Its id is below those of idempotency keys, made from the hash of the external id; it
has none of the attributes that the indexes list by.

A claim outlives its interaction, whatever else happens: otherwise a row that comes again as its old form expires
could be given two. It ends 30 days after its interaction, or never; who brings a row that is to be kept longer
than that puts its claim off first. A row that comes again while there is a claim takes the place of what has
expired, and one that comes later is new.

Claims are put in transactions of up to a hundred. In one, a claim costs two write units; put by itself with a
condition it costs one, but a request each, and a request takes this process as long as to make 25 interactions and
write them. (PartiQL's batches of INSERTs would have the best of both, but need a permission and an engine of their
own.) A transaction that meets claims of others writes nothing and names them all, with what they say; the rest
is put again without them. Claims that are there already cost half a read unit: they are read first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plumbline.storage.batches import MAX_READS, read_items
from plumbline.storage.conditional import ALL_OLD
from plumbline.storage.findings import EXPIRES
from plumbline.storage.idempotency import LOWEST_KEY_ID
from plumbline.storage.retrying import PATIENT
from plumbline.storage.transactions import Cancelled, transact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plumbline.storage.clients import Clients
    from plumbline.storage.items import Item
    from plumbline.storage.retrying import Backoff

MAX_PUTS = 100
"""Writes that a transaction may have."""
SPARE_SECONDS = 30 * 24 * 3600
"""How long a claim outlives its interaction; so a row that is brought every day puts it off once a month."""
PLACES = 1 << 120
"""How many ids claims may have: with them a number has 37 digits of the 38 that DynamoDB keeps."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """An external id, and the interaction that it gets if it has none. ``place`` is where its claim may be.

    ``end`` is when the interaction is gone, in seconds since 1970; None is never. ``seen`` is the end of a claim
    that is there and is to be put off.
    """

    external_id: str
    digest: bytes
    interaction_id: int
    place: int
    end: int | None
    seen: str | None = None

    @classmethod
    def of(cls, external_id: str, interaction_id: int, end: int | None = None) -> _Claim:
        digest = hashlib.sha256(external_id.encode()).digest()
        return cls(external_id, digest, interaction_id, int.from_bytes(digest[:15], "big") % PLACES, end)

    @property
    def id(self) -> int:
        return LOWEST_KEY_ID - 1 - self.place

    @property
    def item(self) -> Item:
        item: Item = {
            "id": {"N": str(self.id)},
            "external": {"B": self.digest},
            "interaction_id": {"N": str(self.interaction_id)},
        }
        return item if self.end is None else {**item, EXPIRES: {"N": str(self.end + SPARE_SECONDS)}}

    @property
    def put(self) -> dict[str, Any]:
        """The write of its item: where there is none, or in the place of the one that says the same."""
        if self.seen is None:
            return {"Item": self.item, "ConditionExpression": "attribute_not_exists(id)"}
        return {
            "Item": self.item,
            "ConditionExpression": "#external = :external AND interaction_id = :interaction AND #end = :seen",
            "ExpressionAttributeNames": {"#external": "external", "#end": EXPIRES},
            "ExpressionAttributeValues": {
                ":external": self.item["external"],
                ":interaction": self.item["interaction_id"],
                ":seen": {"N": self.seen},
            },
        }

    def is_said_by(self, item: Mapping[str, Any]) -> bool:
        """Whether the item at its place is of this external id."""
        return bytes(item["external"]["B"]) == self.digest

    def lasts(self, item: Mapping[str, Any]) -> bool:
        """Whether the claim that is there outlives the interaction."""
        return EXPIRES not in item or (self.end is not None and int(item[EXPIRES]["N"]) >= self.end)

    def put_off(self, item: Mapping[str, Any]) -> _Claim:
        """The claim that is there, to be kept longer."""
        return replace(self, interaction_id=int(item["interaction_id"]["N"]), seen=item[EXPIRES]["N"])

    def elsewhere(self) -> _Claim:
        """The same at the next place, where another external id was first at this one."""
        return replace(self, place=(self.place + 1) % PLACES)


def claim_id(external_id: str) -> int:
    """The id of an external id's claim. (Two of them meet at one place in no table that there will ever be.)"""
    return _Claim.of(external_id, 0).id


class ExternalIds:
    """Says which interaction an external id has, as long as that is kept and a while longer."""

    def __init__(self, clients: Clients, table: str, backoff: Backoff = PATIENT) -> None:
        self._clients = clients
        self._table = table
        self._backoff = backoff

    def claim(self, wanted: Mapping[str, int], ends: Mapping[str, int] | None = None) -> dict[str, int]:
        """The interaction of each external id: the one in ``wanted``, unless it has had one before.

        ``ends`` says of those whose interaction is not kept for ever when it is gone, in seconds since 1970.

        A call that fails may have claimed some. Claiming the same again gives the same.

        Raises:
            Unavailable: storage is busy or down, or others kept claiming the same ids.
        """
        claimed: dict[str, int] = {}
        ends = ends or {}
        pending = [_Claim.of(name, number, ends.get(name)) for name, number in wanted.items()]
        # What is read first may miss a claim that is new; the transaction will not.
        for turn in self._backoff if pending else ():
            # Two ids may be meant for the same place: one at a time.
            by_place = {claim.id: claim for claim in pending}
            found = self._read(list(by_place), consistent=turn > 0)
            found |= self._put([*_to_put(by_place, found)])
            pending = [*_settle(pending, found, claimed)]
            if not pending:
                break
        return claimed

    def _read(self, numbers: Sequence[int], *, consistent: bool) -> dict[int, Mapping[str, Any]]:
        def read(some: Sequence[int]) -> dict[int, Mapping[str, Any]]:
            return read_items(self._clients, self._table, some, self._backoff, consistent=consistent)

        found: dict[int, Mapping[str, Any]] = {}
        for part in self._clients.workers.map(read, _parts(numbers, MAX_READS)):
            found |= part
        return found

    def _put(self, claims: Sequence[_Claim]) -> dict[int, Mapping[str, Any]]:
        """Put claims where there are none; what is there after that, as far as it is known."""
        found: dict[int, Mapping[str, Any]] = {}
        for part in self._clients.workers.map(self._put_together, _parts(claims, MAX_PUTS)):
            found |= part
        return found

    def _put_together(self, claims: Sequence[_Claim]) -> dict[int, Mapping[str, Any]]:
        writes: list[Any] = [
            {
                "Put": {
                    "TableName": self._table,
                    **claim.put,
                    **ALL_OLD,
                }
            }
            for claim in claims
        ]
        try:
            transact(self._clients.dynamodb, writes, self._backoff)
        except Cancelled as cancelled:
            return {claim.id: item for claim, item in zip(claims, cancelled.items, strict=True) if item}
        return {claim.id: claim.item for claim in claims}


def _to_put(claims: Mapping[int, _Claim], found: Mapping[int, Mapping[str, Any]]) -> Iterator[_Claim]:
    """The claims that are not there, and those that are and end too early."""
    for number, claim in claims.items():
        item = found.get(number)
        if item is None:
            yield claim
        elif claim.is_said_by(item) and not claim.lasts(item):
            yield claim.put_off(item)


def _settle(
    claims: Iterable[_Claim], found: Mapping[int, Mapping[str, Any]], claimed: dict[str, int]
) -> Iterator[_Claim]:
    """Note the claims that were found, and answer what is still to be claimed."""
    for claim in claims:
        item = found.get(claim.id)
        if item is None:
            yield claim
        elif claim.is_said_by(item) and not claim.lasts(item):
            yield claim  # somebody else changed it at the same moment
        elif claim.is_said_by(item):
            claimed[claim.external_id] = int(item["interaction_id"]["N"])
        else:
            yield claim.elsewhere()


def _parts(many: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (many[start : start + size] for start in range(0, len(many), size))
