"""Imports from the upload to their end: what is to be done when S3 tells of a file and when a message comes.

Everything here may happen twice, at the same time, in any order or after a crash. Each delivery reads from the
table what there is still to do, does it in steps that are each written once, and looks at its end whether the
import is complete, so that the last delivery, whichever that is, completes it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from plumbline.errors import Unavailable
from plumbline.imports.planner import OutOfTime
from plumbline.storage.queue import MAX_DELAY_SECONDS, Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.imports.completion import Completion
    from plumbline.imports.planner import Planner
    from plumbline.imports.stores import Stores
    from plumbline.imports.uploads import Upload
    from plumbline.imports.work import ChunkWork, Watcher
    from plumbline.models import Import
    from plumbline.storage.queue import ImportQueue

PLAN = 0
"""What stands for the plan among an import's dead chunks."""
QUIET = timedelta(seconds=MAX_DELAY_SECONDS - 60)
"""An import on which nothing was done for so long has nobody who plans it."""
STALLED_AFTER = timedelta(hours=3)
"""An import on which nothing was done for so long has no message left in the queue: its tries take less."""


class Importer:
    """Does what an upload or a message asks for. ``queue`` is None where there is none."""

    def __init__(
        self,
        stores: Stores,
        planner: Planner,
        work: ChunkWork,
        completion: Completion,
        *,
        queue: ImportQueue | None,
        watcher: Watcher,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._imports = stores.imports
        self._chunks = stores.chunks
        self._planner = planner
        self._work = work
        self._completion = completion
        self._queue = queue
        self._watcher = watcher
        self._clock = clock

    def take(self, upload: Upload, has_time: Callable[[], bool]) -> None:
        """Import a file that was uploaded: a small one here and now, another through the queue.

        Raises:
            OutOfTime: it is not done, and there is no queue to go on by.
            Unavailable: storage or the queue is busy or down.
        """
        new = upload.new_import()
        if not self._imports.create(new) and self._has_ended(new.id):
            return
        if self._queue is None:
            self._do_all(new.id, has_time)
            return
        # Whatever becomes of this process, in a while somebody looks after the import.
        self._queue.send([Message(new.id, watch=True)], delay_seconds=MAX_DELAY_SECONDS)
        try:
            self._do_all(new.id, has_time)
        except Unavailable:
            self._queue.send([Message(new.id)])

    def handle(self, message: Message, has_time: Callable[[], bool], *, last_try: bool = False) -> None:
        """Do what a message asks for. It may be acknowledged when this returns.

        Raises:
            Unavailable: storage or the queue is busy or down; the message is to come again.
        """
        current = self._imports.get(message.import_id)
        if current is None or current.ended:
            return
        if message.chunk is not None:
            self._work.do(current, message.chunk, last_try=last_try)
        elif message.watch:
            self._look_after(current, has_time)
        else:
            self._plan(current, has_time, again=message.again, last_try=last_try)
        self._completion.check(current.id)

    def _has_ended(self, import_id: int) -> bool:
        current = self._imports.get(import_id)
        return current is not None and current.ended

    def _do_all(self, import_id: int, has_time: Callable[[], bool]) -> None:
        """Plan an import and, where its chunks were not sent to a queue, do them."""
        self._planner.plan(import_id, has_time, hold=True)
        current = self._imports.get(import_id)
        if current is not None and not current.ended:
            for chunk in self._chunks.after(import_id, current.sent):
                if not chunk.done:
                    if not has_time():
                        raise OutOfTime
                    self._work.do(current, chunk.number)
        self._completion.check(import_id)

    def _plan(self, current: Import, has_time: Callable[[], bool], *, again: bool, last_try: bool) -> None:
        if last_try:
            self._stall(current.id, PLAN)
        if again:
            self._planner.send_again(current.id)
        try:
            self._planner.plan(current.id, has_time)
        except OutOfTime:
            # A message of its own: this one has been received a few times, and the plan has got on.
            self._send(Message(current.id))
        if last_try:
            self._imports.revive(current.id, [PLAN])

    def _look_after(self, current: Import, has_time: Callable[[], bool]) -> None:
        """Go on with a plan that nobody is at; say that an import is stalled that nothing comes for any more."""
        if current.dead_chunks:
            return  # it waits for a redrive, which sends a watch of its own
        since = self._clock() - (current.progressed_at or current.created_at)
        if since >= STALLED_AFTER:
            self._stall_missing(current)
            return
        # First: if planning kills this process, the next one is there already.
        self._send(Message(current.id, watch=True), delay_seconds=MAX_DELAY_SECONDS)
        if since >= QUIET and (not current.planned or current.sent < current.chunks):
            # What keeps it from going on is left to the next watch: this one coming again would only add to them.
            with suppress(Unavailable):
                self._plan(current, has_time, again=False, last_try=False)

    def _stall_missing(self, current: Import) -> None:
        if not current.planned:
            self._stall(current.id, PLAN)
        for chunk in self._chunks.after(current.id):
            if not chunk.done and not self._stall(current.id, chunk.number):
                return

    def _stall(self, import_id: int, chunk: int) -> bool:
        if not self._imports.stall(import_id, chunk):
            return False
        self._watcher.stalled(import_id, chunk)
        return True

    def _send(self, message: Message, *, delay_seconds: int = 0) -> None:
        assert self._queue is not None, "messages come from a queue"
        self._queue.send([message], delay_seconds=delay_seconds)
