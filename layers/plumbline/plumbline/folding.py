"""What the interactions table's stream brings, folded into the baselines: every interaction exactly once.

Lambda delivers a batch of stream records at least once. It may deliver it again after a success whose answer was
lost, cut it in two, mix what succeeded with what did not, or replay it from a dead letter a day later; several
shards are delivered at the same time, each in its own order. Counting once needs a memory of what was counted.

**Why not the last sequence number of each shard.** A record in a Lambda event does not say which shard it comes
from: ``eventID`` is a hash, ``eventSourceARN`` names the stream, and only the events of tumbling windows carry a
shard's id. Sequence numbers of different shards interleave in any way, so one high-water mark for several
shards would drop whatever a slower shard brings later; and splitting the marks by partition key does not help,
because nothing outside of DynamoDB knows which keys share a shard.

**Instead, the set of the ids that were counted.** An interaction is inserted once under an id that is never used
again, so its id says whether it was counted, whoever delivers it, in whatever company and order. Ids come from a
sequence and are dense, so the set is a bitmap that compresses to almost nothing (a million ids without gaps: 1 KB;
every one a coin toss: 128 KB). The row that keeps a set is found from the record alone: the day on which it was
inserted, and the range of 2**20 ids that its id is in. Sketches and set are one item, replaced by one conditional
write built from the version that was loaded. So:

- delivered again: all ids are in the set, and nothing is written;
- cut in two, mixed, replayed: every record is looked up by itself;
- two writers at once: one loses the condition, loads what the other wrote and looks its records up again;
- a crash between any two calls: a row was replaced whole or not at all, and the next delivery finds out which;
- shards split, end or fall behind: shards play no part.

A batch usually touches one day and one range: one read and one write. The set and 2**20 values' sketches stay
well under DynamoDB's 400 KB. Shards that fold at the same moment meet at the same row and take turns.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from plumbline.metrics import SERIES, series
from plumbline.models import MAX_ID
from plumbline.own_metrics import countable
from plumbline.storage.baselines import load_or_begin
from plumbline.storage.items import read_metrics
from plumbline.storage.retrying import Backoff
from plumbline.storage.transactions import VersionConflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from plumbline.baselines import Sketches
    from plumbline.storage.baselines import BaselineWrite

RANGE_BITS = 20


class UnusableRecord(Exception):
    """A stream record that no retry will make sense of. The message never holds anything of the record."""


class Inserted(NamedTuple):
    """What a stream record says about a new interaction."""

    day: str
    id: int
    metrics: Mapping[str, float]

    @property
    def row(self) -> tuple[str, str]:
        """Day and writer of the baseline that this interaction belongs to."""
        return self.day, f"ids-{self.id >> RANGE_BITS:010d}"


class CountedIds:
    """A set of ids of one range."""

    __slots__ = ("_bits",)

    def __init__(self, packed: bytes = b"") -> None:
        self._bits = bytearray(zlib.decompress(packed) if packed else b"")

    def add(self, number: int) -> bool:
        """Put an id into the set; whether it was not in it before."""
        index, bit = divmod(number & ((1 << RANGE_BITS) - 1), 8)
        if index >= len(self._bits):
            self._bits.extend(bytes(index + 1 - len(self._bits)))
        if self._bits[index] >> bit & 1:
            return False
        self._bits[index] |= 1 << bit
        return True

    def pack(self) -> bytes:
        """The set as bytes, equal for equal sets."""
        return zlib.compress(self._bits)


class Baselines(Protocol):
    """What the folder needs of :class:`plumbline.storage.baselines.BaselineStore`."""

    def load(self, day: str, writer: str) -> BaselineWrite | None: ...
    def save(self, write: BaselineWrite) -> None: ...


@dataclass(frozen=True, slots=True)
class Folded:
    """What came of a batch: interactions counted now, counted before, not interactions at all, and unusable.

    ``left_out`` values of the interactions counted were of more series than a day's baseline holds.
    """

    counted: int = 0
    known: int = 0
    ignored: int = 0
    unusable: tuple[str, ...] = ()
    left_out: int = 0


class Folder:
    """Folds batches of stream records into the baselines."""

    def __init__(self, baselines: Baselines, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._baselines = baselines
        self._folding = Backoff(
            attempts=20, base=0.02, cap=1.0, sleep=sleep, spent="Others kept writing the same baseline."
        )

    def fold(self, records: Iterable[Mapping[str, Any]]) -> Folded:
        """Count every new interaction in ``records`` that was not counted before.

        Records that cannot be understood are named in the answer and passed over, so that they never hold up
        the ones behind them.

        Raises:
            Unavailable: storage is busy or down, or others kept writing the same baseline. What was counted by
                then stays counted; the same records may be delivered again.
        """
        rows: dict[tuple[str, str], list[Inserted]] = {}
        ignored = 0
        unusable: list[str] = []
        for record in records:
            try:
                inserted = read_record(record)
            except UnusableRecord as error:
                unusable.append(str(error))
                continue
            if inserted is None:
                ignored += 1
            else:
                rows.setdefault(inserted.row, []).append(inserted)
        total = sum(map(len, rows.values()))
        # In the order of their names, so that two batches that share rows meet at the first one.
        folded = [
            self._folding.repeat(partial(self._fold_row, *row, rows[row]), VersionConflict) for row in sorted(rows)
        ]
        counted, left_out = (sum(column) for column in zip(*folded, strict=True)) if folded else (0, 0)
        return Folded(counted, total - counted, ignored, tuple(unusable), left_out)

    def _fold_row(self, day: str, writer: str, inserted: Sequence[Inserted]) -> tuple[int, int]:
        """How many interactions were counted, and how many of their values were left out."""
        write = load_or_begin(self._baselines, day, writer)
        ids = CountedIds(write.counted)
        new = [one for one in inserted if ids.add(one.id)]
        if not new:
            return 0, 0
        left_out = _count([one.metrics for one in new], write.sketches)
        write.counted = ids.pack()
        self._baselines.save(write)
        return len(new), left_out


def _count(interactions: Sequence[Mapping[str, float]], sketches: Sketches) -> int:
    """Add the interactions' values to the sketches; how many were left out."""
    names = set[str]().union(*interactions)
    if all(name in SERIES or name in sketches for name in names):
        sketches.add_many(interactions)
        return 0
    left_out = 0
    for metrics in interactions:
        counted = countable(metrics, sketches)
        left_out += len(metrics) - len(counted)
        sketches.add(counted)
    return left_out


def read_record(record: Mapping[str, Any]) -> Inserted | None:
    """The new interaction that a stream record is about; None for changes, removals and other items.

    Raises:
        UnusableRecord: it is a new item, but not one that can be understood.
    """
    if record.get("eventName") != "INSERT":
        return None
    change = record.get("dynamodb") or {}
    try:
        number = int(change["Keys"]["id"]["N"])
        if number <= 0:  # the sequence, an idempotency key, a claim of an external id
            return None
        metrics = read_metrics(change["NewImage"])
        moment = datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise UnusableRecord(f"the record cannot be read ({type(error).__name__})") from error
    if number > MAX_ID:
        raise UnusableRecord("the record's id is out of range")
    if not _can_be_counted(metrics):
        raise UnusableRecord("the record has a metric that cannot be counted")
    return Inserted(moment.strftime("%Y-%m-%d"), number, metrics)


def _can_be_counted(metrics: Mapping[str, float]) -> bool:
    try:
        for name, value in metrics.items():
            series(name)
            if not isfinite(value):
                return False
    except ValueError:
        return False
    return True
