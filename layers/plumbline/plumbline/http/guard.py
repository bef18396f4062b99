"""The layer that finds out who calls before anything of a request is read but its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.access import SCOPES, granted_by_gateway, named_by_gateway, presented_key
from plumbline.errors import PlumblineError
from plumbline.http.handlers import answer_known

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from plumbline.http.services import Services

GRANTED = "plumbline.granted"
"""Where the layers within find the scopes of the caller."""
CALLER = "plumbline.caller"
"""Where they find who that is; nothing is there where nobody is asked."""
_OPEN = ("/health", "/docs", "/openapi.json")
_WARM_UP = object()


def warming_up(event: dict[str, Any]) -> dict[str, Any]:
    """A sample event that needs no key. No event that comes from outside can hold the mark that it carries."""
    return {**event, "plumbline": _WARM_UP}


def is_open(path: str) -> bool:
    """Whether an address answers anybody."""
    return path in _OPEN or path.startswith("/docs/")


class Guard:
    """Lets nobody in who brings no good key, or, where the gateway authorises, whom it has not let through.

    What the caller may then do is for the routes to say (see :class:`plumbline.http.strict_route.StrictRoute`).
    """

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_open(scope["path"]):
            try:
                scope[GRANTED] = self._granted(scope)
            except PlumblineError as error:
                await answer_known(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _granted(self, scope: Scope) -> frozenset[str]:
        event = scope.get("aws.event", {})
        if event.get("plumbline") is _WARM_UP:
            return frozenset(SCOPES)
        authorization = self._services.settings.authorization
        if authorization == "none":
            return frozenset(SCOPES)
        if authorization != "keys":
            granted = granted_by_gateway(authorization, event)
            scope[CALLER] = named_by_gateway(authorization, event)
            return granted
        key = presented_key(_values(scope, b"authorization"), _values(scope, b"x-api-key"))
        opened = self._services.keyring.open(key)
        scope[CALLER] = opened.id
        return opened.scopes


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
