"""An import of any size in simulated time: the planner, the queue, Lambda's scaling and the table's limits.

What is simulated follows the documentation of AWS (Lambda Developer Guide, "Scaling behavior for Amazon SQS";
DynamoDB Developer Guide, "On-demand capacity mode" and "Partition key design"). What a chunk holds, costs and
writes is handed in: it is measured with the product's own code.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Bound = Literal["planner", "workers", "table", "index keys"]

_SAME = 1e-6  # rows: sums of many small steps are not exact

FIRST_WORKERS = 5
"""Lambda begins to empty a queue with so many invocations at once,"""
MORE_WORKERS_A_SECOND = 300 / 60
"""and adds up to 300 a minute."""
PARTITION_KEY_UNITS = 1_000
"""Write units a second of one partition key, of a table as of an index."""


@dataclass(frozen=True, slots=True)
class Load:
    """One chunk: bytes in the file, rows, and write units of the table and of its busiest index."""

    size: int
    rows: int
    table_units: float
    index_units: float


@dataclass(frozen=True, slots=True)
class Stack:
    """What the import runs on.

    ``units`` are write units a second of the table, and of each index. ``index_keys`` is over how many partition
    keys the busiest index is spread. ``rows_a_second`` is what one worker does when nothing holds it up,
    ``seconds_a_chunk`` what every delivery takes besides. ``planned_bytes_a_second`` is how fast the planner
    gets through the file. ``lost`` of all deliveries die half-way, and their message comes again after
    ``visible_again_after`` seconds; ``doubled`` of all messages are delivered twice.
    """

    workers: int
    units: float
    index_keys: int
    rows_a_second: float
    planned_bytes_a_second: float
    seconds_a_chunk: float = 0.1
    lost: float = 0.001
    doubled: float = 0.001
    visible_again_after: float = 1_080.0


@dataclass(slots=True)
class Outcome:
    """How the import went. ``busy`` is worker-seconds, ``seconds`` by bound what held it up for how long."""

    seconds: float = 0.0
    rows: int = 0
    deliveries: int = 0
    busy: float = 0.0
    most_waiting: int = 0
    bounds: dict[Bound, float] = field(default_factory=dict)

    @property
    def bound(self) -> Bound:
        """What held it up for the longest."""
        return max(self.bounds, key=lambda bound: self.bounds[bound])


@dataclass(order=True, slots=True)
class _Working:
    """A delivery that is being worked on, ordered by the shared work at which it ends."""

    ends_at: float
    number: int
    load: Load = field(compare=False)
    lost: bool = field(compare=False, default=False)


class Simulation:
    """One import on one stack.

    Workers share what the table takes evenly, so all chunks being worked on advance alike: ``_work`` is how many
    rows each busy worker has done since the beginning, and a delivery ends when that has grown by its own rows.
    """

    def __init__(self, chunks: Iterable[Load], stack: Stack, seed: int = 1) -> None:
        self._stack = stack
        self._random = Random(seed)
        self._planned = self._plan(chunks)
        self._next = next(self._planned, None)
        self._waiting: deque[Load] = deque()
        self._again: list[tuple[float, int, Load]] = []
        self._working: list[_Working] = []
        self._work = 0.0
        self._now = 0.0
        self._count = 0
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """To the end: every chunk done."""
        while self._next or self._waiting or self._again or self._working:
            self._start_what_can_start()
            self._advance()
        self.outcome.seconds = self._now
        return self.outcome

    def _plan(self, chunks: Iterable[Load]) -> Iterator[tuple[float, Load]]:
        planned = 0
        for load in chunks:
            planned += load.size
            yield planned / self._stack.planned_bytes_a_second, load

    def _workers_now(self) -> int:
        return min(self._stack.workers, int(FIRST_WORKERS + MORE_WORKERS_A_SECOND * self._now))

    def _start_what_can_start(self) -> None:
        while self._next and self._next[0] <= self._now:
            self._waiting.append(self._next[1])
            self._next = next(self._planned, None)
        while self._again and self._again[0][0] <= self._now:
            self._waiting.append(heapq.heappop(self._again)[2])
        self.outcome.most_waiting = max(self.outcome.most_waiting, len(self._waiting))
        while self._waiting and len(self._working) < self._workers_now():
            self._deliver(self._waiting.popleft())

    def _deliver(self, load: Load) -> None:
        self._count += 1
        self.outcome.deliveries += 1
        lost = self._random.random() < self._stack.lost
        if self._random.random() < self._stack.doubled:
            # A second delivery finds the chunk done, or does the same rows under the same ids.
            heapq.heappush(self._again, (self._now + 1.0, self._count, Load(0, 0, 0.0, 0.0)))
        share = self._random.random() if lost else 1.0
        pause = self._stack.seconds_a_chunk * self._stack.rows_a_second
        heapq.heappush(self._working, _Working(self._work + share * load.rows + pause, self._count, load, lost))

    def _rate(self) -> tuple[float, Bound]:
        """Rows a second of each busy worker, and what bounds it."""
        # Every worker advances by as many rows; what those cost depends on its chunk.
        table = sum(one.load.table_units / one.load.rows for one in self._working if one.load.rows)
        index = sum(one.load.index_units / one.load.rows for one in self._working if one.load.rows)
        rates: list[tuple[float, Bound]] = [(self._stack.rows_a_second, "workers")]
        if table:
            rates.append((self._stack.units / table, "table"))
        if index:
            keys = min(self._stack.units, self._stack.index_keys * PARTITION_KEY_UNITS)
            rates.append((keys / index, "index keys" if keys < self._stack.units else "table"))
        return min(rates)

    def _advance(self) -> None:
        """To the next moment at which something changes."""
        moments = [self._next[0]] if self._next else []
        if self._again:
            moments.append(self._again[0][0])
        if self._waiting and self._workers_now() < self._stack.workers:
            moments.append(self._now + 1.0 / MORE_WORKERS_A_SECOND)
        bound: Bound = "planner"
        rate = 0.0
        if self._working:
            rate, bound = self._rate()
            moments.append(self._now + (self._working[0].ends_at - self._work) / rate)
            if bound == "workers" and len(self._working) < self._workers_now():
                bound = "planner"
        passed = max(0.0, min(moments) - self._now)
        self._now += passed
        self._work += passed * rate
        self.outcome.busy += passed * len(self._working)
        self.outcome.bounds[bound] = self.outcome.bounds.get(bound, 0.0) + passed
        while self._working and self._working[0].ends_at <= self._work + _SAME:
            self._end(heapq.heappop(self._working))

    def _end(self, ended: _Working) -> None:
        if ended.lost:
            again = self._now + self._stack.visible_again_after
            heapq.heappush(self._again, (again, ended.number, ended.load))
        else:
            self.outcome.rows += ended.load.rows
