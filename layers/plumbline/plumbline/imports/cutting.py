"""A file's records in chunks: enough rows to be worth a round of writes, few enough to be kept in memory.

Where a chunk ends follows from where it begins and from the bytes there, so whoever cuts a file again, from its
start or from the start of any chunk, finds the same chunks. Most of a file is cut at the speed of memory (see
:mod:`plumbline.imports.boundaries`). Where the proof that this needs fails, the CSV reader reads a stretch of
the file, and decides as it does for whoever reads the chunk later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from plumbline.imports.boundaries import rows_of
from plumbline.imports.reader import Position
from plumbline.imports.stretches import read_stretch, skip_line
from plumbline.imports.window import BLOCK, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.errors import PlumblineError
    from plumbline.imports.boundaries import Proven
    from plumbline.imports.dialect import Dialect
    from plumbline.imports.lines import ByteStream

MiB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large chunks are. They decide where chunks end: one import is cut by the same from end to end.

    A chunk holds at most ``rows``, and ``bytes`` (fewer than a row may have) unless a single row is longer. What
    is left of a file behind a chunk is read along if it is no more than ``tail_share`` of it: a handful of rows
    on its own would be too few to be judged by. ``first_step`` and ``step`` are how many bytes are looked at at
    once, few enough to stay in the processor's cache; ``stretch`` is how many the CSV reader reads before they
    are looked at again; ``block`` is how many are read of the stream at once.
    """

    rows: int = 5_000
    bytes: int = 4 * MiB
    tail_share: float = 0.25
    first_step: int = 64 * 1024
    step: int = 256 * 1024
    stretch: int = 256 * 1024
    block: int = BLOCK


SIZES = Sizes()


class Cut(NamedTuple):
    """A chunk: its records begin at ``start`` and end at ``end``.

    In a ``careful`` chunk the quotes are not proven well formed. Where its last records are broken, what they are
    is told by bytes behind its end, at most :data:`plumbline.imports.reader.MOST_LOOKED_AHEAD`: the reader
    of such a chunk gets a stream that goes on behind the end (and reads no more of it than it needs), and stops
    at the end. ``data``, where it was asked for, holds the chunk's bytes and just those that are needed behind
    its end. It is shorter than the chunk only if its last row is longer than a row may be; it is kept up to
    where that shows.
    """

    start: Position
    end: Position
    careful: bool
    data: bytes | None


def cut(
    stream: ByteStream, start: Position, dialect: Dialect, *, keep: bool = False, sizes: Sizes = SIZES
) -> Iterator[Cut]:
    """The chunks of what is left of a file, of which ``stream`` gives the bytes from ``start`` on.

    ``keep`` says whether the bytes of the chunks are wanted too.

    Raises:
        PlumblineError: what reading the stream raises. Where it is damaged for good, the chunks of the whole lines
            before that place come first.
    """
    cutter = _Cutter(stream, start, dialect, keep, sizes)
    while (draft := cutter.next(start)) is not None:
        yield Cut(start, draft.end, draft.careful, cutter.data(start, draft) if keep else None)
        start = draft.end
    if cutter.failure is not None:
        raise cutter.failure


@dataclass(frozen=True, slots=True)
class Draft:
    """A chunk that may still grow; ``looked`` is the offset up to which bytes decided what is in it."""

    end: Position
    careful: bool = False
    looked: int = 0
    oversize: bytes | None = None  # what is kept of a chunk that ends with a row longer than may be kept


