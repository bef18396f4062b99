"""Keys for tests: one that opens everything, and a store of keys in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plumbline.access import SCOPES, Key, StoredKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from plumbline.access import Scope
    from plumbline.http.services import Services

MASTER = Key.new()
"""What tests that are not about keys send."""
_BEGINNING, _END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def kept(key: Key, *scopes: str, name: str = "test", now: datetime = _BEGINNING) -> StoredKey:
    """What is kept of a key with these scopes."""
    return StoredKey(key.id, key.digest, name, frozenset(scope for scope in SCOPES if scope in scopes), now)


class MemoryKeys:
    """Keys in memory: asking for one is no call to storage."""

    def __init__(self, *keys: StoredKey) -> None:
        self.keys = {key.id: key for key in keys}
        self.asked: list[str] = []
        self.notes: list[str] = []

    def get(self, key_id: str) -> StoredKey | None:
        self.asked.append(key_id)
        return self.keys.get(key_id)

    def used(self, key_id: str, now: datetime, every: timedelta) -> None:
        self.notes.append(key_id)

    def issue(
        self, name: str, scopes: Iterable[Scope], now: datetime, expires_at: datetime | None = None
    ) -> tuple[Key, StoredKey]:
        key = Key.new()
        stored = StoredKey(key.id, key.digest, name, frozenset(scopes), now, expires_at)
        self.keys[key.id] = stored
        return key, stored

    def page(self, limit: int, before: str | None = None) -> tuple[list[StoredKey], None]:
        return list(self.keys.values())[:limit], None

    def revoke(self, key_id: str, now: datetime) -> StoredKey | None:
        found = self.keys.get(key_id)
        if found is not None:
            self.keys[key_id] = found = replace(found, revoked_at=found.revoked_at or now)
        return found


def admit_master(services: Services) -> None:
    """Let :data:`MASTER` in with all scopes, by a store beside the tables, so that it adds no call to them."""
    # Its last use is noted for ever.
    master = StoredKey(MASTER.id, MASTER.digest, "master", frozenset(SCOPES), _BEGINNING, last_used_at=_END)
    services.keys = MemoryKeys(master)  # type: ignore[assignment]
