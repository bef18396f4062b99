"""A stack with keys in its table, and API clients that send them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute
from plumbline.http.app import alerts_app, interactions_app
from plumbline.http.guard import is_open
from plumbline.http.services import Services
from plumbline.http.strict_route import needed_scope

from tests.support.gateway import Gateway, form, part, services
from tests.support.tables import scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumbline.access import Key, Scope
    from plumbline.storage.clients import Clients

    from tests.support.gateway import Answer, Clock
    from tests.support.tables import Stack

JSON = {"content-type": "application/json"}
_GOOD = b'{"input_text": "a", "output_text": "b"}'
_FORM = {"content-type": "multipart/form-data; boundary=XXXX"}
_PATIENCE_SECONDS = 10


def routes() -> list[tuple[str, str, Scope | None]]:
    """Method, path and scope of every route of both applications."""
    made = Services()
    found = [*interactions_app(made).routes, *alerts_app(made).routes]
    return sorted(
        (method, route.path_format, needed_scope(route.endpoint))
        for route in found
        if isinstance(route, APIRoute)
        for method in route.methods
    )


ROUTES = routes()
CLOSED = [(method, path, scope) for method, path, scope in ROUTES if not is_open(path)]


class World:
    """A stack, and the services of one process on it."""

    def __init__(self, clients: Clients, stack: Stack, clock: Clock) -> None:
        self.clients = clients
        self.stack = stack
        self.clock = clock
        self.services = services(clients, stack.settings(), clock)

    def key(self, *scopes: Scope, name: str = "test", **times: Any) -> Key:
        """A key that stands in the table."""
        return self.services.keys.issue(name, scopes, self.clock(), **times)[0]

    def api(self, key: Key | str | None) -> Gateway:
        """A client that sends this key."""
        return Gateway(self.services, key if key is None or isinstance(key, str) else key.text)

    def item(self, key: Key) -> Mapping[str, Any]:
        """What the table holds of a key."""
        (found,) = [one for one in scan(self.clients, self.stack.keys) if one["id"]["S"] == key.id]
        return found

    def last_use(self, key: Key, expected: str) -> str:
        """The last use that the table knows, once it is the expected one or time is up."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            found = str(self.item(key).get("last_used_at", {}).get("S", ""))
            if found == expected or time.monotonic() > until:
                return found
            time.sleep(0.01)


def call(api: Gateway, method: str, path: str, headers: Mapping[str, str] = {}) -> Answer:
    """A request of a route that would be taken if its caller is."""
    filled = re.sub(r"\{\w+\}", "7", path).replace("/metrics/7", "/metrics/output.length")
    if path.endswith("/bulk"):
        body = form(part("file", b"a,b\n", "x.csv"))
        return api.send(method, filled, headers={**_FORM, **headers}, body=body)
    return api.send(method, filled, headers={**JSON, **headers}, body=_GOOD if method == "POST" else b"")
