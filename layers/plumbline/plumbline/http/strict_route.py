"""Routes that read exactly what they say: JSON where there is a body, and no parameter unknown or given twice.

And only for those who may: each says by :func:`needs` which scope its callers must have.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi.routing import APIRoute
from starlette.requests import Request

from plumbline.errors import Forbidden, PayloadTooLarge, Unauthorized, UnsupportedMediaType, ValidationFailed
from plumbline.http import json_body
from plumbline.http.guard import GRANTED
from plumbline.http.limits import MAX_JSON_BYTES
from plumbline.http.problems import short, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response

    from plumbline.access import Scope

Endpoint = TypeVar("Endpoint", bound="Callable[..., object]")
_NEEDED = "needed_scope"


def needs(scope: Scope) -> Callable[[Endpoint], Endpoint]:
    """Say of an endpoint which scope its callers must have."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _NEEDED, scope)
        return endpoint

    return mark


def needed_scope(endpoint: object) -> Scope | None:
    """The scope that an endpoint's callers must have; None where it does not say."""
    scope: Scope | None = getattr(endpoint, _NEEDED, None)
    return scope


class _JsonRequest(Request):
    """A request whose JSON has been read already, by this package's reader."""

    parsed: object = None

    async def json(self) -> object:
        return self.parsed


class StrictRoute(APIRoute):
    """FastAPI's route, with the reading of query and body made strict before any model sees them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        reads_json = self.body_field is not None
        takes_query = bool(self.dependant.query_params)
        # A route that says nothing is not for everybody.
        needed = needed_scope(self.endpoint) or "admin"

        async def handle(request: Request) -> Response:
            _check_scope(request, needed)
            _check_query(request, takes_query=takes_query)
            _check_encoding(request)
            return await answer(await _read_json(request) if reads_json else request)

        return handle


def media_type(request: Request) -> str:
    """The type of the request's body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_scope(request: Request, needed: Scope) -> None:
    granted = request.scope.get(GRANTED)
    if granted is None:
        # The guard has not seen this request: whoever left it out has not opened the routes by that.
        raise Unauthorized("This address needs an API key.")
    if needed not in granted:
        raise Forbidden(f"This address needs the scope {needed}, which the caller does not have.")


def _check_query(request: Request, *, takes_query: bool) -> None:
    """Refuse what the models cannot see: a name given twice, and any name where there is no model for them."""
    names = Counter(name for name, _ in request.query_params.multi_items())
    problems = [
        (f"query.{short(name)}", "is given more than once; give it once" if takes_query else "is not known here")
        for name, times in names.items()
        if times > 1 or not takes_query
    ]
    if problems:
        raise ValidationFailed(summary(problems), problems)


def _check_encoding(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType(
            "Bodies are read as they are: send this one without Content-Encoding.",
            [("header.content-encoding", "must be left out: compressed bodies are not read")],
        )


async def _read_json(request: Request) -> Request:
    kind = media_type(request)
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType(
            "This address reads JSON: send the header Content-Type: application/json.",
            [("header.content-type", "must be application/json")],
        )
    body = await request.body()
    if len(body) > MAX_JSON_BYTES:
        raise PayloadTooLarge(
            f"The body has {len(body)} bytes; {MAX_JSON_BYTES} are the most that an interaction in JSON can have."
            " Send longer texts as several interactions.",
            [("body", f"is longer than {MAX_JSON_BYTES} bytes")],
        )
    strict = _JsonRequest(request.scope, request.receive)
    strict._body = body  # noqa: SLF001 - Starlette keeps the body here once it is read
    strict.parsed = json_body.parse(body)
    return strict
