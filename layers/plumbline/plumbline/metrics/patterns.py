"""Addresses, numbers and secrets in a text, counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from plumbline.metrics.finders import FINDERS
from plumbline.metrics.personal import SIGNS_WITHOUT_DIGITS, Searched, likely_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The look behind comes after the first character, so that the search can leap to that character.
_URL = re.compile(r"""[hHwW](?:(?<=[hH])(?i:ttps?://)|(?<![\w.].)(?<=[wW])(?i:ww\.))[^\s<>"'`\])}|\\]+""")
_MOST_SEARCHED = 1_000_000

PATTERNS = (
    *("phones", "payment_cards", "ssns", "ip_addresses", "ibans", "secrets"),
    *("urls", "unique_urls", "emails", "unique_emails", "pii"),
)


class Personal(NamedTuple):
    """What there is of each kind, as it stands in the text."""

    found: Mapping[str, Sequence[str]]

    def count(self, kind: str) -> int:
        """How many of a kind."""
        return len(self.found[kind]) if kind in self.found else 0

    @property
    def pii(self) -> int:
        """How many of all kinds but addresses of machines."""
        return sum(len(found) for kind, found in self.found.items() if kind != "ip")


_NOTHING = Personal({})


def find_personal(text: str, data: bytes, sparse: bytes, digits: int) -> Personal:
    """What there is in a text, its UTF-8 bytes and its characters counted, that may be somebody's own.

    Of a text of over a million characters the first million are searched.
    """
    if not digits and len(data) == len(text) and not any(sign in sparse for sign in SIGNS_WITHOUT_DIGITS):
        return _NOTHING  # as most texts
    text, data = _searched(text, data)
    searched = Searched.known(text, data, sparse, digits)
    kinds = [*likely_kinds(searched)]
    if not kinds:
        return _NOTHING
    return Personal({kind: [text[start:end] for start, end in FINDERS[kind](searched.text)] for kind in kinds})


def find_patterns(text: str, data: bytes, sparse: bytes, digits: int) -> tuple[int, ...]:
    """Counts by kind, in the order of :data:`PATTERNS`, as :func:`find_personal` finds them."""
    personal = find_personal(text, data, sparse, digits)
    text, data = _searched(text, data)
    urls = _URL.findall(text) if b"://" in sparse or b"www." in data or b"WWW." in sparse else ()
    unique_urls = len({url.rstrip(".,;:!?") for url in urls}) if urls else 0
    if not personal.found:
        return (0, 0, 0, 0, 0, 0, len(urls), unique_urls, 0, 0, 0)
    return (
        *map(personal.count, ("phone", "card", "ssn", "ip", "iban", "secret")),
        len(urls),
        unique_urls,
        personal.count("email"),
        len({email.lower() for email in personal.found.get("email", ())}),
        personal.pii,
    )


def _searched(text: str, data: bytes) -> tuple[str, bytes]:
    if len(text) <= _MOST_SEARCHED:
        return text, data
    text = text[:_MOST_SEARCHED]
    return text, text.encode("utf-8", "surrogatepass")
