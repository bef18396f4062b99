"""What a series looked like on each of the last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from plumbline.baseline_cache import CLOSED_SECONDS
from plumbline.baselines import Sketches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plumbline.baselines import Sketch
    from plumbline.settings import Settings
    from plumbline.storage.baselines import BaselineStore

MOST_DAYS = 90
_DAYS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class _Day:
    """A day's sketches, each packed by itself: of a hundred series one is asked for, and all would fill memory."""

    read_at: datetime
    packed: Mapping[str, bytes]

    def sketch(self, name: str) -> Sketch | None:
        packed = self.packed.get(name)
        return None if packed is None else Sketches.unpack(packed)[name]


class SeriesHistory:
    """Reads sketches day by day. Days that are over are kept in memory for ten minutes."""

    def __init__(
        self, store: BaselineStore, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._days: dict[str, _Day] = {}

    def read(self, name: str, days: int) -> list[tuple[str, Sketch | None]]:
        """The series on each of the last ``days`` days (of UTC, today's last); None where it had no value.

        Raises:
            Unavailable: storage is busy or down.
        """
        now = self._clock().astimezone(UTC)
        wanted = [(now - timedelta(days=back)).date().isoformat() for back in range(days)]
        # The whole is replaced at the end: two threads may read the same twice, but never half of it.
        known = {day: self._days[day] for day in self._days if day > _day_before(now, MOST_DAYS)}
        open_from = _day_before(now, 1)
        missing = [
            day for day in wanted if day not in known or not self._is_fresh(known[day], day, open_from, now)
        ]
        for start in range(0, len(missing), _DAYS_AT_ONCE):
            known.update(self._fetch(missing[start : start + _DAYS_AT_ONCE], now))
        self._days = known
        return [(day, known[day].sketch(name)) for day in reversed(wanted)]

    def _is_fresh(self, day: _Day, name: str, open_from: str, now: datetime) -> bool:
        # As for baselines: yesterday may still be written to, by whoever is late.
        seconds = self._settings.baseline_refresh_seconds if name >= open_from else CLOSED_SECONDS
        return 0 <= (now - day.read_at).total_seconds() < seconds

    def _fetch(self, days: Sequence[str], now: datetime) -> dict[str, _Day]:
        merged = {day: Sketches() for day in days}
        for write in self._store.read_days(days):
            merged[write.day].merge(write.sketches)
        return {
            day: _Day(now, {name: Sketches({name: sketch}).pack() for name, sketch in sketches.items()})
            for day, sketches in merged.items()
        }


def _day_before(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).date().isoformat()
