"""Reading several log groups as one, from a moment on and for as long as somebody looks."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OVERLAP_MS = 20_000
"""How far each look goes back behind the newest event: some arrive late."""
REMEMBERED = 20_000
"""How many events are remembered as shown."""


@dataclass(frozen=True, order=True)
class Logged:
    """One event: when (milliseconds since 1970), by which function, and what."""

    moment: int
    function: str
    text: str = field(compare=False)


class Follower:
    """Follows log groups, given by the name that is shown for each."""

    def __init__(
        self,
        logs: Any,  # noqa: ANN401 - botocore's client has no type of its own
        groups: Mapping[str, str],
        since: int,
    ) -> None:
        self._logs = logs
        self._groups = groups
        self._since = dict.fromkeys(groups, since)
        self._shown: set[object] = set()
        self._order: deque[object] = deque()

    def look(self) -> list[Logged]:
        """What has been logged since the last look, the oldest first."""
        found = [event for function in self._groups for event in self._new(function)]
        return sorted(found)

    def follow(self, seconds: float, wait: Callable[[float], object] = time.sleep) -> Iterator[Logged]:
        """All that is logged, for ever, looked for every so many seconds."""
        while True:
            yield from self.look()
            wait(seconds)

    def _new(self, function: str) -> Iterator[Logged]:
        newest = self._since[function]
        seen_here: dict[object, int] = {}
        for event in self._events(self._groups[function], newest):
            known = (function, event["logStreamName"], event["timestamp"], event["message"])
            # Without an id of its own an event may have an equal one beside it: the second is told by its place.
            seen_here[known] = seen_here.get(known, 0) + 1
            identity = event.get("eventId") or (known, seen_here[known])
            newest = max(newest, event["timestamp"] - OVERLAP_MS)
            if self._remember(identity):
                yield Logged(event["timestamp"], function, event["message"])
        self._since[function] = newest

    def _remember(self, identity: object) -> bool:
        if identity in self._shown:
            return False
        self._shown.add(identity)
        self._order.append(identity)
        if len(self._order) > REMEMBERED:
            self._shown.discard(self._order.popleft())
        return True

    def _events(self, group: str, since: int) -> Iterator[dict[str, Any]]:
        try:
            for page in self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=since
            ):
                yield from page["events"]
        except ClientError as error:
            # A function that has never run has logged nothing yet.
            if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
                raise
