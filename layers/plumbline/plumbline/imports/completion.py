"""How an import ends: once, when its last chunk is done, whoever does it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plumbline.errors import NotFound
from plumbline.imports.identity import rejected_part_key, staging_prefix
from plumbline.imports.redacting import Redacting
from plumbline.imports.rejected import head, rejected_name
from plumbline.imports.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plumbline.imports.stores import Stores
    from plumbline.models import Import, ImportState
    from plumbline.redaction import Redactor

NO_ROWS = (
    "The file has a first row that names the columns, but no rows after it. "
    "Expected is one row for each interaction."
)


class Completion:
    """Ends imports. ``ended`` is told of each import that this process ended."""

    def __init__(
        self,
        stores: Stores,
        ended: Callable[[Import], object],
        *,
        redactor: Redactor | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._imports = stores.imports
        self._chunks = stores.chunks
        self._files = stores.files
        self._ended = ended
        self._clock = clock
        self._redacting = Redacting(redactor) if redactor is not None else None

    def check(self, import_id: int) -> None:
        """End an import if all of it is planned and done.

        Whoever plans, and whoever does a chunk, calls this after what it has written: the last one sees all of it.

        Raises:
            Unavailable: storage is busy or down; the same call may be repeated, by anybody.
        """
        current = self._imports.get(import_id)
        if current is None or current.ended or not current.planned or current.chunks_done < current.chunks:
            return
        source = Source.from_json(current.source) if current.source is not None else None
        try:
            key = self._write_rejected(current, source) if source is not None and current.rows_rejected else None
        except NotFound:
            if self._has_ended(import_id):  # somebody else was first, and has tidied up since
                return
            raise
        failure = _failure(current)
        state: ImportState = (
            "failed" if failure else "succeeded_with_problems" if current.rows_rejected else "succeeded"
        )
        if self._imports.end(import_id, state, self._clock(), failure=failure, rejected_key=key):
            final = self._imports.get(import_id)
            if final is not None:
                self._ended(final)
            self._tidy(current, staged=source is not None and source.staged)

    def _has_ended(self, import_id: int) -> bool:
        current = self._imports.get(import_id)
        return current is None or current.ended

    def _write_rejected(self, current: Import, source: Source) -> str:
        """Join what the chunks put aside, in the order of the file."""
        key = rejected_name(source, current.id)
        self._files.put_all(key, self._rejected(current, source))
        return key

    def _rejected(self, current: Import, source: Source) -> Iterator[bytes]:
        yield head(source, self._redacting)
        for chunk in self._chunks.after(current.id):
            if chunk.rejected:
                yield self._files.read(rejected_part_key(current.id, chunk.number))

    def _tidy(self, current: Import, *, staged: bool) -> None:
        """Remove what only the workers needed. What is left if this does not happen goes after some days."""
        if staged or current.rows_rejected:
            self._files.remove_all(staging_prefix(current.id))


def _failure(current: Import) -> str | None:
    """Why the import failed, for its owner; None if it did not."""
    if current.plan_failure is not None:
        return f"{current.plan_failure}{_stored(current.rows_stored)}"
    if current.rows_read == 0:
        return NO_ROWS
    if current.rows_stored == 0:
        count = current.rows_rejected
        start = "The only row could not" if count == 1 else f"None of the {count:,} rows could"
        first = current.problems[0]
        return f"{start} be used. Row {first.row}: {first.problem}"
    return None


def _stored(rows: int) -> str:
    if rows == 0:
        return ""
    return " 1 row of it was stored." if rows == 1 else f" {rows:,} rows of it were stored."
