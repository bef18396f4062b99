"""Files that are no table of rows, told by their first bytes, and what their owner can do."""

from __future__ import annotations

EXPECTED = (
    "Expected is CSV whose first row names the columns Input and Output (Input,Output in the first line, "
    'What is 2 + 2?,4 in the second), or JSON lines ({"input": "What is 2 + 2?", "output": "4"} in each), '
    "in UTF-8 or UTF-16, plain or packed with gzip"
)

_CSV = "Save it as CSV and upload that."
_UTF_8 = "Save it in UTF-8 and upload that."
_EXCEL = "Save the sheet as “CSV UTF-8 (comma delimited)” and upload that."
_REPACK = "Unpack it, pack what is in it with gzip, and upload that."
_TABLE = "Write its rows as JSON lines or CSV (pandas: to_json(orient='records', lines=True)) and upload that."
_ZIP = f"{_EXCEL} Unpack an archive and upload the files in it one by one."
_BINARY = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)", _ZIP),
    (b"PK\x05\x06", "an empty ZIP archive", "Upload the file that should be in it."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", _EXCEL),
    (b"%PDF-", "a PDF document", _CSV),
    (b"PAR1\x15", "a Parquet file", _TABLE),
    (b"ARROW1\0\0", "an Arrow file", _TABLE),
    (b"Obj\x01", "an Avro file", _TABLE),
    (b"SQLite format 3\0", "an SQLite database", "Export the table as CSV and upload that."),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard", _REPACK),
    *((b"BZh%d1AY&SY" % level, "packed with bzip2", _REPACK) for level in range(1, 10)),
    (b"\xfd7zXZ\0", "packed with xz", _REPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _REPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _REPACK),
    (b"\xff\xfe\0\0", "encoded in UTF-32", _UTF_8),
    (b"\0\0\xfe\xff", "encoded in UTF-32", _UTF_8),
    (b"{\\rtf", "a document in rich text", _CSV),
)
_TEXT = (
    (b"<?xml", "XML", _CSV),
    (b"<!", "a web page", _CSV),
    (b"<html", "a web page", _CSV),
)
# Where a tar archive says that it is one.
_TAR = slice(257, 262)


def told_apart(head: bytes) -> str | None:
    """What a file is whose first bytes say that it is no table of rows, and what to do about it."""
    for signature, what, remedy in _BINARY:
        if head.startswith(signature):
            return f"The file is {what}. {remedy}"
    if head[_TAR] == b"ustar":
        return "The file is a tar archive. Unpack it and upload the files in it one by one."
    text = head.lstrip().lower()
    for signature, what, remedy in _TEXT:
        if text.startswith(signature):
            return f"The file is {what}. {remedy}"
    return None
