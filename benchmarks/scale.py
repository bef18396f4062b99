"""How long 100 GB take, by how many workers work and what the table takes: an import in simulated time.

The chunks are those that the product's planner cuts a sample into, what a row costs is counted on the items that
the product's worker makes of it, and how fast a worker is was measured in the same run, on one core, and scaled to
the share of a core that its function has. The rest is :mod:`benchmarks.import_model`.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from datetime import UTC, datetime
from itertools import cycle, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plumbline.alerts import Rules, judge
from plumbline.baselines import Sketches
from plumbline.imports.chunks import read_chunk
from plumbline.imports.cutting import cut
from plumbline.imports.source import recognise
from plumbline.metrics import measure
from plumbline.models import Interaction
from plumbline.settings import Settings
from plumbline.storage.items import write_interaction
from plumbline.storage.positions import FEED_SHARDS
from plumbline.storage.sizes import item_bytes, write_units

from benchmarks.data import DEFAULT_DATA, as_csv, read
from benchmarks.import_model import Load, Simulation, Stack
from benchmarks.import_speed import CREDENTIALS, rows, run, stub
from benchmarks.results import keep, table
from tests.support.tables import template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.imports.chunks import Chunk

GB = 10**9
TABLES = (("a new table", 4_000), ("the default quota", 40_000))
WORKERS = (2, 4, 8, 16, 32)
CORE_SHARE = template()["Parameters"]["ImportMemory"]["Default"] / 1_769
"""Of a core that a worker has (Lambda Developer Guide, "Configure Lambda function memory")."""
S3_BYTES_A_SECOND = 50e6
"""What one function is sure to read from S3 in a second; the planner itself is many times as fast."""
SAMPLE_ROWS = 20_000
_LISTED = ("id", "shard", "at", "alerting", "alerts")  # what the index of alerts holds of an item
_UPLOADED_AT = datetime(2026, 1, 2, tzinfo=UTC)


class Cost(NamedTuple):
    """Write units of a row: of the table, and of its busier index."""

    table: float
    index: float


def sample(data: bytes) -> tuple[list[tuple[int, int]], Chunk]:
    """Bytes and rows of each chunk of a file, and its first chunk."""
    source = recognise(io.BytesIO(data), "history.csv")
    stream = io.BytesIO(data)
    stream.seek(source.begins.byte)
    cuts = list(cut(stream, source.begins, source.dialect))
    first = cuts[0]
    chunk = read_chunk(
        io.BytesIO(data[first.start.byte :]), source, 1, first.start, first.end, created_at=_UPLOADED_AT
    )
    return [(one.end.byte - one.start.byte, one.end.row - one.start.row) for one in cuts], chunk


def cost(chunk: Chunk) -> Cost:
    """What the rows of a chunk cost on the average, judged by the rules of a stack with the defaults."""
    measured = [measure(row.input, row.output) for row in chunk.rows]
    own = Sketches()
    own.add_many(measured)
    rules = Rules.from_settings(Settings("interactions", "baselines", "imports", "uploads"))
    baselines = rules.fit(own)
    units = feed = alerting = 0
    for number, (row, metrics) in enumerate(zip(chunk.rows, measured, strict=True), 1):
        findings = judge(metrics, rules, baselines, counted=True)
        one = Interaction(10**7 + number, row.input, row.output, row.created_at, metrics, findings, import_id=1)
        written = write_interaction(one)
        units += write_units(written.size)
        feed += 1
        if findings:
            alerting += write_units(item_bytes({name: written.item[name] for name in _LISTED}))
    return Cost(units / len(chunk.rows), max(feed, alerting) / len(chunk.rows))


def loads(chunks: list[tuple[int, int]], each: Cost, size: int) -> Iterator[Load]:
    """The chunks of the sample over and over, until they are ``size`` bytes."""
    left = size

    def take(chunk: tuple[int, int]) -> bool:
        nonlocal left
        left -= chunk[0]
        return left > -chunk[0]

    for length, count in takewhile(take, cycle(chunks)):
        yield Load(length, count, count * each.table, count * each.index)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--size", type=int, default=100, help="of the file, in GB")
    arguments = parser.parse_args()
    data = as_csv(rows(read(arguments.data), SAMPLE_ROWS, 300, 800))
    chunks, first = sample(data)
    each = cost(first)
    with tempfile.NamedTemporaryFile(suffix=".csv") as file, stub(8.0) as address:
        file.write(data)
        file.flush()
        made = run(
            sys.executable,
            "import_worker",
            file.name,
            "--one-core",
            AWS_ENDPOINT_URL_DYNAMODB=address,
            **CREDENTIALS,
        )
    of_a_core = made["rows"] / made["processor"]
    lines = []
    for name, units in TABLES:
        for workers in WORKERS:
            stack = Stack(workers, units, FEED_SHARDS, of_a_core * CORE_SHARE, S3_BYTES_A_SECOND)
            outcome = Simulation(loads(chunks, each, arguments.size * GB), stack).run()
            hours = outcome.seconds / 3600
            lines.append([name, f"{units:,}", str(workers), f"{hours:.1f}", outcome.bound])
    keep(
        "An import at scale, simulated",
        f"{arguments.size} GB of CSV, rows of 300 + 800 characters, {each.table:.2f} write units each in the "
        f"table and {each.index:.2f} in its busier index, whose entries are spread over {FEED_SHARDS} partition "
        f"keys of 1,000 units each. One delivery in a thousand dies half-way, one in a thousand comes twice. "
        f"A worker has {CORE_SHARE:.2f} of a core, of the speed of the core that this was run on.\n\n"
        + table(["table", "write units a second", "workers", "hours", "held up by"], lines),
    )


if __name__ == "__main__":
    main()
