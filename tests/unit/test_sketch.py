"""Sketches: merging is adding, packing loses nothing, and quantiles are as near as is said."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plumbline.baselines import Sketch, Sketches
from plumbline.baselines.sketch import WIDTH, bucket, edges, middle
from plumbline.metrics import series

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS = st.sampled_from([1.0, 0.1, 0.01, 1e-6])
VALUES = st.floats(allow_nan=False, allow_infinity=False)
LISTS = st.lists(VALUES, max_size=40)
Rows = list[dict[str, float]]
METRICS = st.dictionaries(st.sampled_from(["output.length", "input.words", "output.cost"]), VALUES)


def sketch_of(values: list[float], unit: float = 1.0) -> Sketch:
    sketch = Sketch(unit)
    for value in values:
        sketch.add(value)
    return sketch


def sketches_of(rows: Rows) -> Sketches:
    sketches = Sketches()
    for row in rows:
        sketches.add(row)
    return sketches


def merged(*parts: Sketches) -> Sketches:
    whole = Sketches()
    for part in parts:
        whole.merge(part)
    return whole


@pytest.mark.parametrize(
    ("value", "unit", "place"),
    [(0, 1, 0), (1, 1, 14), (2, 1, 22), (100, 1, 92), (-100, 1, -92), (0.52, 0.01, 79), (1e100, 1, 4605)],
)
def test_buckets_are_those_of_the_formula(value: float, unit: float, place: int) -> None:
    assert bucket(value, unit) == place
    assert place == math.copysign(1, value) * round(math.log(1 + abs(value) / unit) / WIDTH)


@given(VALUES, UNITS)
@example(1.7976931348623157e308, 1e-6)
@example(-5e-324, 1.0)
def test_a_value_is_near_the_middle_of_its_bucket(value: float, unit: float) -> None:
    near = middle(bucket(value, unit), unit)
    assert math.isfinite(near)
    assert abs(near - value) <= (abs(value) + unit) * (math.exp(WIDTH / 2) - 1) * (1 + 1e-9)


@given(VALUES, VALUES, UNITS)
def test_buckets_keep_the_order_of_values(one: float, other: float, unit: float) -> None:
    low, high = sorted((one, other))
    assert bucket(low, unit) <= bucket(high, unit)


@given(st.lists(METRICS, max_size=12), st.lists(METRICS, max_size=12), st.lists(METRICS, max_size=12))
def test_merging_is_commutative_and_associative(a: Rows, b: Rows, c: Rows) -> None:
    x, y, z = sketches_of(a), sketches_of(b), sketches_of(c)
    assert merged(x, y) == merged(y, x)
    assert merged(merged(x, y), z) == merged(x, merged(y, z))
    assert merged(x, Sketches()) == x


@given(st.lists(METRICS, max_size=20), st.randoms(use_true_random=False), st.integers(1, 5))
def test_folding_in_any_split_and_order_gives_the_same_bytes(
    rows: Rows, shuffler: random.Random, writers: int
) -> None:
    whole = sketches_of(rows)
    shuffled = rows.copy()
    shuffler.shuffle(shuffled)
    parts = [sketches_of(shuffled[writer::writers]) for writer in range(writers)]
    assert merged(*parts).pack() == whole.pack()


@given(st.lists(METRICS, max_size=20), st.lists(METRICS | st.just({"output.length": -0.0}), max_size=20))
@example(
    [], [{"output.length": 0.0}, {"output.length": -0.0}, {"output.length": 1.7e308}, {"output.length": 1.7e308}]
)
def test_adding_many_is_adding_each(before: Rows, rows: Rows) -> None:
    each, many = sketches_of(before), sketches_of(before)
    for row in rows:
        for name, value in row.items():
            each.merge(Sketches({name: sketch_of([value], series(name).unit)}))
    many.add_many(rows)
    assert many == each == sketches_of([*before, *rows])
    assert many.pack() == each.pack()
    assert all(many[name].count == each[name].count for name in each)


@pytest.mark.parametrize("bad", [{"output.length": math.nan}, {"output.cost": -math.inf}, {"no name": 1.0}])
def test_of_many_none_is_counted_where_one_cannot_be(bad: dict[str, float]) -> None:
    sketches = sketches_of([{"output.length": 1.0}])
    before = sketches.copy()
    with pytest.raises(ValueError, match=r"finite|name"):
        sketches.add_many([{"output.length": 2.0}, {"output.words": 3.0}, bad])
    assert sketches == before


@given(st.lists(METRICS, max_size=20))
def test_packing_loses_nothing(rows: Rows) -> None:
    sketches = sketches_of(rows)
    assert Sketches.unpack(sketches.pack()) == sketches


def test_merging_leaves_the_other_alone_and_a_copy_is_apart() -> None:
    one, other = sketches_of([{"output.length": 1.0}]), sketches_of([{"output.length": 2.0}])
    copy = other.copy()
    one.merge(other)
    one.add({"output.length": 3.0})
    assert other == copy
    copy.add({"output.length": 4.0})
    assert other["output.length"].count == 1


@pytest.mark.parametrize("packed", [b"", b"\x00", b"\x02" + b"x" * 20, b"\x01", b"\x01garbage"])
def test_bytes_that_are_no_sketches_are_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="sketches"):
        Sketches.unpack(packed)


@given(st.integers(1, 60))
def test_packed_sketches_that_were_cut_off_are_refused(cut: int) -> None:
    packed = sketches_of([{"output.length": float(n)} for n in range(100)]).pack()
    with pytest.raises(ValueError, match="sketches"):
        Sketches.unpack(packed[:-cut])


def test_a_day_of_a_series_packs_into_a_few_hundred_bytes() -> None:
    draw = random.Random(1)
    rows = [{"output.length": float(int(draw.lognormvariate(6, 1)))} for _ in range(20_000)]
    assert len(sketches_of(rows).pack()) < 400


@given(LISTS.filter(bool))
def test_count_extremes_and_mean_are_exact(values: list[float]) -> None:
    sketch = sketch_of(values)
    assert (sketch.count, sketch.min, sketch.max) == (len(values), min(values), max(values))
    exact = sum(map(int, values)) if all(v.is_integer() for v in values) else None
    if exact is not None:
        assert sketch.mean == exact / len(values)
    assert min(values) - 2**-63 <= sketch.mean <= max(values) + 2**-63


@given(
    st.sampled_from(["lognormal", "uniform", "normal", "exponential", "integers", "mostly zero", "two humps"]),
    st.sampled_from([1, 2, 7, 100, 1500]),
    st.floats(0, 1),
    st.integers(0, 1000),
    UNITS,
)
def test_quantiles_are_within_their_bound(kind: str, size: int, share: float, seed: int, unit: float) -> None:
    draw = random.Random(seed)
    draws: dict[str, Callable[[], float]] = {
        "lognormal": lambda: draw.lognormvariate(5, 2),
        "uniform": draw.random,
        "normal": lambda: draw.gauss(-3, 50),
        "exponential": lambda: draw.expovariate(0.01),
        "integers": lambda: float(draw.randrange(1000)),
        "mostly zero": lambda: draw.random() if draw.random() < 0.1 else 0.0,
        "two humps": lambda: draw.gauss(10, 1) if draw.random() < 0.5 else draw.gauss(1e4, 10),
    }
    values = sorted(draws[kind]() for _ in range(size))
    exact = values[max(1, math.ceil(share * size)) - 1]
    found = sketch_of(values, unit).quantile(share)
    assert abs(found - exact) <= (abs(exact) + unit) * (math.exp(WIDTH / 2) - 1) + unit / 2 + 1e-9


def test_an_empty_sketch_has_no_quantile_and_no_mean() -> None:
    assert math.isnan(Sketch(1.0).quantile(0.5))
    assert math.isnan(Sketch(1.0).mean)
    assert Sketch(1.0).histogram() == []


@given(LISTS, UNITS)
def test_a_histogram_holds_every_value_once_between_the_extremes(values: list[float], unit: float) -> None:
    bars = sketch_of(values, unit).histogram()
    assert sum(bar.count for bar in bars) == len(values)
    assert all(bar.low <= bar.high for bar in bars)
    assert all(left.high <= right.low * (1 + 1e-12) or right.low <= 0 for left, right in pairwise(bars))
    if bars:
        assert (bars[0].low, bars[-1].high) == (min(values), max(values))


@given(VALUES)
def test_a_bucket_lies_between_its_edges(value: float) -> None:
    low, high = edges(bucket(value, 1.0), 1.0)
    assert low * (1 - math.copysign(1e-9, low)) - 1e-9 <= value <= high * (1 + math.copysign(1e-9, high)) + 1e-9


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused_and_nothing_is_counted(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Sketch(1.0).add(value)
    sketches = Sketches()
    with pytest.raises(ValueError, match="finite"):
        sketches.add({"output.length": 3.0, "output.words": value})
    assert len(sketches) == 0


def test_values_of_a_series_whose_unit_changed_are_kept() -> None:
    coarse, fine = sketch_of([10.0] * 5, 1.0), sketch_of([10.0] * 3, 0.1)
    coarse.merge(fine)
    assert (coarse.count, coarse.quantile(0.5)) == (8, 10.0)
    assert coarse.buckets == {bucket(10.0, 1.0): 8}


def test_sketches_are_a_mapping_by_name() -> None:
    sketches = sketches_of([{"output.length": 3.0, "input.length": 4.0}])
    assert set(sketches) == {"output.length", "input.length"}
    assert "output.length" in sketches
    assert sketches.get("output.words") is None
    assert {name: sketch.count for name, sketch in sketches.items()} == {"output.length": 1, "input.length": 1}
