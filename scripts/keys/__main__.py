"""`make key`, `make keys` and `make revoke`.

    python -m scripts.keys make --name importer --scopes ingest,read [--expires 90d] [--config prod]
    python -m scripts.keys list [--config prod]
    python -m scripts.keys revoke 3vB8hQ2mXk1Z [--config prod]

Without --config they are about the local stack that runs.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from plumbline.access import Key, StoredKey, read_scopes
from plumbline.access.keys import is_key_id
from plumbline.errors import Unavailable

from scripts.environments import stop
from scripts.keys import keyfile, places
from scripts.keys.times import day, expiry

if TYPE_CHECKING:
    from plumbline.storage.keys import KeyStore

LONGEST_NAME = 100
PAGE = 100


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, do what it says, answer the exit status."""
    parser = argparse.ArgumentParser(prog="keys", description="Plumbline's API keys")
    parser.add_argument("--config", default="", help="section of samconfig.toml of the deployed stack")
    parser.add_argument("--state", type=Path, default=keyfile.STATE, help="folder of the local stack's data")
    actions = parser.add_subparsers(dest="action", required=True)
    making = actions.add_parser("make", help="make a key")
    making.add_argument("--name", required=True)
    making.add_argument("--scopes", required=True)
    making.add_argument("--expires", default="")
    actions.add_parser("list", help="list the keys")
    actions.add_parser("revoke", help="make a key good for nothing").add_argument("id")
    options = parser.parse_args(arguments)
    now = datetime.now(UTC)
    try:
        if options.action == "make":
            wanted = _wanted(options, now)
            make(_store(options), wanted, now)
        elif options.action == "list":
            show(_store(options), now)
        else:
            revoke(_store(options), options.id, now)
    except (BotoCoreError, ClientError) as error:
        stop(f"AWS refused: {error}")
    except Unavailable as error:
        stop(f"{error.message} Does the stack still run?")
    return 0


def make(store: KeyStore, wanted: tuple[str, frozenset[str], datetime | None], now: datetime) -> None:
    """Make a key and print it: alone on standard output, so that a program can take it from there."""
    name, scopes, expires_at = wanted
    key, stored = store.issue(name, read_scopes(scopes), now, expires_at)
    print(
        f"The key {name} ({_said(stored)}). It is shown only now: keep it where secrets are kept.", file=sys.stderr
    )
    print(key.text)


def show(store: KeyStore, now: datetime) -> None:
    """Print a table of the keys, the newest first."""
    position: str | None = None
    rows = [("ID", "NAME", "SCOPES", "MADE", "LAST USED", "STATE")]
    while True:
        found, position = store.page(PAGE, position)
        rows += [
            (
                one.id,
                one.name,
                ",".join(sorted(one.scopes)),
                day(one.created_at),
                day(one.last_used_at),
                _state(one, now),
            )
            for one in found
        ]
        if position is None:
            break
    if len(rows) == 1:
        print("There is no key yet. Make one: make key NAME=me SCOPES=ingest,read")
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def revoke(store: KeyStore, named: str, now: datetime) -> None:
    """Make a key good for nothing. The whole key is taken for its id.

    Raises:
        SystemExit: there is no such key.
    """
    whole = Key.parse(named)
    key_id = whole.id if whole else named
    stored = store.revoke(key_id, now) if is_key_id(key_id) else None
    if stored is None:
        stop("There is no key of this id. `make keys` lists them.")
    print(f"The key {stored.name} ({stored.id}) opens nothing any more, within a minute at the latest.")


def _store(options: argparse.Namespace) -> KeyStore:
    return places.deployed(options.config) if options.config else places.local(options.state)


def _wanted(options: argparse.Namespace, now: datetime) -> tuple[str, frozenset[str], datetime | None]:
    name = options.name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        stop(
            f"NAME must be 1 to {LONGEST_NAME} visible characters that say what the key is for, like NAME=importer"
        )
    try:
        scopes = read_scopes(filter(None, options.scopes.replace(",", " ").split()))
    except ValueError as error:
        stop(f"SCOPES {error}, like SCOPES=ingest,read")
    try:
        return name, frozenset(scopes), expiry(options.expires, now)
    except ValueError as error:
        stop(f"EXPIRES {error}")


def _said(stored: StoredKey) -> str:
    until = f"; good until {day(stored.expires_at)}" if stored.expires_at else ""
    return f"id {stored.id}; {', '.join(sorted(stored.scopes))}{until}"


def _state(stored: StoredKey, now: datetime) -> str:
    if stored.revoked_at is not None:
        return f"revoked {day(stored.revoked_at)}"
    if stored.expires_at is None:
        return "good"
    return f"{'good until' if stored.is_good(now) else 'expired'} {day(stored.expires_at)}"


if __name__ == "__main__":
    raise SystemExit(main())
