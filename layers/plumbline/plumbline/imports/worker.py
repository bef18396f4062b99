"""One chunk of an import: measured, judged, stored and counted, once, however often it is tried."""

from __future__ import annotations

import gc
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from plumbline.alerts import Judge
from plumbline.baselines import Sketches
from plumbline.metrics import ValueTable, measure_all
from plumbline.models import Interaction
from plumbline.own_metrics import countable
from plumbline.storage.baselines import inline_baseline
from plumbline.storage.external_ids import claim_id
from plumbline.storage.import_items import ChunkOutcome
from plumbline.storage.retrying import Backoff
from plumbline.storage.transactions import VersionConflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from plumbline.alerts import Rules
    from plumbline.imports.chunks import Chunk
    from plumbline.models import NewInteraction
    from plumbline.storage.baselines import BaselineRows, BaselineWrite


class Interactions(Protocol):
    """What a worker needs of :class:`plumbline.storage.interactions.InteractionStore`."""

    def reserve(self, count: int, /) -> int: ...
    def claim(self, wanted: Mapping[str, int], ends: Mapping[str, int], /) -> dict[str, int]: ...
    def removed(self, ids: Sequence[int], /) -> set[int]: ...
    def put_batch(self, interactions: Iterable[Interaction], /) -> None: ...


