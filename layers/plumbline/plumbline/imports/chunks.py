"""A file in chunks: enough rows to be worth a round of writes, few enough to be kept in memory and done again.

Where a chunk ends follows from the file and from where the chunk begins, so every attempt at it finds the same
rows in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plumbline.models import NewInteraction, Problem

if TYPE_CHECKING:
    from plumbline.imports.reader import Position, RecordReader
    from plumbline.imports.rows import RowParser

CHUNK_ROWS = 5_000
CHUNK_BYTES = 4 * 1024 * 1024
# What is left of a file is read along if it is no more than this share of the chunk: a handful of rows on its
# own would be too few to be judged by.
TAIL_SHARE = 0.25
PROBLEMS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Chunk:
    """The rows between two positions of a file, numbered from 1: what can be stored of them, and what cannot.

    ``problems`` are the first hundred of ``rejected``.
    """

    number: int
    start: Position
    end: Position
    rows: list[NewInteraction]
    rejected: int
    problems: tuple[Problem, ...]


def read_chunk(reader: RecordReader, parser: RowParser, number: int, size: int) -> Chunk:
    """The next chunk of a file of ``size`` bytes."""
    start = reader.position
    rows: list[NewInteraction] = []
    problems: list[Problem] = []
    rejected = 0
    for record in reader:
        row = parser.parse(record)
        if isinstance(row, Problem):
            rejected += 1
            if len(problems) < PROBLEMS_KEPT:
                problems.append(row)
        else:
            rows.append(row)
        if _is_full(len(rows) + rejected, reader.byte - start.byte, size - reader.byte):
            break
    return Chunk(number, start, reader.position, rows, rejected, tuple(problems))


def _is_full(rows: int, read: int, left: int) -> bool:
    if rows < CHUNK_ROWS and read < CHUNK_BYTES:
        return False
    return left > TAIL_SHARE * read or rows >= 2 * CHUNK_ROWS
