"""An application as the handler of a Lambda function."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.logging import correlation_paths
from mangum import Mangum

from plumbline.errors import SettingsError
from plumbline.http.guard import warming_up
from plumbline.storage.deadline import within

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from mangum.types import LambdaContext

    from plumbline.http.services import Services

    Event = dict[str, Any]

# Nothing here asks for them, and Mangum fails on hosts that it cannot take apart.
_UNREAD_HEADERS = frozenset({"host", "x-forwarded-port"})
_threads = threading.local()

STORAGE_SECONDS = 18.0
"""How long a request may go on asking storage. A last attempt takes four more, a cold start a few: together they
stay within the function's 29 and the gateway's 30.
"""


class LambdaHandler:
    """Answers API Gateway's events. Everything it needs is made by the first one, or by :meth:`warm_up`."""

    def __init__(self, make_app: Callable[[Services], FastAPI], services: Services) -> None:
        self._make_app = make_app
        self._services = services

    def __call__(self, event: Event, context: LambdaContext) -> Event:
        return self._handle(event, context)

    def warm_up(self) -> None:
        """Do during a function's start, which has a whole core, what the first request would otherwise wait for:
        make the clients, build the routes and models. Nothing is sent anywhere.
        """
        gc.disable()
        samples = [("GET", "/api/interactions"), ("POST", "/api/interactions"), ("GET", "/api/alerts")]
        try:
            _ = self._services.settings
        except SettingsError as error:
            # Logged at the start, for whoever deployed it; requests are still answered, with a 500.
            self._services.telemetry.unexpected("start", error)
            samples = []
        _ = self._services.clients
        _ = self._handle
        for method, path in samples:
            self._answer(warming_up(_sample_event(method, path)), None)
        gc.enable()
        # What is there now stays: the collector need not look at it again.
        gc.freeze()

    @cached_property
    def _handle(self) -> Callable[[Event, LambdaContext], Event]:
        telemetry = self._services.telemetry

        def handle(event: Event, context: LambdaContext) -> Event:
            try:
                return self._answer(event, context)
            finally:
                telemetry.flush()

        if telemetry.tracer:
            # Neither answers nor errors are captured: they hold texts.
            handle = telemetry.tracer.capture_lambda_handler(handle, capture_response=False, capture_error=False)
        inject = telemetry.logger.inject_lambda_context(
            # Said here, because an environment variable could turn it on otherwise: an event holds the texts.
            log_event=False,
            correlation_id_path=correlation_paths.API_GATEWAY_HTTP,
            clear_state=True,
        )
        return inject(handle)

    def _answer(self, event: Event, context: LambdaContext | None) -> Event:
        _use_own_loop()
        headers = event.get("headers") or {}
        kept = {name: value for name, value in headers.items() if name.lower() not in _UNREAD_HEADERS}
        with within(STORAGE_SECONDS):
            answer: Event = self._mangum({**event, "headers": kept}, cast("LambdaContext", context))
        return answer

    @cached_property
    def _mangum(self) -> Mangum:
        # They log addresses and pieces of bodies, which hold what a user typed; the edge logs each request itself.
        for name in ("mangum", "python_multipart"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _use_own_loop()
        return Mangum(self._make_app(self._services), lifespan="off")


class _ThreadsLoop:
    """An event loop that is closed when its thread ends."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        self.loop.close()


def _use_own_loop() -> None:
    """Give the thread an event loop, the same for all its requests."""
    if not hasattr(_threads, "own"):
        _threads.own = _ThreadsLoop()
    asyncio.set_event_loop(_threads.own.loop)


def _sample_event(method: str, path: str) -> Event:
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "limit=0" if method == "GET" else "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
            "requestId": "start",
        },
        "body": "{}",
        "isBase64Encoded": False,
    }