class _Cutter:
    def __init__(self, stream: ByteStream, start: Position, dialect: Dialect, keep: bool, sizes: Sizes) -> None:
        self._window = Window(stream, start.byte, sizes.block)
        self._dialect = dialect
        self._rows = rows_of(dialect)
        self._keep = keep
        self._sizes = sizes

    @property
    def failure(self) -> PlumblineError | None:
        """Why the stream could not be read to its end."""
        return self._window.failure

    def next(self, start: Position) -> Draft | None:
        """The chunk that begins at ``start``; None at the stream's end."""
        sizes = self._sizes
        self._window.fill(start.byte + 1, start.byte)
        if self._window.end == start.byte:
            return None
        until = Position(start.byte + sizes.bytes, start.row + sizes.rows)
        enough = Position(
            start.byte + int(sizes.bytes * sizes.tail_share), start.row + int(sizes.rows * sizes.tail_share)
        )
        draft = self._grown(Draft(start), start, until, enough)
        if draft.end == start and self.failure is not None:  # only the beginning of a line was left
            return None
        return draft if draft.oversize is not None else self._with_tail(draft, start)

    def data(self, start: Position, draft: Draft) -> bytes:
        """The bytes of a chunk, and those that its reader needs behind its end."""
        if draft.oversize is not None:
            return draft.oversize
        return self._window.between(start.byte, max(draft.end.byte, draft.looked))

    def _with_tail(self, draft: Draft, start: Position) -> Draft:
        share = self._sizes.tail_share
        most = int((draft.end.byte - start.byte) * share)
        self._window.fill(draft.end.byte + most + 1, start.byte if self._keep else draft.end.byte)
        left = self._window.end - draft.end.byte
        if not 0 < left <= most:
            return draft
        until = Position(self._window.end, draft.end.row + int((draft.end.row - start.row) * share))
        longer = self._grown(draft, start, until, enough=until)
        return longer if longer.end.byte == self._window.end else draft

    def _grown(self, draft: Draft, start: Position, until: Position, enough: Position) -> Draft:
        """The draft with what there is room for up to the byte and the row of ``until``.

        From ``enough`` on it does not go on into records that only the CSV reader can tell, unless it holds such
        already: a chunk of their own is read faster.
        """
        step = self._sizes.first_step
        while not _reaches(draft.end, until) and draft.oversize is None:
            self._window.fill(until.byte + 1, start.byte if self._keep else draft.end.byte)
            room = min(until.byte, self._window.end)
            if draft.end.byte == room:
                break
            block = self._window.between(draft.end.byte, min(draft.end.byte + step, room))
            rows_left = until.row - draft.end.row
            proven = self._proven(block, rows_left, last=draft.end.byte + len(block) == self._window.end)
            if proven.end:
                draft = replace(draft, end=_behind(draft.end, proven))
                step = self._next_step(draft.end, start, until)
            elif len(block) < room - draft.end.byte and not proven.broken:
                step = room - draft.end.byte  # a long record
            elif not draft.careful and draft.end > start and _reaches(draft.end, enough):
                break
            else:
                draft = self._stretched(draft, start, until)
                step = self._sizes.first_step
        return draft

    def _proven(self, block: bytes, rows_left: int, *, last: bool) -> Proven:
        proven = self._rows.prove(block, last=last)
        if proven.rows <= rows_left:
            return proven
        return self._rows.prove(block[: self._rows.first(block, rows_left)], last=True)

    def _next_step(self, end: Position, start: Position, until: Position) -> int:
        """As many bytes as the rows that there is room for have, if they are like those before."""
        rows_left = until.row - end.row
        likely = rows_left * (end.byte - start.byte) / (end.row - start.row)
        # Rather too few at first: finding the last row for which there is room takes longer than counting.
        likely *= 0.95 if rows_left > self._sizes.rows / 20 else 1.2
        return max(1, min(self._sizes.step, int(likely)))

    def _stretched(self, draft: Draft, start: Position, until: Position) -> Draft:
        """The draft with records that cannot be found at the speed of memory."""
        keep_from = start.byte if self._keep else None
        if self._dialect.kind == "jsonl":
            skipped = skip_line(self._window, draft.end, keep_from)
            return replace(draft, end=skipped.end, oversize=skipped.oversize)
        until = until._replace(byte=min(until.byte, draft.end.byte + self._sizes.stretch))
        read = read_stretch(self._window, draft.end, until, self._dialect, keep_from)
        return Draft(read.end, careful=True, looked=max(draft.looked, read.looked), oversize=read.oversize)


def _reaches(end: Position, enough: Position) -> bool:
    return end.byte >= enough.byte or end.row >= enough.row


def _behind(end: Position, proven: Proven) -> Position:
    return Position(end.byte + proven.end, end.row + proven.rows, end.line + proven.lines)
