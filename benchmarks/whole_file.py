"""A generated file of a gigabyte, cut by the planner and read chunk by chunk as workers do: every row, once.

Real texts with their line breaks and quotation marks, over and over, in flat memory. Rows are counted as cut, as
read, and as Python's ``csv`` counts those that are repeated; the command fails where they differ.
"""

from __future__ import annotations

import argparse
import csv
import io
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from plumbline.imports.chunks import read_chunk
from plumbline.imports.cutting import cut
from plumbline.imports.source import recognise

from benchmarks.data import DEFAULT_DATA, as_csv, read
from benchmarks.planner_speed import GB, Repeated, peak_megabytes
from benchmarks.results import keep, table

_UPLOADED_AT = datetime(2026, 1, 2, tzinfo=UTC)


class Counts(NamedTuple):
    """Rows of a file by three ways to count them, its chunks, and how many rows could not be read."""

    expected: int
    cut: int
    read: int
    rejected: int
    chunks: int


def count(data: bytes, size: int) -> Counts:
    """The counts of a file of ``size`` bytes that repeats the rows of ``data``."""
    source = recognise(io.BytesIO(data), "history.csv")
    rows = data[source.begins.byte :]
    a_time = sum(1 for _ in csv.reader(io.StringIO(rows.decode(), newline="")))
    cut_rows = read_rows = rejected = chunks = 0
    for found in cut(Repeated(rows, size), source.begins, source.dialect, keep=True):
        chunks += 1
        cut_rows += found.end.row - found.start.row
        chunk = read_chunk(io.BytesIO(found.data or b""), source, chunks, found.start, found.end, _UPLOADED_AT)
        read_rows += len(chunk.rows)
        rejected += chunk.rejected
    return Counts(size // len(rows) * a_time, cut_rows, read_rows, rejected, chunks)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_file", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--gigabytes", type=float, default=1)
    arguments = parser.parse_args()
    start = time.process_time()
    made = count(as_csv(read(arguments.data)), int(arguments.gigabytes * GB))
    print(f"{arguments.gigabytes * 1000 / (time.process_time() - start):.0f} MB a second of processor time")
    if not made.expected == made.cut == made.read or made.rejected:
        raise SystemExit(f"The counts differ: {made}")
    keep(
        "A whole file",
        f"{arguments.gigabytes:g} GB of real interactions, cut into chunks and each chunk read; peak memory "
        f"{peak_megabytes():.0f} MB.\n\n"
        + table(
            ["rows by Python's csv", "rows cut", "rows read", "rejected", "chunks"],
            [[f"{one:,}" for one in made]],
        ),
    )


if __name__ == "__main__":
    main()
