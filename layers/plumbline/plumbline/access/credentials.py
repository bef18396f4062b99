"""The key that a request brings: ``Authorization: Bearer …`` or ``x-api-key: …``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.access.keys import Key
from plumbline.errors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOW = "send the header Authorization: Bearer <key>, or x-api-key: <key>"


def presented_key(authorization: Sequence[str], api_key: Sequence[str]) -> Key:
    """The one key that the values of the two headers hold.

    Raises:
        Unauthorized: there is none, or what there is cannot be one, or the headers contradict each other.
    """
    if not authorization and not api_key:
        raise Unauthorized(
            f"This address needs an API key: {_HOW}. Whoever runs this deployment makes one: make key NAME=me"
            " SCOPES=ingest,read",
            [("header.authorization", "is required: Bearer and an API key")],
        )
    bearers = [_bearer(value) for value in authorization]
    texts = {*bearers, *(value.strip() for value in api_key)}
    text = texts.pop()
    key = None if texts or text is None else Key.parse(text)
    if key is None:
        raise refused()
    return key


def refused() -> Unauthorized:
    """What is said of any key that does not open: the same whatever is wrong with it."""
    return Unauthorized(
        f"The API key does not open this deployment. To send one that does, {_HOW}.",
        [("header.authorization", "must hold an API key of this deployment that is good")],
    )


def _bearer(value: str) -> str | None:
    """The key behind the scheme, whose name may be in any case (RFC 9110, section 11.1)."""
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else None
