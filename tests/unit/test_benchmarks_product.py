"""What the benchmarks read back from the product after importing files is what its rules say when called."""

from __future__ import annotations

from benchmarks.accidents import plant
from benchmarks.data import Pair
from benchmarks.product import chunk_sizes, product, verdicts_of_import
from benchmarks.scoring import Measured, imported

ANSWER = "Bread rises because yeast turns sugar into gas and the dough holds it while the oven gets hot"
WORDS = ANSWER.split()
HISTORY = [Pair(f"How long, in step {n}?", " ".join((WORDS * 3)[n % 7 : n % 23 + 20]) + ".") for n in range(120)]
TEST = [Pair(f"And what of step {n}?", " ".join((WORDS * 3)[n % 5 : n % 29 + 18]) + ".") for n in range(80)]


def test_an_import_gives_the_verdicts_of_the_rules_called_directly() -> None:
    changed, accidents = plant(TEST, 0.05, seed=1, kinds=["huge", "garbled"])
    measured = Measured()
    verdicts = verdicts_of_import(HISTORY, changed)
    assert verdicts == imported(measured(HISTORY), measured(changed), chunk_sizes(changed))
    huge = [at for at, accident in accidents.items() if accident.kind == "huge"]
    assert huge
    assert all("input.length" in verdicts[at] for at in huge)


def test_ids_follow_the_rows_and_earlier_alerts_are_not_of_the_later_file() -> None:
    with product() as stack:
        first = stack.import_file("first", HISTORY)
        second = stack.import_file("second", TEST)
    assert len(first) == len(HISTORY)
    assert second == list(range(first[-1] + 1, first[-1] + 1 + len(TEST)))


def test_chunks_cover_the_file() -> None:
    pairs = [Pair("question", "x" * 2_000)] * 6_000
    sizes = chunk_sizes(pairs)
    assert sum(sizes) == 6_000
    assert len(sizes) >= 3
