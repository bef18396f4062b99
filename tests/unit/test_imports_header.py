"""What the columns of a CSV file are told to mean."""

from __future__ import annotations

import io

import pytest
from plumbline.errors import UnreadableFile
from plumbline.imports.header import MAX_COLUMNS, Layout
from plumbline.imports.source import recognise


def layout(data: bytes) -> Layout:
    found = recognise(io.BytesIO(data), "history.csv").layout
    assert found is not None
    return found


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        recognise(io.BytesIO(data), "history.csv")
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
    ("data", "says"),
    [
        (b"sep=,\nInput;Output\na;b\n", "separated by semicolons instead of commas"),
        (b"sep=,\nInput\tOutput\na\tb\n", "separated by tabs instead of commas"),
        (b"a,b,c\n1,2,3\n", "Found in the first row: “a”, “b”, “c”."),
        (b"Input,reply\n", "no column for the output"),
        (b"Input,reply\n", "whose first row names the columns Input and Output"),
        (b"question,OUTPUT_TEXT,Prompt\n", "2 columns that mean the input: “question”, “Prompt”"),
        (b"Input,answer,Response,output\n", "3 columns that mean the output: “answer”, “Response”, “output”"),
        (b"Input,input,Output\n", "names “input” more than once"),
        (b"Input,Output,tag,TAG \n", "names “tag” more than once"),
        (b"Input,Output,,column_3\n", "names “column_3” more than once"),
        (b"Input,Output," + b",".join(b"c%d" % n for n in range(MAX_COLUMNS)), "102 columns; at most 100"),
        (b"Input,Output," + b"n" * 201, "The name of column 3 cannot be used"),
        (b"x" * 100_000 + b"," + b"y" * 100_000 + b"\n", "…”, “y"),
    ],
)
def test_columns_that_cannot_be_told_are_refused_in_plain_words(data: bytes, says: str) -> None:
    message = refusal(data)
    assert says in message
    assert len(message) < 700
