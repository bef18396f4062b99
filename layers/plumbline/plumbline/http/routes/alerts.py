"""``/api/alerts``: what leaned, and the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from plumbline.http.envelope import success
from plumbline.http.requests import AlertsQuery
from plumbline.http.services import CursorsDep, ServicesDep
from plumbline.http.strict_route import StrictRoute, needs
from plumbline.http.views import alert_view
from plumbline.storage.alert_listing import AlertQuery
from plumbline.times import format_time

if TYPE_CHECKING:
    from datetime import datetime

router = APIRouter(prefix="/api/alerts", tags=["alerts"], route_class=StrictRoute)

_LISTING = "alerts"


@router.get("", summary="List alerts, newest first", response_model=None)
@needs("read")
async def list_all(query: Annotated[AlertsQuery, Query()], services: ServicesDep, cursors: CursorsDep) -> Response:
    """Alerts that match all filters. A page may have fewer than ``limit`` alerts, even none, and still a
    ``next_cursor``, where alerts that match are rare: go on until there is none.
    """
    query.check()
    filters = _filters(query)
    position = None if query.cursor is None else cursors.read(query.cursor, _LISTING, filters)
    wanted = AlertQuery(
        interaction_id=query.interaction_id,
        alert_type=query.alert_type,
        severity=query.severity,
        element=query.element,
        metric=query.metric,
        since=query.since,
        until=query.until,
    )
    found, following = services.interactions.alerts(wanted, query.limit, position)
    return success(
        [alert_view(alert) for alert in found],
        "Alerts fetched successfully",
        next_cursor=following and cursors.write(_LISTING, filters, following),
    )


def _filters(query: AlertsQuery) -> dict[str, Any]:
    """What a cursor is bound to: the same filters, however they were written."""
    return {
        "interaction_id": query.interaction_id,
        "alert_type": query.alert_type,
        "severity": query.severity,
        "element": query.element,
        "metric": query.metric,
        "since": _time(query.since),
        "until": _time(query.until),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
