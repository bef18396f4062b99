"""When a key ends, as people write it, and times as they read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_RIGHT = "must be a span like 12h, 90d or 26w, or a day like 2027-01-31"


def expiry(text: str, now: datetime) -> datetime | None:
    """The moment a key ends: that long from now, or as the day named begins in UTC; None for an empty text.

    Raises:
        ValueError: it is neither, or over.
    """
    if not text.strip():
        return None
    if span := _SPAN.fullmatch(text.strip()):
        return now + int(span[1]) * _UNITS[span[2]]
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(_RIGHT) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if moment <= now:
        raise ValueError("must be in the future")
    return moment


def day(moment: datetime | None) -> str:
    """A time to the minute, in UTC."""
    return "never" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
