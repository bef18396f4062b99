"""``/api/settings``: what this deployment goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from plumbline.alerts.grammar import format_rules
from plumbline.http.envelope import success
from plumbline.http.services import ServicesDep
from plumbline.http.strict_route import StrictRoute, needs
from plumbline.http.views import number

if TYPE_CHECKING:
    from plumbline.settings import Settings

router = APIRouter(prefix="/api/settings", tags=["service"], route_class=StrictRoute)


@router.get("", summary="Read the settings that hold", response_model=None)
@needs("admin")
async def read(services: ServicesDep) -> Response:
    """As the stack's parameters set them. None of them is a secret."""
    return success(settings_view(services.settings), "Settings fetched successfully")


def settings_view(settings: Settings) -> dict[str, Any]:
    """What may be shown. Named one by one, so that a setting that is a secret is not shown by default."""
    return {
        "authorization": settings.authorization,
        "alert_threshold": number(settings.alert_threshold),
        "alert_rules": format_rules(settings.alert_rules),
        "outlier_sensitivity": settings.sensitivity,
        "baseline_window_days": settings.baseline_window_days,
        "baseline_refresh_seconds": number(settings.baseline_refresh_seconds),
        "retention_days": settings.retention_days,
        "redact": list(settings.redact),
        "redact_patterns": [pattern.name for pattern in settings.redact_patterns],
        "uploads_bucket": settings.uploads_bucket,
    }
