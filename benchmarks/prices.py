"""AWS's list prices, and what has to be assumed where nothing can be counted. One table of each, both printed.

Prices are those of the region us-east-1, without free tiers, discounts or taxes. They change: the addresses say
today's.
"""

from __future__ import annotations

from dataclasses import dataclass

REGION = "us-east-1"
AS_OF = "November 2025"


@dataclass(frozen=True, slots=True)
class Price:
    """What so many of something cost, in US dollars."""

    dollars: float
    of: float
    what: str
    source: str

    def times(self, amount: float) -> float:
        """What ``amount`` of it costs."""
        return amount / self.of * self.dollars


_DYNAMODB = "aws.amazon.com/dynamodb/pricing/on-demand"
_LAMBDA = "aws.amazon.com/lambda/pricing"
_CLOUDWATCH = "aws.amazon.com/cloudwatch/pricing"
_S3 = "aws.amazon.com/s3/pricing"

PRICES = {
    "api": Price(1.00, 1e6, "requests to an HTTP API, of up to 512 KB", "aws.amazon.com/api-gateway/pricing"),
    "invocations": Price(0.20, 1e6, "calls of Lambda functions", _LAMBDA),
    "compute": Price(0.0000133334, 1, "GB-second of Lambda on arm64", _LAMBDA),
    "write": Price(0.625, 1e6, "write request units of DynamoDB", _DYNAMODB),
    "read": Price(0.125, 1e6, "read request units of DynamoDB", _DYNAMODB),
    "storage": Price(0.25, 1, "GB-month in DynamoDB", _DYNAMODB),
    "recovery": Price(0.20, 1, "GB-month of point-in-time recovery", _DYNAMODB),
    "s3_storage": Price(0.023, 1, "GB-month in S3", _S3),
    "s3_put": Price(0.005, 1e3, "writes to S3", _S3),
    "s3_get": Price(0.0004, 1e3, "reads from S3", _S3),
    "sqs": Price(0.40, 1e6, "requests to SQS", "aws.amazon.com/sqs/pricing"),
    "logs": Price(0.50, 1, "GB of logs taken in", _CLOUDWATCH),
    "metric": Price(0.30, 1, "metric of one's own, a month", _CLOUDWATCH),
    "alarm": Price(0.10, 1, "metric that an alarm watches, a month", _CLOUDWATCH),
    "dashboard": Price(3.00, 1, "dashboard, a month", _CLOUDWATCH),
    "out": Price(0.09, 1, "GB out to the internet", "aws.amazon.com/ec2/pricing/on-demand"),
}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What depends on the machine, on AWS or on what people do: said, not counted.

    Times are in milliseconds, and of Lambda with the template's 512 MB.
    """

    days: float = 30.0
    record_ms: float = 40.0
    read_ms: float = 60.0
    fold_ms: float = 60.0
    row_ms: float = 1.0
    memory_gb: float = 0.5
    reads_per_interaction: float = 0.01
    shards: int = 4
    instances_per_second: float = 0.1
    platform_log_bytes: float = 400.0
    access_log_bytes: float = 250.0
    polls_a_month: float = 648_000.0
    kept_months: int = 12

    def sentences(self) -> list[tuple[str, str]]:
        """Each of them in words."""
        looks = "one page of interactions, one of alerts and one interaction are looked at"
        polls = "times a month for messages, whether there are any or not (five connections, 20 seconds each)"
        each = "interactions a second: each reads the baselines for itself"
        by_aws = (
            f"{self.platform_log_bytes:.0f} bytes a call by Lambda, {self.access_log_bytes:.0f} by the gateway"
        )
        return [
            ("traffic", f"even over a month of {self.days:.0f} days"),
            (
                "texts",
                "a sample of the benchmarks' real interactions; thresholds and rules as they are by default",
            ),
            ("free tiers", "left out"),
            ("a request that records", f"{self.record_ms:.0f} ms of Lambda, at 512 MB"),
            ("a request that reads", f"{self.read_ms:.0f} ms"),
            ("folding a batch into the baselines", f"{self.fold_ms:.0f} ms"),
            ("importing a row", f"{self.row_ms:.0f} ms"),
            ("reading", f"of each {1 / self.reads_per_interaction:.0f} interactions {looks}"),
            ("shards of the table's stream", f"{self.shards}, as many as a new table has partitions"),
            (
                "functions recording at once",
                f"one, and one more for each {1 / self.instances_per_second:.0f} {each}",
            ),
            ("logs besides Plumbline's own lines", by_aws),
            ("queues", f"Lambda asks each queue that a function works on {self.polls_a_month:,.0f} {polls}"),
            ("storage", f"nothing is removed; what {self.kept_months} months have brought is there"),
        ]
