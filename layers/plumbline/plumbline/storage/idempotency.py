"""Idempotency keys: which request of a caller made which interaction.

A key is an item of the interactions table under a negative id, so that it is written in one transaction with
the interaction, and restored with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plumbline.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumbline.storage.items import Item

KEPT_SECONDS = 24 * 3600
# 120 bits are at most 37 digits, which a DynamoDB number holds exactly, and never collide.
_BYTES = 15
LOWEST_KEY_ID = -(1 << 8 * _BYTES)
"""The lowest id that a key's item may have; ids below are free for others."""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A caller's key and the digest of the request that came with it."""

    key: str
    request_digest: str

    @property
    def id(self) -> int:
        """The id of the key's item: below zero, from the first 120 bits of the key's SHA-256."""
        return -int.from_bytes(hashlib.sha256(self.key.encode()).digest()[:_BYTES], "big") - 1

    def item(self, interaction_id: int, now: float) -> Item:
        """The item that says that this key made that interaction."""
        return {
            "id": {"N": str(self.id)},
            "digest": {"S": self.request_digest},
            "interaction_id": {"N": str(interaction_id)},
            "expires_at": {"N": str(int(now) + KEPT_SECONDS)},
        }


class KeyUsed(Conflict):
    """The key made an interaction before; ``same_request`` says whether by the same request."""

    def __init__(self, interaction_id: int, *, same_request: bool) -> None:
        super().__init__("This Idempotency-Key was used before.")
        self.interaction_id = interaction_id
        self.same_request = same_request


def read_key(item: Mapping[str, Any], idempotency: Idempotency, now: float) -> KeyUsed | None:
    """What a key's item says, or None where it has expired (DynamoDB may take days to remove it)."""
    if int(item["expires_at"]["N"]) <= now:
        return None
    return KeyUsed(
        int(item["interaction_id"]["N"]), same_request=item["digest"]["S"] == idempotency.request_digest
    )
