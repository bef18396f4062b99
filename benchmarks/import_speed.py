"""How fast a worker imports, beside the usual background task; and how that grows with workers.

The worker does all of it: it parses, measures every metric, judges, makes items and writes them in batches, to an
HTTP server of its own process that stands in for DynamoDB and answers after 8 ms. The usual task
(:mod:`benchmarks.import_peer`) stores rows, lengths and alerts. Both get the same file, in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from unittest import mock

from plumbline.storage.clients import Clients

from benchmarks.__main__ import PEERS
from benchmarks.data import DEFAULT_DATA, Pair, as_csv, read
from benchmarks.results import keep, table
from tests.support.tables import template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHARE = 0.1
"""Of a core, of each of several workers."""
UNITS_A_ROW = 1.35
ENGINE_VARIABLE = "PLUMBLINE_DYNAMODB_LOCAL"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def rows(pairs: Sequence[Pair], count: int, input_size: int, output_size: int, seed: int = 1) -> list[Pair]:
    """Interactions of given lengths in characters, cut from real ones put one after the other."""
    random = Random(seed)

    def cut(texts: str, size: int) -> str:
        start = random.randrange(len(texts) - size)
        return texts[start : start + size]

    inputs, outputs = (" ".join(" ".join(texts).split()) for texts in zip(*pairs, strict=True))
    return [Pair(cut(inputs, input_size), cut(outputs, output_size)) for _ in range(count)]


def run(python: str, module: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """What a module of this package prints."""
    return finish(start(python, module, *arguments, **environment))


def start(python: str, module: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A module of this package as a process."""
    return subprocess.Popen(
        [python, "-m", f"benchmarks.{module}", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "layers/plumbline", **environment},
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a process prints at its end."""
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    made: dict[str, Any] = json.loads(out)
    return made


@contextmanager
def stub(milliseconds: float, *options: str) -> Iterator[str]:
    """The address of a stand-in for DynamoDB."""
    process = start(sys.executable, "dynamodb_stub", "--milliseconds", str(milliseconds), *options)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.communicate()


def beside_the_usual(file: Path, rounds: int) -> str:
    """The section's text on one worker and its peer."""
    best: dict[str, dict[str, Any]] = {}
    cores, together = os.cpu_count() or 1, 0.0
    with stub(8.0) as address:
        for _ in range(rounds):
            together = max(together, rate(file, cores, 1.0, AWS_ENDPOINT_URL_DYNAMODB=address))
            for name, made in (
                ("peer", run(str(PEERS.python), "import_peer", str(file))),
                (
                    "worker",
                    run(
                        sys.executable,
                        "import_worker",
                        str(file),
                        "--one-core",
                        AWS_ENDPOINT_URL_DYNAMODB=address,
                        **CREDENTIALS,
                    ),
                ),
            ):
                if name not in best or made["seconds"] < best[name]["seconds"]:
                    best[name] = made
    peer, worker = best["peer"], best["worker"]
    if peer["rows"] != worker["rows"]:
        raise SystemExit(f"{peer['rows']} rows were stored by the one, {worker['rows']} by the other")
    for name, made in best.items():  # for who runs it: they mean nothing on another machine
        by_clock, alone = made["rows"] / made["seconds"], made["rows"] / made["processor"]
        print(f"{name}: {by_clock:.0f} rows a second, {alone:.0f} a second of processor time")
    print(f"a worker on each core: {together:.0f} rows a second")
    clock, processor = (
        (peer[what] / peer["rows"]) / (worker[what] / worker["rows"]) for what in ("seconds", "processor")
    )
    measured = {
        "by the clock": clock,
        "by the clock, a worker on each core": together * peer["seconds"] / peer["rows"],
        "by processor time": processor,
    }
    return (
        f"{worker['rows']:,} rows, each stored with its alerts. A worker keeps to one core and measures all "
        f"metrics; its memory was at most {worker['memory'] / 2**20:.0f} MiB. The machine has {cores} cores, "
        "which the stand-in for DynamoDB shares; the usual task is one process.\n\n"
        + table(
            ["rows in the same time", "times the usual background task"],
            [[name, f"{times:.1f}"] for name, times in measured.items()],
        )
    )


def rate(file: Path, count: int, share: float, table_name: str = "interactions", **environment: str) -> float:
    """Rows a second of several workers together, each with its share of a core and of the file's chunks."""
    processes = [
        start(
            sys.executable,
            "import_worker",
            str(file),
            *("--table", table_name, "--turn", str(turn), "--workers", str(count), "--share", str(share)),
            **CREDENTIALS,
            **environment,
        )
        for turn in range(count)
    ]
    made = [finish(process) for process in processes]
    return float(sum(one["rows"] for one in made) / max(one["seconds"] for one in made))


def on_an_engine(file: Path, address: str, counts: Sequence[int], share: float) -> list[float]:
    """Rows a second of so many workers each on a table of their own of DynamoDB Local."""
    rates = []
    with mock.patch.dict(os.environ, {**CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB": address}):
        clients = Clients.create()
        properties = template()["Resources"]["InteractionsTable"]["Properties"]
        parts = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        # The engine's own machine gets faster with use: one worker once more, unmeasured, before the others.
        for turn, count in enumerate([1, *counts]):
            name = f"benchmark-{os.getpid()}-{share}-{turn}"
            clients.dynamodb.create_table(TableName=name, **{part: properties[part] for part in parts})
            rates.append(rate(file, count, share, name, AWS_ENDPOINT_URL_DYNAMODB=address))
            clients.dynamodb.delete_table(TableName=name)
    return rates[1:]


def on_a_limited_table(file: Path, units: float, counts: Sequence[int], share: float) -> list[float]:
    """Rows a second of so many workers each on a stand-in that takes only so many write units a second."""
    rates = []
    for count in counts:
        with stub(8.0, "--units", str(units)) as address:
            rates.append(rate(file, count, share, AWS_ENDPOINT_URL_DYNAMODB=address))
    return rates


def with_workers(file: Path, engine: str | None, most: int) -> str:
    """The section's text on several workers."""
    counts = [2**power for power in range(most.bit_length())]
    with stub(8.0) as address:
        # Twice: what else the machine does at that moment would set too low a limit.
        alone = max(rate(file, 1, SHARE, AWS_ENDPOINT_URL_DYNAMODB=address) for _ in range(2))
    # What three such workers would write: the fourth finds the table at its limit.
    measured = {
        "a table that takes what three of them write": on_a_limited_table(
            file, 3 * alone * UNITS_A_ROW, counts, SHARE
        )
    }
    if engine is not None:
        measured["DynamoDB Local"] = on_an_engine(file, engine, counts, SHARE)
        measured[f"DynamoDB Local, workers with whole cores of the machine's {os.cpu_count()}"] = on_an_engine(
            file, engine, counts, 1.0
        )
    return (
        f"Each worker is held to {SHARE:.0%} of a core, so that neither they nor DynamoDB Local, on the same "
        "machine, are short of processors; then not. Times the rows of one worker.\n\n"
        + table(
            ["on", *(f"{count} worker{'s' * (count > 1)}" for count in counts)],
            [[name, *(f"{one / rates[0]:.2f}" for one in rates)] for name, rates in measured.items()],
        )
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_speed", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--count", type=int, default=5_000, help="rows")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=4, help="at most so many at once")
    arguments = parser.parse_args()
    made = rows(read(arguments.data), arguments.count, 300, 800)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.csv"
        file.write_bytes(as_csv(made))
        keep("Speed of importing", beside_the_usual(file, arguments.rounds))
        file.write_bytes(as_csv(made * 2))
        engine = os.environ.get(ENGINE_VARIABLE)
        if engine is None:
            print(f"Workers at once are not measured on DynamoDB Local: {ENGINE_VARIABLE} does not name it.")
        keep("Workers at once", with_workers(file, engine, arguments.workers))


if __name__ == "__main__":
    main()
