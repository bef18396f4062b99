"""The CSV reader against Python's own, on well-formed files; and what it makes of broken ones."""

import csv
import io
import tracemalloc
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.imports import recovery
from plumbline.imports.lines import Lines
from plumbline.imports.reader import STRAY_QUOTE, TOO_LONG, UNTERMINATED, Malformed, Position, Record, RecordReader

from tests.support.streams import Dribble

Quoting = Literal[0, 1]
START = Position()


def read(
    data: bytes, width: int = 2, start: Position = START, size: int = 1 << 20
) -> tuple[list[Record | Malformed], Position]:
    lines = Lines(Dribble(data[start.byte :], size))
    reader = RecordReader(lines, start, width)
    return list(reader), reader.position


def cells(data: bytes, width: int = 2) -> list[list[str] | str]:
    """Cells of good records; the problem of broken ones."""
    records, _ = read(data, width)
    return [record.cells if isinstance(record, Record) else record.problem for record in records]


def good(data: bytes, size: int = 1 << 20) -> list[Record]:
    records, _ = read(data, size=size)
    assert all(isinstance(record, Record) for record in records)
    return [record for record in records if isinstance(record, Record)]


def places(data: bytes, width: int = 2) -> list[tuple[int, int]]:
    return [(record.row, record.line) for record in read(data, width)[0]]


def track(reader: RecordReader) -> tuple[list[Record | Malformed], list[Position]]:
    """The records, and the positions before, between and behind them."""
    records: list[Record | Malformed] = []
    positions = [reader.position]
    for record in reader:
        records.append(record)
        positions.append(reader.position)
    return records, positions


# Cells full of what matters to a CSV reader.
CELL = st.text(st.sampled_from(list("ab,;\"\r\n \t\x0b\x0c\x1c\x85\u2028é世🎉\ufeff'")), max_size=8) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=8)
NEWLINE = st.sampled_from(["\n", "\r\n", "\r"])
QUOTING: st.SearchStrategy[Quoting] = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])


def write(rows: list[list[str]], newline: str, quoting: Quoting, last_newline: bool = True) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=newline, quoting=quoting).writerows(rows)
    text = out.getvalue()
    return (text if last_newline else text.removesuffix(newline)).encode()


@given(ROWS, NEWLINE, QUOTING, st.booleans(), st.integers(1, 40))
def test_well_formed_files_read_as_python_reads_them(
    rows: list[list[str]], newline: str, quoting: Quoting, last_newline: bool, size: int
) -> None:
    data = write(rows, newline, quoting, last_newline)
    expected = list(csv.reader(io.StringIO(data.decode(), newline="")))
    records = good(data, size=size)
    assert [record.cells for record in records] == [
        row for row in expected if len(row) > 1 or (row and not row[0].isspace())
    ]
    assert all(record.valid for record in records)
    assert read(data, size=size)[1].byte == len(data)


@given(ROWS, NEWLINE, QUOTING, st.integers(1, 40), st.data())
def test_reading_on_from_any_position_gives_the_rest(
    rows: list[list[str]], newline: str, quoting: Quoting, size: int, data: st.DataObject
) -> None:
    content = write(rows, newline, quoting)
    lines = Lines(Dribble(content, size))
    reader = RecordReader(lines, Position(), 2)
    records, positions = track(reader)
    cut = data.draw(st.integers(0, len(records)))
    rest, end = read(content, start=positions[cut], size=size)
    assert rest == records[cut:]
    assert end == reader.position or not rest


BROKEN = st.lists(
    st.sampled_from(
        [b"a,b\n", b'"', b'""', b",", b"\n", b"\r\n", b"x", b'","', b"\xff", b'"a\nb",c\n', b'"p","q"\n']
    )
)


@given(BROKEN.map(b"".join), st.integers(1, 20), st.data())
def test_whatever_is_in_a_file_every_byte_of_it_is_in_one_record_and_reading_on_agrees(
    content: bytes, size: int, data: st.DataObject
) -> None:
    lines = Lines(Dribble(content, size))
    reader = RecordReader(lines, Position(), 2)
    records, positions = track(reader)
    assert reader.position.byte == len(content)
    assert sorted(positions) == positions
    starts = [record.row for record in records]
    assert starts == sorted(set(starts))
    for record, before, after in zip(records, positions, positions[1:], strict=False):
        if isinstance(record, Malformed):
            assert record.raw
            assert content[before.byte : after.byte].endswith(record.raw)
    cut = data.draw(st.integers(0, len(records)))
    assert read(content, start=positions[cut])[0] == records[cut:]


def test_line_breaks_inside_quotes_stay_as_they_are() -> None:
    assert cells(b'a,"1\r\n2\r3\n4"\r\nc,d') == [["a", "1\r\n2\r3\n4"], ["c", "d"]]


def test_rows_count_as_a_spreadsheet_counts_and_lines_as_an_editor_does() -> None:
    assert places(b'h,i\n\n"a\nb",c\n  \nd,e\n') == [(1, 1), (3, 3), (5, 6)]


def test_bytes_that_are_not_utf8_spoil_only_their_own_row() -> None:
    records = good(b"a,b\n\xff\xfe,c\nd,\xc3\xa9\n")
    assert [record.valid for record in records] == [True, False, True]
    assert cells(b"\xff\xfe,c\nd,\xc3\xa9\n") == [["\udcff\udcfe", "c"], ["d", "é"]]


def test_an_invalid_byte_in_a_later_line_of_a_quoted_cell_marks_the_row() -> None:
    records = good(b'"a\n\xff\nb",c\nd,e\n')
    assert [(record.row, record.line, record.valid) for record in records] == [(1, 1, False), (2, 4, True)]


