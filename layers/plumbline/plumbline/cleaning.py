"""What interactions that are gone leave behind, removed: after the table's stream, and after S3's own word.

The **stream** tells of interactions that were removed, have expired or were replaced. What a tombstone left is
finished. The S3 object of one that is gone goes with it, in all its versions, unless the interaction still refers
to it. Of one that was replaced, only versions that are older than any process that may be at work go: an import
that is tried again at this moment may be just about to refer to a newer one.

**S3** tells of each version of an object as it is written, and a queue keeps that back until the process that
wrote it has ended, one way or the other. Then the interaction refers to the object, or its process died before it
could say so and nobody needs this version: whoever tries again writes another one, of which S3 tells again.

Everything here may happen twice, late, and in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import orjson

from plumbline.storage.batches import get_item
from plumbline.storage.items import TEXTS_PREFIX, texts_key
from plumbline.storage.removal import LONGEST_RUN, is_unfinished, was_removed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plumbline.storage.clients import Clients
    from plumbline.storage.removal import Remover
    from plumbline.storage.text_objects import TextObjects

_KEY = re.compile(rf"{TEXTS_PREFIX}([1-9][0-9]{{0,15}})(?:/.*)?", re.DOTALL | re.ASCII)


class Unreadable(Exception):
    """A record or message that no retry will make sense of. What it says never holds anything of it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the stream says about an item that has changed: its old form and its new, empty where it is gone."""

    id: int
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    at: datetime

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Change:
        """A record of the stream.

        Raises:
            Unreadable: it is none.
        """
        try:
            change = record["dynamodb"]
            return cls(
                int(change["Keys"]["id"]["N"]),
                dict(change.get("OldImage") or {}),
                dict(change.get("NewImage") or {}),
                datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            raise Unreadable(f"the record cannot be read ({type(error).__name__})") from error


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A version of an object that was written, and the interaction that it was written for."""

    id: int
    key: str
    version: str


def read_message(body: str) -> Iterator[WrittenText]:
    """What S3 tells in a message of the queue; nothing where it only tests whether the queue is there.

    Raises:
        Unreadable: it is nothing that S3 says.
    """
    try:
        event = orjson.loads(body)
        for record in event.get("Records") or ():
            described = record["s3"]["object"]
            key = unquote_plus(described["key"])
            known = _KEY.fullmatch(key)
            if known is not None:
                # What S3 calls the version of an object in a bucket that keeps none.
                yield WrittenText(int(known[1]), key, described.get("versionId") or "null")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"the message cannot be read ({type(error).__name__})") from error


class Cleaner:
    """Removes what is left behind. Each call answers how many versions of objects it removed."""

    def __init__(self, clients: Clients, table: str, texts: TextObjects, remover: Remover) -> None:
        self._clients = clients
        self._table = table
        self._texts = texts
        self._remover = remover

    def follow(self, change: Change) -> int:
        """Remove what is left of an item's old form.

        Raises:
            Unavailable: storage is busy or down; the same change may be followed again.
        """
        if change.id <= 0:
            return 0
        if is_unfinished(change.new):
            return self._finish(change.id)
        key = texts_key(change.old)
        if key is None or key == texts_key(change.new) or not _KEY.fullmatch(key):
            return 0
        if self._refers(change.id, key):
            return 0
        replaced = bool(change.new) and not was_removed(change.new)
        latest = change.at - LONGEST_RUN if replaced else datetime.max.replace(tzinfo=UTC)
        gone = [
            (version.key, version.version)
            for version in self._texts.versions_of(key)
            if version.modified <= latest
        ]
        self._texts.delete(gone)
        return len(gone)

    def look_after(self, text: WrittenText) -> int:
        """Remove a version that was written, if the interaction does not refer to its object.

        Raises:
            Unavailable: storage is busy or down; the same may be looked after again.
        """
        if self._refers(text.id, text.key):
            return 0
        self._texts.delete([(text.key, text.version)])
        return 1

    def _finish(self, number: int) -> int:
        """Finish a tombstone, unless that has been done, or an import has put the interaction there again."""
        item = get_item(self._clients, self._table, number)
        if item is None or not is_unfinished(item):
            return 0
        return self._remover.finish(item)

    def _refers(self, number: int, key: str) -> bool:
        item = get_item(self._clients, self._table, number)
        return item is not None and not was_removed(item) and texts_key(item) == key
