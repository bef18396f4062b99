"""How long an interaction is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MAX_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many ``days`` interactions are kept that do not say it themselves; 0 is for ever."""

    days: int = 0

    def until(self, arrived: datetime, days: int | None = None) -> datetime | None:
        """When an interaction is gone that arrived then, in whole seconds and none too early; None for never.

        ``days``, from 1, is what the interaction says itself.
        """
        kept = self.days if days is None else days
        if not kept:
            return None
        # DynamoDB's time to live knows whole seconds only.
        whole = arrived.replace(microsecond=0)
        return whole + timedelta(days=kept, seconds=int(whole < arrived))


FOR_EVER = Retention()


def check_days(days: int) -> None:
    """Raise ValueError where an interaction cannot be kept for so many days."""
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"must be a whole number of days from 1 to {MAX_DAYS}")