def test_quotes_inside_an_unquoted_cell_are_read_as_they_are() -> None:
    assert cells(b'5" pipe,say "hi"\n') == [['5" pipe', 'say "hi"']]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b'"say "hi" now",b\nc,d\n', [STRAY_QUOTE, ["c", "d"]], id="quotes that are not doubled"),
        pytest.param(
            b'"c"x,d\nonly one\ne,f\n', [STRAY_QUOTE, ["only one"], ["e", "f"]], id="next to another bad row"
        ),
        pytest.param(b'"c"x\ne,f\n', [STRAY_QUOTE, ["e", "f"]], id="stray quote and a cell missing"),
        pytest.param(b'"a,b\n"c, d","e"\nf,g\n', [STRAY_QUOTE, ["c, d", "e"], ["f", "g"]], id="opened by mistake"),
        pytest.param(b'"a,b\nc,d\ne,"f"\n', [STRAY_QUOTE, ["c", "d"], ["e", "f"]], id="opened rows before"),
        pytest.param(
            b'"one\nsaid "two"\nthree, four",x\na,b\n', [STRAY_QUOTE, ["a", "b"]], id="in the middle of a cell"
        ),
        pytest.param(
            b'"He said "hi"\nand left",out\na,b\n', [STRAY_QUOTE, ["a", "b"]], id="on a cell's first line"
        ),
        pytest.param(
            b'"Hi "you", there\nthen, bye\nok",out\na,b\n', [STRAY_QUOTE, ["a", "b"]], id="prose with commas"
        ),
        pytest.param(
            b'"a","say "hi" to\nb, c\nd"\n"e","f"\n', [STRAY_QUOTE, ["e", "f"]], id="a row of several lines"
        ),
        pytest.param(
            b'"a","b "c" d"\ne,f\ng",h\n', [STRAY_QUOTE, ["e", "f"], ['g"', "h"]], id="complete in its line"
        ),
        pytest.param(b'"a","b "c" d"\n' * 3 + b"e,f\n", [STRAY_QUOTE] * 3 + [["e", "f"]], id="one after another"),
        pytest.param(b'"x"y,z', [STRAY_QUOTE], id="at the end of the file"),
        pytest.param(b'"x"y",z', [STRAY_QUOTE], id="at the end, an odd number"),
    ],
)
def test_a_stray_quote_costs_the_row_it_is_in(data: bytes, expected: list[list[str] | str]) -> None:
    assert cells(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b'a,b\n"c,d', [["a", "b"], UNTERMINATED], id="last line"),
        pytest.param(b'"x,y\nh,i\nj,k\n', [UNTERMINATED, ["h", "i"], ["j", "k"]], id="swallowed rows"),
        pytest.param(b'"x,y\nh,i\nj\nk,l\n', [UNTERMINATED, ["h", "i"], ["j"], ["k", "l"]], id="one of them bad"),
        pytest.param(b'a,b\n"Dear all,\nthe answer is\nlong and was cu', [["a", "b"], UNTERMINATED], id="cut off"),
    ],
)
def test_a_quote_that_is_never_closed_does_not_swallow_the_file(
    data: bytes, expected: list[list[str] | str]
) -> None:
    assert cells(data) == expected


def test_an_unclosed_quote_gives_back_all_but_its_own_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.imports.reader.MAX_ROW_BYTES", 1000)
    rows = [[f"question {n}", f"answer {n}"] for n in range(500)]
    data = (
        write(rows[:100], "\n", csv.QUOTE_MINIMAL) + b'"oops,here\n' + write(rows[100:], "\n", csv.QUOTE_MINIMAL)
    )
    assert cells(data) == [*rows[:100], UNTERMINATED, *rows[100:]]


def test_a_row_that_is_too_long_is_skipped_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.imports.reader.MAX_ROW_BYTES", 100)
    monkeypatch.setattr("plumbline.imports.lines.MAX_LINE_BYTES", 100)
    for long in (
        b"x" * 5000,
        b'"' + b"word and word\n" * 400 + b'"',
        b'"' + b'""\n' * 400 + b'"',
        b'"' + b"\r" * 99 + b'\n"',
    ):
        data = b"a,b\n" + long + b",c\nd,e\n"
        for size in (7, 64, 10_000):
            records, position = read(data, size=size)
            assert [record.row for record in records] == [1, 2, 3]
            assert [getattr(record, "problem", "") for record in records] == ["", TOO_LONG, ""]
            assert records[2].line == 2 + len(long.splitlines())
            assert position.byte == len(data)


def test_memory_stays_flat_on_a_line_without_end() -> None:
    class Endless:
        left = 150_000_000

        def read(self, size: int, /) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return b"x" * size

    tracemalloc.start()
    records = list(RecordReader(Lines(Endless()), Position(), 2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert records == [Malformed(1, 1, b"", TOO_LONG)]
    assert peak < 80_000_000


def test_what_a_line_says_of_the_broken_rows_above_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    closes = recovery._closes_a_cell_from_above

    def counted(line: bytes, written: recovery.Grammar) -> bool:
        asked.append(line)
        return closes(line, written)

    monkeypatch.setattr(recovery, "_closes_a_cell_from_above", counted)
    data = b"".join(b'"once %d"x,b\n' % number for number in range(500))
    records, _ = read(data)
    assert [record.row for record in records if isinstance(record, Malformed)] == list(range(1, 501))
    assert len(asked) == len(set(asked)) == 499
