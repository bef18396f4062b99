"""How many planted accidents raise an alert, and how many clean interactions do.

The file is divided in halves that share no input. One is the history; accidents are planted into the other.
Plumbline's rule and those of others judge the same series of the same interactions in the same run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import robustness
from benchmarks.accidents import plant
from benchmarks.data import DEFAULT_DATA, Pair, halves, read
from benchmarks.product import chunk_sizes, verdicts_of_import
from benchmarks.results import keep, table
from benchmarks.scoring import COLUMNS, Measured, Score, imported_at, peers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plumbline.baselines.baselines import Sensitivity

    from benchmarks.scoring import Verdict

SENSITIVITIES: tuple[Sensitivity, ...] = ("default", "low", "high")
OURS = "Plumbline"


def compare(pairs: Sequence[Pair], rate: float, seeds: int, imports: int, measured: Measured) -> dict[str, Score]:
    """The score of every rule over several seeds, each with a division and accidents of its own.

    For the first ``imports`` seeds Plumbline's verdicts are the alerts read after importing files, and must be
    the same as by calling its rules.

    Raises:
        RuntimeError: they are not.
    """
    scores: dict[str, Score] = {}
    for seed in range(1, seeds + 1):
        first, second = halves(pairs, seed)
        changed, accidents = plant([pairs[at] for at in second], rate, seed)
        chunks = chunk_sizes(changed)
        history, test = measured(pairs[at] for at in first), measured(changed)
        for sensitivity, verdicts in imported_at(SENSITIVITIES, history, test, chunks).items():
            name = OURS if sensitivity == "default" else f"{OURS}, {sensitivity}"
            if sensitivity == "default" and seed <= imports:
                _must_agree(verdicts, verdicts_of_import([pairs[at] for at in first], changed))
            scores.setdefault(name, Score()).add(verdicts, accidents)
        for rule, verdicts in peers([*history, *test], test).items():
            scores.setdefault(rule, Score()).add(verdicts, accidents)
    return scores


def _must_agree(direct: Sequence[Verdict], by_import: Sequence[Verdict]) -> None:
    differing = [at for at, (one, other) in enumerate(zip(direct, by_import, strict=True)) if one != other]
    if differing:
        at = differing[0]
        raise RuntimeError(
            f"{len(differing)} verdicts of the import differ, first that of row {at}: "
            f"{set(by_import[at])} instead of {set(direct[at])}"
        )


def report(title: str, scores: dict[str, Score], note: str) -> None:
    """Print and keep the comparison, and print what Plumbline missed."""
    mine = scores[OURS]
    single = [[name, f"{rate:.2f}"] for name, rate in mine.series_per_thousand()]
    body = f"{note}\n\n{table(COLUMNS, [score.row(name) for name, score in scores.items()])}"
    keep(title, f"{body}\n\n{table(['series', 'false alarms /1,000'], single)}")
    misses = [
        f"{variant} {mine.variants_found[variant]}/{planted}"
        for variant, planted in sorted(mine.variants_planted.items())
        if mine.variants_found[variant] < planted
    ]
    print(f"\nFound of planted, by variant, where not all:\n  {'; '.join(misses)}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outliers", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="a CSV file with Input and Output")
    parser.add_argument("--rate", type=float, default=0.01, help="share of the test half that are accidents")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--imports", type=int, default=1, help="for how many seeds files are really imported")
    parser.add_argument("--direct", action="store_true", help="none: only call the same rules, which is faster")
    parser.add_argument("--no-robustness", action="store_true")
    arguments = parser.parse_args()
    pairs, measured = read(arguments.data), Measured()
    imports = 0 if arguments.direct else min(arguments.imports, arguments.seeds)
    scores = compare(pairs, arguments.rate, arguments.seeds, imports, measured)
    clean = scores[OURS].clean
    report(
        "Outliers",
        scores,
        f"{sum(scores[OURS].planted.values())} accidents planted at {arguments.rate:.1%} over {arguments.seeds} "
        f"divisions of {len(pairs):,} interactions, {clean:,} clean ones judged. An interaction is found, or a "
        f"false alarm, when any series has an outlier. For {imports} of the divisions both halves were imported "
        "as files and the alerts read back.",
    )
    if not arguments.no_robustness:
        robustness.report(pairs, measured)


if __name__ == "__main__":
    main()
