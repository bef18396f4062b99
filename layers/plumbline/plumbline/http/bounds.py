"""How long a request's address and headers may be, and the headers that every answer has.

API Gateway takes 10,240 bytes of both together, and answers itself beyond it. These bounds hold wherever else the
applications run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plumbline.http.envelope import failure
from plumbline.http.limits import MAX_ADDRESS_BYTES, MAX_HEADER_BYTES, MAX_HEADERS
from plumbline.http.problems import short

if TYPE_CHECKING:
    from starlette.datastructures import MutableHeaders
    from starlette.responses import Response
    from starlette.types import Scope

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What was recorded stays out of caches, and is taken for nothing else than it is.
_FOR_EVERY_ANSWER = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # Where somebody opens an answer as a page, nothing in it runs, and nobody frames it.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


def beyond_bounds(scope: Scope) -> Response | None:
    """The answer to a request whose address or headers cannot be looked at; None to any other."""
    if _CONTROL.search(scope["path"]):
        # Routes would take a line break at the end of an address for its end.
        target = f"{short(scope['method'])} {short(scope['path'])}"
        return failure(404, f"There is no {target}. See /docs for what there is.")
    size = len(scope["path"].encode("utf-8", "surrogatepass")) + len(scope.get("query_string", b""))
    if size > MAX_ADDRESS_BYTES:
        problem = f"is longer than {MAX_ADDRESS_BYTES} bytes"
        return failure(414, f"The address {problem}.", [("path", problem)])
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS:
        return failure(431, f"The request has {len(headers)} headers; {MAX_HEADERS} are the most.", [])
    if (size := sum(len(name) + len(value) for name, value in headers)) > MAX_HEADER_BYTES:
        return failure(431, f"The headers have {size} bytes; {MAX_HEADER_BYTES} are the most.", [])
    return None


def secure(headers: MutableHeaders) -> None:
    """Add the headers that every answer has, but for those that a route has set otherwise."""
    for name, value in _FOR_EVERY_ANSWER.items():
        headers.setdefault(name, value)
