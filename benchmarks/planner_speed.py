"""How fast a file is cut in chunks, beside reading it with Python's ``csv`` and beside counting its lines.

All read the same bytes from memory, in turn, on one core; processor time is counted. Then a file is cut that is
generated while it is read, and the most memory is told that the process had.
"""

from __future__ import annotations

import argparse
import csv
import io
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from plumbline.imports.cutting import cut
from plumbline.imports.dialect import Dialect
from plumbline.imports.lines import Lines
from plumbline.imports.reader import Position, RecordReader

from benchmarks.data import DEFAULT_DATA, Pair, as_csv, read
from benchmarks.results import keep, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Work = Callable[[bytes], object]

OURS = "Plumbline's cutting"
GB = 1_000_000_000


class Repeated:
    """A stream of ``size`` bytes that repeats the same rows and keeps nothing."""

    def __init__(self, rows: bytes, size: int) -> None:
        self._rows = rows
        self._left = size // len(rows) * len(rows)
        self._at = 0

    def read(self, size: int, /) -> bytes:
        part = self._rows[self._at : self._at + min(size, self._left)]
        self._left -= len(part)
        self._at = (self._at + len(part)) % len(self._rows)
        return part


def files(pairs: Sequence[Pair], size: int) -> dict[str, bytes]:
    """Files of at least ``size`` bytes made of real interactions, each repeated as often as that takes."""
    flat = [Pair(" ".join(pair.input.split()), " ".join(pair.output.split())) for pair in pairs]
    real = as_csv(pairs)
    # A quotation mark in a cell without quotes is valid, and nothing but a parser can tell what it is.
    inches = "".join(f'{pair.input.translate(_PLAIN)},5" {pair.output.translate(_PLAIN)}\n' for pair in flat)
    contents = {
        "real texts": real.replace(b"\r\n", b"\n"),
        "real texts, lines ending in CR LF": real.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "a line for each row": as_csv(flat),
        "a line for each row, a stray quote in each": inches.encode(),
    }
    return {name: content * -(-size // len(content)) for name, content in contents.items()}


_PLAIN = str.maketrans({",": ";", '"': "'"})


def works() -> dict[str, Work]:
    """Ways to go through a file."""

    def counting(data: bytes) -> int:
        stream = io.BytesIO(data)
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(256 * 1024), b""))

    def text(data: bytes) -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")

    def exhaust(items: Iterable[object]) -> int:
        return sum(1 for _ in items)

    return {
        OURS: lambda data: exhaust(cut(io.BytesIO(data), Position(), Dialect("csv"))),
        "csv.DictReader": lambda data: exhaust(csv.DictReader(text(data))),
        "csv.reader": lambda data: exhaust(csv.reader(text(data))),
        "the product's own reader of rows": lambda data: exhaust(
            RecordReader(Lines(io.BytesIO(data)), Position(), 2)
        ),
        "counting line breaks": counting,
    }


def fastest(data: bytes, rounds: int) -> dict[str, float]:
    """Seconds of each work's best round; rounds alternate, so that a busy machine is unfair to none."""
    best = dict.fromkeys(works(), float("inf"))
    for _ in range(rounds):
        for name, work in works().items():
            start = time.process_time()
            work(data)
            best[name] = min(best[name], time.process_time() - start)
    return best


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():  # what the system's call says includes the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def memory(size: int, *, kept: bool) -> None:
    """Cut a generated file, and print the number of its chunks and the most memory that took."""
    cells = [("How is a loaf of rye bread baked, " * 9)[:300], ('It is "kneaded", proved\nand baked. ' * 24)[:800]]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([cells] * 1000)
    chunks = sum(1 for _ in cut(Repeated(out.getvalue().encode(), size), Position(), Dialect("csv"), keep=kept))
    print(chunks, round(peak_megabytes()))


def _memory(gigabytes: float, kept: str) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.planner_speed", "--memory", str(gigabytes), *kept.split()]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.split()


def _times(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planner_speed", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--megabytes", type=float, default=64, help="size of the files that are timed")
    parser.add_argument("--gigabytes", type=float, default=5, help="size of the file that is generated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=float, help="only cut a generated file of so many gigabytes")
    parser.add_argument("--keep", action="store_true", help="with --memory: hand the chunks' bytes out too")
    arguments = parser.parse_args()
    if arguments.memory:
        memory(int(arguments.memory * GB), kept=arguments.keep)
        return
    rows = []
    for kind, data in files(read(arguments.data), int(arguments.megabytes * 1e6)).items():
        best = fastest(data, arguments.rounds)
        for name, seconds in best.items():
            print(f"{kind}: {name}: {len(data) / seconds / 1e6:,.0f} MB/s", flush=True)
        rows += [[kind, name, _times(best[name] / best[OURS])] for name in best if name != OURS]
    held = [
        [what, *_memory(arguments.gigabytes, kept)]
        for what, kept in (("cut", ""), ("cut, and handed out in chunks", "--keep"))
    ]
    keep(
        "Speed of planning an import",
        "Processor time in multiples of what Plumbline needs to find the chunks of the same file: above 1 the "
        "other is slower.\n\n"
        + table(["file", "what", "times Plumbline's planning"], rows)
        + f"\n\nA CSV file of {arguments.gigabytes:g} GB, generated while it is read:\n\n"
        + table(["what", "chunks", "peak memory of the process in MB"], held),
    )


if __name__ == "__main__":
    main()
