"""Texts and files made to keep a pattern busy: what is read of them takes time in proportion to their length.

Each is so long that something quadratic would take minutes; the bound is many times what linear work takes.
"""

from __future__ import annotations

import contextlib
import io
from datetime import UTC, datetime

import pytest
from plumbline.errors import PlumblineError
from plumbline.http import filenames, json_body
from plumbline.http.multipart import read_upload
from plumbline.imports.cutting import cut
from plumbline.imports.formulas import shield, unshield
from plumbline.imports.lines import Lines
from plumbline.imports.moments import parse_moment
from plumbline.imports.reader import RecordReader
from plumbline.imports.source import recognise
from plumbline.imports.values import Unusable, read_external_id, read_number, read_time
from plumbline.metrics import measure

from tests.support.patience import processor_seconds

SIZE = 50_000
SECONDS = 10.0
PIECES = [
    *("a@", "a@a.", "a.", "1-", "12", "1.", "+1", "(1", "http://", "www.", ". ", "...", "\n", "\n- ", "\n| ", "|"),
    *(
        "```",
        "```json\n",
        "{",
        "[",
        '"',
        '\\"',
        '{"a":',
        "eyJ.",
        "eyJhbGci.",
        "sk-",
        "-----BEGIN PRIVATE KEY-----\n",
    ),
    *(
        "I'm sorry, ",
        "I can't ",
        "I cannot help with ",
        "As an AI ",
        " ",
        "\t ",
        "  \n",
        "a",
        "aeiou",
        "qu",
        "Aa",
        "'",
    ),
    *("\u0301", "世", "\U0001f600", "=", "<a ", "&", "**", "# ", "1234-5678-", "DE89", "4111 1111 ", "123-45-"),
    *("1.2.3.", 'Traceback (most recent call last):\n  File "', "  at a.b(", "null", "\u2028", "\u200b"),
]


def long(piece: str, size: int = SIZE) -> str:
    return piece * (size // len(piece))


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_no_text_keeps_the_metrics_busy(piece: str) -> None:
    for end in ("", "!"):
        with processor_seconds(SECONDS):
            measure(long(piece, 5000) + end, long(piece) + end)


@pytest.mark.parametrize(
    "piece", ['"', '""', '","', '"\n', 'a"', '\n"', '"a"b,', ",", "\r", '"\r\n,', "a,b\n", '\\"']
)
def test_no_file_keeps_the_planner_or_the_reader_busy(piece: str) -> None:
    for body in (long(piece, 200_000), '"' + long(piece, 200_000), long(piece, 200_000) + '"'):
        data = ("Input,Output\n" + body).encode()
        source = recognise(io.BytesIO(data), "a.csv")
        rows = data[source.begins.byte :]
        with processor_seconds(SECONDS):
            assert list(cut(io.BytesIO(rows), source.begins, source.dialect))
        with processor_seconds(SECONDS):
            reader = RecordReader(Lines(io.BytesIO(rows)), source.begins, source.dialect.width)
            assert sum(1 for _ in reader.steps())


@pytest.mark.parametrize(
    "piece", ['"', ",", ";", "\t", "sep=", '";', "a;b,c\t", "Input,", "\x00", "{", "{}\n", "\xff"]
)
def test_no_head_of_a_file_keeps_it_from_being_recognised(piece: str) -> None:
    data = long(piece, 1_500_000).encode()
    with processor_seconds(SECONDS), contextlib.suppress(PlumblineError):
        recognise(io.BytesIO(data), "a.csv")


@pytest.mark.parametrize(
    "piece", [" ", "\t", "1", "T", "t", "-", "/", "+", ":", "Z", "Mon, ", "(", ".", "\u00a0"], ids=ascii
)
@pytest.mark.parametrize("head", ["", "2026-01-01", "2026-01-01 00:00:00", "01/02/2026", "Mon, 5 Jan 2026 1:2:3"])
def test_no_cell_keeps_a_time_or_number_busy(head: str, piece: str) -> None:
    for end in ("", "x", "+", "+x"):
        cell = head + long(piece, 300_000) + end
        with processor_seconds(SECONDS), contextlib.suppress(ValueError):
            parse_moment(cell)
        with processor_seconds(SECONDS), contextlib.suppress(Unusable):
            read_time(cell, datetime(2026, 1, 2, tzinfo=UTC))
        with processor_seconds(SECONDS), contextlib.suppress(Unusable):
            read_number(cell, "metric.a")
        with processor_seconds(SECONDS), contextlib.suppress(Unusable):
            read_external_id(cell, "id")


@pytest.mark.parametrize("piece", ["'", "=", "\t", ",'", ",=", "''=", "\t'", '"', ";'='", "\r\n"])
def test_no_cell_keeps_the_rejected_rows_busy(piece: str) -> None:
    cell = long(piece, 200_000)
    with processor_seconds(SECONDS):
        assert unshield(shield(cell)) == cell


@pytest.mark.parametrize(
    "piece", ['"', '\\"', '",', '\\\\"', "[", "{", '{"', "1", "-", "\\u0041", "\\ud800", ",", " "]
)
def test_no_body_keeps_json_busy(piece: str) -> None:
    for head in ("", '{"a":"', '{"a":', "[0,"):
        with processor_seconds(SECONDS), contextlib.suppress(PlumblineError):
            json_body.parse((head + long(piece, 1_000_000)).encode())


@pytest.mark.parametrize(
    "piece", ["\r\n", "-", "--XXXX", "--XXXX\r\n", "\r\n--XXX", "--XXXX\r\nA: b\r\n\r\n", "\r\n--"]
)
def test_no_form_keeps_its_reader_busy(piece: str) -> None:
    for head in ("", '--XXXX\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'):
        with processor_seconds(SECONDS), contextlib.suppress(PlumblineError):
            read_upload("multipart/form-data; boundary=XXXX", (head + long(piece, 2_000_000)).encode())


@pytest.mark.parametrize("piece", ['"', ";", "=", 'a="', "\\", '\\"', " ", "*=", "filename*=UTF-8''%"])
def test_no_header_of_a_form_keeps_it_busy(piece: str) -> None:
    with processor_seconds(SECONDS), contextlib.suppress(PlumblineError):
        read_upload("multipart/form-data; boundary=" + long(piece, 16_000), b"--X--")
    part = b"--X\r\nContent-Disposition: form-data; " + long(piece, 4000).encode() + b"\r\n\r\n\r\n--X--\r\n"
    with processor_seconds(SECONDS), contextlib.suppress(PlumblineError):
        read_upload("multipart/form-data; boundary=X", part)


@pytest.mark.parametrize("piece", [".", ".csv", ".gz", " ", "/", "\\", "${", "\u2028", "a"])
def test_no_name_keeps_it_busy(piece: str) -> None:
    name = long(piece, 300_000)
    with processor_seconds(SECONDS):
        assert filenames.safe_filename(name)
        filenames.content_type(name)
        with contextlib.suppress(ValueError):
            filenames.read_filename(name)
