"""``/health``, ``/docs`` and ``/openapi.json``: about the service itself."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

from plumbline import __version__
from plumbline.http.envelope import JSON, failure, success
from plumbline.http.services import ServicesDep

router = APIRouter()

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
}


@router.get("/health", tags=["service"], summary="Say whether the service works", response_model=None)
async def health(services: ServicesDep) -> Response:
    """Asks the table of interactions, at most every five seconds, and says which version runs."""
    if services.probe.answers(services.telemetry.no_answer):
        return success({"status": "ok", "version": __version__}, "Service is healthy")
    problem = [("storage", "the table of interactions does not answer")]
    return failure(503, "Storage does not answer.", problem, {"Retry-After": "5"})


@router.get("/openapi.json", include_in_schema=False)
async def openapi() -> Response:
    return Response(_read("openapi.json"), media_type=JSON, headers={"Cache-Control": "no-cache"})


@router.get("/docs", include_in_schema=False)
async def docs() -> Response:
    headers = {
        "Content-Security-Policy": _PAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return Response(_read("assets/index.html"), media_type="text/html", headers=headers)


@router.get("/docs/{asset}", include_in_schema=False)
async def docs_asset(asset: str, request: Request) -> Response:
    if asset not in _TYPES:
        return failure(404, "The documentation has no such file.")
    headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
    if asset == "start.js":
        return Response(_read(f"assets/{asset}"), media_type=_TYPES[asset], headers=headers)
    packed = _read(f"assets/{asset}.gz")
    if "gzip" in request.headers.get("accept-encoding", "").lower():
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(packed, media_type=_TYPES[asset], headers=headers)
    return Response(gzip.decompress(packed), media_type=_TYPES[asset], headers=headers)


@cache
def _read(name: str) -> bytes:
    return (files("plumbline.http") / name).read_bytes()
