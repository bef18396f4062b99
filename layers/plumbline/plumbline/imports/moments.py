"""Times as people's files have them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Digits before the decimal point of a Unix time, and how many of its units make a second.
_UNIX_UNITS = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
_UNIX = re.compile(r"(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d{1,9}))?", re.ASCII)
# What most files have, in a form that the standard library reads as it stands.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[T t]+(.+))?", re.ASCII)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d\d)(?![\d./-]).*", re.ASCII | re.DOTALL)
_UTC_NAMES = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
_SPACED_OFFSET = re.compile(r"\s+(?=[+-])")
# The longest forms have a third of it; what is longer is not looked at, for it could keep a pattern busy for long.
_MAX_LENGTH = 100
FORMS = "2026-01-31T13:45:00Z, 2026-01-31 13:45:00, 2026-01-31, or seconds or milliseconds since 1970"


class AmbiguousDate(ValueError):
    """A date that begins with the day or with the month: nobody can tell which."""


def parse_moment(text: str) -> datetime:
    """A time in RFC 3339 or another form that can mean only one thing; without an offset it is UTC.

    Read are ISO dates with or without a time (``-`` or ``/`` between year, month and day), e-mail's form
    (RFC 5322) and Unix times in seconds, milliseconds, microseconds or nanoseconds.

    Raises:
        AmbiguousDate: the date has its year last.
        ValueError: the text is no such time, or before 2000.
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise ValueError("longer than any time")
    try:
        moment = datetime.fromisoformat(text) if _RFC_3339.fullmatch(text) else _unusual(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, TypeError) as error:
        raise ValueError("not a time that can be represented") from error
    if moment < EARLIEST:
        raise ValueError("before 2000")
    return moment


def _unusual(text: str) -> datetime:
    if _DAY_OR_MONTH_FIRST.fullmatch(text):
        raise AmbiguousDate("the day and the month cannot be told apart")
    return _unix(text) or _iso(text) or parsedate_to_datetime(text)


def _unix(text: str) -> datetime | None:
    match = _UNIX.fullmatch(text)
    if match is None:
        return None
    units = _UNIX_UNITS[len(match[1])]
    fraction = float(f"0.{match[2] or 0}")
    whole, rest = divmod(int(match[1]), units)
    return _EPOCH + timedelta(seconds=whole, microseconds=round((rest + fraction) * 10**6 / units))


def _iso(text: str) -> datetime | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, time = match.groups()
    if time is None:
        return datetime(int(year), int(month), int(day), tzinfo=UTC)
    time = _SPACED_OFFSET.sub("", _UTC_NAMES.sub("+00:00", time))
    return datetime.fromisoformat(f"{year}-{month}-{day}T{time}")
