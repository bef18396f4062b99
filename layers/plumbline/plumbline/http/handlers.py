"""The one place where what went wrong becomes an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from plumbline.errors import PlumblineError, Unauthorized, Unavailable
from plumbline.http.envelope import failure
from plumbline.http.problems import explain, known_names, short, summary

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response


def install(app: FastAPI) -> None:
    """Every error that a route can raise is answered in the envelope."""
    app.add_exception_handler(PlumblineError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)


def answer_known(error: PlumblineError) -> Response:
    """The answer that an error means.

    Raises:
        PlumblineError: the same error, where it is not the caller's doing: what it says is for the operator.
    """
    if error.status == PlumblineError.status:
        raise error
    headers = None
    if isinstance(error, Unavailable):
        headers = {"Retry-After": str(error.retry_after)}
    elif isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    return failure(error.status, error.message, error.problems, headers)


async def _known(_request: Request, error: Exception) -> Response:
    assert isinstance(error, PlumblineError)
    return answer_known(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = explain(error.errors(), _known_fields(request))
    return failure(422, summary(problems), problems)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    target = f"{short(request.method)} {short(request.scope['path'])}"
    if error.status_code == 404:
        return failure(404, f"There is no {target}. See /docs for what there is.")
    if error.status_code == 405:
        allowed = ", ".join(_allowed_methods(request))
        return failure(405, f"There is no {target}; this address knows {allowed}.", headers={"Allow": allowed})
    return failure(error.status_code, str(error.detail), headers=error.headers)


def _known_fields(request: Request) -> dict[str, list[str]]:
    route: Any = request.scope["route"]
    return {
        "query": known_names(route.dependant.query_params),
        "body": known_names([route.body_field] if route.body_field else []),
    }


def _allowed_methods(request: Request) -> list[str]:
    """Of all routes with the path that matched first, and not only of that one, as Starlette has it."""
    routes = request.app.routes
    path = next(route.path for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    methods = {method for route in routes if route.path == path for method in route.methods}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))
