"""How many interactions of 1 KB + 1 KB are measured in the time that LangKit and textstat need for one.

LangKit's light metrics (``langkit.light_metrics``) are calls of textstat and a search of its groups of regular
expressions on each text. They are timed three times: as LangKit runs them on an interaction, as the plain
calls behind that (without its framework), and as only those calls whose metric Plumbline measures as well.
Plumbline is timed measuring everything, and measuring no more than those shared metrics: many interactions
together, as the rows of a file are, and one at a time, as those that come over HTTPS; its peers have no way to
measure many together. All see the same texts, in turn, on one core; processor time is counted.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from plumbline.alerts import Judge, Rules
from plumbline.baselines import Baselines
from plumbline.metrics import METRICS, SERIES, measure, measure_all, measuring_only

from benchmarks.data import DEFAULT_DATA, Pair, halves, read
from benchmarks.results import keep, table
from benchmarks.scoring import sketched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Work = Callable[[Sequence[Pair]], object]

# LangKit's statistic -> Plumbline's metric of the same meaning.
SAME = {
    "flesch_kincaid_grade": "grade_level",
    "flesch_reading_ease": "reading_ease",
    "smog_index": "smog",
    "coleman_liau_index": "coleman_liau",
    "automated_readability_index": "automated_readability",
    "dale_chall_readability_score": "dale_chall",
    "linsear_write_formula": "linsear_write",
    "gunning_fog": "gunning_fog",
    "syllable_count": "syllables",
    "lexicon_count": "words",
    "sentence_count": "sentences",
    "char_count": "length",
    "letter_count": "letters",
    "polysyllabcount": "polysyllables",
    "monosyllabcount": "monosyllables",
    "difficult_words": "difficult_words",
}
TOGETHER = 25  # interactions; the rows of a file come by the thousand
LEAST_COUNT = 100  # textstat keeps its last 128 results; so many interactions have 200 texts
PATTERNS = "pii"  # LangKit's groups: e-mail, phone and card numbers, SSN, mailing address


def texts(pairs: Sequence[Pair], count: int, size: int, *, ascii_only: bool, seed: int = 1) -> list[Pair]:
    """Interactions whose texts are real answers one after the other, cut to ``size`` bytes of UTF-8."""
    random = Random(seed)
    answers = [pair.output for pair in pairs if pair.output.isascii() == ascii_only]

    def text() -> str:
        joined = ""
        while len(joined.encode()) < size:
            joined += random.choice(answers) + "\n\n"
        return joined.encode()[:size].decode(errors="ignore")

    return [Pair(text(), text()) for _ in range(count)]


def seconds(work: Work, pairs: Sequence[Pair]) -> float:
    """Processor time for interactions."""
    start = time.process_time_ns()
    work(pairs)
    return (time.process_time_ns() - start) / 1e9


def one_by_one(work: Callable[[Pair], object]) -> Work:
    """What is done for one interaction, for each of several."""
    return lambda pairs: [work(pair) for pair in pairs]


def fastest(works: dict[str, Work], pairs: Sequence[Pair], rounds: int) -> dict[str, float]:
    """Each work's mean of the groups' best rounds: whatever else the machine does is unfair to none.

    Rounds alternate, and within one each work sees all interactions in turn, a group after the other.
    """
    groups = [pairs[at : at + TOGETHER] for at in range(0, len(pairs), TOGETHER)]
    best = {name: [float("inf")] * len(groups) for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            best[name] = [min(known, seconds(work, each)) for known, each in zip(best[name], groups, strict=True)]
    return {name: sum(times) / len(pairs) for name, times in best.items()}


def langkit() -> dict[str, Work]:
    """LangKit's light metrics, in the three ways that the module's text tells."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    # Installed in the peers' own environment only.
    from langkit import light_metrics, regexes  # type: ignore[import-not-found]  # noqa: PLC0415
    from langkit import textstat as langkits  # noqa: PLC0415
    from textstat import textstat  # type: ignore[import-not-found]  # noqa: PLC0415

    schema = light_metrics.init()
    # LangKit computes those that only make up text_standard once, inside of it.
    registered = [stat for stat, group, *_ in langkits._udfs_to_register if not group]  # noqa: SLF001
    calls = [getattr(textstat, stat) for stat in registered]
    ours = {metric.name for metric in METRICS}
    shared = [getattr(textstat, stat) for stat, metric in SAME.items() if metric in ours]
    patterns = [regexes.has_patterns]

    def plain(functions: Sequence[Callable[[str], object]]) -> Work:
        return one_by_one(lambda pair: [[function(text) for function in functions] for text in pair])

    def light_metrics_of(pair: Pair) -> object:
        return schema.apply_udfs(row={"prompt": pair.input, "response": pair.output})

    return {
        "LangKit's light metrics": one_by_one(light_metrics_of),
        "the calls behind them": plain(calls + patterns),
        "textstat and LangKit, the shared metrics": plain(shared + (patterns if PATTERNS in ours else [])),
        "textstat's Flesch reading ease alone": plain([textstat.flesch_reading_ease]),
    }


def _times(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics_speed", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--size", type=int, default=1024, help="bytes of each text")
    parser.add_argument("--count", type=int, default=150, help="interactions in a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.count < LEAST_COUNT:
        parser.error(f"--count must be at least {LEAST_COUNT}: textstat would know the texts from before")
    pairs = read(arguments.data)
    first, _ = halves(pairs, 1)
    baselines = Baselines.fit(sketched(measure(*pairs[at]) for at in first))
    judge = Judge(Rules(), baselines)
    ours = {metric.name for metric in METRICS}
    shared = sorted({metric for metric in SAME.values() if metric in ours} | ({PATTERNS} & ours))
    measure_shared = measuring_only(name for name, one in SERIES.items() if one.metric in shared)
    rows = []
    for kind, ascii_only in (("ASCII", True), ("other scripts and symbols", False)):
        sample = texts(pairs, arguments.count, arguments.size, ascii_only=ascii_only)
        measured = {pair: measure(*pair) for pair in sample}
        works: dict[str, Work] = {
            "Plumbline, everything": measure_all,
            "Plumbline, the shared metrics": measure_shared,
            "Plumbline, everything, one at a time": one_by_one(lambda pair: measure(*pair)),
            "Plumbline, the shared metrics, one at a time": one_by_one(lambda pair: measure_shared([pair])),
            "judging": one_by_one(lambda pair, known=measured: judge.findings(known[pair])),  # type: ignore[misc]
            **langkit(),
        }
        best = fastest(works, sample, arguments.rounds)
        everything, alike = best["Plumbline, everything"], best["Plumbline, the shared metrics"]
        rows += [[kind, name, _times(other / everything), _times(other / alike)] for name, other in best.items()]
    keep(
        "Speed of measuring",
        f"Processor time for an interaction of {arguments.size:,} + {arguments.size:,} bytes, in multiples of "
        f"what Plumbline needs for all of its {len(METRICS)} metrics, and for the {len(shared)} that LangKit's "
        f"light metrics have as well: {', '.join(shared)}.\n\n"
        + table(["texts", "what", "times Plumbline's everything", "times Plumbline's shared metrics"], rows),
    )


if __name__ == "__main__":
    main()
