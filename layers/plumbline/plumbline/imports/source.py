"""What a file is, told by its first bytes: how it is packed and encoded, and how its records stand in it."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from plumbline.errors import UnreadableFile
from plumbline.imports.decoding import MAX_DECODED_BYTES, Decoding, decode
from plumbline.imports.delimiters import csv_header
from plumbline.imports.dialect import Dialect
from plumbline.imports.formulas import unshield
from plumbline.imports.header import Layout, is_of_rejected, layout_of
from plumbline.imports.jsonl import check_first_lines
from plumbline.imports.lines import MAX_LINE_BYTES, READ_SIZE
from plumbline.imports.reader import Position
from plumbline.imports.signatures import EXPECTED, told_apart

if TYPE_CHECKING:
    from plumbline.imports.lines import ByteStream

# Within these a header must have ended.
HEAD_BYTES = 1024 * 1024
_SIGNATURE_BYTES = 512
_GZIP = b"\x1f\x8b"
_JSON_LINES_NAME = re.compile(r"\.(?:jsonl|ndjson)(?:\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read, and how.

    ``begins`` is where its rows do, in the decoded stream. ``layout`` is None for JSON lines: there each object's
    keys say what is what.
    """

    dialect: Dialect
    decoding: Decoding
    begins: Position
    layout: Layout | None = None

    @property
    def staged(self) -> bool:
        """Whether the file cannot be read from its middle: a chunk's decoded bytes are kept for who reads it."""
        return not self.decoding.is_plain

    def to_json(self) -> str:
        """All of it, for :meth:`from_json`."""
        kept = {
            "kind": self.dialect.kind,
            "delimiter": self.dialect.delimiter,
            "compression": self.decoding.compression,
            "encoding": self.decoding.encoding,
            "bom": self.decoding.bom,
            "begins": list(self.begins),
            "columns": None if self.layout is None else self.layout.names,
        }
        return orjson.dumps(kept).decode()

    @classmethod
    def from_json(cls, text: str) -> Source:
        """The source that :meth:`to_json` wrote down."""
        kept = orjson.loads(text)
        begins = Position(*kept["begins"])
        decoding = Decoding(kept["compression"], kept["encoding"], kept["bom"])
        if kept["columns"] is None:
            return cls(Dialect(kept["kind"]), decoding, begins)
        return cls._of_csv(kept["columns"], kept["delimiter"], decoding, begins)

    @classmethod
    def _of_csv(cls, columns: list[str], delimiter: str, decoding: Decoding, begins: Position) -> Source:
        layout = layout_of(columns)
        return cls(Dialect("csv", delimiter, layout.width), decoding, begins, layout)


def recognise(stream: ByteStream, filename: str) -> Source:
    """What a file is. Only its head is read of ``stream``, which begins with the file's first byte.

    Raises:
        UnreadableFile: it is nothing that can be imported; the message says why and what to do to its owner.
    """
    decoding = Decoding()
    head = _read(stream, _SIGNATURE_BYTES)
    if head.startswith(_GZIP):
        decoding = Decoding("gzip")
        stream, head = _decoded_head(stream, head, decoding)
        if head.startswith(_GZIP):
            raise UnreadableFile("The file is packed with gzip twice. Unpack it once and upload that.")
    if problem := told_apart(head):
        raise UnreadableFile(f"{problem} {EXPECTED}.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding: Decoding = replace(
            decoding, encoding="utf-16-le" if head.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        )
        stream, head = _decoded_head(stream, head, Decoding(encoding=encoding.encoding))
        decoding = encoding
    bom = head.startswith(codecs.BOM_UTF8)
    return _recognise_text(_Rejoined(head, stream), replace(decoding, bom=bom), filename)


def decoded(
    stream: ByteStream,
    source: Source,
    *,
    compressed_size: int | None = None,
    max_bytes: int = MAX_DECODED_BYTES,
) -> ByteStream:
    """The UTF-8 in which a source's positions are, from the file's first byte on.

    See :func:`plumbline.imports.decoding.decode`.
    """
    return decode(stream, source.decoding, compressed_size=compressed_size, max_bytes=max_bytes)


def _recognise_text(stream: ByteStream, decoding: Decoding, filename: str) -> Source:
    head = _read(stream, HEAD_BYTES)
    start = len(codecs.BOM_UTF8) if decoding.bom else 0
    text = head[start:].lstrip()
    if not head:
        raise UnreadableFile(f"The file is empty. {EXPECTED}.")
    if problem := told_apart(text[:_SIGNATURE_BYTES]):
        raise UnreadableFile(f"{problem} {EXPECTED}.")
    if text.startswith((b"{", b"[")):
        check_first_lines(_with_a_whole_line(head, stream)[start:])
        return Source(Dialect("jsonl"), decoding, Position(byte=start))
    if b"\0" in head[:4096].splitlines()[0]:
        raise UnreadableFile(
            f"The file is binary, or encoded in UTF-16 without a byte order mark: its first row holds NUL bytes. "
            f"{EXPECTED}."
        )
    if _JSON_LINES_NAME.search(filename):
        raise UnreadableFile(
            f"The file is named as JSON lines, but its first line does not begin with {{. {EXPECTED}."
        )
    header = csv_header(head, Position(byte=start), whole=len(head) < HEAD_BYTES)
    names = header.cells
    if any(map(is_of_rejected, names)):
        names = [*map(unshield, names)]
    return Source._of_csv(names, header.delimiter, decoding, header.rows_begin)  # noqa: SLF001


def _read(stream: ByteStream, size: int) -> bytes:
    """The next ``size`` bytes, fewer only at the end, or where the file is damaged behind its first line."""
    head = b""
    try:
        while len(head) < size and (block := stream.read(min(size - len(head), READ_SIZE))):
            head += block
    except UnreadableFile:
        if b"\n" not in head:
            raise
    return head


def _decoded_head(stream: ByteStream, head: bytes, decoding: Decoding) -> tuple[ByteStream, bytes]:
    """The stream decoded, and the first bytes of it, which have been read of it."""
    stream = decode(_Rejoined(head, stream), decoding)
    return stream, _read(stream, _SIGNATURE_BYTES)


def _with_a_whole_line(head: bytes, stream: ByteStream) -> bytes:
    """The head, made longer until its first line that is not blank ends, if that is within the limit of a line."""
    blocks = [head]
    size = len(head)
    ended = b"\n" in head.lstrip()
    while not ended and size <= MAX_LINE_BYTES and (block := stream.read(READ_SIZE)):
        blocks.append(block)
        size += len(block)
        ended = b"\n" in block
    return b"".join(blocks)


class _Rejoined:
    """A stream of which the head has been read, from its first byte on."""

    def __init__(self, head: bytes, stream: ByteStream) -> None:
        self._head = io.BytesIO(head)
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        return self._head.read(size) or self._stream.read(size)
