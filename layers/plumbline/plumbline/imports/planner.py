"""Cuts a file into chunks and sends each to the queue, from wherever an earlier attempt stopped.

A plan grows by a few chunks at a time. Each step is one transaction that holds only if the plan ends where the
step begins, so that however many planners are at it, at once or one after another, there is one plan: chunks that
follow on each other, each with a place in the file that never changes. A step is written first and sent then; what
may not have been sent when a planner died is sent (again) by the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plumbline.errors import NotFound, PlumblineError, Unavailable, UnreadableFile
from plumbline.imports.cutting import SIZES, Sizes, cut
from plumbline.imports.decoding import skip
from plumbline.imports.identity import staging_key
from plumbline.imports.reader import Position
from plumbline.imports.redacting import unquoted
from plumbline.imports.source import Source, decoded, recognise
from plumbline.storage.chunk_items import Place, PlannedChunk
from plumbline.storage.queue import BATCH, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plumbline.imports.lines import ByteStream
    from plumbline.imports.stores import Stores
    from plumbline.models import Import
    from plumbline.storage.queue import ImportQueue

FEW_CHUNKS = 4
MAX_ROWS = 1_000_000_000
REMOVED = "The file was removed before all of it was read. Upload it again."


class OutOfTime(Unavailable):
    """The process has to end before the import does. What is done stays done; the next attempt goes on."""

    def __init__(self) -> None:
        super().__init__("The import is longer than one run; the next one goes on where this one stopped.")


@dataclass(slots=True)
class _Reached:
    """How many chunks are planned, up to which they have been sent, and where in the file the next one begins."""

    chunks: int
    sent: int
    at: Position


class Planner:
    """Plans imports of the files of one bucket.

    ``queue`` is None where there is none: chunks are planned and left for the caller. ``known`` makes the packed
    sketches that the baselines are made of now. A file of no more than ``few`` chunks is not worth a queue. With
    ``redacted`` nothing is quoted of a file in what is said of it.
    """

    def __init__(
        self,
        stores: Stores,
        queue: ImportQueue | None,
        known: Callable[[], bytes],
        *,
        sizes: Sizes = SIZES,
        few: int = FEW_CHUNKS,
        redacted: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._imports = stores.imports
        self._chunks = stores.chunks
        self._files = stores.files
        self._queue = queue
        self._known = known
        self._sizes = sizes
        self._few = few
        self._redacted = redacted
        self._clock = clock

    def plan(self, import_id: int, has_time: Callable[[], bool], *, hold: bool = False) -> None:
        """Plan all of an import that is not planned yet, and send its chunks to the queue.

        With ``hold``, those of a file that has only a few are not sent: the caller does them itself.

        Raises:
            OutOfTime: there is more to plan than time.
            Unavailable: storage or the queue is busy or down.
        """
        while (current := self._imports.get(import_id)) is not None and not current.ended:
            if current.planned:
                if not hold:
                    self._send_unsent(current)
                return
            try:
                self._go_on(current, has_time, hold=hold)
            except Unavailable:
                raise
            except NotFound:
                self._break_off(import_id, REMOVED)
            except PlumblineError as error:  # no attempt will get any further
                self._break_off(import_id, error.message)

    def send_again(self, import_id: int) -> None:
        """Send every chunk of an import that is not done.

        Raises:
            Unavailable: storage or the queue is busy or down.
        """
        current = self._imports.get(import_id)
        if current is not None and not current.ended:
            self._send_after(current, 0)

    def _go_on(self, current: Import, has_time: Callable[[], bool], *, hold: bool) -> None:
        """One attempt; it ends early where somebody else goes on with the same plan."""
        if current.source is None:
            self._recognise(current)
            return
        source = Source.from_json(current.source)
        if current.chunks:
            self._send_unsent(current)
        reached = self._reached(current, source)
        cuts = self._cuts(current, source, reached)
        held = hold and current.chunks == 0
        for group in _groups(cuts, self._few + 1 if held else BATCH):
            held = held and len(group) <= self._few
            if not self._add(current.id, reached, group, send=not held):
                return
            if not has_time():
                raise OutOfTime
        total = reached.at.byte
        self._imports.end_plan(current.id, reached.chunks, self._clock(), sent=reached.sent, bytes_total=total)

    def _recognise(self, current: Import) -> None:
        info = self._files.head(current.key, current.version or None)
        if info is None:
            raise NotFound("the file is gone")
        self._imports.start(current.id, self._clock(), info)
        with self._files.open(current.key, info.version, stop=info.size) as stream:
            source = recognise(stream, current.filename)
        # Now, so that every chunk is judged by the baseline as it stood when the import began.
        self._imports.snapshot(current.id, self._known)
        total = None if source.staged else info.size
        self._imports.recognise(current.id, source.to_json(), source.begins.byte, total)

    def _reached(self, current: Import, source: Source) -> _Reached:
        if current.chunks == 0:
            return _Reached(0, 0, source.begins)
        last = self._chunks.get(current.id, current.chunks)
        if last is None:
            raise PlumblineError(f"chunk {current.chunks} of import {current.id} is gone")
        return _Reached(current.chunks, current.chunks if self._queue else 0, Position(*last.end))

    def _cuts(self, current: Import, source: Source, reached: _Reached) -> Iterator[PlannedChunk]:
        """The chunks from where the plan has come to; one that is staged is staged before it is handed out."""
        stream = self._open(current, source, reached.at.byte)
        number = reached.chunks
        for one in cut(stream, reached.at, source.dialect, keep=source.staged, sizes=self._sizes):
            number += 1
            if one.end.byte <= one.start.byte:
                raise PlumblineError("a chunk with nothing in it was cut")
            if one.end.row > MAX_ROWS:
                raise UnreadableFile(f"The file has more than {MAX_ROWS:,} rows. Split it and upload the parts.")
            if one.data is not None:
                self._files.put(staging_key(current.id, number), one.data, "application/octet-stream")
            yield PlannedChunk(number, Place(*one.start), Place(*one.end), one.careful)

    def _open(self, current: Import, source: Source, byte: int) -> ByteStream:
        """The file's bytes as UTF-8 from a byte on. Where they are packed, it must be read from its beginning."""
        version = current.version or None
        if not source.staged:
            return self._files.open(current.key, version, byte, stop=current.size_bytes)
        stream = self._files.open(current.key, version, stop=current.size_bytes)
        unpacked = decoded(stream, source, compressed_size=current.size_bytes)
        skip(unpacked, byte)
        return unpacked

    def _add(self, import_id: int, reached: _Reached, group: list[PlannedChunk], *, send: bool) -> bool:
        if not self._chunks.plan(import_id, group, reached.sent):
            return False
        reached.chunks, reached.at = group[-1].number, Position(*group[-1].end)
        if send and self._queue is not None:
            self._queue.send(Message(import_id, one.number) for one in group)
            reached.sent = reached.chunks
        return True

    def _send_unsent(self, current: Import) -> None:
        if current.sent < current.chunks:
            self._send_after(current, current.sent)

    def _send_after(self, current: Import, number: int) -> None:
        if self._queue is None:
            return
        missing = (chunk.number for chunk in self._chunks.after(current.id, number) if not chunk.done)
        self._queue.send(Message(current.id, number) for number in missing)
        if current.chunks:
            self._imports.note_sent(current.id, current.chunks)

    def _break_off(self, import_id: int, failure: str) -> None:
        """Let the plan end here. What is planned will be done, and then the import fails."""
        failure = unquoted(failure) if self._redacted else failure
        current = self._imports.get(import_id)
        if current is not None:
            self._imports.end_plan(import_id, current.chunks, self._clock(), sent=current.sent, failure=failure)


def _groups(chunks: Iterator[PlannedChunk], first: int) -> Iterator[list[PlannedChunk]]:
    """Chunks, as many together as are planned and sent at once; those before an error come before it."""
    group: list[PlannedChunk] = []
    size = first
    try:
        for chunk in chunks:
            group.append(chunk)
            if len(group) == size:
                yield group
                group, size = [], BATCH
    except PlumblineError:
        if group:
            yield group
        raise
    if group:
        yield group
