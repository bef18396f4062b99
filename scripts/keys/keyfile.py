"""The file that keeps a local stack's key, so that programs on this machine need not ask for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scripts.environments import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VARIABLE = "PLUMBLINE_KEY"
STATE = LOCAL / "state"
_LOCAL = {"127.0.0.1", "localhost", "::1"}


def path(state: Path = STATE) -> Path:
    """Where the key of the local stack with this data is kept."""
    return state / "key"


def write(state: Path, key: str) -> None:
    """Keep a key for its owner's eyes only; the file is never there with a part of it, nor open to others."""
    file = path(state)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:  # noqa: PTH123
        opened.write(f"{key}\n")
    new.replace(file)


def read(state: Path = STATE) -> str | None:
    """The key of the local stack with this data; None where there is none."""
    try:
        return path(state).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def is_local(url: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(url).hostname in _LOCAL


def key_for(url: str, env: Mapping[str, str] | None = None, state: Path = STATE) -> str | None:
    """The key to send to an API: the variable PLUMBLINE_KEY, or on this machine the local stack's own.

    A key is never sent to another machine than it was named for.
    """
    named = (os.environ if env is None else env).get(VARIABLE, "").strip()
    return named or (read(state) if is_local(url) else None)
