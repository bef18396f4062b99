"""Interactions that many clients post to a running stack, and what is there of them afterwards."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
from plumbline.storage.items import read_interaction
from plumbline.times import format_time

if TYPE_CHECKING:
    from tests.support.local_stack import LocalStack

PATIENCE_SECONDS = 240


@dataclass
class Load:
    """What clients post, each interaction under a key of its own, and what they were answered.

    ``name`` is also a metric that only these interactions have, and which therefore counts them. Where the stack
    is ``interrupted``, functions may be killed under their callers.
    """

    name: str = field(default_factory=lambda: f"load_{secrets.token_hex(4)}")
    since: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(seconds=2))
    acknowledged: dict[str, int] = field(default_factory=dict)
    interrupted: bool = False
    refused: int = 0
    unanswered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, http: httpx.Client, key: str) -> httpx.Response:
        """Post an interaction, again and again until it is acknowledged."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            assert time.monotonic() < until, f"{key} is not answered"
            try:
                answer = self.post_once(http, key)
            except httpx.TransportError:
                self._wait(unanswered=1)
                continue
            if answer.status_code == 200:
                with self._lock:
                    self.acknowledged[key] = answer.json()["data"]["id"]
                return answer
            by_gateway = "success" not in answer.json()
            if by_gateway and (answer.status_code == 503 or (self.interrupted and answer.status_code >= 500)):
                self._wait(unanswered=1)  # no function could answer, or one was killed
                continue
            assert answer.status_code == 503, answer.text
            assert answer.json()["success"] is False, answer.text
            self._wait(min(2, int(answer.headers["retry-after"])), refused=1)

    def _wait(self, seconds: float = 0.2, *, unanswered: int = 0, refused: int = 0) -> None:
        with self._lock:
            self.unanswered += unanswered
            self.refused += refused
        time.sleep(seconds)

    def post_once(self, http: httpx.Client, key: str) -> httpx.Response:
        body = {
            "input_text": f"{key} of {self.name}?",
            "output_text": "Yes.",
            "metadata": {"number": key},
            "metrics": {self.name: 1},
        }
        return http.post("/api/interactions", json=body, headers={"idempotency-key": f"{self.name}-{key}"})

    def found(self, stack: LocalStack) -> dict[int, str]:
        """The load's interactions that the table holds: of each id what number it has."""
        pages = (
            stack.dynamodb()
            .get_paginator("scan")
            .paginate(
                TableName=stack.described["InteractionsTable"],
                FilterExpression="#at BETWEEN :since AND :now",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={
                    ":since": {"S": format_time(self.since)},
                    ":now": {"S": format_time(datetime.now(UTC) + timedelta(minutes=1))},
                },
                ConsistentRead=True,
            )
        )
        kept = [read_interaction(item) for page in pages for item in page["Items"]]
        return {one.id: str(one.metadata["number"]) for one in kept if f"of {self.name}?" in one.input}

    def check(self, stack: LocalStack, others: int = 0) -> None:
        """What was acknowledged is there once, under its id, and counted once; and ``others`` are besides."""
        found = self.found(stack)
        for key, number in self.acknowledged.items():
            assert found.get(number) == key, f"{key} was acknowledged as {number}, which is {found.get(number)}"
        assert Counter(found.values()).most_common(1)[0][1] == 1
        assert len(found) == len(self.acknowledged) + others
        assert self.counted(stack, len(found)) == len(found)

    def counted(self, stack: LocalStack, expected: int) -> int:
        """How many of them the baselines count, once that is as many as expected, or no more come."""
        until, count, last = time.monotonic() + 60, -1, -2
        with stack.http() as http:
            while count < expected or count != last:
                assert time.monotonic() < until, f"{count} of {expected} are counted"
                last = count
                series: Any = http.get(f"/api/metrics/output.{self.name}", params={"days": 2})
                days = series.json()["data"]["days"] if series.status_code == 200 else []
                count = sum(day["count"] for day in days)
                time.sleep(0.5)
        return count
