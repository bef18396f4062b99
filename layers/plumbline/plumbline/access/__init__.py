"""Who may do what: API keys, scopes, and what the gateway's own authorisers say. Pure."""

from __future__ import annotations

from plumbline.access.credentials import presented_key
from plumbline.access.gateway import granted_by_gateway, named_by_gateway
from plumbline.access.keys import Key, StoredKey, opens
from plumbline.access.scopes import SCOPES, Scope, read_scopes

__all__ = [
    "SCOPES",
    "Key",
    "Scope",
    "StoredKey",
    "granted_by_gateway",
    "named_by_gateway",
    "opens",
    "presented_key",
    "read_scopes",
]
