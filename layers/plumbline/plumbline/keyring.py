"""The keys that open a deployment, as one process knows them: asked for once in a while, not at every request."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from plumbline.access import Key, StoredKey, opens
from plumbline.access.credentials import refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Protocol

    class Keys(Protocol):
        """Where keys are kept."""

        def get(self, key_id: str) -> StoredKey | None: ...

        def used(self, key_id: str, now: datetime, every: timedelta) -> None: ...


FRESH = timedelta(seconds=30)
"""How long what was read of a key is believed: revoking acts within it."""
NOTED = timedelta(hours=1)
"""How often a key's last use is written, at most, by a process."""
REMEMBERED = 1_000
"""How many ids are remembered, those that no key has included, so that nobody fills the memory by guessing."""


class _Known(NamedTuple):
    stored: StoredKey | None
    read_at: datetime


class Keyring:
    """Opens with the keys of a store. ``later`` runs a task that nobody waits for."""

    def __init__(
        self,
        store: Keys,
        clock: Callable[[], datetime],
        later: Callable[[Callable[[], None]], object],
    ) -> None:
        self._store = store
        self._clock = clock
        self._later = later
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._noted: dict[str, datetime] = {}

    def open(self, key: Key) -> StoredKey:
        """What is kept of a key that is good.

        Raises:
            Unauthorized: it is not good, whatever the reason.
            Unavailable: storage is busy or down, and what is known of the key is too old to be believed.
        """
        now = self._clock()
        stored = self._find(key.id, now)
        if not opens(key, stored, now):
            raise refused()
        assert stored is not None
        self._note(stored, now)
        return stored

    def _find(self, key_id: str, now: datetime) -> StoredKey | None:
        known = self._known.get(key_id)
        # A clock that was put back makes what is known look as if it were of the future.
        if known is None or not timedelta() <= now - known.read_at < FRESH:
            known = _Known(self._store.get(key_id), now)
            self._known[key_id] = known
            self._known.move_to_end(key_id)
            while len(self._known) > REMEMBERED:
                forgotten, _ = self._known.popitem(last=False)
                self._noted.pop(forgotten, None)
        return known.stored

    def _note(self, stored: StoredKey, now: datetime) -> None:
        last = max(
            (moment for moment in (stored.last_used_at, self._noted.get(stored.id)) if moment), default=None
        )
        if last is not None and now - last < NOTED:
            return
        self._noted[stored.id] = now

        def note() -> None:
            # A failure is nobody's trouble: the next hour brings another chance.
            self._store.used(stored.id, now, NOTED)

        self._later(note)
