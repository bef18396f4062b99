"""What a month costs: units counted on DynamoDB Local, sizes measured, times list prices.

    .venv/bin/python -m benchmarks.cost [--data FILE]

Needs DynamoDB Local, named by ``PLUMBLINE_DYNAMODB_LOCAL=http://127.0.0.1:8000``.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cost_counting import Counted, count
from benchmarks.data import DEFAULT_DATA, read
from benchmarks.import_speed import ENGINE_VARIABLE
from benchmarks.prices import AS_OF, PRICES, REGION, Assumptions
from benchmarks.results import keep, table
from tests.support.operations import ALARMS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

MONTHS = (10_000, 1_000_000, 100_000_000)
GB = 1e9
SECONDS_A_DAY = 86_400
_CLOSED_DAYS, _OPEN_DAYS, _REFRESH_SECONDS, _CLOSED_SECONDS = 12, 2, 5.0, 600.0
_IDS_A_ROW = 1 << 20


@dataclass(frozen=True, slots=True)
class Stack:
    """What of the template costs whether anything happens or not, and how it collects what it folds."""

    alarm_metrics: int
    polled_queues: int
    window_seconds: float
    batch: int

    @classmethod
    def of_template(cls) -> Stack:
        """As ``template.yaml`` has it."""
        queues = 0
        for resource in RESOURCES.values():
            if resource["Type"] == "AWS::Serverless::Function":
                events = resource["Properties"].get("Events", {}).values()
                queues += sum(event["Type"] == "SQS" for event in events)
        stream = RESOURCES["BaselinesFunction"]["Properties"]["Events"]["Recorded"]["Properties"]
        metrics = sum(
            len([one for one in alarm["Metrics"] if "MetricStat" in one]) if "Metrics" in alarm else 1
            for alarm in ALARMS.values()
        )
        return cls(metrics, queues, float(stream["MaximumBatchingWindowInSeconds"]), int(stream["BatchSize"]))


def folds(interactions: float, seconds: float, shards: int, window: float, most: int) -> float:
    """How many batches the table's stream brings.

    A batch of a shard begins with the first record that waits, and is brought when the window is over or the batch
    is full: of a rate of r records a second and a window of w, each has 1 + r·w records, at most ``most``.
    """
    rate = interactions / seconds / shards
    return interactions / min(float(most), 1 + rate * window)


def month(interactions: float, counted: Counted, assumed: Assumptions, stack: Stack) -> dict[str, float]:
    """Dollars by service, of interactions that are logged one by one."""
    seconds = assumed.days * SECONDS_A_DAY
    rate = interactions / seconds
    reads = 3 * interactions * assumed.reads_per_interaction
    folded = folds(interactions, seconds, assumed.shards, stack.window_seconds, stack.batch)
    rows = max(1.0, interactions / assumed.days / _IDS_A_ROW)
    instances = 1 + assumed.instances_per_second * rate
    refreshes = min(interactions, instances * seconds / _REFRESH_SECONDS)
    renewals = min(interactions, instances * seconds / _CLOSED_SECONDS)
    baseline_reads = rows * counted.row_read_units * (refreshes * _OPEN_DAYS + renewals * _CLOSED_DAYS)
    looked = interactions * assumed.reads_per_interaction
    milliseconds = interactions * assumed.record_ms + reads * assumed.read_ms + folded * assumed.fold_ms
    calls = interactions + reads + folded
    return {
        "API Gateway": PRICES["api"].times(interactions + reads),
        "Lambda": PRICES["invocations"].times(calls)
        + PRICES["compute"].times(milliseconds / 1e3 * assumed.memory_gb),
        "DynamoDB, logging": PRICES["write"].times(interactions * counted.record.write_units)
        + PRICES["read"].times(interactions * counted.record.read_units),
        "DynamoDB, baselines": PRICES["write"].times(folded * counted.fold.write_units)
        + PRICES["read"].times(folded * counted.fold.read_units + baseline_reads),
        "DynamoDB, reading": PRICES["read"].times(looked * counted.reading.read_units),
        "DynamoDB, storage": _storage(interactions, counted, assumed),
        "SQS": _idle(assumed, stack)["SQS"],
        "CloudWatch, logs": PRICES["logs"].times(
            (
                interactions * (counted.record_log_bytes + assumed.access_log_bytes)
                + reads * (counted.reading_log_bytes + assumed.access_log_bytes)
                + folded * counted.fold_log_bytes
                + calls * assumed.platform_log_bytes
            )
            / GB
        ),
        "CloudWatch, metrics": PRICES["metric"].times(counted.metrics),
        "answers sent out": PRICES["out"].times(
            (interactions * counted.record_answer_bytes + looked * counted.reading_answer_bytes) / GB
        ),
    }


def month_of_files(interactions: float, counted: Counted, assumed: Assumptions, stack: Stack) -> float:
    """Dollars, where the same interactions come as files, of a thousand rows each."""
    folded = interactions / stack.batch
    milliseconds = interactions * assumed.row_ms + folded * assumed.fold_ms
    return sum(
        [
            PRICES["invocations"].times(folded * 2),
            PRICES["compute"].times(milliseconds / 1e3 * assumed.memory_gb),
            PRICES["write"].times(interactions * counted.row.write_units + folded * counted.fold.write_units),
            PRICES["read"].times(interactions * counted.row.read_units + folded * counted.fold.read_units),
            PRICES["s3_storage"].times(interactions * counted.row_file_bytes / GB * assumed.kept_months),
            PRICES["s3_put"].times(interactions * counted.row.requests["s3 PutObject"]),
            PRICES["s3_get"].times(interactions * counted.row.requests["s3 GetObject"]),
            PRICES["logs"].times(folded * 2 * (counted.fold_log_bytes + assumed.platform_log_bytes) / GB),
            PRICES["metric"].times(counted.metrics),
            _storage(interactions, counted, assumed),
            _idle(assumed, stack)["SQS"],
        ]
    )


def _storage(interactions: float, counted: Counted, assumed: Assumptions) -> float:
    kept = interactions * assumed.kept_months
    table_gb, indexes_gb = kept * counted.item_bytes / GB, kept * counted.index_bytes / GB
    return PRICES["storage"].times(table_gb + indexes_gb) + PRICES["recovery"].times(table_gb)


def _idle(assumed: Assumptions, stack: Stack) -> dict[str, float]:
    return {
        "SQS": PRICES["sqs"].times(stack.polled_queues * assumed.polls_a_month),
        "alarms": PRICES["alarm"].times(stack.alarm_metrics),
        "dashboard": PRICES["dashboard"].times(1),
    }


def money(dollars: float) -> str:
    """Dollars with two digits that mean something.

    >>> [money(value) for value in (0, 0.004, 0.456, 12.345, 1234.5)]
    ['0', '0.00', '0.46', '12.3', '1,230']
    """
    if dollars == 0:
        return "0"
    if dollars < 10:
        return f"{dollars:.2f}"
    return f"{dollars:.1f}" if dollars < 100 else f"{float(f'{dollars:.3g}'):,.0f}"


def report(counted: Counted, assumed: Assumptions, stack: Stack) -> None:
    """Write the tables."""
    columns = [month(interactions, counted, assumed, stack) for interactions in MONTHS]
    head = ["", *(f"{interactions:,} interactions" for interactions in MONTHS)]
    rows = [[service, *(money(column[service]) for column in columns)] for service in columns[0]]
    rows.append(["together", *(money(sum(column.values())) for column in columns)])
    rows.append(
        [
            "a thousand interactions",
            *(f"{sum(c.values()) / n * 1e3:.4f}" for c, n in zip(columns, MONTHS, strict=True)),
        ]
    )
    rows.append(["together, as files", *(money(month_of_files(n, counted, assumed, stack)) for n in MONTHS)])
    keep("What a month costs", f"US dollars, {REGION}, list prices of {AS_OF}.\n\n" + table(head, rows))
    idle = _idle(assumed, stack)
    keep(
        "What the idle stack costs",
        "US dollars a month.\n\n"
        + table(
            ["", "a month"],
            [
                [f"asking {stack.polled_queues} queues for messages", money(idle["SQS"])],
                [f"alarms, where asked for ({stack.alarm_metrics} metrics watched)", money(idle["alarms"])],
                ["dashboard, where asked for", money(idle["dashboard"])],
                ["everything else", "0"],
            ],
        ),
    )
    keep("Units a call takes", _units(counted.calls()))
    keep(
        "Prices and assumptions",
        table(
            ["price", "US dollars", "of", "source"],
            [[one.what, f"{one.dollars:.10g}", f"{one.of:,.0f}", one.source] for one in PRICES.values()],
        )
        + "\n\n"
        + table(["assumed", ""], [list(one) for one in assumed.sentences()]),
    )


def _units(calls: Mapping[str, tuple[float, float, float]]) -> str:
    return (
        "Request units of DynamoDB, counted on DynamoDB Local. Those of transactions are halved: it reports "
        "four for a kilobyte, AWS bills two.\n\n"
        + table(
            ["call", "read units", "write units", "of them indexes'"],
            [[name, *(f"{value:.2f}" for value in values)] for name, values in calls.items()],
        )
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="a CSV file with Input and Output")
    options = parser.parse_args()
    engine = os.environ.get(ENGINE_VARIABLE)
    if not engine:
        parser.exit(0, f"Costs were left as they are: {ENGINE_VARIABLE} is to be DynamoDB Local's address.\n")
    report(count(read(options.data), engine), Assumptions(), Stack.of_template())


if __name__ == "__main__":
    main()
