"""The simulated import: nothing lost, and never faster than what bounds it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.import_model import Load, Simulation, Stack

CHUNK = Load(size=4_000_000, rows=4_000, table_units=5_000.0, index_units=4_000.0)
STACK = Stack(workers=4, units=4_000, index_keys=8, rows_a_second=500, planned_bytes_a_second=80e6)


@given(
    chunks=st.lists(
        st.builds(
            Load,
            size=st.integers(1, 5_000_000),
            rows=st.integers(1, 5_000),
            table_units=st.floats(1, 10_000),
            index_units=st.floats(1, 5_000),
        ),
        min_size=1,
        max_size=60,
    ),
    workers=st.integers(2, 50),
    units=st.sampled_from([4_000, 40_000]),
    lost=st.sampled_from([0.0, 0.2]),
)
@settings(max_examples=60, deadline=None)
def test_every_row_is_done_once_and_no_bound_is_beaten(
    chunks: list[Load], workers: int, units: int, lost: float
) -> None:
    stack = replace(STACK, workers=workers, units=units, lost=lost, doubled=0.1)
    outcome = Simulation(chunks, stack).run()
    rows = sum(chunk.rows for chunk in chunks)
    assert outcome.rows == rows
    least = max(
        rows / (workers * stack.rows_a_second),
        sum(chunk.table_units for chunk in chunks) / units,
        sum(chunk.index_units for chunk in chunks) / min(units, 8_000),
        sum(chunk.size for chunk in chunks) / stack.planned_bytes_a_second,
    )
    assert outcome.seconds >= least * 0.999
    assert sum(outcome.bounds.values()) == pytest.approx(outcome.seconds)


def test_a_lost_delivery_is_delivered_again() -> None:
    calm = Simulation([CHUNK] * 50, replace(STACK, lost=0.0, doubled=0.0)).run()
    rough = Simulation([CHUNK] * 50, replace(STACK, lost=0.3, doubled=0.0)).run()
    assert calm.deliveries == 50
    assert rough.deliveries > 50
    assert rough.rows == calm.rows
    assert rough.seconds > calm.seconds + STACK.visible_again_after * 0.9


@pytest.mark.parametrize(
    ("stack", "bound"),
    [
        (replace(STACK, workers=2), "workers"),
        (replace(STACK, workers=100), "table"),
        (replace(STACK, workers=100, units=40_000, planned_bytes_a_second=1e9), "index keys"),
        (replace(STACK, workers=100, planned_bytes_a_second=1e6), "planner"),
    ],
)
def test_what_bounds_an_import_is_named(stack: Stack, bound: str) -> None:
    assert Simulation([CHUNK] * 600, replace(stack, lost=0.0)).run().bound == bound
