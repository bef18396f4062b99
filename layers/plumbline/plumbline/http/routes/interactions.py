"""``/api/interactions``: recording interactions and reading them back."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Path, Query
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import Response

from plumbline.errors import NotFound, ValidationFailed
from plumbline.http.envelope import success
from plumbline.http.fields import Id, IdempotencyKey
from plumbline.http.limits import EARLIEST, MAX_AHEAD
from plumbline.http.requests import InteractionBody, PageQuery
from plumbline.http.services import CursorsDep, ServicesDep
from plumbline.http.strict_route import StrictRoute, needs
from plumbline.http.views import interaction_view
from plumbline.models import NewInteraction
from plumbline.retention import Retention
from plumbline.storage.idempotency import Idempotency
from plumbline.times import format_time


class _Id(StringConvertor):
    """The part of an address that is an id. ``bulk`` is none: that address can be posted to, and not read."""

    regex = "(?!bulk$)[^/]+"


register_url_convertor("id", _Id())
router = APIRouter(prefix="/api/interactions", tags=["interactions"], route_class=StrictRoute)

_LISTING = "interactions"


@router.post("", summary="Record an interaction", response_model=None)
@needs("ingest")
async def create(
    body: InteractionBody,
    services: ServicesDep,
    idempotency_key: Annotated[
        IdempotencyKey | None,
        Header(
            description="Makes it safe to send this request again: the same key, within 24 hours, answers the"
            " same interaction."
        ),
    ] = None,
) -> Response:
    """Measures both texts, judges the measurements against thresholds and baselines, and keeps all of it."""
    new = _new_interaction(body, services.clock(), Retention(services.settings.retention_days))
    key = None if idempotency_key is None else Idempotency(idempotency_key, _digest(body))
    recorded = services.recorder.record(new, key)
    if not recorded.replayed:
        services.telemetry.recorded(recorded.interaction.findings)
        services.telemetry.redacted(recorded.redactions)
    return success(
        interaction_view(recorded.interaction),
        "Interaction created successfully",
        headers={"Idempotent-Replayed": "true"} if recorded.replayed else None,
    )


@router.get("", summary="List interactions, newest first", response_model=None)
@needs("read")
async def list_all(query: Annotated[PageQuery, Query()], services: ServicesDep, cursors: CursorsDep) -> Response:
    """A page has fewer than ``limit`` where texts are very long, or very many interactions in a row have expired;
    ``next_cursor`` says whether there is more.
    """
    position = None if query.cursor is None else cursors.read(query.cursor, _LISTING, {})
    found, following = services.interactions.page(query.limit, position)
    return success(
        [interaction_view(interaction) for interaction in found],
        "Interactions fetched successfully",
        next_cursor=following and cursors.write(_LISTING, {}, following),
    )


@router.get("/{id:id}", summary="Read an interaction", response_model=None)
@needs("read")
async def read(id: Annotated[Id, Path()], services: ServicesDep) -> Response:  # noqa: A002 - the path's name for it
    """One interaction with its metrics and alerts."""
    interaction = services.interactions.get(id)
    if interaction is None:
        raise _no_interaction(id)
    return success(interaction_view(interaction), "Interaction fetched successfully")


@router.delete("/{id:id}", summary="Remove an interaction for good", response_model=None)
@needs("admin")
async def remove(
    id: Annotated[Id, Path()],  # noqa: A002 - the path's name for it
    services: ServicesDep,
) -> Response:
    """Removes everything of it: texts, metadata, metrics and alerts. What was counted of it stays counted. An
    Idempotency-Key that made it answers 410 until it expires.
    """
    if not services.interactions.remove(id):
        raise _no_interaction(id)
    services.telemetry.removed(id)
    return success(None, "Interaction removed successfully")


def _no_interaction(number: int) -> NotFound:
    return NotFound(f"There is no interaction {number}.", [("path.id", "is no interaction's id")])


def _new_interaction(body: InteractionBody, now: datetime, retention: Retention) -> NewInteraction:
    if body.created_at is not None and not EARLIEST <= body.created_at <= now + MAX_AHEAD:
        problem = f"must be from {format_time(EARLIEST)} to 24 hours from now"
        raise ValidationFailed(f"body.created_at {problem}", [("body.created_at", problem)])
    return NewInteraction(
        input=body.input_text,
        output=body.output_text,
        created_at=body.created_at or now,
        metadata=body.metadata or {},
        metrics=body.metrics or {},
        expires_at=retention.until(now, body.retention_days),
    )


def _digest(body: InteractionBody) -> str:
    """The same for the same request, however its JSON is laid out."""
    # Where it is not given the digest is the one of releases that did not know it: keys last over a deployment.
    unknown_before = {"retention_days"} if body.retention_days is None else set[str]()
    given = body.model_dump(exclude=unknown_before)
    return hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
