"""API keys: how they look, what is kept of one, and whether it opens.

A key is ``plk_<id>_<secret>``. The id finds what is kept of it and is no secret; the secret is 43 letters and
digits from the operating system's generator, 256 bits. Only the SHA-256 of the key is kept: a secret of so many
random bits cannot be guessed from it, so none of the slow hashes that passwords need is called for.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.access.scopes import Scope

PREFIX = "plk"
_ALPHABET = string.ascii_letters + string.digits
_ID_LENGTH = 12
_SECRET_LENGTH = 43  # 43 * log2(62) = 256.03 bits
_FORM = re.compile(rf"{PREFIX}_([A-Za-z0-9]{{{_ID_LENGTH}}})_([A-Za-z0-9]{{{_SECRET_LENGTH}}})")
_ID = re.compile(rf"[A-Za-z0-9]{{{_ID_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as its holder has it. It does not show its secret where it is printed."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Key:
        """A key that nobody has seen yet."""
        return cls(_random(_ID_LENGTH), _random(_SECRET_LENGTH))

    @classmethod
    def parse(cls, text: str) -> Key | None:
        """The key in a text; None where it is none."""
        found = _FORM.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    @property
    def text(self) -> str:
        """The whole key, to be shown once."""
        return f"{PREFIX}_{self.id}_{self.secret}"

    @property
    def digest(self) -> bytes:
        """What is kept of it: SHA-256."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is kept of a key. ``last_used_at`` is coarse: it is written at most once an hour."""

    id: str
    digest: bytes = field(repr=False)
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


# What a key is compared with where there is no key of its id: no key has this hash.
_NOBODYS = bytes(32)


def opens(key: Key, stored: StoredKey | None, now: datetime) -> bool:
    """Whether what is kept under the key's id is this key, and good.

    A key of an unknown id, a wrong secret, and a revoked or expired key all take the same steps, and the
    comparison takes the same time however much of the hash agrees.
    """
    same = hmac.compare_digest(key.digest, _NOBODYS if stored is None else stored.digest)
    good = stored is not None and stored.is_good(now)
    return same and good


def is_key_id(text: str) -> bool:
    """Whether a text looks like a key's id."""
    return _ID.fullmatch(text) is not None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
