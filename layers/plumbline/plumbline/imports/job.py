"""An import from the upload to its end, resumed wherever an earlier attempt stopped.

Everything here may happen twice, at the same time or after a crash: the import, the baseline that it is judged
by and the ids of each chunk are whatever the first attempt stored, and a chunk is counted by whoever finishes it
first. An import that has ended stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Protocol

from plumbline.baselines import Sketches
from plumbline.errors import NotFound, PlumblineError, Unavailable, UnreadableFile
from plumbline.imports.chunks import next_chunk
from plumbline.imports.header import open_csv
from plumbline.imports.identity import filename, import_id, rejected_key
from plumbline.imports.lines import Lines
from plumbline.imports.reader import Position, RecordReader
from plumbline.imports.rejected import RejectedRows
from plumbline.imports.rows import RowParser
from plumbline.models import Import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plumbline.imports.header import Layout
    from plumbline.imports.worker import ChunkWorker, Recorded
    from plumbline.models import ImportState
    from plumbline.storage.files import FileStore
    from plumbline.storage.imports import ImportStore

ENDED: tuple[ImportState, ...] = ("succeeded", "succeeded_with_problems", "failed")
_IN_MEMORY = 8 * 1024 * 1024


class OutOfTime(Unavailable):
    """The process has to end before the import does. What is done stays done; the next attempt goes on."""

    def __init__(self) -> None:
        super().__init__("The import is longer than one run; the next one goes on where this one stopped.")


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of an object in the bucket. ``version`` is empty where the bucket keeps none."""

    bucket: str
    key: str
    version: str
    uploaded_at: datetime

    @property
    def import_id(self) -> int:
        return import_id(self.bucket, self.key, self.version)


class Watcher(Protocol):
    """Who is told of each chunk that this attempt counted, and says whether there is time for another."""

    def recorded(self, recorded: Recorded, /) -> None: ...
    def has_time(self) -> bool: ...


class ImportJob:
    """Imports uploaded files. ``known`` makes the packed sketches that the baselines are made of now."""

    def __init__(
        self,
        imports: ImportStore,
        files: FileStore,
        worker: ChunkWorker,
        known: Callable[[], bytes],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._imports = imports
        self._files = files
        self._worker = worker
        self._known = known
        self._clock = clock

    def run(self, upload: Upload, watcher: Watcher) -> Import:
        """Import an upload, or what is left of it, and answer how it ended.

        Raises:
            Unavailable: storage is busy or down, or time is up: another run goes on from there.
        """
        current = self._begin(upload)
        if current.state in ENDED:
            return current
        try:
            self._import(current, upload, watcher)
        except Unavailable:
            raise
        except NotFound:
            self._imports.fail(current.id, _removed(self._get(current.id).rows_stored), self._clock())
        except PlumblineError as error:  # no attempt will end otherwise
            self._imports.fail(current.id, error.message, self._clock())
        return self._get(current.id)

    def _begin(self, upload: Upload) -> Import:
        new = Import(
            id=upload.import_id,
            bucket=upload.bucket,
            key=upload.key,
            version=upload.version,
            filename=filename(upload.key),
            state="queued",
            created_at=upload.uploaded_at,
        )
        return new if self._imports.create(new) else self._get(new.id)

    def _import(self, current: Import, upload: Upload, watcher: Watcher) -> None:
        info = self._files.head(upload.key, upload.version or None)
        if info is None:
            raise NotFound("the file is gone")
        self._imports.start(current.id, self._clock(), info.size)
        file = _File(self._files, upload)
        layout, lines = file.read_header()
        known = Sketches.unpack(self._imports.snapshot(current.id, self._known))
        parser = RowParser(layout, current.created_at)

        number, position = self._resume(current.id, layout.rows_begin)
        if position != layout.rows_begin:
            lines = file.lines_from(position)
        reader = RecordReader(lines, position, layout.width)
        while reader.byte < info.size:
            if not watcher.has_time():
                raise OutOfTime
            chunk = next_chunk(reader, parser, number, info.size)
            if chunk.end == chunk.start:
                raise UnreadableFile("The file became shorter while it was read. Upload it again.")
            recorded = self._worker.record(current.id, chunk, known)
            if recorded is not None:
                watcher.recorded(recorded)
            number += 1
        self._finish(self._get(current.id), file, layout, parser)

    def _resume(self, number: int, start: Position) -> tuple[int, Position]:
        """The number of the first chunk that is not done, and where it begins."""
        done = 0
        for chunk in self._imports.chunks(number):
            if chunk.number != done + 1 or not chunk.done:
                break
            done += 1
            start = Position(chunk.next_byte, chunk.next_row, chunk.next_line)
        return done + 1, start

    def _finish(self, current: Import, file: _File, layout: Layout, parser: RowParser) -> None:
        if current.rows_read == 0:
            raise UnreadableFile(
                "The file has a first row that names the columns, but no rows after it. "
                "Expected is one row for each interaction."
            )
        if current.rows_rejected == 0:
            self._imports.finish(current.id, "succeeded", self._clock())
            return
        with SpooledTemporaryFile(_IN_MEMORY) as out:
            self._write_rejected(out, current.id, file, layout, parser)
            out.seek(0)
            key = rejected_key(current.id)
            self._files.put(key, out)
        if current.rows_stored:
            self._imports.finish(current.id, "succeeded_with_problems", self._clock(), key)
        else:
            self._imports.fail(current.id, _none_of(current), self._clock(), key)

    def _write_rejected(self, out: IO[bytes], number: int, file: _File, layout: Layout, parser: RowParser) -> None:
        rejected = RejectedRows(out, layout)
        for start, end, count in self._spans(number, layout.rows_begin):
            if end.row - start.row == count:
                continue  # every row was stored
            reader = RecordReader(file.lines_from(start), start, layout.width)
            if not rejected.write_all(reader, parser, end.byte):
                return

    def _spans(self, number: int, start: Position) -> Iterator[tuple[Position, Position, int]]:
        """Where each chunk begins and ends, and how many of its rows were stored."""
        for chunk in self._imports.chunks(number):
            end = Position(chunk.next_byte, chunk.next_row, chunk.next_line)
            yield start, end, chunk.count
            start = end

    def _get(self, number: int) -> Import:
        found = self._imports.get(number)
        if found is None:
            raise PlumblineError(f"import {number} is gone")
        return found


class _File:
    """The uploaded file."""

    def __init__(self, files: FileStore, upload: Upload) -> None:
        self._files = files
        self._key = upload.key
        self._version = upload.version or None

    def read_header(self) -> tuple[Layout, Lines]:
        return open_csv(self._files.open(self._key, self._version))

    def lines_from(self, position: Position) -> Lines:
        return Lines(self._files.open(self._key, self._version, position.byte))


def _removed(stored: int) -> str:
    if stored == 0:
        return "The file was removed before it could be read. Upload it again."
    return f"The file was removed after {stored:,} rows had been stored. Upload only the rows after those again."


def _none_of(current: Import) -> str:
    count = current.rows_rejected
    start = "The only row could not" if count == 1 else f"None of the {count:,} rows could"
    first = current.problems[0]
    return f"{start} be used. Row {first.row}: {first.problem}"
