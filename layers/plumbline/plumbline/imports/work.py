"""One chunk of an import, from its message to its end."""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import IO, TYPE_CHECKING, Protocol

from plumbline.baselines import Sketches
from plumbline.errors import NotFound, PlumblineError, Unavailable
from plumbline.imports.chunks import read_chunk
from plumbline.imports.identity import rejected_part_key, staging_key
from plumbline.imports.planner import REMOVED
from plumbline.imports.reader import MOST_LOOKED_AHEAD, Position
from plumbline.imports.redacting import unquoted
from plumbline.imports.source import Source
from plumbline.retention import FOR_EVER
from plumbline.storage.import_items import ChunkOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.imports.chunks import Chunk
    from plumbline.imports.stores import Stores
    from plumbline.imports.worker import ChunkWorker, Recorded
    from plumbline.models import Import
    from plumbline.redaction import Redactor
    from plumbline.retention import Retention
    from plumbline.storage.chunk_items import PlannedChunk

_SNAPSHOTS_KEPT = 4


class Watcher(Protocol):
    """Who is told what becomes of imports."""

    def recorded(self, recorded: Recorded, /) -> object: ...
    def stalled(self, import_id: int, chunk: int, /) -> object: ...
    def ended(self, ended: Import, /) -> object: ...


class ChunkWork:
    """Does chunks of imports. ``known`` makes the packed sketches that the baselines are made of now.

    ``retention`` is how long rows are kept that do not say it; ``redactor`` is None where nothing is redacted.
    """

    def __init__(
        self,
        stores: Stores,
        worker: ChunkWorker,
        known: Callable[[], bytes],
        watcher: Watcher,
        *,
        retention: Retention = FOR_EVER,
        redactor: Redactor | None = None,
    ) -> None:
        self._imports = stores.imports
        self._chunks = stores.chunks
        self._files = stores.files
        self._worker = worker
        self._known = known
        self._watcher = watcher
        self._retention = retention
        self._redactor = redactor
        self._snapshots: OrderedDict[int, Sketches] = OrderedDict()

    def do(self, current: Import, number: int, *, last_try: bool = False) -> None:
        """Do a chunk, unless it is done. With ``last_try`` the import counts as stalled until that has worked.

        Raises:
            Unavailable: storage is busy or down; the same chunk may be tried again, by anybody.
        """
        chunk = self._chunks.get(current.id, number)
        if chunk is None or chunk.done or current.source is None:
            return
        if last_try:
            # Before, not after: a process that is killed gets to say nothing.
            self._imports.stall(current.id, number)
            self._watcher.stalled(current.id, number)
        try:
            recorded = self._record(current, chunk, Source.from_json(current.source))
        except Unavailable:
            raise
        except NotFound:
            self._give_up(current.id, number, REMOVED)
        except PlumblineError as error:  # no attempt will end otherwise
            self._give_up(current.id, number, self._said(error.message))
        else:
            if recorded is not None:
                self._watcher.recorded(recorded)
            elif last_try:
                self._imports.revive(current.id, [number])

    def _record(self, current: Import, chunk: PlannedChunk, source: Source) -> Recorded | None:
        read = self._read(current, chunk, source)
        if read.rejected:
            self._files.put(rejected_part_key(current.id, chunk.number), read.rejected_rows)
        return self._worker.record(current.id, read, self._snapshot(current.id))

    def _read(self, current: Import, chunk: PlannedChunk, source: Source) -> Chunk:
        start, end = Position(*chunk.start), Position(*chunk.end)
        with self._open(current, chunk, source) as stream:
            return read_chunk(
                stream, source, chunk.number, start, end, current.created_at, self._retention, self._redactor
            )

    def _open(self, current: Import, chunk: PlannedChunk, source: Source) -> IO[bytes]:
        if source.staged:
            return io.BytesIO(self._files.read(staging_key(current.id, chunk.number)))
        assert current.size_bytes is not None
        behind = chunk.end.byte + (MOST_LOOKED_AHEAD if chunk.careful else 0)
        stop = min(behind, current.size_bytes)
        return self._files.open(current.key, current.version or None, chunk.start.byte, stop=stop)

    def _snapshot(self, import_id: int) -> Sketches:
        """The baseline as it stood when the import began, which every chunk of it is judged by."""
        if import_id not in self._snapshots:
            self._snapshots[import_id] = Sketches.unpack(self._imports.snapshot(import_id, self._known))
            if len(self._snapshots) > _SNAPSHOTS_KEPT:
                self._snapshots.popitem(last=False)
        return self._snapshots[import_id]

    def _said(self, sentence: str) -> str:
        return sentence if self._redactor is None else unquoted(sentence)

    def _give_up(self, import_id: int, number: int, failure: str) -> None:
        self._chunks.finish_chunk(import_id, number, ChunkOutcome(failure=failure))
