"""The outermost layer: nothing leaves it but whole answers that a Lambda function can give."""

from __future__ import annotations

import gzip
import json
import sys
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.datastructures import MutableHeaders

from plumbline.http.bounds import beyond_bounds, secure
from plumbline.http.envelope import failure
from plumbline.http.limits import LAMBDA_ANSWER_BYTES, MAX_ANSWER_BYTES, SMALL_ANSWER_BYTES

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from plumbline.http.services import Services

# Several times as fast as the usual 6, for answers a tenth longer.
_COMPRESSION_LEVEL = 1
_REFUSED = frozenset({401, 403})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
# Lambda's runtime for Python writes answers in ASCII up to 3.11, and in UTF-8 since.
_RUNTIME_ESCAPES = sys.version_info < (3, 12)


class Edge:
    """Answers what no route foresaw (500), and what is too long to look at; answers HEAD as GET without the body,
    compresses large answers, and says of all how they may be used.
    """

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else dict(scope)
        answer = await self._answer(inner, receive)
        if scope["method"] == "HEAD":
            answer.drop_body()
        await send(answer.start)
        await send({"type": "http.response.body", "body": answer.body})
        # Without a context it is the function's own warm-up.
        if scope.get("aws.context") is not None:
            route = getattr(inner.get("route"), "path_format", "none")
            milliseconds = (time.perf_counter() - started) * 1000
            self._services.telemetry.answered(_known_method(scope), route, answer.start["status"], milliseconds)
            if answer.start["status"] in _REFUSED:
                self._services.telemetry.refused()

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer:
        answer = _Answer()
        try:
            if refused := beyond_bounds(scope):
                await refused(scope, receive, answer.send)
            else:
                await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort of a request: the caller gets an answer
            request_id = _request_id(scope)
            self._services.telemetry.unexpected(request_id, error)
            answer = _Answer.of(_unexpected(request_id))
        answer.fit(accepts_gzip="gzip" in _header(scope, b"accept-encoding"))
        secure(MutableHeaders(raw=answer.start["headers"]))
        return answer


class _Answer:
    """One answer, held until it is whole."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    @classmethod
    def of(cls, response: Response) -> _Answer:
        answer = cls()
        answer.start = {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
        answer.body = bytes(response.body)
        return answer

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    def drop_body(self) -> None:
        self.body = b""
        del MutableHeaders(raw=self.start["headers"])["content-length"]

    def fit(self, *, accepts_gzip: bool) -> None:
        """Compress the body where the caller gains by it, or where Lambda would not take it otherwise."""
        headers = MutableHeaders(raw=self.start["headers"])
        if "content-encoding" in headers or len(self.body) < SMALL_ANSWER_BYTES:
            return
        plain = _wire_bytes(self.body)
        if plain <= MAX_ANSWER_BYTES and not accepts_gzip:
            return
        packed = gzip.compress(self.body, _COMPRESSION_LEVEL, mtime=0)
        # Binary bodies travel in base64, so compression must win a quarter to win anything.
        in_base64 = -(-len(packed) // 3) * 4
        if in_base64 < plain:
            self.body = packed
            headers["content-encoding"] = "gzip"
            headers["content-length"] = str(len(packed))
            headers["vary"] = "Accept-Encoding"
        if min(in_base64, plain) > LAMBDA_ANSWER_BYTES - 4096:
            replaced = self.of(_too_large(len(packed)))
            self.start, self.body = replaced.start, replaced.body


def _wire_bytes(body: bytes) -> int:
    """What a body weighs in the answer of a Lambda function, where it is a JSON string."""
    text = json.dumps(body.decode(), ensure_ascii=_RUNTIME_ESCAPES)
    return len(text) if _RUNTIME_ESCAPES else len(text.encode())


def _unexpected(request_id: str) -> Response:
    return failure(
        500, f"Something went wrong inside Plumbline. Its logs say what, under the request id {request_id}."
    )


def _too_large(size: int) -> Response:
    return failure(
        500,
        f"The answer has {size} bytes even when compressed, which is more than can be sent in one. Ask for less.",
    )


def _request_id(scope: Scope) -> str:
    event: dict[str, Any] = scope.get("aws.event", {})
    return str(event.get("requestContext", {}).get("requestId") or uuid4())


def _known_method(scope: Scope) -> str:
    """The method as it is logged: what a caller made up is not."""
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def _header(scope: Scope, name: bytes) -> str:
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name).lower()
