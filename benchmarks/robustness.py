"""What the rule does with series that are no bell: constant, mostly zero, short, or full of accidents."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from plumbline.alerts import Rules, judge
from plumbline.baselines import Baselines

from benchmarks.accidents import GROSS, SUBTLE, plant
from benchmarks.data import halves
from benchmarks.peers import RULES
from benchmarks.product import chunk_sizes
from benchmarks.results import keep, table
from benchmarks.scoring import Score, imported, ours, peers, sketched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.data import Pair
    from benchmarks.scoring import Measured

    Draw = Callable[[Random], float]

OWN = "output.own"
HISTORY, TEST = 5_000, 20_000


def _mostly_zero(share: float, value: Draw) -> Draw:
    return lambda random: value(random) if random.random() < share else 0.0


DISTRIBUTIONS: dict[str, Draw] = {
    "constant 0": lambda _: 0.0,
    "constant 0.7": lambda _: 0.7,
    "constant 812": lambda _: 812.0,
    "constant but for rounding": lambda random: 0.3 + random.choice((0.0, 1e-16, -1e-16, 4e-17)),
    "99.9 % zero, else 1": _mostly_zero(0.001, lambda _: 1.0),
    "99 % zero, else 1": _mostly_zero(0.01, lambda _: 1.0),
    "99 % zero, else a share": _mostly_zero(0.01, lambda random: random.betavariate(2, 8)),
    "95 % zero, else a share": _mostly_zero(0.05, lambda random: random.betavariate(2, 8)),
    "76 % zero, else a share": _mostly_zero(0.24, lambda random: random.betavariate(2, 8)),
    "76 % zero, else a count": _mostly_zero(0.24, lambda random: float(1 + int(random.expovariate(0.4)))),
    "76 % zero, else log-normal": _mostly_zero(0.24, lambda random: round(random.lognormvariate(3, 1), 2)),
    "53 % zero, else a share": _mostly_zero(0.47, lambda random: random.betavariate(1, 20)),
}
"""A caller's own series. The shares of zeros are those of real texts' digits."""

SHAPES: dict[str, Draw] = {
    "normal": lambda random: random.gauss(50, 5),
    "normal around 0": lambda random: random.gauss(0, 1),
    "uniform share": lambda random: random.random(),
    "judge's score, 1 to 5": lambda random: float(random.choices((1, 2, 3, 4, 5), (1, 2, 7, 40, 50))[0]),
    "share near 1": lambda random: random.betavariate(20, 1),
    "exponential": lambda random: random.expovariate(0.01),
    "log-normal": lambda random: random.lognormvariate(6, 1),
    "latency with a slow mode": lambda random: random.lognormvariate(7.5 if random.random() < 0.03 else 6, 0.3),
    "two clusters, 90 to 10": lambda random: random.gauss(100 if random.random() < 0.1 else 10, 1),
    "Pareto, alpha 2": lambda random: random.paretovariate(2),
    "tokens up to a limit": lambda random: min(512.0, round(random.lognormvariate(5.5, 0.8))),
    "cost of fractions of a cent": lambda random: random.lognormvariate(-8, 0.7),
}
"""Series as applications bring them that are neither constant nor mostly zero."""


def report(pairs: Sequence[Pair], measured: Measured) -> None:
    """Print and keep all runs."""
    _own_series("Constant and mostly-zero series", DISTRIBUTIONS)
    _own_series("Series of other shapes", SHAPES)
    _natural_zeros(pairs, measured)
    _small(pairs, measured)
    _contaminated(pairs, measured)


def false_alarms(draw: Draw, seed: int, history: int = HISTORY, test: int = TEST) -> dict[str, float]:
    """Alerts in 1,000 values of a series, after a history of the same distribution, by rule."""
    random = Random(seed)
    known = [draw(random) for _ in range(history)]
    fresh = [draw(random) for _ in range(test)]
    baselines, rules = Baselines.fit(sketched({OWN: value} for value in known)), Rules()
    counts = {"Plumbline": sum(bool(judge({OWN: value}, rules, baselines)) for value in fresh)}
    for name, fit in RULES.items():
        usual = fit(known)
        counts[name] = sum(not usual.holds(value) for value in fresh)
    return {name: 1000 * count / test for name, count in counts.items()}


def _own_series(title: str, distributions: Mapping[str, Draw]) -> None:
    runs = {name: false_alarms(draw, seed) for seed, (name, draw) in enumerate(distributions.items(), 1)}
    rows = [[name, *(f"{rate:.1f}" for rate in run.values())] for name, run in runs.items()]
    keep(
        title,
        f"Alerts in 1,000 values of a caller's own series, {HISTORY:,} values known, {TEST:,} more judged."
        "\n\n" + table(["values", "Plumbline", *RULES], rows),
    )


def _natural_zeros(pairs: Sequence[Pair], measured: Measured) -> None:
    first, second = halves(pairs, 1)
    history, test = measured(pairs[at] for at in first), measured(pairs[at] for at in second)
    names = sorted({name for values in history for name in values})
    zeros = {name: _share_of_zeros([values[name] for values in history if name in values]) for name in names}
    score, others = Score(), {name: Score() for name in RULES}
    score.add(ours(test, sketched(history), counted=False), {})
    for name, verdicts in peers(history, test).items():
        others[name].add(verdicts, {})
    rows = [
        [
            name,
            f"{zeros[name]:.0%}",
            *(f"{1000 * one.by_series[name] / one.clean:.1f}" for one in (score, *others.values())),
        ]
        for name in names
        if zeros[name] >= 0.5
    ]
    if rows:
        keep(
            "Metrics of real interactions that are mostly zero",
            "Alerts in 1,000 interactions, nothing planted.\n\n"
            + table(["series", "zeros", "Plumbline", *RULES], rows),
        )


def _share_of_zeros(values: list[float]) -> float:
    return values.count(0.0) / len(values)


def _small(pairs: Sequence[Pair], measured: Measured) -> None:
    rows = []
    for size in (30, 50, 100, 300, 1000):
        score = Score()
        for seed in range(1, 21):
            first, second = halves(pairs, seed)
            random = Random(seed)
            known = measured(pairs[at] for at in random.sample(first, size))
            changed, accidents = plant([pairs[at] for at in random.sample(second, 500)], 0.05, seed)
            score.add(ours(measured(changed), sketched(known), counted=False), accidents)
        worst, rate = (score.series_per_thousand() or [("none", 0.0)])[0]
        rows.append([str(size), f"{score.gross:.1%}", f"{score.per_thousand:.1f}", f"{rate:.1f} {worst}"])
    keep(
        "Few values",
        "20 baselines of so many clean interactions each, 500 interactions judged by each.\n\n"
        + table(["known", "gross accidents found", "false alarms /1,000", "worst series /1,000"], rows),
    )


def _contaminated(pairs: Sequence[Pair], measured: Measured) -> None:
    rows = []
    for rate in (0.01, 0.05, 0.1):
        score = Score()
        for seed in (1, 2):
            first, second = halves(pairs, seed)
            known, _ = plant([pairs[at] for at in first], rate, 1000 + seed)
            changed, accidents = plant([pairs[at] for at in second], rate, seed)
            score.add(imported(measured(known), measured(changed), chunk_sizes(changed)), accidents)
        shares = [f"{score.share([kind]):.0%}" for kind in (*GROSS, *SUBTLE)]
        rows.append([f"{rate:.0%}", f"{score.gross:.1%}", *shares, f"{score.per_thousand:.1f}"])
    keep(
        "A history full of accidents",
        "Accidents at the same rate in the history and in the interactions judged.\n\n"
        + table(["rate", "gross", *GROSS, *SUBTLE, "false alarms /1,000"], rows),
    )
