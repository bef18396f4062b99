"""What becomes of a row."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.imports.lines import Lines
from plumbline.imports.moments import EARLIEST, AmbiguousDate, parse_moment
from plumbline.imports.reader import STRAY_QUOTE, RecordReader
from plumbline.imports.rows import MAX_CELL_BYTES, MAX_METADATA_BYTES, RowParser
from plumbline.imports.source import recognise
from plumbline.imports.values import NOT_A_NUMBER
from plumbline.models import NewInteraction, Problem

IMPORTED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def parse(data: bytes) -> list[NewInteraction | Problem]:
    source = recognise(io.BytesIO(data), "history.csv")
    assert source.layout is not None
    lines = Lines(io.BytesIO(data[source.begins.byte :]))
    parser = RowParser(source.layout, IMPORTED_AT)
    return [parser.parse(record) for record in RecordReader(lines, source.begins, source.dialect.width)]


def one(data: bytes) -> NewInteraction | Problem:
    (row,) = parse(data)
    return row


def test_texts_stay_as_they_are_empty_ones_too() -> None:
    data = ' a \r\n,"\t""x""\r\ny"\r\n,\r\n"  ",é世\r\n'.encode()
    header = b"Input,Output\r\n"
    assert parse(header + b'" a \r\n",' + data.split(b",", 1)[1]) == [
        NewInteraction(" a \r\n", '\t"x"\r\ny', IMPORTED_AT),
        NewInteraction("", "", IMPORTED_AT),
        NewInteraction("  ", "é世", IMPORTED_AT),
    ]


def test_further_columns_are_metadata_and_empty_cells_are_left_out() -> None:
    row = one(b"Input,model,Output,created_at,note\nq,gpt,a,,\n")
    assert row == NewInteraction("q", "a", IMPORTED_AT, {"model": "gpt"})


def test_metrics_are_numbers_and_empty_cells_are_left_out() -> None:
    header = b"Input,Output,metric.latency_ms,metric.input.tokens,tag\n"
    rows = b"q,a,812,6,t\nq,a, -1.5E-3 ,,\nq,a,+.5,7.,\n"
    assert [(row.metrics, row.metadata) for row in parse(header + rows) if isinstance(row, NewInteraction)] == [
        ({"output.latency_ms": 812.0, "input.tokens": 6.0}, {"tag": "t"}),
        ({"output.latency_ms": -0.0015}, {}),
        ({"output.latency_ms": 0.5, "input.tokens": 7.0}, {}),
    ]


@pytest.mark.parametrize(
    "cell",
    [
        *("fast", "1 000", "1_000", '"1,5"', "812ms", "85%", "nan", "inf", "-Infinity", "1e101", "-1e999", "true"),
        *("0x1f", "\u0663", "1e", ".", "-", "N/A", "\u22125"),
    ],
)
def test_a_metric_that_is_no_number_is_the_rows_problem(cell: str) -> None:
    good, bad = parse(f"Input,Output,metric.a,Metric.latency_ms\nq,a,1,2\nq,a,,{cell}\n".encode())
    assert isinstance(good, NewInteraction)
    assert isinstance(bad, Problem)
    assert (bad.row, bad.line, bad.column) == (3, 3, "Metric.latency_ms")
    assert bad.problem == NOT_A_NUMBER


@given(st.floats(-1e100, 1e100) | st.integers(-(10**50), 10**50).map(float))
def test_every_number_that_is_written_is_read(value: float) -> None:
    row = one(f"Input,Output,metric.x\nq,a,{value!r}\n".encode())
    assert isinstance(row, NewInteraction)
    assert row.metrics == {"output.x": value}


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        (b"q", "Output", "A cell is missing: the row has 1 cell, the header 3."),
        (b"q,a", "tag", "A cell is missing: the row has 2 cells, the header 3."),
        (b"q,a,t,x", None, "There are too many cells: the row has 4, the header 3."),
        (b"q\0,a,t", "Input", "The cell contains a NUL character."),
        (b"q,a,t\0", "tag", "The cell contains a NUL character."),
        (b"q,\xffa,t", "Output", "The cell contains bytes that are not UTF-8."),
        (b"q,a,\xed\xa0\x80", "tag", "The cell contains bytes that are not UTF-8."),
        (b"q," + b"x" * (MAX_CELL_BYTES + 1) + b",t", "Output", "The cell is too long: it has 1,048,577 bytes"),
        (
            "é".encode() * (MAX_CELL_BYTES // 2 + 1) + b",a,t",
            "Input",
            "The cell is too long: it has 1,048,578 bytes",
        ),
        (b"q,a," + b"x" * MAX_METADATA_BYTES, None, "The columns beside input and output hold more than 64 KiB"),
        (b'"q"x,a,t', None, f"The row {STRAY_QUOTE}."),
        (b'q,a,"t', None, "The row opens a cell with a quotation mark that is never closed."),
    ],
)
def test_rows_that_cannot_be_used(row: bytes, column: str | None, problem: str) -> None:
    good, bad = parse(b"Input,Output,tag\nfine,fine,fine\n" + row + b"\n")
    assert isinstance(good, NewInteraction)
    assert isinstance(bad, Problem)
    assert (bad.row, bad.line, bad.column) == (3, 3, column)
    assert bad.problem.startswith(problem)


def test_cells_up_to_the_limit_are_read() -> None:
    for cell in (b"x" * MAX_CELL_BYTES, "é".encode() * (MAX_CELL_BYTES // 2)):
        row = one(b"Input,Output\nq," + cell)
        assert isinstance(row, NewInteraction)
        assert row.output.encode() == cell


def test_a_time_that_cannot_be_used_rejects_its_row_and_names_the_column() -> None:
    rows = parse(b"Input,Output,Created_At\nq,a,yesterday\nq,a,2026-01-03T03:04:06Z\nq,a,2026-01-03T03:04:05Z\n")
    assert [(row.column, row.row) for row in rows if isinstance(row, Problem)] == [
        ("created_at", 2),
        ("created_at", 3),
    ]
    assert all("yesterday" not in row.problem for row in rows if isinstance(row, Problem))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T13:45:00Z", "2026-01-31T13:45:00+00:00"),
        ("2026-01-31t13:45:00z", "2026-01-31T13:45:00+00:00"),
        (" 2026-01-31 13:45:00 ", "2026-01-31T13:45:00+00:00"),
        ("2026-01-31 13:45", "2026-01-31T13:45:00+00:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("2026/01/31 13:45:00", "2026-01-31T13:45:00+00:00"),
        ("2026-01-31T13:45:00.123456+02:00", "2026-01-31T11:45:00.123456+00:00"),
        ("2026-01-31T13:45:00.123456789Z", "2026-01-31T13:45:00.123456+00:00"),
        ("2026-01-31 13:45:00 +0200", "2026-01-31T11:45:00+00:00"),
        ("2026-01-31 13:45:00-05", "2026-01-31T18:45:00+00:00"),
        ("2026-01-31 13:45:00.5 UTC", "2026-01-31T13:45:00.500000+00:00"),
        ("1769867100", "2026-01-31T13:45:00+00:00"),
        ("1769867100.25", "2026-01-31T13:45:00.250000+00:00"),
        ("1769867100123", "2026-01-31T13:45:00.123000+00:00"),
        ("1769867100123456", "2026-01-31T13:45:00.123456+00:00"),
        ("1769867100123456789", "2026-01-31T13:45:00.123457+00:00"),
        ("Sat, 31 Jan 2026 13:45:00 GMT", "2026-01-31T13:45:00+00:00"),
        ("Sat, 31 Jan 2026 13:45:00 +0200", "2026-01-31T11:45:00+00:00"),
    ],
)
def test_the_common_forms_of_a_time(text: str, moment: str) -> None:
    assert parse_moment(text).isoformat() == moment


@pytest.mark.parametrize(
    "text",
    ["01/02/2026", "1/2/26", "31.01.2026", "31-01-2026 13:45", "1/31/2026 1:45 PM", "12.11.2026T00:00:00Z"],
)
def test_dates_with_the_year_last_are_told_as_such(text: str) -> None:
    with pytest.raises(AmbiguousDate):
        parse_moment(text)
    row = one(f"Input,Output,created_at\nq,a,{text}\n".encode())
    assert isinstance(row, Problem)
    assert row.problem == (
        "The date can be read in two ways, with the day or the month first. Write the year first, like 2026-01-31."
    )


@pytest.mark.parametrize(("header", "column"), [("id", "id"), ("ID,external_ID", "external_ID")])
def test_the_callers_own_id(header: str, column: str) -> None:
    cells = "," * header.count(",")
    rows = parse(f"Input,Output,{header}\nq,a,{cells} r-1 \nq,a,{cells}\nq,a,{cells}a\tb\n".encode())
    first, second, third = rows
    assert isinstance(first, NewInteraction)
    assert (first.external_id, first.metadata) == ("r-1", {column: " r-1 "})
    assert isinstance(second, NewInteraction)
    assert (second.external_id, second.metadata) == (None, {})
    assert isinstance(third, Problem)
    assert third.column == column
    assert "at most 200 characters, none of them a control character" in third.problem
    assert isinstance(one(f"Input,Output,id\nq,a,{'x' * 201}\n".encode()), Problem)
    assert isinstance(one(f"Input,Output,id\nq,a,{'世' * 200}\n".encode()), NewInteraction)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "01/02/2026",
        "31.01.2026",
        "2026-02-30",
        "2026-01-31T25:00:00Z",
        "2026-1-3",
        "1999-12-31T23:59:59Z",
        "0001-01-01",
        "20260131",
        "176986710",
        "17698671001",
        "12",
        "1e9",
        "٢٠٢٦-٠١-٣١",  # noqa: RUF001
        "9999-12-31T23:59:59-23:59",
        "x" * 10_000,
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever: the caller says what is expected
        parse_moment(text)


@given(
    st.datetimes(EARLIEST.replace(tzinfo=None), datetime(2999, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_iso_times_are_read_to_the_microsecond(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    for text in (moment.isoformat(), moment.isoformat(" ")):
        if moment >= EARLIEST:
            assert parse_moment(text) == moment


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        moment = parse_moment(text)
    except ValueError:
        return
    assert moment.tzinfo is UTC
    assert moment >= EARLIEST
