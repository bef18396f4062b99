"""Chunks are the same on every attempt, and together they are the file."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.imports import chunks
from plumbline.imports.chunks import Chunk, next_chunk
from plumbline.imports.header import open_csv
from plumbline.imports.lines import Lines
from plumbline.imports.reader import RecordReader
from plumbline.imports.rows import RowParser

from tests.support.imports import UPLOADED_AT, csv_file


def all_chunks(data: bytes, *, resume: bool = False) -> list[Chunk]:
    """The file's chunks; with ``resume`` each is read by a reader of its own."""
    layout, lines = open_csv(io.BytesIO(data))
    parser = RowParser(layout, UPLOADED_AT)
    reader = RecordReader(lines, layout.rows_begin, layout.width)
    found: list[Chunk] = []
    while reader.byte < len(data):
        found.append(next_chunk(reader, parser, len(found) + 1, len(data)))
        if resume:
            position = found[-1].end
            reader = RecordReader(Lines(io.BytesIO(data[position.byte :])), position, layout.width)
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 10)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 200)


CELL = st.text(st.sampled_from('ab,"\r\n'), max_size=20)


@pytest.mark.usefixtures("small")
@given(st.lists(st.lists(CELL, min_size=1, max_size=3), max_size=60))
def test_chunks_are_the_file_and_the_same_for_every_reader(rows: list[list[str]]) -> None:
    data = csv_file(rows)
    found = all_chunks(data)
    assert all_chunks(data, resume=True) == found
    assert [chunk.start for chunk in found[1:]] == [chunk.end for chunk in found[:-1]]
    if found:
        assert found[-1].end.byte == len(data)
    layout, lines = open_csv(io.BytesIO(data))
    reader = RecordReader(lines, layout.rows_begin, layout.width)
    assert sum(len(chunk.rows) + chunk.rejected for chunk in found) == len(list(reader))


@pytest.mark.usefixtures("small")
def test_a_chunk_ends_by_rows_or_by_bytes() -> None:
    assert [len(chunk.rows) for chunk in all_chunks(csv_file([["q", "a"]] * 35))] == [10, 10, 10, 5]
    assert [len(chunk.rows) for chunk in all_chunks(csv_file([["q" * 50, "a" * 48]] * 7))] == [2, 2, 2, 1]


@pytest.mark.usefixtures("small")
def test_a_short_rest_is_read_along() -> None:
    assert [len(chunk.rows) for chunk in all_chunks(csv_file([["q", "a"]] * 12))] == [12]
    assert [len(chunk.rows) for chunk in all_chunks(csv_file([["q", "a"]] * 13))] == [10, 3]


@pytest.mark.usefixtures("small")
def test_a_rest_of_many_small_rows_is_not() -> None:
    data = csv_file([["q" * 60, "a" * 60]] * 9 + [["q", "a"]] * 40)
    assert all(len(chunk.rows) <= 20 for chunk in all_chunks(data))


def test_problems_are_kept_up_to_a_hundred() -> None:
    (chunk,) = all_chunks(csv_file([["alone"]] * 150 + [["q", "a"]]))
    assert (chunk.rejected, len(chunk.problems), len(chunk.rows)) == (150, 100, 1)
    assert [problem.row for problem in chunk.problems] == list(range(2, 102))
