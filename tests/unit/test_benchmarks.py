"""The generator of accidents, the scores and the rules of others are right on inputs small enough to check."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import flags, metrics_speed, peers, readme, results, robustness
from benchmarks.accidents import GROSS, SUBTLE, Accident, plant
from benchmarks.data import Pair, as_csv, halves, read
from benchmarks.results import HEAD, keep, table
from benchmarks.scoring import Measured, Score, imported, ours, sketched

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = (
    "Bread rises because yeast turns sugar into gas. The dough holds the gas in its gluten, which is why it must "
    "be kneaded well. Bake it at 220 degrees for half an hour, then let it cool on a rack before you cut it."
)
PAIRS = [Pair(f"How do I bake loaf number {n} at home?", f"{ANSWER} That makes {n} loaves.") for n in range(300)]


def test_halves_share_no_input_and_lose_nothing() -> None:
    pairs = [Pair(f"question {n % 40}", str(n)) for n in range(200)]
    first, second = halves(pairs, seed=3)
    assert sorted(first + second) == list(range(200))
    assert not {pairs[at].input for at in first} & {pairs[at].input for at in second}
    assert abs(len(first) - len(second)) <= 5
    assert halves(pairs, seed=3) == (first, second) != halves(pairs, seed=4)


def test_csv_comes_back_as_it_was(tmp_path: Path) -> None:
    pairs = [Pair('a "quoted"\r\nline', "b,\nc"), Pair("空", "\x00\u200b")]
    (tmp_path / "pairs.csv").write_bytes(as_csv(pairs))
    assert read(tmp_path / "pairs.csv") == pairs


def test_plants_the_rate_asked_for_evenly_by_kind_and_nothing_else() -> None:
    changed, accidents = plant(PAIRS, rate=0.3, seed=1)
    assert len(accidents) == 90
    assert Counter(accident.kind for accident in accidents.values()) == dict.fromkeys(GROSS + SUBTLE, 10)
    for at, (before, after) in enumerate(zip(PAIRS, changed, strict=True)):
        assert (before != after) == (at in accidents)
        if at in accidents:
            assert (before.input != after.input) == (accidents[at].kind == "huge")


def test_the_same_seed_plants_the_same_accidents() -> None:
    assert plant(PAIRS, 0.2, seed=5) == plant(PAIRS, 0.2, seed=5) != plant(PAIRS, 0.2, seed=6)


@pytest.mark.parametrize("kind", GROSS + SUBTLE)
def test_accidents_are_valid_text_and_come_in_variants(kind: str) -> None:
    changed, accidents = plant(PAIRS, 0.3, seed=2, kinds=[kind])
    for at in accidents:
        changed[at].input.encode()
        changed[at].output.encode()
        assert "\0" not in changed[at].output  # an API refuses it
    assert len({accident.variant for accident in accidents.values()}) >= 2


def test_a_truncated_answer_is_the_visible_beginning_of_the_answer() -> None:
    changed, accidents = plant(PAIRS, 0.3, seed=2, kinds=["truncated"])
    for at in accidents:
        assert PAIRS[at].output.startswith(changed[at].output)
        assert changed[at].output[-1] not in ".!?"


def test_answers_too_short_to_cut_or_loop_stay_as_they_are() -> None:
    short = [Pair("q", "Yes.")] * 50
    assert plant(short, 1.0, seed=1, kinds=["truncated", "looping"]) == (short, {})


def test_the_score_counts_interactions_once_and_series_each() -> None:
    score = Score()
    both, one, none = frozenset({"a", "b"}), frozenset({"a"}), frozenset[str]()
    accidents = {0: Accident("empty", "blank"), 1: Accident("blob", "hex"), 2: Accident("refusal", "english")}
    score.add([one, none, both, both, one, none, none, none], accidents)
    assert (score.clean, score.false_alarms, score.per_thousand) == (5, 2, 400)
    assert score.series_per_thousand() == [("a", 400), ("b", 200)]
    assert score.gross == 0.5
    assert score.share(["refusal"]) == 1
    assert math.isnan(score.share(["huge"]))
    assert score.row("ours")[:3] == ["ours", "50.0%", "100%"]


def test_an_import_judges_by_its_own_rows_but_no_value_by_itself() -> None:
    measured = Measured()
    history, test = measured(PAIRS[:200]), measured([*PAIRS[200:], Pair("?" * 90_000, ANSWER)])
    verdicts = imported(history, test, [len(test)])
    assert "input.length" in verdicts[-1]
    assert ours(test[-1:], sketched(history), counted=False)[0] >= {"input.length"}


def test_rules_of_others_by_hand() -> None:
    mean_4_deviation_2 = [2.0, 6.0, 6.0, 2.0]
    assert peers.mean_two_sigma(mean_4_deviation_2) == peers.Interval(-math.inf, 8)
    assert peers.z_score(mean_4_deviation_2) == peers.Interval(-2, 10)
    quartiles_3_and_5 = [1.0, 3.0, 4.0, 5.0, 9.0]
    assert peers.tukey(quartiles_3_and_5) == peers.Interval(0, 8)
    assert [value for value in quartiles_3_and_5 if not peers.tukey(quartiles_3_and_5).holds(value)] == [9]


def test_fences_on_logs_hold_a_constant() -> None:
    assert peers.tukey_log([812.0] * 9).holds(812.0)
    assert not peers.tukey_log([812.0] * 9).holds(813.0)


def test_the_adjusted_boxplot_reaches_further_on_the_skewed_side() -> None:
    skewed = [float(n**3) for n in range(60)]
    plain, adjusted = peers.tukey(skewed), peers.adjusted_boxplot(skewed)
    assert adjusted.high > plain.high
    assert adjusted.low > plain.low
    mirrored = peers.adjusted_boxplot([-value for value in skewed])
    assert mirrored.low == pytest.approx(-adjusted.high, rel=1e-2)


@given(st.lists(st.integers(-4, 4).map(float) | st.floats(-5, 5), min_size=1, max_size=25))
def test_the_medcouple_is_the_median_of_its_kernel(sample: list[float]) -> None:
    assert peers.medcouple(sample) == pytest.approx(_medcouple_by_definition(sample), abs=1e-5)


def _medcouple_by_definition(sample: list[float]) -> float:
    middle = statistics.median(sample)
    highs, lows = sorted(x for x in sample if x > middle), sorted(x for x in sample if x < middle)
    ties = sample.count(middle)
    kernel = [((high - middle) - (middle - low)) / (high - low) for high in highs for low in lows]
    kernel += [1.0] * (len(highs) * ties) + [-1.0] * (len(lows) * ties)
    kernel += [float((ties - 1 - i - j > 0) - (ties - 1 - i - j < 0)) for i in range(ties) for j in range(ties)]
    return sorted(kernel)[(len(kernel) + 1) // 2 - 1] if kernel else 0.0


@pytest.mark.parametrize("flag", flags.FLAGS)
def test_labelled_examples_are_many_balanced_and_never_contradict_each_other(flag: str) -> None:
    rows = flags.examples(flag)
    labelled = sum(row.label for row in rows)
    assert len(rows) >= {"truncated": 150, "refusal": 150, "blank": 40}[flag]
    assert 0.45 <= labelled / len(rows) <= 0.55
    assert len({row.output for row in rows}) == len(rows)
    assert all(row.kind for row in rows)


def test_precision_and_recall() -> None:
    said = [(True, True)] * 3 + [(True, False)] * 1 + [(False, True)] * 2 + [(False, False)] * 4
    outcomes = [flags.Outcome(flags.Example("kind", label, ""), found) for label, found in said]
    assert flags.precision(outcomes) == pytest.approx(3 / 5)
    assert flags.recall(outcomes) == pytest.approx(3 / 4)
    assert math.isnan(flags.precision([]))


def test_odd_series_have_the_shares_of_zeros_that_they_name() -> None:
    for name, draw in robustness.DISTRIBUTIONS.items():
        random = Random(1)
        values = [draw(random) for _ in range(4000)]
        if "zero" in name:
            assert values.count(0.0) / 4000 == pytest.approx(float(name.split(" %")[0]) / 100, abs=0.03)
        else:
            assert max(values) - min(values) < 1e-9


def test_false_alarms_are_counted_by_rule() -> None:
    rates = robustness.false_alarms(lambda random: random.gauss(50, 5), seed=1, history=400, test=1000)
    assert set(rates) == {"Plumbline", *peers.RULES}
    assert 10 < rates["mean + 2 sigma"] < 45
    assert rates["Plumbline"] < 10


def test_texts_for_timing_have_the_size_asked_for() -> None:
    pairs = [*PAIRS, Pair("?", "Ça va très bien, merci. 好的")]
    for ascii_only in (True, False):
        for pair in metrics_speed.texts(pairs, 5, 100, ascii_only=ascii_only):
            assert all(95 < len(text.encode()) <= 100 for text in pair)
            assert pair.output.isascii() == ascii_only


def test_a_section_replaces_the_one_of_the_same_title(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    keep("One", "first", path)
    keep("Two", table(["a", "b"], [["1", "22"]]), path)
    keep("One", "second", path)
    assert path.read_text().startswith(HEAD)
    assert path.read_text().count("## One") == 1
    assert "first" not in path.read_text()
    assert "| a | b  |\n|---|----|\n| 1 | 22 |" in path.read_text()


def test_every_labelled_line_is_one_json_object_of_three_fields() -> None:
    for file in (*flags.FLAGS, *flags.HELD_OUT.values()):
        flag = file.partition("_")[0]
        for line in (flags.LABELLED / f"{file}.jsonl").read_text(encoding="utf-8").splitlines():
            assert set(json.loads(line)) == {"kind", flag, "output"}


def test_refusals_are_told_from_near_misses_in_words_that_nobody_tuned_on() -> None:
    seen, unseen = flags.judged("refusal"), flags.judged("refusal", flags.HELD_OUT["refusal"])
    assert not {one.example.output for one in seen} & {one.example.output for one in unseen}
    assert sum(one.example.label for one in unseen) >= 60
    assert sum(not one.example.label for one in unseen) >= 60
    for outcomes in (seen, unseen):
        assert flags.recall(outcomes) >= 0.85
        assert flags.precision(outcomes) >= 0.9


def test_the_figures_in_readme_are_those_of_the_results() -> None:
    written = readme.README.read_text(encoding="utf-8")
    assert readme.renewed(written, results.RESULTS.read_text(encoding="utf-8")) == written
    assert "| Plumbline | " in written
    assert "| importing, by the clock | " in written
    assert "| a new table | " in written
