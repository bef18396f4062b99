"""Files: handing one in, and how far its import has come."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from plumbline.errors import Conflict, NotFound, PayloadTooLarge, Unavailable
from plumbline.http.curl import upload_command
from plumbline.http.envelope import success
from plumbline.http.fields import Id, IdempotencyKey
from plumbline.http.filenames import content_type, key_filename, rejected_filename
from plumbline.http.import_views import import_view
from plumbline.http.limits import FILE_AWAITED, MAX_PRESIGNED_BYTES, MAX_UPLOAD_BYTES, PRESIGNED_SECONDS
from plumbline.http.multipart import FILE_FIELD, Upload, read_upload
from plumbline.http.requests import ImportBody, PageQuery
from plumbline.http.services import CursorsDep, Services, ServicesDep
from plumbline.http.strict_route import StrictRoute, needs
from plumbline.imports.identity import API_UPLOADS_PREFIX, import_id
from plumbline.models import Import
from plumbline.times import format_time

if TYPE_CHECKING:
    from typing import Any

router = APIRouter(prefix="/api", tags=["imports"], route_class=StrictRoute)

_LISTING = "imports"
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        FILE_FIELD: {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "A CSV or JSON Lines file, compressed by gzip or not.",
                        }
                    },
                    "required": [FILE_FIELD],
                    "additionalProperties": False,
                }
            }
        },
    }
}


@router.post("/interactions/bulk", summary="Import a file", response_model=None, openapi_extra=_FORM)
@needs("ingest")
async def upload(
    request: Request,
    services: ServicesDep,
    idempotency_key: Annotated[
        IdempotencyKey | None,
        Header(
            description="Makes it safe to send this request again: the same key with the same file is imported"
            " once."
        ),
    ] = None,
) -> Response:
    """Takes a file of up to 4.6 MB and imports it in the background; the header ``Location`` says where its
    progress is. Larger files go by ``POST /api/imports``, or into the uploads bucket under ``uploads/``.
    """
    body = await request.body()
    if len(body) > MAX_UPLOAD_BYTES:
        raise _too_large(len(body), services.settings.uploads_bucket)
    file = read_upload(request.headers.get("content-type", ""), body)
    announced = _announce(file, idempotency_key, services)
    services.telemetry.uploaded()
    return success(
        None,
        "CSV file received. Processing in the background...",
        headers={"Location": f"/api/imports/{announced}"},
    )


@router.post("/imports", summary="Ask where to upload a file of up to 5 GB", response_model=None)
@needs("ingest")
async def begin(
    body: ImportBody,
    services: ServicesDep,
    idempotency_key: Annotated[
        IdempotencyKey | None,
        Header(description="Makes it safe to ask again: the same key with the same name is the same import."),
    ] = None,
) -> Response:
    """Answers a form, good for 15 minutes, that uploads one file straight to S3, and the id of the import that
    begins when it has arrived. ``curl`` in the answer is the command that sends it.
    """
    bucket = services.settings.uploads_bucket
    token = _token(idempotency_key, "form", body.filename)
    key = f"{API_UPLOADS_PREFIX}{token}/{key_filename(body.filename)}"
    now = services.clock()
    new = Import(
        id=import_id(bucket, key),
        bucket=bucket,
        key=key,
        version="",  # the file has none before it is there
        filename=body.filename,
        state="queued",
        created_at=now,
    )
    expires = now + timedelta(seconds=PRESIGNED_SECONDS)
    services.imports.announce(new, expires + FILE_AWAITED)
    form = services.files.presigned_post(key, PRESIGNED_SECONDS, MAX_PRESIGNED_BYTES)
    return success(
        {
            "id": new.id,
            "url": form.url,
            "fields": form.fields,
            "expires_at": format_time(expires),
            "max_bytes": MAX_PRESIGNED_BYTES,
            "curl": upload_command(form.url, form.fields, body.filename),
        },
        "Send the file to this address; its import begins when it is there",
        headers={"Location": f"/api/imports/{new.id}"},
    )


@router.get("/imports", summary="List imports, newest first", response_model=None)
@needs("read")
async def list_all(query: Annotated[PageQuery, Query()], services: ServicesDep, cursors: CursorsDep) -> Response:
    """Every file that was handed in, and how far it has come."""
    position = None if query.cursor is None else cursors.read(query.cursor, _LISTING, {})
    found, following = services.imports.page(query.limit, position)
    return success(
        [_view(made, services) for made in found],
        "Imports fetched successfully",
        next_cursor=following and cursors.write(_LISTING, {}, following),
    )


@router.get("/imports/{id}", summary="Read an import", response_model=None)
@needs("read")
async def read(id: Annotated[Id, Path()], services: ServicesDep) -> Response:  # noqa: A002 - the path's name for it
    """How far an import has come, and what could not be used."""
    return success(_view(_existing(id, services), services), "Import fetched successfully")


@router.post("/imports/{id}/redrive", summary="Send once more what an import is missing", response_model=None)
@needs("admin")
async def redrive(id: Annotated[Id, Path()], services: ServicesDep) -> Response:  # noqa: A002 - the path's name for it
    """For an import that is stalled, once the cause is gone: exactly what is not done is tried again. Of one that
    is not stalled nothing is done twice either.
    """
    made = _existing(id, services)
    if made.awaited:
        raise Conflict(
            f"Import {id} has not begun, for its file has not arrived: nothing of it can be sent again."
        )
    if not services.settings.import_queue_url:
        raise Conflict("Imports have no queue here: send the upload's event again, and its import goes on.")
    chunks = services.redriver.redrive(id)
    planning = "" if made.planned else ", and the file is cut into chunks to its end"
    return success({"id": id, "chunks": chunks}, f"Chunks that are sent once more: {chunks}{planning}")


def _existing(number: int, services: Services) -> Import:
    made = services.imports.get(number)
    if made is None:
        raise NotFound(
            f"There is no import {number}. One whose file has not come a day after its form expired is forgotten.",
            [("path.id", "is no import's id")],
        )
    return made


def _announce(file: Upload, idempotency_key: str | None, services: Services) -> int:
    """Keep the file, then its import. The id of the import."""
    bucket = services.settings.uploads_bucket
    content = hashlib.sha256(file.content).hexdigest()
    key = f"{API_UPLOADS_PREFIX}{_token(idempotency_key, file.filename, content)}/{file.filename}"
    version = services.files.put(key, file.content, content_type(file.filename))
    new = Import(
        id=import_id(bucket, key, version),
        bucket=bucket,
        key=key,
        version=version,
        filename=file.filename,
        state="queued",
        created_at=services.clock(),
        size_bytes=len(file.content),
    )
    try:
        services.imports.create(new)
    except Unavailable:
        # The file is safe, and S3's event brings it to the function that imports it, which makes the record
        # too. To answer 503 would have the caller send the file, and so import it, a second time.
        services.telemetry.logger.warning("import not announced: storage is unavailable", extra={"import": new.id})
    return new.id


def _token(idempotency_key: str | None, *request: str) -> str:
    """A folder of the upload's own; one and the same for the same request with the same idempotency key."""
    if idempotency_key is None:
        return secrets.token_hex(16)
    return hashlib.sha256("\n".join([idempotency_key, *request]).encode()).hexdigest()[:32]


def _too_large(size: int, bucket: str) -> PayloadTooLarge:
    return PayloadTooLarge(
        f"The upload has {size} bytes; {MAX_UPLOAD_BYTES} are the most that can come this way."
        " Larger files go straight to the bucket: POST /api/imports answers where to send one of up to 5 GB, or"
        f" copy any to it, like: aws s3 cp interactions.csv s3://{bucket}/uploads/",
        [("body", f"is longer than {MAX_UPLOAD_BYTES} bytes")],
    )


def _view(made: Import, services: Services) -> dict[str, Any]:
    if made.rejected_key is None:
        return import_view(made, None)
    name = rejected_filename(made.filename, made.rejected_key)
    url = services.files.presigned_get(made.rejected_key, PRESIGNED_SECONDS, name)
    return import_view(made, {"s3": f"s3://{made.bucket}/{made.rejected_key}", "url": url})
