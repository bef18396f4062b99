"""Names of files: which are taken, what is made of others, and how they come through a shell."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from plumbline.http.curl import upload_command
from plumbline.http.filenames import content_type, read_filename, rejected_filename, safe_filename

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "name",
    [
        "a.csv",
        "a.CSV",
        "a.csv.gz",
        "a.jsonl",
        "a.jsonl.GZ",
        "a.tsv",
        "a.txt",
        "a.ndjson.gz",
        ".csv",
        "x y (1).csv",
    ],
)
def test_names_of_files_that_can_be_read_are_taken_as_they_are(name: str) -> None:
    assert read_filename(name) == name


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "must be the file's name"),
        ("  ", "must be the file's name"),
        ("a/b.csv", "without the folders"),
        ("C:\\b.csv", "without the folders"),
        ("a\nb.csv", "control characters"),
        ("a\u2028b.csv", "control characters"),
        (" a.csv", "begin or end with a space"),
        ("${filename}.csv", "must not contain ${"),
        ("x" * 252 + ".csv", "at most 255 characters long; it has 256"),
        ("é" * 252 + ".csv", "at most 255 characters long; it has 256"),
        ("a.xlsx", "must end in .csv, .tsv, .txt, .jsonl, .ndjson, or in one of these with .gz behind it"),
        ("a.gz", "must end in"),
        ("csv", "must end in"),
        ("a.csv.zip", "must end in"),
    ],
)
def test_other_names_are_refused_with_what_would_be_right(name: str, problem: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        read_filename(name)
    assert problem in str(refused.value)


@given(st.text(max_size=300))
def test_every_name_is_made_one_that_fits_into_a_key(name: str) -> None:
    safe = safe_filename(name)
    assert 1 <= len(safe.encode()) <= 255
    assert "/" not in safe
    assert safe.isprintable() or not any(char < " " for char in safe)
    assert safe_filename(safe) == safe


def test_a_long_name_keeps_the_ending_that_says_what_it_is() -> None:
    assert safe_filename("é" * 200 + ".csv.gz") == "é" * 124 + ".csv.gz"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "text/csv"),
        ("a.TSV", "text/tab-separated-values"),
        ("a.jsonl", "application/jsonl"),
        ("a.csv.gz", "application/gzip"),
        ("a", "application/octet-stream"),
    ],
)
def test_the_ending_tells_the_media_type(name: str, kind: str) -> None:
    assert content_type(name) == kind


@pytest.mark.parametrize(
    ("name", "key", "called"),
    [
        ("a.csv", "rejected/7.csv", "a-rejected.csv"),
        ("a.jsonl.gz", "rejected/7.jsonl", "a-rejected.jsonl"),
        ("a.b", "rejected/7.csv", "a.b-rejected.csv"),
    ],
)
def test_rejected_rows_are_named_after_their_file(name: str, key: str, called: str) -> None:
    assert rejected_filename(name, key) == called


def test_the_command_sends_every_field_before_the_file() -> None:
    command = upload_command("https://b.example/", {"key": "uploads/api/t/a b.csv", "policy": "e30="}, "a b.csv")
    assert shlex.split(command) == [
        "curl",
        "-sS",
        "--fail-with-body",
        "--form-string",
        "key=uploads/api/t/a b.csv",
        "--form-string",
        "policy=e30=",
        "-F",
        'file=@"a b.csv"',
        "https://b.example/",
    ]


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_name_does_anything_in_a_shell(name: str) -> None:
    try:
        named = read_filename(f"{name}.csv")
    except ValueError:
        assume(False)
    words = shlex.split(upload_command("https://b.example/", {"key": f"uploads/api/t/{named}"}, named))
    assert len(words) == 8
    assert words[4] == f"key=uploads/api/t/{named}"


@pytest.mark.parametrize("name", ['a";type=x.csv', "$(touch oops).csv", "it's; a=b,<c>@d.csv", "-.csv"])
def test_curl_reads_the_file_whatever_its_name(name: str, tmp_path: Path) -> None:
    """To an address where nobody listens: curl fails to connect (7), and not to open the file (26)."""
    (tmp_path / name).write_bytes(b"Input,Output\n")
    command = upload_command("http://127.0.0.1:9/", {"key": name}, name)
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 7
    assert [file.name for file in tmp_path.iterdir()] == [name]
