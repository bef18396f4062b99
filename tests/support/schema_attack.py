"""Schemathesis against both functions: requests that the API's description allows, and others."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import schemathesis
from plumbline.http import documentation
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.engine import events, from_schema
from schemathesis.openapi.checks import RejectedPositiveData

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from schemathesis.core.failures import Failure
    from schemathesis.engine.recorder import ScenarioRecorder

    from tests.support.gateway import Answer, Gateway

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

# What requests are refused for that the description allows, because no JSON Schema could say it.
UNSAYABLE = {
    r"query\.cursor: must be the next_cursor .*": "a cursor is sealed",
    r"query\.since: must not be after query\.until": "two parameters that contradict each other",
    r"body\.created_at: must be from 1970.*": "a time, within bounds of which one is now",
    r"body\.expires_at: must be .*": "a time that is to come",
    r"body\.name: must be visible .*": "which characters are visible",
    r"body\.metadata: (must|holds|is) .*": "how many entries, levels and bytes there are, nested ones included",
    r"body\.metadata.*: .*must not contain U\+.*": "what a nested name or text holds",
    r"header\.idempotency-key: .*": "a key that went with another request",
}


class GatewayApp:
    """The gateway with both functions behind it, as an ASGI application."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = (await receive())["body"]
        # A function has no event loop around it.
        answer = await asyncio.to_thread(self._answer, scope, body)
        headers = {"content-length": str(len(answer.body)), **answer.headers}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    def _answer(self, scope: Message, body: bytes) -> Answer:
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        if headers.get("content-type", "").startswith(("text/", "application/json")):
            # What the gateway takes for text is text in the event.
            body = body.decode("utf-8", "replace").encode()
        query = scope["query_string"].decode("latin-1")
        return self._gateway.send(scope["method"], scope["path"], query=query, headers=headers, body=body)


@dataclass
class Attack:
    """What came of all requests."""

    cases: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)
    """Each kind of failure once, with the request that found it; Schemathesis leaves out what is secret."""

    def take(self, label: str | None, recorder: ScenarioRecorder) -> None:
        """Count a scenario's requests and keep what failed in it."""
        self.cases += len(recorder.interactions)
        for interaction in recorder.interactions.values():
            if interaction.response is not None:
                self.statuses[interaction.response.status_code] += 1
        for checks in recorder.checks.values():
            for check in checks:
                self.checks[check.name] += 1
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    kind = f"{label}: {check.name}: {failure.title}"
                    said = f"{failure.message[:1000]}\n{check.failure_info.code_sample[:1000]}"
                    self.findings.setdefault(kind, said)


def attack(gateway: Gateway, config: dict[str, Any]) -> Attack:
    """Send all that Schemathesis makes of the API's description, always the same."""
    schema = schemathesis.openapi.from_dict(documentation.written(), config=SchemathesisConfig.from_dict(config))
    schema.app = GatewayApp(gateway)
    schema.hook("filter_failure")(_is_finding)
    done = Attack()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            done.take(event.label, event.recorder)
        elif isinstance(event, events.NonFatalError):
            done.findings[f"{event.label}: error"] = str(event.value)
        elif isinstance(event, events.FatalError):
            raise event.exception
    return done


def _is_finding(context: Any, failure: Failure, case: Any, response: Any) -> bool:
    """Whether a failure says something of the API, and not of what a description can say."""
    if isinstance(failure, AcceptedNegativeData) and case.media_type == "multipart/form-data":
        return False  # what it sends in place of a file is one: whatever it is, it arrives as bytes
    if not isinstance(failure, RejectedPositiveData) or response.status_code >= 500:
        return True
    problems = [f"{one['field']}: {one['problem']}" for one in response.json()["data"]]
    return not problems or not all(any(re.fullmatch(kind, one) for kind in UNSAYABLE) for one in problems)
