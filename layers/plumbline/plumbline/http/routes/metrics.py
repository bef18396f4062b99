"""``/api/metrics``: what each series looks like."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from plumbline.errors import NotFound
from plumbline.http.envelope import success
from plumbline.http.problems import short
from plumbline.http.requests import SeriesQuery
from plumbline.http.series_views import SeriesViews
from plumbline.http.services import Services, ServicesDep
from plumbline.http.strict_route import StrictRoute, needs
from plumbline.metrics import SERIES
from plumbline.models import ELEMENTS

router = APIRouter(prefix="/api/metrics", tags=["metrics"], route_class=StrictRoute)

_SIMILAR = 3


@router.get("", summary="Show what every series looks like", response_model=None)
@needs("read")
async def list_all(services: ServicesDep) -> Response:
    """Every series over the days that baselines are made of: Plumbline's own, and the callers' that have values
    (of more than 400 those with the most).
    """
    views = _views(services)
    return success([views.summary(name) for name in views.names()], "Metrics fetched successfully")


@router.get("/{series}", summary="Show a series day by day", response_model=None)
@needs("read")
async def read(
    series: Annotated[str, Path(description="Its name, like `output.length`.")],
    query: Annotated[SeriesQuery, Query()],
    services: ServicesDep,
) -> Response:
    """One series on each of the last days (of UTC, today's last) and in total, with histograms to draw."""
    views = _views(services)
    days = services.history.read(series, query.days)
    if series not in SERIES and all(sketch is None for _, sketch in days):
        raise _unknown(series, views.names())
    return success(views.by_day(series, days), "Metric fetched successfully")


def _views(services: Services) -> SeriesViews:
    return SeriesViews(services.rules, services.baselines.current())


def _unknown(name: str, names: list[str]) -> NotFound:
    meant = [f"{element}.{name}" for element in ELEMENTS if f"{element}.{name}" in names]
    similar = meant or get_close_matches(name[:100], names, _SIMILAR)
    hint = f"similar are {', '.join(similar)}" if similar else "GET /api/metrics lists those that there are"
    return NotFound(
        f"There is no series {short(name)!r}; {hint}.",
        [("path.series", f"is no series that has values in these days; {hint}")],
    )