class Imports(Protocol):
    """What a worker needs of :class:`plumbline.storage.import_chunks.ChunkStore`."""

    def reserve_chunk(self, import_id: int, number: int, count: int, reserve: Callable[[int], int], /) -> int: ...
    def finish_chunk(
        self, import_id: int, number: int, outcome: ChunkOutcome, fold: BaselineWrite | None, /
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a chunk added, where this attempt was the one that was counted. Alerts are counted by type
    and severity.

    Of the rows ``stored``, ``known`` took the place of others that had the same external ids. ``redactions``
    counts the placeholders that were put into them, by kind.
    """

    stored: int
    rejected: int
    alerts: Mapping[tuple[str, str], int]
    known: int = 0
    redactions: Mapping[str, int] = field(default_factory=dict)


class _Row(NamedTuple):
    """A row that is stored, and the id that it gets; ``known`` if that is another row's from another chunk."""

    id: int
    new: NewInteraction
    known: bool


class ChunkWorker:
    """Records chunks.

    ``inline`` is the baselines' store where nobody else folds new values into the baselines (there is no
    stream); None where somebody does.
    """

    def __init__(
        self,
        interactions: Interactions,
        imports: Imports,
        rules: Rules,
        inline: BaselineRows | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._interactions = interactions
        self._imports = imports
        self._rules = rules
        self._inline = inline
        self._clock = clock
        self._folding = Backoff(
            attempts=20,
            base=0.02,
            cap=1.0,
            sleep=sleep,
            spent="Too many interactions are being recorded at this moment.",
        )

    def record(self, import_id: int, chunk: Chunk, known: Sketches) -> Recorded | None:
        """Store a chunk's rows and count them; None if another attempt has counted them already.

        ``known`` is the baseline as it stood when the import began. A row is judged by it and by the rows of
        its own chunk, so that every attempt judges alike and a first file has something to be compared with.
        A row with an external id that was stored before takes that row's place, the last of several in a chunk
        that of the others; those replaced are not counted in the baselines again.

        Raises:
            Unavailable: storage is busy or down; the same chunk may be tried again.
        """
        with _no_collection():
            return self._record(import_id, chunk, known)

    def _record(self, import_id: int, chunk: Chunk, known: Sketches) -> Recorded | None:
        first_id, again = self._reserve(import_id, chunk)
        ids = chunk.ids(first_id)
        # What an earlier attempt stored may have been removed since, and is not to come back.
        removed = self._interactions.removed(ids) if again else set[int]()
        rows = self._number(ids, chunk.rows, removed)
        measured = _measured([row.new for row in rows])
        table = ValueTable.of(measured)
        own = _sketched(table)
        together = known.copy()
        together.merge(own)
        judge = Judge(self._rules, self._rules.fit(together), counted=True)
        found = judge.findings_of_all(table)
        alerts: Counter[tuple[str, str]] = Counter(
            (finding.alert_type, finding.severity) for findings in found for finding in findings
        )

        def interactions() -> Iterator[Interaction]:
            for (number, row, _), metrics, findings in zip(rows, measured, found, strict=True):
                claim = None if row.external_id is None else claim_id(row.external_id)
                texts = row.kept or row
                yield Interaction(
                    id=number,
                    input=texts.input,
                    output=texts.output,
                    created_at=row.created_at,
                    metrics=metrics,
                    findings=findings,
                    metadata=texts.metadata,
                    import_id=import_id,
                    expires_at=row.expires_at,
                    claim=claim,
                )

        self._interactions.put_batch(one for one in interactions() if one.id not in removed)
        new = [metrics for row, metrics in zip(rows, measured, strict=True) if not row.known]
        outcome = _outcome(chunk, alerts.total(), known=len(chunk.rows) - len(new))
        if not self._finish(
            import_id, chunk.number, outcome, own if len(new) == len(rows) else _sketched(ValueTable.of(new))
        ):
            return None
        return Recorded(outcome.rows_stored, outcome.rows_rejected, alerts, outcome.rows_known, _redactions(rows))

    def _reserve(self, import_id: int, chunk: Chunk) -> tuple[int, bool]:
        """The first of the rows' ids, and whether another attempt had them before."""
        mine: list[int] = []

        def reserve(count: int) -> int:
            mine.append(self._interactions.reserve(count) if count else 0)
            return mine[-1]

        count = len(chunk.rows) + len(chunk.gaps)
        first_id = self._imports.reserve_chunk(import_id, chunk.number, count, reserve)
        return first_id, first_id not in mine

    def _number(self, own: Sequence[int], rows: Sequence[NewInteraction], removed: set[int]) -> list[_Row]:
        """The rows that are stored, with their ids: of those with the same external id, the last one.

        Ids are reserved for all rows, so that each has the same on every attempt. A claim that says another id
        is another chunk's. Of what was ``removed`` under its id nothing is claimed any more.
        """
        last = {
            row.external_id: number for number, row in zip(own, rows, strict=True) if row.external_id is not None
        }
        ends = {
            row.external_id: int(row.expires_at.timestamp())
            for number, row in zip(own, rows, strict=True)
            if row.external_id is not None and row.expires_at is not None and last[row.external_id] == number
        }
        wanted = {name: number for name, number in last.items() if number not in removed}
        claimed = self._interactions.claim(wanted, ends) if wanted else {}
        mine = frozenset(own)
        numbered: list[_Row] = []
        for number, row in zip(own, rows, strict=True):
            if row.external_id is None:
                numbered.append(_Row(number, row, known=False))
            elif last[row.external_id] == number:
                told = claimed.get(row.external_id, number)
                numbered.append(_Row(told, row, told not in mine))
        return numbered

    def _finish(self, import_id: int, number: int, outcome: ChunkOutcome, new: Sketches) -> bool:
        if self._inline is None or not new:
            return self._imports.finish_chunk(import_id, number, outcome, None)
        return self._folding.repeat(
            partial(self._finish_and_fold, self._inline, import_id, number, outcome, new), VersionConflict
        )

    def _finish_and_fold(
        self, rows: BaselineRows, import_id: int, number: int, outcome: ChunkOutcome, new: Sketches
    ) -> bool:
        write = inline_baseline(rows, self._clock())
        write.sketches.merge(Sketches(countable(dict(new.items()), write.sketches)))
        return self._imports.finish_chunk(import_id, number, outcome, write)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Look for no garbage meanwhile: a chunk makes a million objects, hardly one of them in a cycle."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _measured(rows: Sequence[NewInteraction]) -> list[dict[str, float]]:
    measured = measure_all([(row.input, row.output) for row in rows])
    for row, metrics in zip(rows, measured, strict=True):
        if row.metrics:
            metrics.update(row.metrics)
        if row.kept is not None:
            metrics.update(row.kept.metrics)
    return measured


def _redactions(rows: Iterable[_Row]) -> Counter[str]:
    redactions: Counter[str] = Counter()
    for row in rows:
        if row.new.kept is not None:
            redactions.update(row.new.kept.counts)
    return redactions


def _sketched(table: ValueTable) -> Sketches:
    sketches = Sketches()
    sketches.add_table(table)
    return sketches


def _outcome(chunk: Chunk, alerts: int, *, known: int) -> ChunkOutcome:
    return ChunkOutcome(
        bytes_read=chunk.end.byte - chunk.start.byte,
        rows_read=len(chunk.rows) + chunk.rejected,
        rows_stored=len(chunk.rows),
        rows_known=known,
        rows_rejected=chunk.rejected,
        alerts_raised=alerts,
        problems=chunk.problems,
    )
