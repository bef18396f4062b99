"""Interaction ids, from a sequence with a cache as in PostgreSQL.

The counter is item 0 of the interactions table: one point-in-time restore brings back both.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from plumbline.errors import PlumblineError
from plumbline.models import MAX_INTERACTION_ID
from plumbline.storage.clients import available

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.storage.clients import Clients

SEQUENCE_ID = 0
BLOCK_SECONDS = 2.0
"""How long a block should last: a busy process asks the counter about this often."""
MAX_BLOCK = 1024


class Sequence:
    """Hands out ids that nobody else gets; safe to share between threads.

    The first block is one id. A block that is used up within :data:`BLOCK_SECONDS` is followed by one up to
    twice its size; one that lasted longer by what would have lasted that long. A process that ends loses the
    rest of its block: ids are unique and grow, but have gaps.
    """

    def __init__(self, clients: Clients, table: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._table = table
        self._clock = clock
        self._lock = threading.Lock()
        self._next = 0
        self._left = 0
        self._size = 0
        self._taken_at = 0.0

    def next(self) -> int:
        """One id.

        Raises:
            Unavailable: a new block was needed and could not be had.
        """
        with self._lock:
            if not self._left:
                self._take_block()
            number = self._next
            self._next += 1
            self._left -= 1
            return number

    def reserve(self, count: int) -> int:
        """The first of ``count`` consecutive ids, taken from the counter with one atomic write.

        A call that fails may have used up ids; it never hands out an id twice.

        Raises:
            Unavailable: the counter could not be reached.
        """
        with available():
            answer = self._clients.dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"N": str(SEQUENCE_ID)}},
                UpdateExpression="ADD #last :count",
                ExpressionAttributeNames={"#last": "last"},
                ExpressionAttributeValues={":count": {"N": str(count)}},
                ReturnValues="UPDATED_NEW",
            )
        last = int(answer["Attributes"]["last"]["N"])
        if last > MAX_INTERACTION_ID:
            raise PlumblineError("all interaction ids have been used")
        return last - count + 1

    def _take_block(self) -> None:
        size = self._next_size(self._clock() - self._taken_at)
        self._next = self.reserve(size)
        self._left = self._size = size
        self._taken_at = self._clock()

    def _next_size(self, lasted: float) -> int:
        sustained = MAX_BLOCK if lasted <= 0 else int(min(MAX_BLOCK, self._size * BLOCK_SECONDS / lasted))
        return max(1, min(2 * self._size, sustained))
