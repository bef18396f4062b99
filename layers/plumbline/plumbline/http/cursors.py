"""Paging cursors: a position in a listing, sealed so that it only works where and while it should.

A cursor is ``base64url(issued at, 5 bytes · seal, 16 bytes · position)``. The seal is an HMAC-SHA256 over the
route, the filters, the time and the position, so a cursor of another listing, or one that somebody edited,
is refused, and so is another caller's. A position holds no secret: it is a time and an id that the page itself
showed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from plumbline.errors import InvalidRequest
from plumbline.http.limits import CURSOR_LIFETIME, MAX_CURSOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_STAMP_BYTES = 5
_SEAL_BYTES = 16
_HEAD_BYTES = _STAMP_BYTES + _SEAL_BYTES
_RIGHT = (
    "must be the next_cursor of a page of this listing, unchanged and with the same filters;"
    " leave it out to start from the newest"
)


class Cursors:
    """Writes and reads cursors for one deployment: ``key`` is the deployment's own."""

    def __init__(self, key: str, clock: Callable[[], datetime], caller: str = "") -> None:
        self._deployment = key
        self._key = hashlib.sha256(b"plumbline cursor\x00" + key.encode()).digest()
        self._clock = clock
        self._caller = caller

    def of(self, caller: str) -> Cursors:
        """Cursors that are good for nobody but this caller."""
        return Cursors(self._deployment, self._clock, caller)

    def write(self, route: str, filters: Mapping[str, object], position: str) -> str:
        stamp = int(self._clock().timestamp()).to_bytes(_STAMP_BYTES, "big")
        sealed = stamp + self._seal(route, filters, stamp, position) + position.encode()
        return _encode(sealed)

    def read(self, cursor: str, route: str, filters: Mapping[str, object]) -> str:
        """The position a cursor stands for.

        Raises:
            InvalidRequest: the cursor is damaged, forged, another caller's, of another listing or filter, or older
                than 24 hours.
        """
        raw = _decode(cursor)
        stamp, seal = raw[:_STAMP_BYTES], raw[_STAMP_BYTES:_HEAD_BYTES]
        try:
            position = raw[_HEAD_BYTES:].decode()
        except UnicodeDecodeError:
            raise _foreign() from None
        if not hmac.compare_digest(seal, self._seal(route, filters, stamp, position)):
            raise _foreign()
        if int(self._clock().timestamp()) - int.from_bytes(stamp, "big") > CURSOR_LIFETIME.total_seconds():
            raise InvalidRequest(
                "The cursor has expired: cursors are good for 24 hours. Start again without one.",
                [("query.cursor", "has expired; leave it out to start from the newest")],
            )
        return position

    def _seal(self, route: str, filters: Mapping[str, object], stamp: bytes, position: str) -> bytes:
        bound = json.dumps(
            [self._caller, route, filters, position], sort_keys=True, separators=(",", ":")
        ).encode()
        return hmac.digest(self._key, stamp + bound, "sha256")[:_SEAL_BYTES]


def _decode(cursor: str) -> bytes:
    if len(cursor) > MAX_CURSOR or not cursor.isascii():
        raise _foreign()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _foreign() from None
    if len(raw) <= _HEAD_BYTES or _encode(raw) != cursor:
        raise _foreign()
    return raw


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _foreign() -> InvalidRequest:
    return InvalidRequest(
        "The cursor is not one that this listing gave out for these filters.",
        [
            (
                "query.cursor",
                _RIGHT,
            )
        ],
    )
