"""A chunk read between two planned positions holds the rows that reading the whole file gives there; and what
cannot be used comes back as a file that can be mended.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import UnreadableFile
from plumbline.imports import chunks, rejected
from plumbline.imports.chunks import Chunk, read_chunk
from plumbline.imports.cutting import Sizes, cut
from plumbline.imports.decoding import skip
from plumbline.imports.formulas import shield
from plumbline.imports.lines import Lines
from plumbline.imports.reader import MAX_ROW_BYTES, Position, Record, RecordReader
from plumbline.imports.rows import RowParser
from plumbline.imports.source import Source, decoded, recognise
from plumbline.models import NewInteraction, Problem

from tests.support.imports import UPLOADED_AT


def told(data: bytes) -> Source:
    return recognise(io.BytesIO(data), "history")


def positions(data: bytes, source: Source) -> list[Position]:
    """All places between two records from the first row on."""
    if source.layout is None:
        lines = data[source.begins.byte :].splitlines(keepends=True)
        ends = itertools.accumulate(map(len, lines), initial=source.begins.byte)
        return [Position(end, number, number) for number, end in enumerate(ends, 1)]
    lines_left = Lines(io.BytesIO(data[source.begins.byte :]))
    reader = RecordReader(lines_left, source.begins, source.dialect.width, source.dialect.delimiter)
    return [source.begins, *(reader.position for _ in reader.steps())]


def between(data: bytes, source: Source, start: Position, end: Position) -> Chunk:
    return read_chunk(io.BytesIO(data[start.byte :]), source, 1, start, end, UPLOADED_AT)


def whole(data: bytes) -> Chunk:
    """All of a file as one chunk."""
    source = told(data)
    stream = decoded(io.BytesIO(data), source)
    plain = b"".join(iter(lambda: stream.read(1 << 16), b""))
    return between(plain, source, source.begins, positions(plain, source)[-1])


def mended(data: bytes) -> bytes:
    """The file of the rows that could not be used."""
    source = told(data)
    return rejected.head(source) + whole(data).rejected_rows


CELL = st.text(st.sampled_from('ab;,"\r\n\0é'), max_size=9)
BROKEN = st.lists(
    st.sampled_from(
        [b"a;b\n", b'"', b'""', b";", b"\n", b"\r\n", b"x", b'";"', b"\xff", b"\0", b'"a\nb";c\n', b" \n", b"a\n"]
    ),
    max_size=25,
).map(b"".join)


def csv_rows(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


@given(st.lists(st.lists(CELL, min_size=1, max_size=3), max_size=12).map(csv_rows) | BROKEN, st.data())
def test_chunks_hold_what_the_reader_reads_wherever_they_are_cut(rows: bytes, draw: st.DataObject) -> None:
    data = b"Input;Output\r\n" + rows
    source = told(data)
    assert source.layout is not None
    places = positions(data, source)
    cuts = sorted({0, len(places) - 1, *draw.draw(st.lists(st.integers(0, len(places) - 1), max_size=3))})
    found = [between(data, source, places[one], places[two]) for one, two in itertools.pairwise(cuts)]

    parser = RowParser(source.layout, UPLOADED_AT, ";")
    reader = RecordReader(Lines(io.BytesIO(data[source.begins.byte :])), source.begins, 2, ";")
    parsed = [parser.parse(record) for record in reader]
    assert [row for chunk in found for row in chunk.rows] == [
        row for row in parsed if isinstance(row, NewInteraction)
    ]
    assert [problem for chunk in found for problem in chunk.problems] == [
        row for row in parsed if isinstance(row, Problem)
    ]
    assert sum(chunk.rejected for chunk in found) == sum(isinstance(row, Problem) for row in parsed)


JSON_LINE = st.sampled_from(
    [
        b'{"input":"q","output":"a"}',
        b'{"input":"q"}',
        b"",
        b"  ",
        b"nonsense",
        b'{"input":"\xff","output":""}',
        b"{}",
    ]
)


@given(st.lists(JSON_LINE, max_size=12), st.sampled_from([b"\n", b"\r\n"]), st.integers(1, 30), st.data())
def test_chunks_of_json_lines(lines: list[bytes], newline: bytes, block: int, draw: st.DataObject) -> None:
    data = b'{"input":"first","output":""}\n' + newline.join(lines)
    source = told(data)
    places = positions(data, source)
    cuts = sorted({0, len(places) - 1, *draw.draw(st.lists(st.integers(0, len(places) - 1), max_size=3))})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "_BLOCK", block)
        found = [between(data, source, places[one], places[two]) for one, two in itertools.pairwise(cuts)]
    good = [b"first", *(b"q" for line in lines if line == b'{"input":"q","output":"a"}')]
    assert [row.input.encode() for chunk in found for row in chunk.rows] == good
    assert [problem.row for chunk in found for problem in chunk.problems] == [
        number for number, line in enumerate(lines, 2) if line.strip() and line != b'{"input":"q","output":"a"}'
    ]


@pytest.mark.parametrize("head", [b"Input,Output\n", b'{"input":"q","output":"a"}\n'])
def test_a_file_that_is_not_the_one_that_was_cut_is_told(head: bytes) -> None:
    row = b"q,a\n" if head.startswith(b"I") else head
    data = head + row * 3
    source = told(data)
    start, *_, end = positions(data, source)
    assert len(between(data, source, start, end).rows) >= 3
    for wrong in (
        end._replace(byte=end.byte + 1),
        end._replace(row=end.row + 1),
        end._replace(line=end.line - 1),
    ):
        with pytest.raises(UnreadableFile, match="The file changed while it was read"):
            between(data, source, start, wrong)


def test_a_chunk_of_a_packed_file_is_read_from_the_decoded_stream() -> None:
    data = gzip.compress("Input\tOutput\r\nq1\ta1\r\nq2\ta2\r\n".encode("utf-16"))
    source = told(data)
    start = Position(source.begins.byte + 7, 3, 3)
    stream = decoded(io.BytesIO(data), source)
    skip(stream, start.byte)
    chunk = read_chunk(stream, source, 2, start, Position(start.byte + 7, 4, 4), UPLOADED_AT)
    assert (chunk.number, [row.output for row in chunk.rows]) == (2, ["a2"])


def test_invalid_utf_16_costs_its_row_alone() -> None:
    text = "Input\tOutput\nq1\ta\nq2\t\ud83d\nq3\ta\nq4\ta".encode("utf-16-le", "surrogatepass")
    found = whole(b"\xff\xfe" + text + b"\0")
    assert [row.input for row in found.rows] == ["q1", "q3"]
    assert [(problem.row, problem.column) for problem in found.problems] == [(3, "Output"), (5, "Output")]
    assert "q2\t" in mended(b"\xff\xfe" + text).decode(errors="replace")


@pytest.mark.parametrize(
    ("head", "row", "long"),
    [
        (b"Input,Output\n", b"q,a\n", b'q,"%s"\n'),
        (b"Input,Output\n", b"q,a\n", b"q,%s\n"),
        (b"\n", b'{"input":"q","output":"a"}\n', b'{"input":"%s"}\n'),
    ],
)
@pytest.mark.parametrize("staged", [False, True])
def test_a_row_that_is_too_long_is_rejected_and_need_not_be_kept(
    head: bytes, row: bytes, long: bytes, staged: bool
) -> None:
    data = head + row + long % (b"x" * (2 * MAX_ROW_BYTES)) + row
    source = told(head + row)
    found: list[Chunk] = []
    for one in cut(io.BytesIO(data[source.begins.byte :]), source.begins, source.dialect, keep=staged):
        stream = io.BytesIO(data[one.start.byte :] if one.data is None else one.data)
        found.append(read_chunk(stream, source, len(found) + 1, one.start, one.end, UPLOADED_AT))
    assert sum(len(chunk.rows) for chunk in found) == 2
    (problem,) = (problem for chunk in found for problem in chunk.problems)
    assert "longer than 16 MiB" in problem.problem
    assert problem.row == 3
    assert found[-1].end.byte == len(data)
    assert sum(len(chunk.rejected_rows) for chunk in found) < 1000 or source.layout is None


@given(BROKEN | st.lists(st.sampled_from([b"a;b\n", b'"q\n1";"a"\n', b"\n", b'"";x\n'])).map(b"".join), st.data())
def test_what_is_cut_is_read_back_with_the_bytes_that_are_kept(rows: bytes, draw: st.DataObject) -> None:
    data = b"Input;Output\n" + rows
    source = told(data)
    sizes = Sizes(
        rows=draw.draw(st.integers(1, 9)), bytes=draw.draw(st.integers(1, 60)), first_step=5, step=9, stretch=7
    )
    stream = io.BytesIO(data[source.begins.byte :])
    found: list[Chunk] = []
    for one in cut(stream, source.begins, source.dialect, keep=True, sizes=sizes):
        assert one.data is not None
        found.append(read_chunk(io.BytesIO(one.data), source, 1, one.start, one.end, UPLOADED_AT))
    end = positions(data, source)[-1]
    at_once = between(data, source, source.begins, end)
    assert [row for chunk in found for row in chunk.rows] == at_once.rows
    assert [problem for chunk in found for problem in chunk.problems] == list(at_once.problems)
    assert b"".join(chunk.rejected_rows for chunk in found) == at_once.rejected_rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_rejected_rows_can_be_mended_and_read_again(delimiter: str, bom: bytes) -> None:
    rows = 'Input,tag,Output,created_at\nq1,t,a1,\nq2,t\nq3,t,a3,01/02/2026\n=1+1,t,a4,,x\n"q"5,t,a,\n'
    data = bom + rows.replace(",", delimiter).encode()
    found = whole(data)
    assert (len(found.rows), found.rejected) == (1, 4)
    file = mended(data)
    assert file.startswith(bom + delimiter.join(["Input", "tag", "Output", "created_at", "rejected_row"]).encode())
    table = list(csv.DictReader(io.StringIO(file.removeprefix(bom).decode(), newline=""), delimiter=delimiter))
    assert [(row["Input"], row["rejected_row"], row["rejected_line"]) for row in table] == [
        ("q2", "3", "3"),
        ("q3", "4", "4"),
        ("'=1+1", "5", "5"),
        (f'"q"5{delimiter}t{delimiter}a{delimiter}', "6", "6"),
    ]
    assert table[1]["rejected_reason"].startswith("Column created_at: The date can be read in two ways")
    assert table[2]["created_at"] == shield(f"{delimiter}x")
    for row in table:
        assert row["rejected_reason"][0].isalpha()
    again = whole(file.replace(b"01/02/2026", b"2026-01-02"))
    assert [(row.input, row.metadata) for row in again.rows if row.input == "q3"] == [("q3", {"tag": "t"})]
    assert told(file).dialect.width == 7


def test_rejected_lines_are_the_same_objects_with_three_keys_more() -> None:
    lines = [
        b'{"input":"q0","output":"a"}',
        b'{ "input" : "q1", "n": 1.0, "big": 123456789012345678901234567890 } ',
        b"{}",
        b'{"input": "q3", "rejected_row": 9, "rejected_reason": "old"}',
        b"no \xff JSON",
        b"[1]",
    ]
    data = b"\n".join(lines)
    first, second, third, fourth, fifth = mended(data).splitlines()
    assert first.startswith(b'{ "input" : "q1", "n": 1.0, "big": 123456789012345678901234567890,"rejected_row":2,')
    assert json.loads(first)["rejected_reason"] == whole(data).problems[0].problem
    assert json.loads(second).keys() == {"rejected_row", "rejected_line", "rejected_reason"}
    assert {**json.loads(third), "rejected_reason": ""} == {
        "input": "q3",
        "rejected_row": 4,
        "rejected_line": 4,
        "rejected_reason": "",
    }
    assert json.loads(fourth)["line"] == "no \\xff JSON"
    assert json.loads(fifth)["line"] == "[1]"
    mended_line = first.replace(b'"n": 1.0, "big": 123456789012345678901234567890', b'"output": "a"')
    again = whole(lines[0] + b"\n" + mended_line)
    assert [(row.input, row.metadata) for row in again.rows] == [("q0", {}), ("q1", {})]


@pytest.mark.parametrize("data", [b"Input,Output\n" + b"x\n" * 50, b'{"input":"q","output":"a"}\n' + b"x\n" * 50])
def test_a_part_of_the_rejected_rows_is_bounded_and_says_so(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected, "MAX_PART_BYTES", 1000)
    found = whole(data)
    assert (found.rejected, len(found.problems)) == (50, 50)
    lines = found.rejected_rows.splitlines()
    assert 3 < len(lines) < 20
    assert sum(map(len, lines[:-1])) <= 1000
    assert b"do not fit into this file" in lines[-1]
    assert b"x" not in lines[-1].split(b"This row")[0]


def test_problems_are_kept_up_to_a_hundred_and_all_are_counted() -> None:
    found = whole(b"Input,Output\n" + b"alone\n" * 150 + b"q,a\n")
    assert (found.rejected, len(found.rows)) == (150, 1)
    assert [problem.row for problem in found.problems] == list(range(2, 102))


def test_names_of_the_files_of_rejected_rows() -> None:
    assert rejected.rejected_name(told(b"Input,Output\n"), 7) == "rejected/7.csv"
    assert rejected.rejected_name(told(b'{"input":"q","output":"a"}\n'), 7) == "rejected/7.jsonl"
    assert rejected.head(told(b'{"input":"q","output":"a"}\n')) == b""


def test_a_rare_row_is_read_as_the_slow_way_reads_it() -> None:
    long = "x" * 40_000
    data = f"Input,Output,id,created_at,metric.n\n{long},a, 7 ,2026-01-01,3\n".encode()
    (row,) = whole(data).rows
    assert row == NewInteraction(
        long, "a", datetime(2026, 1, 1, tzinfo=UTC), {"id": " 7 "}, {"output.n": 3.0}, "7"
    )
    source = told(data)
    assert source.layout is not None
    assert RowParser(source.layout, UPLOADED_AT).parse(Record(2, 2, [long, "a", " 7 ", "2026-01-01", "3"])) == row
