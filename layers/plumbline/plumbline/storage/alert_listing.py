"""Listing alerts, from the index that holds only interactions that have any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plumbline.models import Alert, alert_id
from plumbline.storage.batches import get_item
from plumbline.storage.findings import read_findings
from plumbline.storage.items import is_interaction
from plumbline.storage.listing import Listing, newest_first
from plumbline.storage.positions import HIGHEST, LOWEST, alert_position, feed_time, split_alert_position
from plumbline.times import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from plumbline.models import AlertType, Element, Finding, Severity
    from plumbline.storage.clients import Clients

MAX_EXAMINED = 1000
"""Interactions that one call looks at; a rare kind of alert takes several calls to find."""
_LAST_RULE = 999


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Which alerts: all that agree with everything that is given; ``since <= created_at < until``."""

    interaction_id: int | None = None
    alert_type: AlertType | None = None
    severity: Severity | None = None
    element: Element | None = None
    metric: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def accepts(self, finding: Finding) -> bool:
        """Whether the finding is of the kind asked for; its time is not looked at."""
        return (
            (self.alert_type is None or finding.alert_type == self.alert_type)
            and (self.severity is None or finding.severity == self.severity)
            and (self.element is None or finding.element == self.element)
            and (self.metric is None or finding.metric == self.metric)
        )


def list_alerts(  # noqa: PLR0917 - what is listed, and then how much of it
    clients: Clients, table: str, query: AlertQuery, limit: int, before: str | None, now: float
) -> tuple[list[Alert], str | None]:
    """Alerts by interaction, newest first, then by rule; and the position to go on from.

    Raises:
        InvalidRequest: ``before`` is no position of this listing.
        Unavailable: storage is busy or down.
    """
    after_key, after_rule = split_alert_position(before) if before else (HIGHEST, 0)
    listing = Listing(table, "alerts", "alerting", *_bounds(query, after_key))
    if listing.low > listing.high:
        return [], None
    items: Iterable[Mapping[str, Any]]
    if query.interaction_id is not None:
        items = _one(clients, listing, query.interaction_id)
    else:
        items = newest_first(clients, listing, limit + 1)
    return _collect(items, query, limit, (after_key, after_rule), now)


def _bounds(query: AlertQuery, after_key: str) -> tuple[str, str]:
    # A bare time sorts before every feed key of that time: as a lower bound it lets them in, as an upper not.
    low = format_time(query.since) if query.since else LOWEST
    high = min(after_key, format_time(query.until)) if query.until else after_key
    return low, high


def _one(clients: Clients, listing: Listing, interaction_id: int) -> list[Mapping[str, Any]]:
    item = get_item(clients, listing.table, interaction_id)
    return [item] if item and "alerts" in item and listing.low <= item["at"]["S"] <= listing.high else []


def _collect(
    items: Iterable[Mapping[str, Any]], query: AlertQuery, limit: int, after: tuple[str, int], now: float
) -> tuple[list[Alert], str | None]:
    alerts: list[Alert] = []
    position: str | None = None
    for examined, item in enumerate(items, 1):
        key = item["at"]["S"]
        for finding in _in_order(item, query, after) if is_interaction(item, now) else ():
            if len(alerts) == limit:
                return alerts, position
            number = int(item["id"]["N"])
            alerts.append(Alert(alert_id(number, finding.rule), number, feed_time(key), finding))
            position = alert_position(key, finding.rule)
        if examined == MAX_EXAMINED:
            return alerts, alert_position(key, _LAST_RULE)
    return alerts, None


def _in_order(item: Mapping[str, Any], query: AlertQuery, after: tuple[str, int]) -> Iterator[Finding]:
    after_key, after_rule = after
    for finding in sorted(read_findings(item), key=lambda finding: finding.rule):
        if query.accepts(finding) and not (item["at"]["S"] == after_key and finding.rule <= after_rule):
            yield finding
