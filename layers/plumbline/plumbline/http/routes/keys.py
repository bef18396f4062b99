"""``/api/keys``: making, listing and revoking API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from plumbline.access import SCOPES
from plumbline.access.keys import is_key_id
from plumbline.errors import NotFound, ValidationFailed
from plumbline.http.envelope import success
from plumbline.http.requests import KeyBody, PageQuery
from plumbline.http.services import CursorsDep, ServicesDep
from plumbline.http.strict_route import StrictRoute, needs
from plumbline.times import format_time

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.access import StoredKey

router = APIRouter(prefix="/api/keys", tags=["keys"], route_class=StrictRoute)

_LISTING = "keys"


@router.post("", summary="Make an API key", response_model=None)
@needs("admin")
async def create(body: KeyBody, services: ServicesDep) -> Response:
    """The key is in this answer and nowhere else: only a hash of it is kept."""
    now = services.clock()
    if body.expires_at is not None and body.expires_at <= now:
        problem = "must be in the future"
        raise ValidationFailed(f"body.expires_at {problem}", [("body.expires_at", problem)])
    key, stored = services.keys.issue(body.name, body.scopes, now, body.expires_at)
    return success(
        {**_view(stored), "key": key.text},
        "Key created successfully. It is shown only this once",
        headers={"Cache-Control": "no-store"},
    )


@router.get("", summary="List API keys, newest first", response_model=None)
@needs("admin")
async def list_all(query: Annotated[PageQuery, Query()], services: ServicesDep, cursors: CursorsDep) -> Response:
    """All keys, the expired and the revoked too, but never what opens."""
    position = None if query.cursor is None else cursors.read(query.cursor, _LISTING, {})
    found, following = services.keys.page(query.limit, position)
    return success(
        [_view(stored) for stored in found],
        "Keys fetched successfully",
        next_cursor=following and cursors.write(_LISTING, {}, following),
    )


@router.delete("/{id}", summary="Revoke an API key", response_model=None)
@needs("admin")
async def revoke(
    id: Annotated[str, Path(description="The key's id, the part between the underscores.")],  # noqa: A002 - the path's
    services: ServicesDep,
) -> Response:
    """It opens nothing any more, half a minute later at the latest. Revoking it again changes nothing."""
    stored = services.keys.revoke(id, services.clock()) if is_key_id(id) else None
    if stored is None:
        raise NotFound("There is no key of this id.", [("path.id", "is no key's id")])
    return success(_view(stored), "Key revoked successfully")


def _view(stored: StoredKey) -> dict[str, Any]:
    return {
        "id": stored.id,
        "name": stored.name,
        "scopes": [scope for scope in SCOPES if scope in stored.scopes],
        "created_at": format_time(stored.created_at),
        "expires_at": _time(stored.expires_at),
        "revoked_at": _time(stored.revoked_at),
        "last_used_at": _time(stored.last_used_at),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
