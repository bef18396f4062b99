"""The arithmetic of costs, on figures small enough to check by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import cost
from benchmarks.consumption import Consumption
from benchmarks.cost import MONTHS, Stack, folds, money, month, month_of_files
from benchmarks.cost_counting import Counted
from benchmarks.prices import PRICES, Assumptions
from benchmarks.results import RESULTS
from tests.support.operations import TEMPLATE

NONE = Consumption()
NOTHING = Counted(
    record=NONE,
    keyed=NONE,
    row=NONE,
    fold=NONE,
    reading=NONE,
    health=NONE,
    row_read_units=0,
    item_bytes=0,
    index_bytes=0,
    row_file_bytes=0,
    record_log_bytes=0,
    reading_log_bytes=0,
    fold_log_bytes=0,
    record_answer_bytes=0,
    reading_answer_bytes=0,
    metrics=0,
)
IDLE = Assumptions(platform_log_bytes=0, access_log_bytes=0, reads_per_interaction=0, polls_a_month=0)
STACK = Stack(alarm_metrics=30, polled_queues=2, window_seconds=1, batch=1000)


def test_each_price_is_for_what_it_says() -> None:
    assert PRICES["write"].times(1_000_000) == 0.625
    assert PRICES["read"].times(2_000_000) == 0.25
    assert PRICES["s3_put"].times(1000) == 0.005
    assert all(
        price.dollars > 0 and price.of > 0 and price.source.startswith("aws.amazon.com/")
        for price in PRICES.values()
    )


def test_a_month_of_one_kind_of_unit_costs_that_unit() -> None:
    counted = replace(NOTHING, record=Consumption(read_units=0.5, write_units=3))
    lines = month(1e6, counted, IDLE, STACK)
    assert lines["DynamoDB, logging"] == pytest.approx(3 * 0.625 + 0.5 * 0.125)
    assert lines["API Gateway"] == pytest.approx(1.0)
    assert lines["DynamoDB, baselines"] == lines["DynamoDB, storage"] == lines["CloudWatch, logs"] == 0


def test_storage_is_of_all_months_and_recovery_of_the_table_alone() -> None:
    lines = month(1e6, replace(NOTHING, item_bytes=1000, index_bytes=500), IDLE, STACK)
    assert lines["DynamoDB, storage"] == pytest.approx(12 * (1.5 * 0.25 + 1.0 * 0.20))


def test_compute_is_memory_times_time() -> None:
    assumed = replace(IDLE, record_ms=100, memory_gb=0.5, fold_ms=0)
    lines = month(1e6, NOTHING, assumed, replace(STACK, window_seconds=1e9, batch=10**9))
    assert lines["Lambda"] == pytest.approx(1e6 * 0.1 * 0.5 * 0.0000133334 + 0.2, rel=1e-3)


@pytest.mark.parametrize(
    ("interactions", "expected"),
    [(1, 1), (10_000, 10_000), (2_592_000 * 4, 2_592_000 * 4 / 2), (1e12, 1e9)],
)
def test_batches_grow_with_the_rate_up_to_their_most(interactions: float, expected: float) -> None:
    # A rate of one a second and shard, and a window of a second: two to a batch.
    assert folds(interactions, 2_592_000, 4, 1.0, 1000) == pytest.approx(expected, rel=1e-3)


def test_more_costs_more_and_files_cost_less_than_calls() -> None:
    counted = replace(
        NOTHING,
        record=Consumption(write_units=3),
        row=Consumption(write_units=3),
        fold=Consumption(2, 6),
        reading=Consumption(read_units=20),
        row_read_units=1.0,
        item_bytes=900,
        metrics=7,
    )
    assumed = Assumptions()
    together = [sum(month(n, counted, assumed, STACK).values()) for n in MONTHS]
    assert together == sorted(together)
    for interactions, dollars in zip(MONTHS, together, strict=True):
        assert month_of_files(interactions, counted, assumed, STACK) < dollars


@pytest.mark.parametrize(
    ("dollars", "shown"), [(0, "0"), (0.001, "0.00"), (0.456, "0.46"), (12.34, "12.3"), (1234.5, "1,230")]
)
def test_money_is_shown_no_finer_than_it_is_known(dollars: float, shown: str) -> None:
    assert money(dollars) == shown


def test_memory_is_the_templates() -> None:
    assert Assumptions().memory_gb * 1024 == TEMPLATE["Parameters"]["FunctionMemory"]["Default"]


def test_the_results_are_of_the_template_and_prices_as_they_are() -> None:
    """What it costs when idle follows from the template: the results are to be written anew when that changes."""
    written = RESULTS.read_text(encoding="utf-8")
    stack = Stack.of_template()
    assert f"| asking {stack.polled_queues} queues for messages " in written
    assert f"({stack.alarm_metrics} metrics watched)" in written
    for price in PRICES.values():
        assert f"| {price.what} " in written
    for name, said in Assumptions().sentences():
        assert f"| {name} " in written
        assert f"| {said} " in written


def test_the_reports_units_are_in_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr(cost, "keep", kept.setdefault)
    cost.report(replace(NOTHING, record=Consumption(0.25, 3.5, 2.0)), Assumptions(), STACK)
    assert list(kept) == [
        "What a month costs",
        "What the idle stack costs",
        "Units a call takes",
        "Prices and assumptions",
    ]
    assert "| log an interaction " in kept["Units a call takes"]
    assert " 0.25 " in kept["Units a call takes"]
    assert " 3.50 " in kept["Units a call takes"]
