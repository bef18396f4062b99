"""One worker of an import, as a process: reads its share of a file's chunks, and records them.

Prints what it did: rows, seconds, seconds of processor time and the most memory it had, in bytes.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import re
import resource
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from plumbline.alerts import Rules
from plumbline.baselines import Sketches
from plumbline.imports.chunks import Chunk, read_chunk
from plumbline.imports.reader import Position
from plumbline.imports.source import Source, recognise
from plumbline.imports.worker import ChunkWorker
from plumbline.settings import Settings
from plumbline.storage.clients import Clients
from plumbline.storage.interactions import InteractionStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS_AT_ONCE = 2_500
UPLOADED_AT = datetime(2026, 1, 2, tzinfo=UTC)


class Table:
    """The imports table's part in a chunk, three calls, left out: nobody has planned this import."""

    def reserve_chunk(self, _import: int, _number: int, count: int, reserve: Callable[[int], int], /) -> int:
        """Ids from the sequence."""
        return reserve(count)

    def finish_chunk(self, *_: object) -> bool:
        """The chunk is done."""
        return True


def cuts(data: bytes, source: Source) -> Iterator[tuple[Position, Position]]:
    """Where chunks begin and end, of a file without line breaks in its cells."""
    start = source.begins
    while start.byte < len(data):
        byte, rows = start.byte, 0
        while rows < ROWS_AT_ONCE and byte < len(data):
            byte = data.index(b"\n", byte) + 1
            rows += 1
        end = Position(byte, start.row + rows, start.line + rows)
        yield start, end
        start = end


def read(data: bytes, source: Source, number: int, start: Position, end: Position) -> Chunk:
    """A chunk of the file."""
    return read_chunk(io.BytesIO(data[start.byte :]), source, number, start, end, UPLOADED_AT)


def work(path: Path, table: str, turn: int, workers: int, share: float) -> dict[str, float]:
    """Record every chunk whose number is ``turn`` modulo ``workers``, with this share of a core."""
    data = path.read_bytes()
    source = recognise(io.BytesIO(data), path.name)
    settings = Settings(table, "baselines", "imports", "uploads")
    interactions = InteractionStore(Clients.create(patient=True), table, "uploads")
    worker = ChunkWorker(interactions, Table(), Rules.from_settings(settings))
    known = Sketches()
    mine = [
        (number, *cut) for number, cut in enumerate(cuts(data, source), 1) if number % workers == turn % workers
    ]
    # The first chunk warms up what a function's process keeps: imports, connections, the fitted rules.
    worker.record(1, read(data, source, *mine[0]), known)
    gc.freeze()
    rows = 0
    start, processor = time.perf_counter(), time.process_time()
    for number, begin, end in mine:
        chunk = read(data, source, number, begin, end)
        recorded = worker.record(1, chunk, known)
        rows += recorded.stored if recorded else 0
        # As Lambda does it: what was used beyond the share is waited for.
        owed = (time.process_time() - processor) / share - (time.perf_counter() - start)
        time.sleep(max(0.0, owed))
    return {
        "rows": rows,
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - processor,
        "memory": _most_memory(),
    }


def _most_memory() -> int:
    """The most memory that this process had, in bytes.

    On Linux ``getrusage`` counts what the process had that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_worker", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--table", default="interactions")
    parser.add_argument("--turn", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="of a core")
    parser.add_argument("--one-core", action="store_true", help="stay on one core")
    arguments = parser.parse_args()
    if arguments.one_core and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(json.dumps(work(arguments.file, arguments.table, arguments.turn, arguments.workers, arguments.share)))


if __name__ == "__main__":
    main()
