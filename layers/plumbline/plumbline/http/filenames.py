"""The names of files: which the API takes, and what it calls the files that it hands out."""

from __future__ import annotations

import re

from plumbline.http.limits import MAX_FILENAME, MAX_FILENAME_BYTES

ENDINGS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")
"""What the names of files end in that can be read, each also with ``.gz`` behind it."""

_ANY_CASE = "|".join("".join(f"[{char}{char.upper()}]" for char in ending[1:]) for ending in ENDINGS)
NAME_PATTERN = rf"^(?!\s)(?!.*\$\{{)[^/\\\u0000-\u001f\u007f-\u009f\u2028\u2029]*\.(?:{_ANY_CASE})(?:\.[gG][zZ])?$"
"""What :func:`read_filename` takes, as JSON Schema can say it."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_ENDING = re.compile(rf"({'|'.join(map(re.escape, ENDINGS))})(\.gz)?\Z", re.IGNORECASE)
_LAST_ENDING = re.compile(r"\.[^.]{1,15}\Z")
_TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
}


def read_filename(name: str) -> str:
    """The name of a file that is to be imported, unchanged.

    Raises:
        ValueError: it is no name of such a file; the message says what would be right.
    """
    if not name.strip():
        raise ValueError("must be the file's name, like history.csv.gz")
    if re.search(r"[/\\]", name):
        raise ValueError("must be the file's name alone, without the folders it is in")
    if _CONTROL.search(name):
        raise ValueError("must not contain control characters or line breaks")
    if name != name.strip():
        raise ValueError("must not begin or end with a space")
    if "${" in name:  # S3 would put the uploaded file's own name where a form says ${filename}
        raise ValueError("must not contain ${")
    if len(name) > MAX_FILENAME:
        raise ValueError(f"must be at most {MAX_FILENAME} characters long; it has {len(name)}")
    if not _ENDING.search(name):
        raise ValueError(f"must end in {', '.join(ENDINGS)}, or in one of these with .gz behind it")
    return name


def key_filename(name: str) -> str:
    """A name that :func:`read_filename` took, as short as a key of S3, which has 1,024 bytes, must have it."""
    return name if len(name.encode()) <= MAX_FILENAME_BYTES else safe_filename(name)


def safe_filename(name: str) -> str:
    """The last part of a name, without control characters, as it can stand in a key."""
    safe = _CONTROL.sub("_", re.split(r"[/\\]", name)[-1]).strip()
    if safe in ("", ".", ".."):
        return "upload.csv"
    found = _ENDING.search(safe) or _LAST_ENDING.search(safe)
    ending = found.group() if found and len(found.group().encode()) <= 16 else ""
    room = MAX_FILENAME_BYTES - len(ending.encode())
    return safe[: len(safe) - len(ending)].encode()[:room].decode(errors="ignore") + ending


def content_type(name: str) -> str:
    """The media type that a file's name tells of."""
    found = _ENDING.search(name)
    if found is None:
        return "application/octet-stream"
    return "application/gzip" if found[2] else _TYPES[found[1].lower()]


def rejected_filename(name: str, rejected_key: str) -> str:
    """What the file of the rows of ``name`` that could not be used is called when it is downloaded."""
    return f"{_ENDING.sub('', name)}-rejected.{rejected_key.rpartition('.')[2]}"
