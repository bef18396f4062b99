"""Whether a table answers: asked seldom, and answered soon."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plumbline.models import MAX_INTERACTION_ID
from plumbline.storage.clients import available
from plumbline.storage.deadline import within

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

KEPT_SECONDS = 5.0
"""How old an answer may get: whoever asks in a loop takes a read each so often from the table, and no more."""
PATIENCE_SECONDS = 1.5
"""When no second attempt begins any more: the last one has ended within two seconds more."""


class TableProbe:
    """Asks a table for an item that is not there, with clients of little patience."""

    def __init__(self, clients: Clients, table: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._table = table
        self._clock = clock
        self._answers = False
        self._asked_at: float | None = None

    def answers(self, report: Callable[[Exception], object]) -> bool:
        """Whether the table answers, or did at most :data:`KEPT_SECONDS` ago.

        ``report`` is called with the reason whenever the table was asked and did not.
        """
        now = self._clock()
        if self._asked_at is None or not 0 <= now - self._asked_at < KEPT_SECONDS:
            try:
                self._ask()
            except Exception as error:  # noqa: BLE001 - whatever the reason, it does not answer
                report(error)
                self._answers = False
            else:
                self._answers = True
            self._asked_at = now
        return self._answers

    def _ask(self) -> None:
        # An id that is never given out: half a read unit proves table, permission and connection.
        key = {"id": {"N": str(MAX_INTERACTION_ID + 1)}}
        with within(PATIENCE_SECONDS), available():
            self._clients.probe.get_item(TableName=self._table, Key=key)
