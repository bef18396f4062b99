"""The HTTP API on a port of its own, as its own address in AWS: no stage, no API id, the gateway's limits.

An ASGI application beside MiniStack's own, in the same process: a call goes straight to MiniStack's HTTP API.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ministack.services import apigateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Scope = dict[str, Any]
    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Response = tuple[int, dict[str, Any], bytes]

# "Payload size: 10 MB" (API Gateway quotas for HTTP APIs).
LARGEST_BODY = 10 * 1024 * 1024
# "6 MB each for request and response (synchronous)" (Lambda quotas): the event that carries the body.
LARGEST_EVENT = 6 * 1024 * 1024
# A burst beyond it waits its turn; MiniStack would start a process for each.
CONCURRENCY = max(4, 2 * (os.cpu_count() or 1))
# AWS has no such queue; who waited longer would be given up on by a client sooner than be answered.
LONGEST_QUEUE = 20.0
# "Maximum integration timeout: 30 seconds" (API Gateway quotas for HTTP APIs).
LONGEST_WAIT = 30.0
# API Gateway waits for a body before it calls anybody, and closes connections on which nothing comes.
LONGEST_BODY = 30.0


class BodyTooLargeError(Exception):
    """The request's body is larger than what API Gateway takes."""


class FrontDoor:
    """Answers every path with the HTTP API of one stack."""

    def __init__(self, api_name: str, longest_body: float = LONGEST_BODY) -> None:
        self._api_name = api_name
        self._longest_body = longest_body
        self._slots = asyncio.Semaphore(CONCURRENCY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry."""
        if scope["type"] == "lifespan":
            await _acknowledge_lifespan(receive, send)
            return
        if scope["type"] == "http":
            status, headers, body = await self._answer(scope, receive)
            await _send(send, status, headers, b"" if scope["method"] == "HEAD" else body)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        headers = _headers(scope)
        try:
            async with asyncio.timeout(self._longest_body):
                body = await _read(receive)
        except (TimeoutError, BodyTooLargeError) as error:
            return self._unread(error)
        if _event_size(headers, body) > LARGEST_EVENT:
            return _refusal(
                413,
                "The request is larger than the 6 MB that Lambda takes. POST /api/imports answers where to send a"
                " larger file.",
            )
        api_id = self._api_id()
        if api_id is None:
            return _refusal(503, "Plumbline is still being deployed on this machine. Try again in a moment.")
        try:
            await asyncio.wait_for(self._slots.acquire(), LONGEST_QUEUE)
        except TimeoutError:
            return _refusal(
                503, "This machine has more requests to answer than it can in time. Please send the request again."
            )
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return _as_api_gateway(await _call(api_id, scope, headers, body))
        except TimeoutError:
            return 503, {"content-type": "application/json"}, b'{"message":"Service Unavailable"}'
        finally:
            self._slots.release()

    def _unread(self, error: Exception) -> Response:
        if isinstance(error, TimeoutError):
            return _refusal(408, f"The request's body did not arrive within {self._longest_body:g} seconds.")
        return _refusal(
            413,
            "The request is larger than the 10 MB that API Gateway takes. POST /api/imports answers where to send"
            " a larger file.",
        )

    def _api_id(self) -> str | None:
        apis = list(apigateway._apis._data.values())
        return next((api["apiId"] for api in apis if api["name"] == self._api_name), None)


async def _call(api_id: str, scope: Scope, headers: dict[str, str], body: bytes) -> Response:
    query = scope["query_string"].decode("latin-1")
    path = apigateway.decode_http_api_path((scope.get("raw_path") or scope["path"].encode()).decode("latin-1"))
    parsed = parse_qs(query, keep_blank_values=True)
    response: Response = await apigateway.handle_execute(
        api_id, "$default", path, scope["method"], headers, body, parsed, query
    )
    return response


def _as_api_gateway(response: Response) -> Response:
    """A function that raised is a 500 without details in AWS; MiniStack answers 502 with its traceback."""
    status, _, body = response
    if status == 502 and b'"errorMessage"' in body:
        return 500, {"content-type": "application/json"}, b'{"message":"Internal Server Error"}'
    if len(body) > LARGEST_EVENT:
        return 500, {"content-type": "application/json"}, b'{"message":"Internal Server Error"}'
    return response


def _headers(scope: Scope) -> dict[str, str]:
    """The headers as a payload of format 2.0 has them, with those that API Gateway adds."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    client, port = (scope.get("client") or ("127.0.0.1", 0))[0], scope["server"][1]
    headers["x-forwarded-for"] = ",".join(filter(None, (headers.get("x-forwarded-for"), client)))
    headers["x-forwarded-proto"], headers["x-forwarded-port"] = "http", str(port)
    headers.setdefault("x-amzn-trace-id", f"Root=1-00000000-{uuid.uuid4().hex[:24]}")
    return headers


async def _read(receive: Receive) -> bytes:
    """The whole body. One that is too large is read to its end, so that the client gets to see the answer.

    Raises:
        BodyTooLargeError: it is larger than API Gateway takes.
    """
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= LARGEST_BODY:
            parts.append(part)
        more = message["type"] == "http.request" and message.get("more_body", False)
    if size > LARGEST_BODY:
        raise BodyTooLargeError
    return b"".join(parts)


def _event_size(headers: dict[str, str], body: bytes) -> int:
    """About how large the event is that carries this request to the function."""
    is_text = apigateway._v2_request_body_is_text(headers.get("content-type"))
    carried = (
        len(json.dumps(body.decode("utf-8", "replace"), ensure_ascii=False).encode())
        if is_text
        else len(body) * 4 // 3
    )
    return carried + sum(len(name) + len(value) for name, value in headers.items()) + 1024


def _refusal(status: int, message: str) -> Response:
    body = json.dumps({"success": False, "data": None, "message": message})
    # Of a body that did not arrive nobody knows where the next request would begin.
    headers = {"content-type": "application/json", **({"connection": "close"} if status == 408 else {})}
    return status, {**headers, "retry-after": "2"} if status == 503 else headers, body.encode()


async def _send(send: Send, status: int, headers: dict[str, Any], body: bytes) -> None:
    lines = [
        (name, value)
        for name, given in headers.items()
        for value in (given if isinstance(given, list) else [given])
    ]
    raw = [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in lines]
    if all(name != b"content-length" for name, _ in raw):
        raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _acknowledge_lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})
