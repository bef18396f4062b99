"""One chunk of an import: measured, judged, stored and counted, once, however often it is tried."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from plumbline.alerts import judge
from plumbline.baselines import Sketches
from plumbline.metrics import measure
from plumbline.models import Interaction
from plumbline.own_metrics import countable
from plumbline.storage.baselines import inline_baseline
from plumbline.storage.imports import ChunkOutcome
from plumbline.storage.retrying import Backoff
from plumbline.storage.transactions import VersionConflict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plumbline.alerts import Rules
    from plumbline.imports.chunks import Chunk
    from plumbline.storage.baselines import BaselineRows, BaselineWrite


class Interactions(Protocol):
    """What a worker needs of :class:`plumbline.storage.interactions.InteractionStore`."""

    def reserve(self, count: int, /) -> int: ...
    def put_batch(self, interactions: Sequence[Interaction], /) -> None: ...


class Imports(Protocol):
    """What a worker needs of :class:`plumbline.storage.imports.ImportStore`."""

    def reserve_chunk(self, import_id: int, number: int, count: int, reserve: Callable[[int], int], /) -> int: ...
    def finish_chunk(
        self, import_id: int, number: int, outcome: ChunkOutcome, fold: BaselineWrite | None, /
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a chunk added, where this attempt was the one that was counted. Alerts are counted by type."""

    stored: int
    rejected: int
    alerts: Mapping[str, int]


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

        Raises:
            Unavailable: storage is busy or down; the same chunk may be tried again.
        """
        measured = [{**measure(row.input, row.output), **row.metrics} for row in chunk.rows]
        own = Sketches()
        for metrics in measured:
            own.add(metrics)
        together = known.copy()
        together.merge(own)
        baselines = self._rules.fit(together)

        first_id = self._reserve(import_id, chunk)
        interactions = [
            Interaction(
                id=number,
                input=row.input,
                output=row.output,
                created_at=row.created_at,
                metrics=metrics,
                findings=judge(metrics, self._rules, baselines, counted=True),
                metadata=row.metadata,
                import_id=import_id,
            )
            for number, (row, metrics) in enumerate(zip(chunk.rows, measured, strict=True), first_id)
        ]
        if interactions:
            self._interactions.put_batch(interactions)
        alerts: Counter[str] = Counter(finding.alert_type for one in interactions for finding in one.findings)
        if not self._finish(import_id, chunk, alerts.total(), own):
            return None
        return Recorded(len(interactions), chunk.rejected, alerts)

    def _reserve(self, import_id: int, chunk: Chunk) -> int:
        def reserve(count: int) -> int:
            return self._interactions.reserve(count) if count else 0

        return self._imports.reserve_chunk(import_id, chunk.number, len(chunk.rows), reserve)

    def _finish(self, import_id: int, chunk: Chunk, alerts: int, own: Sketches) -> bool:
        outcome = ChunkOutcome(
            # What precedes the first row (the header, a byte order mark) is counted with it.
            bytes_read=chunk.end.byte - (chunk.start.byte if chunk.number > 1 else 0),
            rows_read=len(chunk.rows) + chunk.rejected,
            rows_stored=len(chunk.rows),
            rows_rejected=chunk.rejected,
            alerts_raised=alerts,
            problems=chunk.problems,
            next_byte=chunk.end.byte,
            next_row=chunk.end.row,
            next_line=chunk.end.line,
        )
        if self._inline is None or not chunk.rows:
            return self._imports.finish_chunk(import_id, chunk.number, outcome, None)
        return self._folding.repeat(
            partial(self._finish_and_fold, self._inline, import_id, chunk.number, outcome, own), VersionConflict
        )

    def _finish_and_fold(
        self, rows: BaselineRows, import_id: int, number: int, outcome: ChunkOutcome, own: Sketches
    ) -> bool:
        write = inline_baseline(rows, self._clock())
        write.sketches.merge(Sketches(countable(dict(own.items()), write.sketches)))
        return self._imports.finish_chunk(import_id, number, outcome, write)
