"""Where an import worker's time goes: each stage of a row's way on its own, by processor time.

The stages are the worker's own functions, one after the other on the same rows, without threads and without
waiting: requests go to the stand-in for DynamoDB, which here answers at once. Then measuring is taken apart.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

from plumbline.alerts import Judge, Rules
from plumbline.baselines import Sketches
from plumbline.imports.source import recognise
from plumbline.metrics import measure_all
from plumbline.metrics.compression import compressed_size
from plumbline.metrics.endings import ending
from plumbline.metrics.lexicon import count_words
from plumbline.metrics.patterns import find_patterns
from plumbline.metrics.text import Texts
from plumbline.models import Interaction
from plumbline.settings import Settings
from plumbline.storage.clients import Clients
from plumbline.storage.items import write_interaction
from plumbline.storage.wire import prepared

from benchmarks.data import DEFAULT_DATA, as_csv
from benchmarks.data import read as read_pairs
from benchmarks.import_speed import CREDENTIALS, rows, stub
from benchmarks.import_worker import cuts, read
from benchmarks.results import keep, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plumbline.imports.chunks import Chunk

T = TypeVar("T")

_BATCH = 25
_TOGETHER = 64  # texts, as the product measures them


class Clock:
    """The least processor time that each stage took, of several rounds."""

    def __init__(self) -> None:
        self.least: dict[str, float] = {}

    def time(self, stage: str, work: Callable[[], T]) -> T:
        """Do a stage's work."""
        start = time.process_time()
        made = work()
        took = time.process_time() - start
        self.least[stage] = min(took, self.least.get(stage, took))
        return made


def pass_through(clock: Clock, data: bytes, clients: Clients) -> Chunk:
    """One chunk of a file, through all of it."""
    source = recognise(io.BytesIO(data), "history.csv")
    cut = next(cuts(data, source))
    rules = Rules.from_settings(Settings("interactions", "baselines", "imports", "uploads"))
    chunk: Chunk = clock.time("reading rows", lambda: read(data, source, 1, *cut))
    pairs = [(row.input, row.output) for row in chunk.rows]
    measured: list[dict[str, float]] = clock.time("measuring", lambda: measure_all(pairs))
    sketches = Sketches()
    clock.time("sketching", lambda: sketches.add_many(measured))

    def judge() -> list[Any]:
        judge = Judge(rules, rules.fit(sketches), counted=True)
        return [judge.findings(metrics) for metrics in measured]

    findings = clock.time("judging", judge)

    def items() -> list[Any]:
        return [
            write_interaction(
                Interaction(number, row.input, row.output, row.created_at, metrics, found, import_id=1)
            ).item
            for number, (row, metrics, found) in enumerate(zip(chunk.rows, measured, findings, strict=True), 1)
        ]

    written = clock.time("making items", items)

    def send() -> None:
        for start in range(0, len(written), _BATCH):
            batch: Any = [prepared({"PutRequest": {"Item": item}}) for item in written[start : start + _BATCH]]
            clients.dynamodb.batch_write_item(RequestItems={"interactions": batch})

    clock.time("sending", send)
    return chunk


def take_apart(clock: Clock, chunk: Chunk) -> None:
    """What measuring is made of."""
    texts = [text for row in chunk.rows for text in (row.input, row.output)]
    some = [texts[start : start + _TOGETHER] for start in range(0, len(texts), _TOGETHER)]
    apart: list[Texts] = clock.time(
        "taking texts apart: characters, words, distinct words", lambda: [*map(Texts.of, some)]
    )
    clock.time("zlib, for compression_ratio", lambda: [[*map(compressed_size, one.data)] for one in apart])
    clock.time(
        "a look at each word, for syllables and the like",
        lambda: [[*map(count_words, one.words)] for one in apart],
    )
    clock.time(
        "searches for addresses, numbers and secrets",
        lambda: [
            [*map(find_patterns, one.texts, one.data, one.characters.sparse, one.characters.digits)]
            for one in apart
        ],
    )
    clock.time("how answers end", lambda: [ending(row.output) for row in chunk.rows])


def shares(stages: dict[str, float], whole: float) -> list[Sequence[str]]:
    """Each stage's share of the whole."""
    return [[stage, f"{took / whole:.0%}"] for stage, took in stages.items()]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_profile", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    data = as_csv(rows(read_pairs(arguments.data), 2_500, 300, 800))
    stages, parts = Clock(), Clock()
    with stub(0.0) as address, mock.patch.dict(os.environ, {**CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB": address}):
        clients = Clients.create(patient=True)
        pass_through(Clock(), data, clients)  # fills what is remembered
        gc.freeze()
        for _ in range(arguments.rounds):
            take_apart(parts, pass_through(stages, data, clients))
    whole, measuring = sum(stages.least.values()), stages.least["measuring"]
    rest = measuring - sum(parts.least.values())
    print(f"{whole / 2_500 * 1e6:.0f} microseconds a row")  # for who runs it: it means nothing on another machine
    keep(
        "Where an import's time goes",
        "Processor time of a worker, rows of 300 + 800 characters, 50 metrics of each.\n\n"
        + table(["stage", "share"], shares(stages.least, whole))
        + "\n\nOf measuring:\n\n"
        + table(
            ["what", "share"], shares({**parts.least, "ninety values of these, and all else": rest}, measuring)
        ),
    )


if __name__ == "__main__":
    main()
