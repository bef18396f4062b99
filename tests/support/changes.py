"""What the interactions table's stream brings to the cleanup, made from the table before and after."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plumbline.cleaning import Change, Cleaner, read_message
from plumbline.storage.removal import Remover
from plumbline.storage.text_objects import TextObjects

from tests.support.tables import scan, template

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

Items = dict[int, dict[str, Any]]


def items(clients: Clients, stack: Stack) -> Items:
    """Everything in the interactions table by id."""
    return {int(item["id"]["N"]): item for item in scan(clients, stack.interactions)}


def records(before: Items, after: Items, at: datetime) -> list[dict[str, Any]]:
    """The records that the template's filter lets through to the cleanup."""
    found = []
    for number in sorted(before.keys() | after.keys()):
        old, new = before.get(number), after.get(number)
        if old == new:
            continue
        name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        images = {"OldImage": old, "NewImage": new}
        change = {
            "Keys": {"id": {"N": str(number)}},
            "ApproximateCreationDateTime": at.timestamp(),
            "SequenceNumber": hashlib.sha256(repr((number, old, new)).encode()).hexdigest()[:21],
            **{image: item for image, item in images.items() if item is not None},
        }
        record = {"eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change}
        if any(_matches(pattern, record) for pattern in _patterns()):
            found.append(record)
    return found


def _patterns() -> list[dict[str, Any]]:
    events = template()["Resources"]["CleanupFunction"]["Properties"]["Events"]
    return [json.loads(each["Pattern"]) for each in events["Gone"]["Properties"]["FilterCriteria"]["Filters"]]


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, list):
        return value is not None if pattern == [{"exists": True}] else value in pattern
    return isinstance(value, dict) and all(_matches(part, value.get(name)) for name, part in pattern.items())


def cleaner(clients: Clients, stack: Stack) -> Cleaner:
    """A cleaner as a new process has it."""
    texts = TextObjects(clients.s3, stack.bucket)
    return Cleaner(clients, stack.interactions, texts, Remover(clients, stack.interactions, texts))


def versions(clients: Clients, stack: Stack) -> list[tuple[str, str]]:
    """Every version of every text in the bucket, and every marker."""
    page = clients.s3.list_object_versions(Bucket=stack.bucket)
    found: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    return [(one["Key"], one["VersionId"]) for one in found]


def told(*written: tuple[str, str]) -> str:
    """What S3 says of versions of objects that were written."""
    objects = [{"key": key.replace("#", "%23"), "versionId": version} for key, version in written]
    return json.dumps({"Records": [{"eventSource": "aws:s3", "s3": {"object": one}} for one in objects]})


@dataclass
class Stream:
    """Follows a table: what has changed since it was looked at last."""

    clients: Clients
    stack: Stack
    before: Items = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = items(self.clients, self.stack)

    def read(self, at: datetime) -> list[dict[str, Any]]:
        after = items(self.clients, self.stack)
        found = records(self.before, after, at)
        self.before = after
        return found

    def clean(self, at: datetime, clients: Clients | None = None) -> int:
        """Let the cleanup follow all that has changed; how many versions it removed."""
        follow = cleaner(clients or self.clients, self.stack).follow
        return sum(follow(Change.read(record)) for record in self.read(at))


def sweep(clients: Clients, stack: Stack, *written: tuple[str, str]) -> int:
    """Let the cleanup look after versions that were written a while ago; how many it removed."""
    look: Callable[[Any], int] = cleaner(clients, stack).look_after
    return sum(map(look, read_message(told(*written))))
