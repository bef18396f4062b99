"""The key that a local stack begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plumbline.access import SCOPES, Key, opens

from scripts.environments import ROOT
from scripts.keys import keyfile, places

if TYPE_CHECKING:
    from pathlib import Path

    from plumbline.storage.keys import KeyStore

NAME = "local"
ANOTHER = "make key NAME=me SCOPES=ingest,read"
_SHOWN = 5


@dataclass(frozen=True)
class About:
    """What is said of keys: a few lines, the line that sets the variable, and the option that curl sends it by."""

    said: str
    export: str
    header: str


OPEN = About("\n  No key is needed: everybody who reaches this machine's port is let in.\n", "", "")
_HEADER = '-H "authorization: Bearer $PLUMBLINE_KEY" '


def welcome(stack_port: int, outputs: dict[str, str], state: Path, another: str = ANOTHER) -> About:
    """Make a key with all scopes where the data holds none yet; say which there are, how ``another`` is made."""
    store = places.at(f"http://127.0.0.1:{stack_port}", outputs[places.OUTPUT])
    now = datetime.now(UTC)
    found, _ = store.page(100)
    if not found:
        key, _ = store.issue(NAME, SCOPES, now)
        keyfile.write(state, key.text)
        return About(
            f"\n  Key      {key.text}\n"
            f"           It may do everything. It is shown only now, and kept in {_shown(state)}.\n"
            f"{_hint(another)}",
            f"\n  export {keyfile.VARIABLE}={key.text}\n",
            _HEADER,
        )
    good = [one.name for one in found if one.is_good(now)]
    names = ", ".join(good[:_SHOWN]) + (f" and {len(good) - _SHOWN} more" if len(good) > _SHOWN else "")
    said = f"\n  Keys     {names or 'none that is good'}\n{_hint(another)}"
    if not _kept_is_good(store, state, now):
        return About(said, f"\n  export {keyfile.VARIABLE}=your-key\n", _HEADER)
    return About(said, f"\n  export {keyfile.VARIABLE}=$(cat {_shown(state)})\n", _HEADER)


def _hint(another: str) -> str:
    return f"           Make another: {another}   (make keys lists them)\n" if another else ""


def _kept_is_good(store: KeyStore, state: Path, now: datetime) -> bool:
    """Whether the file holds a key that opens."""
    key = Key.parse(keyfile.read(state) or "")
    stored = None if key is None else store.get(key.id)
    return key is not None and opens(key, stored, now)


def _shown(state: Path) -> str:
    path = keyfile.path(state)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
