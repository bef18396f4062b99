"""A chunk of a file read: its rows as interactions, and those that are none as problems and as they stand."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plumbline.errors import UnreadableFile
from plumbline.imports.formulas import unshield
from plumbline.imports.jsonl import JsonParser
from plumbline.imports.lines import Lines
from plumbline.imports.reader import MAX_ROW_BYTES, TOO_LONG, Malformed, Position, Record, RecordReader, is_blank
from plumbline.imports.redacting import NOT_REDACTED, Redacting
from plumbline.imports.rejected import RejectedCells, RejectedLines
from plumbline.imports.rows import RowParser
from plumbline.models import NewInteraction, Problem
from plumbline.retention import FOR_EVER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from plumbline.imports.header import Layout
    from plumbline.imports.lines import ByteStream
    from plumbline.imports.source import Source
    from plumbline.redaction import Redactor
    from plumbline.retention import Retention

PROBLEMS_KEPT = 100
_CHANGED = "The file changed while it was read. Upload it again."
_BLOCK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Chunk:
    """The rows between two positions of a file, numbered from 1: what can be stored of them, and what cannot.

    ``problems`` are the first hundred of ``rejected``; ``rejected_rows`` is the chunk's part of the file of
    rejected rows. ``gaps`` are the places among the rows, from 0, of those that would be rows but could not be
    redacted: they keep their ids, so that all others have theirs even if the next attempt can.
    """

    number: int
    start: Position
    end: Position
    rows: list[NewInteraction]
    rejected: int
    problems: tuple[Problem, ...]
    rejected_rows: bytes = b""
    gaps: frozenset[int] = frozenset()

    def ids(self, first: int) -> Sequence[int]:
        """The ids of the rows, of which the first is ``first``."""
        every = range(first, first + len(self.rows) + len(self.gaps))
        return [number for number in every if number - first not in self.gaps] if self.gaps else every


def read_chunk(  # noqa: PLR0917 - what a chunk is, in the order of the file
    stream: ByteStream,
    source: Source,
    number: int,
    start: Position,
    end: Position,
    created_at: datetime,
    retention: Retention = FOR_EVER,
    redactor: Redactor | None = None,
) -> Chunk:
    """The chunk of a file from ``start`` up to ``end``.

    Args:
        stream: the file, decoded, from ``start`` on. Where a quote is broken it is read beyond ``end``, as far as
            it goes. It may end before ``end`` within a last row that is longer than a row may be.
        source: what the file is.
        number: the chunk's, from 1.
        start: where the chunk begins.
        end: where it ends: between two records.
        created_at: the time of rows that bring none, and that from which is counted how long they are kept.
        retention: how long that is where they do not say it.
        redactor: redacts the rows, and what is said and repeated of those rejected.

    Raises:
        UnreadableFile: no record ends at ``end``; the file is not the one that was cut there.
    """
    redacting = Redacting(redactor) if redactor is not None else None
    if source.layout is None:
        return _read_lines(stream, number, start, end, JsonParser(created_at, retention), redacting)
    parser = RowParser(source.layout, created_at, source.dialect.delimiter, retention)
    return _CsvChunk(source.layout, source.dialect.delimiter, parser, redacting).read(stream, number, start, end)


@dataclass(slots=True)
class _Sorted:
    """Rows that can be stored, and the first problems of those that cannot."""

    put_aside: RejectedCells | RejectedLines
    redacting: Redacting | None = None
    rows: list[NewInteraction] = field(default_factory=list)
    rejected: int = 0
    problems: list[Problem] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)

    def keep(self, row: int, line: int, new: NewInteraction) -> None:
        """Keep a row, redacted if it is to be, or put it aside if it cannot be."""
        kept = new if self.redacting is None else self.redacting.row(new)
        if kept is not None:
            self.rows.append(kept)
            return
        self.gaps.append(len(self.rows) + len(self.gaps))
        problem = Problem(row, line, NOT_REDACTED)
        self._note(problem)
        self.put_aside.withhold(problem)

    def reject(self, problem: Problem) -> Problem:
        """Count a row that cannot be used; the problem as it may be told."""
        told = problem if self.redacting is None else self.redacting.problem(problem)
        self._note(told)
        return told

    def _note(self, problem: Problem) -> None:
        self.rejected += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(problem)

    def chunk(self, number: int, start: Position, end: Position) -> Chunk:
        problems, gaps = tuple(self.problems), frozenset(self.gaps)
        return Chunk(number, start, end, self.rows, self.rejected, problems, self.put_aside.content(), gaps)


class _CsvChunk:
    def __init__(self, layout: Layout, delimiter: str, parser: RowParser, redacting: Redacting | None) -> None:
        self._layout = layout
        self._redacting = redacting
        self._delimiter = delimiter
        self._parser = parser
        self._mended = layout.mended
        self._begin()

    def _begin(self) -> None:
        self._rejected = RejectedCells(self._layout, self._delimiter, self._redacting)
        self._sorted = _Sorted(self._rejected, self._redacting)

    def read(self, stream: ByteStream, number: int, start: Position, end: Position) -> Chunk:
        size = end.byte - start.byte
        data = _read(stream, size) if size <= MAX_ROW_BYTES else b""
        is_whole = bool(data) and len(data) == size
        reached = self._read_plain(data, start, end) if is_whole and b"\0" not in data else None
        if reached is None:
            self._begin()
            reached = self._read_carefully(Lines(stream, data), start, end)
        if reached != end:
            raise UnreadableFile(_CHANGED)
        return self._sorted.chunk(number, start, end)

    def _read_plain(self, data: bytes, start: Position, end: Position) -> Position | None:
        """Read all of it at once; None if a quote is broken or something is no UTF-8. It must hold no NUL."""
        csv.field_size_limit(MAX_ROW_BYTES * 2)
        lines = map(bytes.decode, data.splitlines(keepends=True))
        reader = csv.reader(lines, strict=True, delimiter=self._delimiter)
        rows = (_as_written(cells) for cells in reader) if self._mended else reader
        row, line = start.row, start.line
        parse, keep = self._parser.parse_plain, self._sorted.keep
        try:
            for cells in rows:
                interaction = parse(cells)
                if interaction is not None:
                    keep(row, line, interaction)
                elif not is_blank(cells):
                    self._sort(Record(row, line, cells))
                row += 1
                line = start.line + reader.line_num
        except (csv.Error, UnicodeDecodeError):
            return None
        return Position(end.byte, row, line)

    def _read_carefully(self, lines: Lines, start: Position, end: Position) -> Position:
        reader = RecordReader(lines, start, self._layout.width, self._delimiter)
        record: Record | Malformed | None = None
        for record in reader.steps():
            if record is not None:
                self._sort(_record_as_written(record) if self._mended else record)
            if reader.byte >= end.byte:
                break
        reached = reader.position
        cut_off = isinstance(record, Malformed) and record.problem == TOO_LONG and reached.row == end.row
        return end if cut_off and reached.byte < end.byte else reached

    def _sort(self, record: Record | Malformed) -> None:
        parsed = self._parser.parse(record)
        if isinstance(parsed, Problem):
            self._rejected.add(record, self._sorted.reject(parsed))
        else:
            self._sorted.keep(record.row, record.line, parsed)


def _as_written(cells: list[str]) -> list[str]:
    return [*map(unshield, cells)]


def _record_as_written(record: Record | Malformed) -> Record | Malformed:
    if isinstance(record, Record):
        return record._replace(cells=_as_written(record.cells))
    text = unshield(record.raw.decode(errors="surrogateescape"))
    return record._replace(raw=text.encode(errors="surrogateescape"))


def _read_lines(  # noqa: PLR0917 - as read_chunk
    stream: ByteStream,
    number: int,
    start: Position,
    end: Position,
    parser: JsonParser,
    redacting: Redacting | None,
) -> Chunk:
    rejected = RejectedLines(redacting)
    found = _Sorted(rejected, redacting)
    row, line = start.row, start.line
    for raw in _lines(stream, end.byte - start.byte):
        if raw and not raw.isspace():
            parsed = parser.parse(row, line, raw)
            if isinstance(parsed, Problem):
                rejected.add(raw, found.reject(parsed))
            else:
                found.keep(row, line, parsed)
        row += 1
        line += 1
    if Position(end.byte, row, line) != end:
        raise UnreadableFile(_CHANGED)
    return found.chunk(number, start, end)


def _lines(stream: ByteStream, size: int) -> Iterator[bytes]:
    """The lines in the next ``size`` bytes, without their ends; of those that are too long, as much as tells."""
    rest = b""
    while size:
        block = _read(stream, min(size, _BLOCK))
        if not block:
            if len(rest) <= MAX_ROW_BYTES:
                raise UnreadableFile(_CHANGED)
            break
        size -= len(block)
        lines = (rest + block).split(b"\n")
        rest = lines.pop()[: MAX_ROW_BYTES + 1]
        yield from lines
    if rest:
        yield rest


def _read(stream: ByteStream, size: int) -> bytes:
    """The next ``size`` bytes, fewer only at the end."""
    blocks: list[bytes] = []
    while size and (block := stream.read(size)):
        blocks.append(block)
        size -= len(block)
    return blocks[0] if len(blocks) == 1 else b"".join(blocks)
