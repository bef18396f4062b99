"""Chunks of any file: read one by one, they give the records that reading the whole file gives."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.imports.cutting import SIZES, Cut, Sizes, cut
from plumbline.imports.dialect import Dialect
from plumbline.imports.lines import Lines
from plumbline.imports.reader import Malformed, Position, Record, RecordReader

from tests.support.streams import Dribble

if TYPE_CHECKING:
    from collections.abc import Sequence

START = Position()
CSV = Dialect("csv")


def cuts(
    data: bytes, dialect: Dialect = CSV, sizes: Sizes = SIZES, start: Position = START, size: int = 1 << 20
) -> list[Cut]:
    return list(cut(Dribble(data[start.byte :], size), start, dialect, keep=True, sizes=sizes))


def whole(data: bytes, dialect: Dialect = CSV) -> list[Record | Malformed]:
    return list(RecordReader(Lines(io.BytesIO(data)), START, dialect.width, dialect.delimiter))


def of_chunk(chunk: Cut, data: bytes, dialect: Dialect) -> list[Record | Malformed]:
    """What a reader finds that has ``data`` and stops at the chunk's end."""
    found = []
    reader = RecordReader(Lines(io.BytesIO(data)), chunk.start, dialect.width, dialect.delimiter)
    for record in reader.steps():
        if record is not None:
            found.append(record)
        if reader.byte >= chunk.end.byte:
            break
    assert reader.position == chunk.end
    return found


def by_chunks(data: bytes, chunks: Sequence[Cut], dialect: Dialect = CSV) -> list[Record | Malformed]:
    found = []
    at = START
    for chunk in chunks:
        assert chunk.start == at
        assert chunk.end.byte > at.byte
        assert chunk.data is not None
        own = data[chunk.start.byte : chunk.end.byte]
        assert chunk.data.startswith(own) if chunk.careful else chunk.data == own
        found += (records := of_chunk(chunk, chunk.data, dialect))
        if chunk.careful:
            assert of_chunk(chunk, data[chunk.start.byte :], dialect) == records
        at = chunk.end
    assert at.byte == len(data)
    return found


CELL = st.text(st.sampled_from(list("ab,;\"\r\n \t\x0b\x0c\x1c\x85\u2028é世🎉\ufeff'")), max_size=8)
ROWS = st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=20)
NEWLINE = st.sampled_from(["\n", "\r\n", "\r"])
DELIMITER = st.sampled_from([",", ";", "\t"])
SMALL = st.builds(
    Sizes,
    rows=st.integers(1, 12),
    bytes=st.integers(1, 120),
    tail_share=st.sampled_from([0.0, 0.25, 0.9]),
    first_step=st.integers(1, 40),
    step=st.integers(1, 40),
    stretch=st.integers(1, 40),
    block=st.integers(1, 30),
)


@st.composite
def well_formed(draw: st.DrawFn) -> tuple[bytes, str]:
    """Files as writers write them, whose rows may end in different ways."""
    delimiter = draw(DELIMITER)
    out = io.StringIO(newline="")
    for row in draw(ROWS):
        quoting: Literal[0, 1] = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        csv.writer(out, delimiter=delimiter, lineterminator=draw(NEWLINE), quoting=quoting).writerow(row)
    text = out.getvalue()
    return (text.rstrip("\r\n") if draw(st.booleans()) else text).encode(), delimiter


PIECES = [
    *(b"a,b\n", b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"x", b'","', b"\xff", b'"a\nb",c\n', b'"p","q"\n'),
    *(b"c;d\r", b'"e";"f"\n', b"\t", b'a,"b\n', b'x,""\n', b" \n"),
]
ANYTHING = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


@given(well_formed(), SMALL, st.integers(1, 40))
def test_chunks_of_a_well_formed_file_hold_the_rows_that_python_reads(
    file: tuple[bytes, str], sizes: Sizes, size: int
) -> None:
    data, delimiter = file
    dialect = Dialect("csv", delimiter)
    chunks = cuts(data, dialect, sizes, size=size)
    found = by_chunks(data, chunks, dialect)
    assert found == whole(data, dialect)
    expected = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter)
    cells = [record.cells if isinstance(record, Record) else [record.problem] for record in found]
    assert cells == [row for row in expected if len(row) > 1 or (row and not row[0].isspace())]


@given(ANYTHING, DELIMITER, SMALL, st.integers(1, 40))
def test_chunks_of_anything_hold_the_records_of_the_whole(
    data: bytes, delimiter: str, sizes: Sizes, size: int
) -> None:
    dialect = Dialect("csv", delimiter)
    assert by_chunks(data, cuts(data, dialect, sizes, size=size), dialect) == whole(data, dialect)


@given(ANYTHING | well_formed().map(lambda file: file[0]), SMALL, st.integers(1, 40), st.data())
def test_cutting_again_from_any_chunk_gives_the_same_chunks(
    data: bytes, sizes: Sizes, size: int, draw: st.DataObject
) -> None:
    for dialect in (CSV, Dialect("jsonl")):
        chunks = cuts(data, dialect, sizes)
        at = draw.draw(st.integers(0, len(chunks)))
        start = chunks[at - 1].end if at else START
        assert cuts(data, dialect, sizes, start, size) == chunks[at:]
        stream = Dribble(data[start.byte :], size)
        without = list(cut(stream, start, dialect, sizes=sizes))
        assert without == [chunk._replace(data=None) for chunk in chunks[at:]]


@given(ANYTHING, SMALL, st.integers(1, 40))
def test_json_lines_end_with_a_newline_and_nothing_else(data: bytes, sizes: Sizes, size: int) -> None:
    at = START
    for chunk in cuts(data, Dialect("jsonl"), sizes, size=size):
        own = data[chunk.start.byte : chunk.end.byte]
        assert (chunk.start, chunk.data, chunk.careful) == (at, own, False)
        lines = own.split(b"\n")
        count = len(lines) - (not lines[-1])
        assert chunk.end == Position(at.byte + len(own), at.row + count, at.line + count)
        assert own.endswith(b"\n") or chunk.end.byte == len(data)
        at = chunk.end
    assert at.byte == len(data)


@given(ANYTHING | well_formed().map(lambda file: file[0]), SMALL, st.sampled_from(["csv", "jsonl"]))
def test_no_chunk_holds_more_rows_than_it_may(data: bytes, sizes: Sizes, kind: str) -> None:
    for chunk in cuts(data, Dialect("jsonl" if kind == "jsonl" else "csv"), sizes):
        assert chunk.end.row - chunk.start.row <= sizes.rows * (1 + sizes.tail_share)


@pytest.mark.parametrize("row", [b"a,b\n", b'"a","b"\n', b"\n", b"a,b\r", b'"a,""b""\r\n",c\r\n'])
@pytest.mark.parametrize("count", [4_999, 5_000, 5_001, 6_250, 6_251, 20_000])
def test_short_rows_come_in_chunks_of_as_many_as_are_wanted(row: bytes, count: int) -> None:
    chunks = cuts(row * count)
    rows = [chunk.end.row - chunk.start.row for chunk in chunks]
    assert sum(rows) == count
    assert rows[:-1] == [5_000] * (len(rows) - 1)
    assert rows[-1] <= 6_250
    assert rows[-1] > 1_250 or count < 1_250
