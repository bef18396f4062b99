"""Rows longer than may be kept, quotes that are never closed, and how little of them is held in memory."""

from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plumbline.imports.cutting import Sizes, cut
from plumbline.imports.dialect import Dialect
from plumbline.imports.lines import MAX_LINE_BYTES, Lines
from plumbline.imports.reader import MOST_LOOKED_AHEAD, TOO_LONG, Malformed, Position, RecordReader

if TYPE_CHECKING:
    from plumbline.imports.cutting import Cut
    from plumbline.imports.reader import Record

START = Position()
CSV, JSON = Dialect("csv"), Dialect("jsonl")
SIZES = st.builds(
    Sizes,
    rows=st.integers(2, 12),
    bytes=st.integers(1, 80),
    first_step=st.integers(1, 90),
    step=st.integers(1, 90),
    stretch=st.integers(1, 90),
    block=st.integers(1, 90),
)
PIECES = [
    b"a,b\n",
    b'"a","b"\n',
    b'"',
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"x" * 130,
    b"word, and\n" * 15,
    b'x,""\n' * 30,
]
FILES = st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join)


@pytest.fixture
def short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.imports.reader.MAX_ROW_BYTES", 100)
    monkeypatch.setattr("plumbline.imports.lines.MAX_LINE_BYTES", 100)


def records(data: bytes, start: Position, until: int) -> tuple[list[Record | Malformed], Position]:
    found = []
    reader = RecordReader(Lines(io.BytesIO(data)), start, 2)
    for record in reader.steps():
        if record is not None:
            found.append(record)
        if reader.byte >= until:
            break
    return found, reader.position


@pytest.mark.usefixtures("short_limit")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, SIZES)
def test_a_row_that_is_too_long_ends_its_chunk_and_is_told_by_what_is_kept_of_it(
    data: bytes, sizes: Sizes
) -> None:
    together: list[Record | Malformed] = []
    at = START
    for chunk in cut(io.BytesIO(data), START, CSV, keep=True, sizes=sizes):
        assert chunk.start == at
        assert chunk.data is not None
        assert data.startswith(chunk.data, at.byte)
        found, reached = records(chunk.data, chunk.start, chunk.end.byte)
        if len(chunk.data) < chunk.end.byte - chunk.start.byte:
            assert found[-1] == Malformed(chunk.end.row - 1, found[-1].line, b"", TOO_LONG)
        else:
            assert reached == chunk.end
        assert records(data[at.byte :], at, chunk.end.byte) == (found, chunk.end)
        together += found
        at = chunk.end
    assert at.byte == len(data)
    assert together == list(RecordReader(Lines(io.BytesIO(data)), START, 2))


@pytest.mark.usefixtures("short_limit")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, SIZES, st.integers(1, 40), st.data())
def test_cutting_again_gives_the_same_where_rows_are_too_long(
    data: bytes, sizes: Sizes, block: int, draw: st.DataObject
) -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, block))

    for dialect in (CSV, JSON):
        chunks = list(cut(io.BytesIO(data), START, dialect, sizes=sizes))
        start = draw.draw(st.sampled_from([START, *(chunk.end for chunk in chunks)]))
        again = list(cut(Dribble(data[start.byte :]), start, dialect, sizes=sizes))
        assert again == [chunk for chunk in chunks if chunk.start >= start]


@pytest.mark.usefixtures("short_limit")
def test_of_a_json_line_that_is_too_long_only_the_beginning_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.imports.stretches.READ_SIZE", 16)
    data = b'{"a":1}\n' + b"x" * 5000 + b"\n" + b'{"b":2}\n'
    chunks = list(cut(io.BytesIO(data), START, JSON, keep=True, sizes=Sizes(bytes=64, tail_share=0)))
    assert [chunk.end.row for chunk in chunks] == [2, 3, 4]
    assert chunks[1].data is not None
    assert 100 < len(chunks[1].data) < 200
    assert [chunk.data for chunk in chunks[::2]] == [b'{"a":1}\n', b'{"b":2}\n']


class Endless:
    """A row whose quote is never closed, and nothing else."""

    def __init__(self, size: int, line: bytes) -> None:
        self._left = size
        self._line = line * (256 * 1024 // len(line))
        self._begun = False

    def read(self, size: int, /) -> bytes:
        if not self._begun:
            self._begun = True
            return b'"'
        part = self._line[: min(size, self._left)]
        self._left -= len(part)
        return part


@pytest.mark.parametrize("keep", [False, True])
def test_memory_stays_flat_in_a_quote_that_is_never_closed(keep: bool) -> None:
    words = b"one word after the other, none of them quoted, and so on " * 20 + b"\n"
    tracemalloc.start()
    chunks: list[Cut] = list(cut(Endless(120_000_000, words), START, CSV, keep=keep))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(chunks) == 1
    assert chunks[0].careful
    assert chunks[0].data is None or MAX_LINE_BYTES < len(chunks[0].data) < MAX_LINE_BYTES + MOST_LOOKED_AHEAD
    assert peak < 200_000_000


def test_a_stray_quote_far_from_the_one_that_shows_it_is_read_with_what_shows_it() -> None:
    rows = b"question,answer\n" * 400_000
    data = b'"oops,here\n' + rows + b'a,"b"\n'
    chunks = list(cut(io.BytesIO(data), START, CSV, keep=True))
    assert [chunk.careful for chunk in chunks] == [True] + [False] * (len(chunks) - 1)
    first = chunks[0]
    assert first.data is not None
    assert 0 < len(first.data) - first.end.byte <= MOST_LOOKED_AHEAD
    assert records(first.data, START, first.end.byte) == records(data, START, first.end.byte)
    assert all(chunk.end.row - chunk.start.row <= 6_250 for chunk in chunks)
