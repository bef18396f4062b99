"""What a file is told to be by its first bytes, and where its rows begin."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import UnreadableFile
from plumbline.imports import source as source_module
from plumbline.imports.lines import Lines
from plumbline.imports.reader import Malformed, Position, RecordReader
from plumbline.imports.source import Source, decoded, recognise

if TYPE_CHECKING:
    from plumbline.imports.decoding import Encoding

LINE = b'{"input": "a", "output": "b"}\n'


def told(data: bytes, name: str = "history.csv") -> Source:
    found = recognise(io.BytesIO(data), name)
    assert Source.from_json(found.to_json()) == found
    return found


def refusal(data: bytes, name: str = "history.csv") -> str:
    with pytest.raises(UnreadableFile) as caught:
        recognise(io.BytesIO(data), name)
    return caught.value.message


def rows(data: bytes) -> list[list[str]]:
    """The cells of all rows of a CSV file, whatever it is packed in."""
    found = told(data)
    stream = decoded(io.BytesIO(data), found)
    assert len(stream.read(found.begins.byte)) == found.begins.byte
    reader = RecordReader(Lines(stream), found.begins, found.dialect.width, found.dialect.delimiter)
    records = list(reader)
    assert not any(isinstance(record, Malformed) for record in records)
    return [record.cells for record in records if not isinstance(record, Malformed)]


# Mark and codec of each, and whether it is marked.
ENCODINGS: dict[str, tuple[bytes, Encoding, bool]] = {
    "utf-8": (b"", "utf-8", False),
    "utf-8 with BOM": (codecs.BOM_UTF8, "utf-8", True),
    "utf-16-le": (codecs.BOM_UTF16_LE, "utf-16-le", True),
    "utf-16-be": (codecs.BOM_UTF16_BE, "utf-16-be", True),
}


def encode(text: str, encoding: str) -> bytes:
    mark, codec, _ = ENCODINGS[encoding]
    return mark + text.encode(codec)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_packing_encoding_and_delimiter(delimiter: str, encoding: str, packed: bool) -> None:
    _, name, bom = ENCODINGS[encoding]
    data = encode("Input,Output,Größe\r\né,世,🎉\r\n".replace(",", delimiter), encoding)
    data = gzip.compress(data) if packed else data
    found = told(data)
    assert (found.dialect.kind, found.dialect.delimiter, found.dialect.width) == ("csv", delimiter, 3)
    assert (found.decoding.compression, found.decoding.encoding, found.decoding.bom) == (
        "gzip" if packed else "none",
        name,
        bom,
    )
    assert found.staged == (packed or name != "utf-8")
    assert found.begins == Position(len("Input,Output,Größe\r\n".encode()) + 3 * bom, 2, 2)
    assert rows(data) == [["é", "世", "🎉"]]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_lines_in_every_packing_and_encoding(encoding: str, packed: bool) -> None:
    bom = ENCODINGS[encoding][2]
    data = encode("\n" + LINE.decode(), encoding)
    found = told(gzip.compress(data) if packed else data, "no.name")
    assert (found.dialect.kind, found.layout, found.begins) == ("jsonl", None, Position(3 * bom, 1, 1))


CELL = st.text(st.sampled_from(list("ab,;\t\"\r\n é世🎉'|=")), max_size=8)
Quoting = Literal[0, 1, 2]


@given(
    st.lists(st.lists(CELL, min_size=4, max_size=4), max_size=5),
    st.lists(
        CELL.filter(lambda name: name.strip() and not {"\r", "\n"} & {*name}),
        min_size=2,
        max_size=2,
        unique_by=lambda name: name.strip().casefold(),
    ),
    st.permutations(range(4)),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(sorted(ENCODINGS)),
    st.booleans(),
)
def test_any_table_is_recognised_and_read_back(
    table: list[list[str]],
    names: list[str],
    order: list[int],
    delimiter: str,
    quoting: Quoting,
    newline: str,
    encoding: str,
    packed: bool,
) -> None:
    header = [["Input", "output_text", *names][index] for index in order]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=newline).writerows([header, *table])
    data = encode(out.getvalue(), encoding)
    data = gzip.compress(data, 1) if packed else data
    found = told(data)
    assert found.dialect.delimiter == delimiter
    assert found.layout is not None
    assert (found.layout.input, found.layout.output) == (order.index(0), order.index(1))
    assert found.layout.names == tuple(header)
    # Python does not quote a lone "\r", and so reads it as the end of a row itself.
    _, *expected = csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=delimiter)
    assert rows(data) == [row for row in expected if len(row) > 1 or (row and not row[0].isspace())]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_streams_that_give_a_little_at_a_time(size: int) -> None:
    class Slow(io.BytesIO):
        def read(self, asked: int | None = -1, /) -> bytes:
            return super().read(min(size, asked or 0))

    for data in (b"\xef\xbb\xbfInput;Output\na;b\n", gzip.compress("Input\tOutput\n".encode("utf-16")), LINE * 3):
        assert recognise(Slow(data), "x") == told(data)


def test_only_the_head_is_read() -> None:
    stream = io.BytesIO(b"Input,Output\n" + b"q,a\n" * 10**6)
    recognise(stream, "x.csv")
    assert stream.tell() <= source_module.HEAD_BYTES


def test_a_line_for_spreadsheets_that_tells_the_delimiter() -> None:
    found = told(b"sep=;\r\nInput;Output,Rating\r\nq;a\r\n".replace(b"Output,Rating", b"Output;a,b"))
    assert (found.dialect.delimiter, found.dialect.width, found.begins) == (";", 3, Position(25, 3, 3))
    assert "separated by “|”; commas, semicolons and tabs are read" in refusal(b"sep=|\nInput|Output\n")


def test_a_header_that_two_delimiters_fit_is_not_guessed() -> None:
    message = refusal(b"Input,Output,x;prompt;response\n")
    assert "names the columns for input and output whether commas or semicolons separate it" in message


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
    assert told(data).begins == position


def workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (gzip.compress(b""), "The file is empty."),
        (codecs.BOM_UTF16_LE, "only blank lines"),
        (b"\xef\xbb\xbf", "only blank lines"),
        (b"\n\r\n  \n", "only blank lines"),
        (workbook(), "an Excel workbook (.xlsx). Save the sheet as “CSV UTF-8"),
        (gzip.compress(workbook()), "an Excel workbook"),
        (gzip.compress(gzip.compress(b"Input,Output\n")), "packed with gzip twice"),
        (gzip.compress(b"Input,Output\n")[:8], "The gzip file breaks off after 8 bytes (0 bytes unpacked)"),
        (b"\x1f\x8b nonsense", "The gzip file is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PAR1\x15\x04", "a Parquet file. Write its rows as JSON lines or CSV"),
        (b"\x28\xb5\x2f\xfd\x00", "packed with Zstandard. Unpack it, pack what is in it with gzip"),
        (b"BZh91AY&SY\x00", "packed with bzip2"),
        (b"history.csv".ljust(257, b"\0") + b"ustar\x0000", "a tar archive. Unpack it"),
        (gzip.compress(b"history.csv".ljust(257, b"\0") + b"ustar\x0000"), "a tar archive"),
        ("Input,Output\n".encode("utf-32"), "encoded in UTF-32. Save it in UTF-8"),
        ("Input,Output\n".encode("utf-16-le"), "binary, or encoded in UTF-16 without a byte order mark"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (b"<?xml version='1.0'?>", "The file is XML"),
        (" <!DOCTYPE html><p>".encode("utf-16"), "a web page"),
        (b"<HTML><p>", "a web page"),
        (b"Input|Output\na|b\n", "separated by vertical bars instead of commas"),
        (b"a;b;c\n1;2;3\n", "Found in the first row: “a”, “b”, “c”."),
        (b"a,b;c\n", "Found in the first row"),
        (b"Input;reply\n", "no column for the output"),
        (b"Input\tOutput\ttag\tTAG\n", "names “tag” more than once"),
        (b"Inp\xfft,Output,Input\n", "is not in UTF-8"),
        (b'"Input,Output\nq,a\n', "opens a cell with a quotation mark that is never closed"),
        (b'"Input"s,Output\nq,a\n', "quotation mark"),
        (b"Input,Output," + b",".join(b"c%d" % n for n in range(100)), "102 columns; at most 100"),
        (b"Input,Output," + b"x" * 2**20, "The first row, which should name the columns, is too long"),
        (b'[{"input": "a", "output": "b"}]', "jq -c '.[]' FILE > lines.jsonl"),
        (b'[\n {"input": "a", "output": "b"}\n]\n', "its first line is no object on its own"),
        (b'{\n "input": "a",\n "output": "b"\n}\n', "jq -c . FILE > lines.jsonl"),
        (b'{"rows": [\n{"input": "a", "output": "b"}\n]}\n', "its first line is no object on its own"),
        (b'{"input": "a", "output": NaN}\n', "JSON has neither NaN nor Infinity"),
        (b'{"q": "a", "a": "b"}\n' * 3, "no key for the input. A line is like"),
        (b'{"q": "a", "a": "b"}\n' * 3, "Found in the first line: “q”, “a”."),
        (b"{}", "Found in the first line: none."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # packed, the same bytes differ by the time
)
def test_files_that_are_no_use_are_refused_in_plain_words(data: bytes, says: str) -> None:
    message = refusal(data)
    assert says in message
    assert len(message) < 900


def test_the_name_helps_where_the_first_bytes_say_little() -> None:
    assert "named as JSON lines" in refusal(b"Input,Output\n", "history.JSONL.gz")


@pytest.mark.parametrize("column", [b"PAR1", b"ORCID", b"BZh9", b"Rar!", b"ARROW1", b"Obj"])
def test_names_of_columns_are_no_signatures(column: bytes) -> None:
    assert told(column + b",Input,Output\n").dialect.width == 3


def test_a_file_is_json_lines_if_one_of_its_first_lines_is_of_a_known_form() -> None:
    assert told(b'{"meta": "exported today"}\n' + LINE).dialect.kind == "jsonl"
    assert told(b'{"rejected_row":1,"rejected_line":1,"rejected_reason":"x","line":"?"}\n' + LINE).layout is None
    assert "no key for the input" in refusal(b'{"meta": 1}\n' * 100 + LINE)


def test_a_long_first_line_is_read_to_its_end() -> None:
    line = b'{"output": "b", "input": "' + b"x" * 3 * 2**20 + b'"}\n'
    assert told(line + LINE).dialect.kind == "jsonl"
    assert told(line.strip()).dialect.kind == "jsonl"
    assert "longer than 16 MiB" in refusal(b'{"input": "' + b"x" * 2**25)


@pytest.mark.parametrize("rows", [0, 1, 500])
def test_a_packed_file_that_breaks_off_behind_its_first_line_is_recognised(rows: int) -> None:
    table = b"Input,Output\n" + b"".join(b"question %d,answer %d\n" % (row, row * row) for row in range(rows + 1))
    source = recognise(io.BytesIO(gzip.compress(table)[:-9]), "history.csv.gz")
    assert source.begins == (13, 2, 2)
