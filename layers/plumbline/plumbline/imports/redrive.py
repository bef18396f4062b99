"""Taking an import up again of which some part was tried in vain as often as the queue allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.errors import Conflict, NotFound
from plumbline.storage.queue import MAX_DELAY_SECONDS, Message

if TYPE_CHECKING:
    from plumbline.storage.imports import ImportStore
    from plumbline.storage.queue import ImportQueue


class Redriver:
    """Redrives imports: exactly what is missing is done, whatever became of the messages about it."""

    def __init__(self, imports: ImportStore, queue: ImportQueue) -> None:
        self._imports = imports
        self._queue = queue

    def redrive(self, import_id: int) -> int:
        """Have everything of an import that is not done sent again, and its plan gone on with; how many chunks of
        those planned so far are not done.

        Redriving an import that is not stalled does no harm.

        Raises:
            NotFound: there is no such import.
            Conflict: it has ended.
            Unavailable: storage or the queue is busy or down; the same call may be repeated.
        """
        current = self._imports.get(import_id)
        if current is None:
            raise NotFound(f"There is no import {import_id}.", [("path.id", "is no import's id")])
        if current.ended:
            raise Conflict(f"Import {import_id} has ended: it {_ENDS[current.state]}. Nothing of it is missing.")
        # Sent before the mark is removed: killed in between, the import is still seen to be stalled.
        self._queue.send([Message(import_id, again=True)])
        self._queue.send([Message(import_id, watch=True)], delay_seconds=MAX_DELAY_SECONDS)
        self._imports.revive(import_id, current.dead_chunks)
        return current.chunks - current.chunks_done


_ENDS = {
    "succeeded": "succeeded",
    "succeeded_with_problems": "succeeded, and its rejected rows are put aside",
    "failed": "failed",
}
