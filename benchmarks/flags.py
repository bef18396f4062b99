"""Precision and recall of the flags on the labelled examples, and how often they are set in real answers."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from plumbline.metrics import measure

from benchmarks.data import DEFAULT_DATA, read
from benchmarks.results import keep, table

FLAGS = ("truncated", "refusal", "blank")
HELD_OUT = {"refusal": "refusal_held_out"}
"""Examples that were written before the code which they judge, and that nothing is ever tuned on."""
LABELLED = Path(__file__).with_name("labelled")
QUESTION = "Could you help me with this?"


@dataclass(frozen=True, slots=True)
class Example:
    """An answer, what kind of answer it is, and whether the flag should be set."""

    kind: str
    label: bool
    output: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """An example and whether the flag was set."""

    example: Example
    found: bool

    @property
    def right(self) -> bool:
        return self.example.label == self.found


def examples(flag: str, file: str = "", folder: Path = LABELLED) -> list[Example]:
    """The labelled examples of a flag: of the file of its name, if no other is named."""
    rows = map(json.loads, (folder / f"{file or flag}.jsonl").read_text(encoding="utf-8").splitlines())
    return [Example(row["kind"], row[flag], row["output"]) for row in rows]


def precision(outcomes: list[Outcome]) -> float:
    """Share of the examples with the flag set that should have it."""
    found = [outcome for outcome in outcomes if outcome.found]
    return sum(outcome.right for outcome in found) / len(found) if found else float("nan")


def recall(outcomes: list[Outcome]) -> float:
    """Share of the examples that should have the flag set that have it."""
    labelled = [outcome for outcome in outcomes if outcome.example.label]
    return sum(outcome.right for outcome in labelled) / len(labelled) if labelled else float("nan")


def judged(flag: str, file: str = "") -> list[Outcome]:
    """What :func:`plumbline.metrics.measure` makes of the examples."""
    series = f"output.{flag}"
    return [Outcome(one, bool(measure(QUESTION, one.output)[series])) for one in examples(flag, file)]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flags", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="real answers, for the natural rates")
    parser.add_argument("--wrong", action="store_true", help="print the examples that are judged wrongly")
    arguments = parser.parse_args()
    known = measure(QUESTION, "An answer.")
    flags = [flag for flag in FLAGS if f"output.{flag}" in known]
    if not flags:
        parser.exit(1, "None of the flags is measured by this version.\n")
    natural: Counter[str] = Counter()
    pairs = read(arguments.data)
    for pair in pairs:
        values = measure(*pair)
        natural.update(flag for flag in flags if values[f"output.{flag}"])
    rows, by_kind = [], []
    for flag in flags:
        outcomes = judged(flag)
        rate = f"{1000 * natural[flag] / len(pairs):.1f}"
        rows.append(_row(flag, outcomes, rate))
        if flag in HELD_OUT:
            rows.append(_row(f"{flag}, held out", judged(flag, HELD_OUT[flag]), rate))
        by_kind += _by_kind(flag, outcomes)
        if arguments.wrong:
            _print_wrong(flag, outcomes)
    keep(
        "Flags",
        f"Natural rate: how often the flag is set in {len(pairs):,} real answers, nothing planted.\n\n"
        + table(["flag", "examples set / not", "precision", "recall", "natural rate /1,000"], rows)
        + "\n\nKinds of examples that are not all judged right:\n\n"
        + table(["flag", "kind", "should be", "right", "of"], by_kind),
    )


def _row(name: str, outcomes: list[Outcome], rate: str) -> list[str]:
    labelled = sum(outcome.example.label for outcome in outcomes)
    sizes = f"{labelled} / {len(outcomes) - labelled}"
    return [name, sizes, f"{precision(outcomes):.1%}", f"{recall(outcomes):.1%}", rate]


def _by_kind(flag: str, outcomes: list[Outcome]) -> list[list[str]]:
    right: Counter[tuple[bool, str]] = Counter()
    total: Counter[tuple[bool, str]] = Counter()
    for outcome in outcomes:
        key = (outcome.example.label, outcome.example.kind)
        total[key] += 1
        right[key] += outcome.right
    return [
        [flag, kind, "set" if label else "not set", str(right[label, kind]), str(count)]
        for (label, kind), count in total.items()
        if right[label, kind] < count
    ]


def _print_wrong(flag: str, outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        if not outcome.right:
            said, should = ("set", "not set") if outcome.found else ("not set", "set")
            print(f"{flag}: {said}, should be {should} [{outcome.example.kind}] {outcome.example.output[-90:]!r}")


if __name__ == "__main__":
    main()
