"""What a file is told to be, and what its columns mean."""

from __future__ import annotations

import io
import zipfile

import pytest
from plumbline.errors import UnreadableFile
from plumbline.imports.header import MAX_COLUMNS, Layout, open_csv
from plumbline.imports.reader import Position


def layout(data: bytes) -> Layout:
    return open_csv(io.BytesIO(data))[0]


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        open_csv(io.BytesIO(data))
    return caught.value.message


@pytest.mark.parametrize("names", ["Input,Output", "input_text,output_text", "prompt,response", "question,answer"])
@pytest.mark.parametrize(
    "shape", [str.lower, str.upper, str.title, lambda names: " " + names.replace(",", "\t, ")]
)
def test_the_names_people_use(names: str, shape: type[str]) -> None:
    found = layout(f"{shape(names)}\r\na,b\r\n".encode())
    assert (found.input, found.output, found.metadata, found.created_at) == (0, 1, (), None)


def test_names_may_be_mixed_and_in_any_order_and_quoted() -> None:
    found = layout(b'"answer",id,"Prompt",Created_At\nb,7,a,2026-01-01\n')
    assert (found.input, found.output, found.created_at) == (2, 0, 3)
    assert found.metadata == ((1, "id"),)


def test_metadata_keeps_the_names_as_written() -> None:
    found = layout("\ufeff ,Input,Output, Größe ,Model Name\n".encode())
    assert found.metadata == ((0, "column_1"), (3, "Größe"), (4, "Model Name"))
    assert found.bom


def test_columns_of_the_callers_own_metrics() -> None:
    found = layout(b"Input,metric.latency_ms,Output,METRIC.input.tokens, metric.output.cost ,metrics,metric\n")
    assert found.metrics == ((1, "output.latency_ms"), (3, "input.tokens"), (4, "output.cost"))
    assert found.metadata == ((5, "metrics"), (6, "metric"))


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ("metric.", "The name of column 3, “metric.”, cannot be used: a metric's name begins with a letter"),
        ("tag,metric.9lives", "The name of column 4, “metric.9lives”, cannot be used"),
        ("metric.a b", "A column of numbers of your own is named like metric.latency_ms or metric.input.tokens."),
        ("metric." + "x" * 65, "holds up to 64 ASCII letters"),
        ("metric.length", "“metric.length”, cannot be used: Plumbline measures output.length itself"),
        ("metric.input.words", "Plumbline measures input.words itself"),
        (
            "metric.cost,metric.output.cost",
            "“metric.cost”, “metric.output.cost” are the same metric, output.cost.",
        ),
        (
            ",".join(f"metric.m{number}" for number in range(51)),
            "The header has 51 columns named metric.…; at most 50 can be read.",
        ),
    ],
)
def test_metrics_that_cannot_be_told(columns: str, says: str) -> None:
    assert says in refusal(f"Input,Output,{columns}\n".encode())


def test_the_columns_of_a_file_of_rejected_rows_are_left_out() -> None:
    found = layout(b"Input,Output,tag,rejected_row,rejected_line,rejected_reason\n")
    assert found.metadata == ((2, "tag"),)
    assert found.width == 6


@pytest.mark.parametrize(
    ("data", "position"),
    [
        (b"Input,Output\nx", Position(13, 2, 2)),
        (b"Input,Output\r\nx", Position(14, 2, 2)),
        (b"Input,Output\rx", Position(13, 2, 2)),
        (b"\xef\xbb\xbfInput,Output\nx", Position(16, 2, 2)),
        (b'\n\n"Input",Output,"two\nlines"\nx', Position(29, 4, 5)),
        (b"\xef\xbb\xbf\nInput,Output\n", Position(17, 3, 3)),
    ],
)
def test_where_the_rows_begin(data: bytes, position: Position) -> None:
    found, lines = open_csv(io.BytesIO(data))
    assert found.rows_begin == position
    assert b"".join(lines) == data[position.byte :]


def workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf", "only blank lines"),
        (b"\n\r\n  \n", "only blank lines"),
        (workbook(), "an Excel workbook (.xlsx), not CSV. Save the sheet as “CSV UTF-8"),
        (b"\x1f\x8b\x08\x00\x00", "compressed with gzip, not CSV. Unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"%PDF-1.7\n", "a PDF document"),
        ("Input,Output\n".encode("utf-16"), "encoded in UTF-16, not CSV. Save it in UTF-8"),
        ("Input,Output\n".encode("utf-16-le"), "binary or encoded in UTF-16"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (b'{"input": "a"}\n{"input": "b"}\n', "JSON, not CSV"),
        (b'\xef\xbb\xbf [\n {"input": "a"}]', "JSON, not CSV"),
        (b"<!DOCTYPE html><p>", "a web page, not CSV"),
        (b"Input;Output\na;b\n", "separated by semicolons instead of commas"),
        (b"Input\tOutput\na\tb\n", "separated by tabs instead of commas"),
        (b"a,b,c\n1,2,3\n", "Found in the first row: “a”, “b”, “c”."),
        (b"Input,reply\n", "no column for the output"),
        (b"question,OUTPUT_TEXT,Prompt\n", "2 columns that mean the input: “question”, “Prompt”"),
        (b"Input,answer,Response,output\n", "3 columns that mean the output: “answer”, “Response”, “output”"),
        (b"Input,input,Output\n", "names “input” more than once"),
        (b"Input,Output,tag,TAG \n", "names “tag” more than once"),
        (b"Input,Output,,column_3\n", "names “column_3” more than once"),
        (b"Inp\xfft,Output\n", "is not in UTF-8"),
        (b'"Input,Output\nq,a\n', "opens a cell with a quotation mark that is never closed"),
        (b'"Input"s,Output\nq,a\n', "quotation mark"),
        (b"Input,Output," + b",".join(b"c%d" % n for n in range(MAX_COLUMNS)), "102 columns; at most 100"),
        (b"Input,Output," + b"n" * 201, "The name of column 3 cannot be used"),
        (b"x" * 100_000 + b"," + b"y" * 100_000 + b"\n", "…”, “y"),
    ],
)
def test_files_that_are_no_use_are_refused_in_plain_words(data: bytes, says: str) -> None:
    message = refusal(data)
    assert says in message
    assert len(message) < 700


def test_a_refusal_says_what_is_expected() -> None:
    assert "whose first row names the columns Input and Output" in refusal(b"")


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_stream_that_gives_a_little_at_a_time(size: int) -> None:
    class Slow(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            return super().read(size)

    assert layout_of(Slow(b"\xef\xbb\xbfInput,Output\n")) == layout(b"\xef\xbb\xbfInput,Output\n")
    with pytest.raises(UnreadableFile, match="Excel workbook"):
        layout_of(Slow(workbook()))


def layout_of(stream: io.BytesIO) -> Layout:
    return open_csv(stream)[0]
