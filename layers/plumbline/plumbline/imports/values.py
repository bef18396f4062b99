"""The single values of a row, the same in every kind of file: times, numbers, the caller's own ids."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from plumbline.imports.header import CREATED_AT, RETENTION_DAYS
from plumbline.imports.moments import FORMS, AmbiguousDate, parse_moment
from plumbline.own_metrics import MAX_METRIC_VALUE
from plumbline.retention import MAX_DAYS, check_days

if TYPE_CHECKING:
    from datetime import datetime

# How far a row's time may lie behind the import's: clocks differ, and days begin early in the east.
MAX_AHEAD = timedelta(hours=24)
MAX_EXTERNAL_ID = 200
NOT_A_NUMBER = (
    "The cell must hold a number, written like 812, -0.5 or 1.2e-3 and without separators or units, "
    f"between -{MAX_METRIC_VALUE:g} and {MAX_METRIC_VALUE:g}, or nothing."
)
NOT_DAYS = f"There must be a whole number of days from 1 to {MAX_DAYS}, or nothing for as long as others are kept."
_DAYS = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Unusable(ValueError):
    """What keeps a row from being used, as a sentence, and the column or key that it is in (None: the row)."""

    def __init__(self, problem: str, column: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.column = column


def read_time(written: str, imported_at: datetime) -> datetime:
    """The time that a row says it is from.

    Raises:
        Unusable: it is none, before 2000, or more than a day after ``imported_at``.
    """
    try:
        moment = parse_moment(written)
    except AmbiguousDate:
        raise Unusable(
            "The date can be read in two ways, with the day or the month first. Write the year first, like "
            "2026-01-31.",
            CREATED_AT,
        ) from None
    except ValueError:
        moment = None
    if moment is None or moment > imported_at + MAX_AHEAD:
        raise Unusable(
            f"The time cannot be read, or lies before 2000 or in the future. It may be written like {FORMS}.",
            CREATED_AT,
        )
    return moment


def read_external_id(written: str, column: str) -> str | None:
    """The caller's own id, without the space around it; None if there is none.

    Raises:
        Unusable: it is too long, or has control characters.
    """
    text = written.strip()
    if len(text) > MAX_EXTERNAL_ID or not (text.isprintable() or _CONTROL.search(text) is None):
        raise Unusable(
            f"An id has at most {MAX_EXTERNAL_ID} characters, none of them a control character. "
            "A column that is no id of the row can be given another name.",
            column,
        )
    return text or None


def read_retention_days(written: str) -> int | None:
    """For how many days a row says that it is kept; None if it says nothing.

    Raises:
        Unusable: it is no number of days, or too large.
    """
    text = written.strip()
    if not text:
        return None
    if not _DAYS.fullmatch(text):
        raise Unusable(NOT_DAYS, RETENTION_DAYS)
    return checked_days(int(text))


def checked_days(days: int) -> int:
    """The days, if a row can be kept for so many.

    Raises:
        Unusable: it cannot.
    """
    try:
        check_days(days)
    except ValueError:
        raise Unusable(NOT_DAYS, RETENTION_DAYS) from None
    return days


def read_number(written: str, column: str) -> float:
    """A metric in a cell.

    Raises:
        Unusable: it is no number, or out of bounds.
    """
    if not _NUMBER.fullmatch(written) or not -MAX_METRIC_VALUE <= (value := float(written)) <= MAX_METRIC_VALUE:
        raise Unusable(NOT_A_NUMBER, column)
    return value
