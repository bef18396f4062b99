"""The OpenAPI document of the whole API: both applications' routes, and what they answer.

It is written to ``openapi.json`` by ``scripts/openapi.py`` and served from there, so that no function spends
time on it.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from plumbline import __version__
from plumbline.http import access_answers, answers, import_answers
from plumbline.http.app import TITLE, alerts_app, interactions_app
from plumbline.http.guard import is_open
from plumbline.http.services import Services
from plumbline.http.strict_route import needed_scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel
    from starlette.routing import BaseRoute

DESCRIPTION = """
Logs what a language model is asked and what it answers, measures it, and raises an alert that says why when an
interaction leans.

Every answer is `{"success", "data", "message"}`; of an error, `data` says what was wrong where. Times are RFC 3339
in UTC. Listings are newest first; `next_cursor`, where there is one, is the `cursor` of the next page.
"""
TAGS = [
    {"name": "interactions", "description": "What the model was asked and what it answered."},
    {"name": "imports", "description": "Interactions from files: CSV and JSON Lines."},
    {"name": "alerts", "description": "Interactions that lean, and why."},
    {"name": "metrics", "description": "What each series usually looks like."},
    {"name": "keys", "description": "What opens this API."},
    {"name": "service", "description": "The service itself."},
]
_ERRORS = {
    400: "The request cannot be read: bad JSON, a damaged form, a cursor that is not one of this listing's.",
    401: "There is no API key with the request, or none that opens this deployment.",
    403: "The caller does not have the scope that this address needs.",
    404: "There is no such thing.",
    409: "The request contradicts what is there.",
    410: "There was such a thing, and it has been removed.",
    413: "The body is too long; the message names the way that is left.",
    414: "The address is too long.",
    415: "The body is of another type than this address reads.",
    422: "The request was read, and fields of it are wrong.",
    431: "There are too many headers, or too long ones.",
    500: "Something went wrong inside Plumbline.",
    503: "Storage is busy or down. Nothing was half written: send the request again.",
}
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_CHALLENGE = {
    "WWW-Authenticate": {"description": "`Bearer`.", "required": True, "schema": {"type": "string"}},
}
_ERROR_HEADERS: dict[int, dict[str, Any]] = {401: _CHALLENGE, 503: _RETRY}
_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "plk_…",
        "description": "An API key: `make key NAME=me SCOPES=ingest,read` makes one.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same key."},
}
# One of them is enough.
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]
_REPLAYED = {
    "Idempotent-Replayed": {
        "description": "`true` where an earlier request with the same Idempotency-Key made this interaction.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_LOCATION = {"Location": {"description": "The import's address.", "required": True, "schema": {"type": "string"}}}

# (method, path): what a success is, its headers, and which errors there are besides 500.
_ANSWERS: dict[tuple[str, str], tuple[type[BaseModel], dict[str, Any], tuple[int, ...]]] = {
    ("post", "/api/interactions"): (answers.InteractionAnswer, _REPLAYED, (400, 410, 413, 415, 422, 503)),
    ("get", "/api/interactions"): (answers.InteractionsAnswer, {}, (400, 422, 503)),
    ("get", "/api/interactions/{id}"): (answers.InteractionAnswer, {}, (404, 422, 503)),
    ("delete", "/api/interactions/{id}"): (answers.RemovedAnswer, {}, (404, 422, 503)),
    ("post", "/api/interactions/bulk"): (import_answers.UploadAnswer, _LOCATION, (400, 413, 415, 422, 503)),
    ("post", "/api/imports"): (import_answers.UploadFormAnswer, _LOCATION, (400, 413, 415, 422, 503)),
    ("get", "/api/imports"): (import_answers.ImportsAnswer, {}, (400, 422, 503)),
    ("get", "/api/imports/{id}"): (import_answers.ImportAnswer, {}, (404, 422, 503)),
    ("post", "/api/imports/{id}/redrive"): (import_answers.RedriveAnswer, {}, (404, 409, 422, 503)),
    ("get", "/api/alerts"): (answers.AlertsAnswer, {}, (400, 422, 503)),
    ("get", "/api/metrics"): (answers.MetricsAnswer, {}, (422, 503)),
    ("get", "/api/metrics/{series}"): (answers.MetricAnswer, {}, (404, 422, 503)),
    ("post", "/api/keys"): (access_answers.NewKeyAnswer, {}, (400, 413, 415, 422, 503)),
    ("get", "/api/keys"): (access_answers.KeysAnswer, {}, (400, 422, 503)),
    ("delete", "/api/keys/{id}"): (access_answers.KeyAnswer, {}, (404, 422, 503)),
    ("get", "/api/settings"): (access_answers.SettingsAnswer, {}, (422, 503)),
    ("get", "/health"): (answers.HealthAnswer, {}, (503,)),
}


def document() -> dict[str, Any]:
    """The OpenAPI document, built from the applications' routes."""
    services = Services()
    routes = [*interactions_app(services).routes, *alerts_app(services).routes]
    described = get_openapi(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION.strip(),
        tags=TAGS,
        routes=routes,
    )
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(_answer_schemas())
    described["components"]["securitySchemes"] = _SCHEMES
    scopes = _scopes(routes)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            called = operation["operationId"].removesuffix(re.sub(r"\W", "_", f"{path}_{method}"))
            operation["operationId"] = f"{operation['tags'][0]}_{called}"
            operation["parameters"] = [_parameter(one) for one in operation.get("parameters", [])]
            operation["responses"] = _responses(method, path)
            if not is_open(path):
                operation["security"] = _SECURITY
                operation["description"] = _with_scope(operation, scopes[path, method])
    return described


def text() -> str:
    """The document as it stands in ``openapi.json``."""
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def written() -> dict[str, Any]:
    """The document in ``openapi.json``."""
    loaded: dict[str, Any] = json.loads((files("plumbline.http") / "openapi.json").read_text(encoding="utf-8"))
    return loaded


def _answer_schemas() -> dict[str, Any]:
    models = [(model, "serialization") for model, _, _ in _ANSWERS.values()]
    models.append((answers.ErrorAnswer, "serialization"))
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions


def _scopes(routes: Iterable[BaseRoute]) -> dict[tuple[str, str], str]:
    """The scope that each operation needs.

    Raises:
        ValueError: a route does not say which.
    """
    found: dict[tuple[str, str], str] = {}
    for route in routes:
        if isinstance(route, APIRoute) and not is_open(route.path):
            scope = needed_scope(route.endpoint)
            if scope is None:
                raise ValueError(f"{route.path} does not say which scope it needs")
            found |= {(route.path_format, method.lower()): scope for method in route.methods}
    return found


def _with_scope(operation: dict[str, Any], scope: str) -> str:
    return f"{operation.get('description', '')}\n\nNeeds a key with the scope `{scope}`.".strip()


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out, as one that is never null: an address knows no null."""
    schema = dict(parameter["schema"])
    given = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    return {**parameter, "schema": {**schema, **(given[0] if given else {})}}


def _responses(method: str, path: str) -> dict[str, Any]:
    model, headers, errors = _ANSWERS[method, path]
    responses = {"200": _response((model.__doc__ or "").strip(), model, headers)}
    refusals = () if is_open(path) else (401, 403, 503)
    for status in sorted({*errors, *refusals, 414, 431, 500}):
        responses[str(status)] = _response(_ERRORS[status], answers.ErrorAnswer, _ERROR_HEADERS.get(status, {}))
    return responses


def _response(description: str, model: type[BaseModel], headers: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    response: dict[str, Any] = {"description": description, "content": {"application/json": {"schema": schema}}}
    return {**response, "headers": headers} if headers else response
