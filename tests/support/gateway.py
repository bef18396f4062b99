"""API Gateway, as far as the HTTP functions see it: real payloads (format 2.0) in, HTTP answers out."""

from __future__ import annotations

import base64
import gzip
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jsonschema  # type: ignore[import-untyped]
from plumbline.http import documentation
from plumbline.http.app import alerts_app, interactions_app
from plumbline.http.lambda_handler import LambdaHandler
from plumbline.http.services import Services

from tests.support.keys import MASTER, admit_master

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumbline.settings import Settings
    from plumbline.storage.clients import Clients

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
LAMBDA_LIMIT = 6 * 1024 * 1024
_TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function of itself."""

    function_name: str = "plumbline-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:plumbline-test"
    aws_request_id: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, as the client of the gateway gets it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wire_bytes: int
    """Size of the Lambda function's answer, which the gateway carries only up to 6 MiB."""

    @cached_property
    def json(self) -> Any:
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if packed else self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def message(self) -> str:
        return str(self.json["message"])

    @property
    def fields(self) -> list[str]:
        """The fields that an error names."""
        return [problem["field"] for problem in self.data]


class Gateway:
    """Sends requests to the function that the template routes them to, and holds answers to their description.

    ``key`` goes with every request that has no credentials of its own; without one the first is let in that opens
    everything. ``authorizer`` is what the gateway's own authoriser leaves in the event.
    """

    def __init__(
        self, services: Services, key: str | None = MASTER.text, authorizer: Mapping[str, Any] | None = None
    ) -> None:
        if key == MASTER.text:
            admit_master(services)
        self._credentials = {} if key is None else {"authorization": f"Bearer {key}"}
        self._authorizer = authorizer
        self._interactions = LambdaHandler(interactions_app, services)
        self._alerts = LambdaHandler(alerts_app, services)

    def get(self, path: str, query: Mapping[str, Any] | str = "", **headers: str) -> Answer:
        return self.send("GET", path, query=query, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Post a value as JSON."""
        sent = {"content-type": "application/json", **_dashed(headers)}
        return self.send("POST", path, body=json.dumps(body).encode(), headers=sent)

    def upload(self, content: bytes, filename: str = "rows.csv", **headers: str) -> Answer:
        """Post a file as a browser would."""
        body = form(part("file", content, filename))
        sent = {"content-type": "multipart/form-data; boundary=XXXX", **_dashed(headers)}
        return self.send("POST", "/api/interactions/bulk", body=body, headers=sent)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        handler = self._alerts if path.startswith(("/api/alerts", "/api/metrics")) else self._interactions
        sent = _dashed(headers or {})
        if not {name.lower() for name in sent} & {"authorization", "x-api-key"}:
            sent |= self._credentials
        given = event(method, path, query, sent, body)
        if self._authorizer is not None:
            given["requestContext"]["authorizer"] = dict(self._authorizer)
        answered = handler(given, Context())  # type: ignore[arg-type]
        raw = answered.get("body", "")
        answer = Answer(
            answered["statusCode"],
            answered.get("headers", {}),
            base64.b64decode(raw) if answered["isBase64Encoded"] else raw.encode(),
            len(json.dumps(answered, ensure_ascii=False).encode()),
        )
        _hold_to_description(method, path, answer)
        return answer


def event(method: str, path: str, query: Mapping[str, Any] | str, headers: Mapping[str, str], body: bytes) -> Any:
    """A request as the gateway hands it to a function: what is not text comes in base64."""
    is_text = headers.get("content-type", "").startswith(_TEXT_TYPES)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query if isinstance(query, str) else urlencode(query),
        "headers": {"host": "abc.execute-api.eu-central-1.amazonaws.com", "x-forwarded-port": "443", **headers},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abc",
            "stage": "$default",
            "requestId": "JKJaXmPLvHcESHA=",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "time": "04/Mar/2026:05:06:07 +0000",
            "timeEpoch": 1772600767890,
        },
        **({"body": body.decode() if is_text else base64.b64encode(body).decode()} if body else {}),
        "isBase64Encoded": bool(body) and not is_text,
    }


def part(name: str, content: bytes, filename: str | None = None, extra: str = "") -> bytes:
    """One part of a multipart form."""
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'Content-Disposition: form-data; name="{name}"{named}{extra}\r\nContent-Type: text/csv\r\n\r\n'
    return b"--XXXX\r\n" + head.encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--XXXX--\r\n"


def services(clients: Clients, settings: Settings, clock: Clock) -> Services:
    return Services(settings=lambda: settings, clients=lambda: clients, clock=clock)


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _hold_to_description(method: str, path: str, answer: Answer) -> None:
    """Every answer of a described address is one that ``openapi.json`` describes."""
    described = _operation(method, path)
    if described is None:
        return
    response = described["responses"][str(answer.status)]
    for name, header in response.get("headers", {}).items():
        assert name.lower() in answer.headers or not header.get("required"), name
    if answer.headers.get("content-type") == "application/json":
        jsonschema.validate(answer.json, _schema(response), format_checker=jsonschema.FormatChecker())


def _operation(method: str, path: str) -> Any:
    paths = documentation.written()["paths"]
    if path in paths:
        return paths[path].get(method.lower())
    for template in paths:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return paths[template].get(method.lower())
    return None


def _schema(response: Any) -> Any:
    schema = response["content"]["application/json"]["schema"]
    return {**schema, "components": documentation.written()["components"]}
