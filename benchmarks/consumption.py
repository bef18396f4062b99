"""What calls take from AWS: DynamoDB's units as it reports them itself, and requests by service."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.storage.clients import Clients

_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})
# DynamoDB Local reports four units for a kilobyte that is written in a transaction; DynamoDB bills two.
_BILLED = {"TransactWriteItems": 0.5, "TransactGetItems": 0.5}


@dataclass
class Consumption:
    """Read and write request units, of tables with their indexes, and requests by operation.

    A request unit of reading is 4 KB read consistently, or twice that otherwise; of writing 1 KB; in transactions
    twice as many: "Read and write operations", DynamoDB's developer guide.
    """

    read_units: float = 0.0
    write_units: float = 0.0
    write_units_of_indexes: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)

    def per(self, calls: int) -> Consumption:
        """Of one of so many calls."""
        requests = Counter({name: count / calls for name, count in self.requests.items()})
        return Consumption(
            self.read_units / calls, self.write_units / calls, self.write_units_of_indexes / calls, requests
        )


class Meter:
    """Has clients ask for the capacity that each call consumed, and adds it up."""

    def __init__(self, clients: Clients) -> None:
        self._now: Consumption | None = None
        for dynamodb in (clients.dynamodb, clients.probe):
            events: Any = dynamodb.meta.events
            events.register("before-parameter-build.dynamodb", self._ask)
            events.register("after-call.dynamodb", self._answered)
        for client in (clients.s3, clients.sqs):
            other: Any = client.meta.events
            other.register("after-call", self._requested)

    @contextmanager
    def measured(self) -> Iterator[Consumption]:
        """What is consumed in here."""
        self._now = Consumption()
        try:
            yield self._now
        finally:
            self._now = None

    def _ask(self, params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        if model.name in _WRITES | _READS:
            params["ReturnConsumedCapacity"] = "INDEXES"

    def _answered(self, parsed: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401
        if self._now is None:
            return
        self._now.requests[f"dynamodb {model.name}"] += 1
        consumed = parsed.get("ConsumedCapacity") or []
        for one in consumed if isinstance(consumed, list) else [consumed]:
            share = _BILLED.get(model.name, 1.0)
            units = share * float(one["CapacityUnits"])
            indexes = share * sum(
                float(index["CapacityUnits"])
                for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
                for index in (one.get(kind) or {}).values()
            )
            if model.name in _WRITES:
                self._now.write_units += units
                self._now.write_units_of_indexes += indexes
            else:
                self._now.read_units += units

    def _requested(self, model: Any, **_: object) -> None:  # noqa: ANN401
        if self._now is not None:
            self._now.requests[f"{model.service_model.service_name} {model.name}"] += 1
