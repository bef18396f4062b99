"""The baselines of the last days, kept in memory and refreshed when they get old."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from plumbline.alerts import Rules
from plumbline.baselines import Sketches
from plumbline.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plumbline.baselines import Baselines
    from plumbline.settings import Settings
    from plumbline.storage.baselines import BaselineStore, BaselineWrite

_log = logging.getLogger(__name__)

CLOSED_SECONDS = 600.0
"""How old the days before yesterday may get in memory: nobody writes them any more."""
STALE_SECONDS = 300.0
"""How old baselines may get while they cannot be refreshed: better judged by those than not recorded."""

Versions = frozenset[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class _Window:
    """What was read: the merged sketches, of which versions, and when."""

    sketches: Sketches
    versions: Versions
    at: datetime


class BaselineCache:
    """Baselines of the window that ends today, at most ``baseline_refresh_seconds`` old; safe between threads."""

    def __init__(
        self, store: BaselineStore, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._settings = settings
        self._rules = Rules.from_settings(settings)
        self._clock = clock
        self._lock = threading.Lock()
        self._closed: _Window | None = None
        self._window: _Window | None = None
        self._baselines: Baselines | None = None
        self._tried_at: datetime | None = None

    def current(self) -> Baselines:
        """The baselines to judge against.

        Raises:
            Unavailable: they cannot be read, and those in memory are too old or there are none.
        """
        return self._refreshed()[1]

    def sketches(self) -> Sketches:
        """What the baselines are fitted from; the caller's own copy.

        Raises:
            Unavailable: as for :meth:`current`.
        """
        return self._refreshed()[0].sketches.copy()

    def _refreshed(self) -> tuple[_Window, Baselines]:
        # While one thread refreshes, the others go on with what there is.
        if self._lock.acquire(blocking=self._baselines is None):
            try:
                self._refresh(self._clock())
            finally:
                self._lock.release()
        assert self._window is not None
        assert self._baselines is not None
        return self._window, self._baselines

    def _refresh(self, now: datetime) -> None:
        if self._window is not None and _is_younger(self._tried_at, now, self._settings.baseline_refresh_seconds):
            return
        self._tried_at = now
        try:
            window = self._read(now)
        except Unavailable:
            if self._window is None or not _is_younger(self._window.at, now, STALE_SECONDS):
                self._tried_at = None
                raise
            _log.warning("baselines cannot be refreshed; judging by those of %s", self._window.at.isoformat())
            return
        known = self._window.versions if self._window is not None else None
        # In this order: whoever finds baselines finds a window too.
        self._window = window
        if window.versions != known:
            self._baselines = self._rules.fit(window.sketches)

    def _read(self, now: datetime) -> _Window:
        today = now.astimezone(UTC).date()
        days = [(today - timedelta(days=back)).isoformat() for back in range(self._settings.baseline_window_days)]
        is_new_day = self._closed is not None and self._closed.at.astimezone(UTC).date() != today
        if self._closed is None or is_new_day or not _is_younger(self._closed.at, now, CLOSED_SECONDS):
            self._closed = _merge(self._store.read_days(days[2:]), now)
        open_days = _merge(self._store.read_days(days[:2]), now)
        sketches = self._closed.sketches.copy()
        sketches.merge(open_days.sketches)
        return _Window(sketches, self._closed.versions | open_days.versions, now)


def _merge(writes: Iterable[BaselineWrite], now: datetime) -> _Window:
    sketches = Sketches()
    versions = set()
    for write in writes:
        sketches.merge(write.sketches)
        versions.add((write.day, write.writer, write.version))
    return _Window(sketches, frozenset(versions), now)


def _is_younger(moment: datetime | None, now: datetime, seconds: float) -> bool:
    """Whether the moment is less than that long ago; a clock that was set back makes everything old."""
    return moment is not None and 0 <= (now - moment).total_seconds() < seconds
