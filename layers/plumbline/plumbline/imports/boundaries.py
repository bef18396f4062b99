r"""Where records end in a block of bytes that begins with one, found and counted at the speed of memory.

A block is split at its quotation marks. What stands at even places is then outside of quotes, if every quote is
one that opens or closes a cell. That is so where each run of quotes (a run of more than one is a quoted cell
with quotes doubled inside) has a delimiter or a line break on both sides; one regular expression proves it for
as many cells as it matches.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from plumbline.imports.dialect import Dialect

_CSV_ROW = re.compile(rb'[^"\r\n]*+(?:"[^"]*+"[^"\r\n]*+)*+(?:\r\n?|\n)')
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_JSON_LINE = re.compile(rb"[^\n]*+\n")


class Proven(NamedTuple):
    """The records that a block begins with: where they end, and how many rows and lines they are.

    ``broken``: what follows is no well-formed record, however much more of it is read.
    """

    end: int
    rows: int
    lines: int
    broken: bool = False


class CsvRows:
    """Finds the rows of CSV as Python's ``csv`` splits them, blank lines included."""

    def __init__(self, delimiter: str) -> None:
        self._proof = re.compile(
            rf'(?:[^"]*+(?<![^{delimiter}\r\n])"++(?![^{delimiter}\r\n]))*+[^"]*+'.encode("ascii")
        )

    def prove(self, block: bytes, *, last: bool) -> Proven:
        """The rows that are whole and well formed; ``last`` says that the stream ends with the block."""
        if b'"' not in block:
            return self._measured(block, block, _break(block, last=last), last=last, broken=False)
        segments = block.split(b'"')
        # With an odd number of quotes the block ends inside of a cell.
        outside = segments[::2]
        unquoted = b'"'.join(outside)
        match = self._proof.match(unquoted)
        assert match is not None  # it matches the empty string too
        broken = match.end() < len(unquoted)
        if broken:
            del outside[unquoted.count(b'"', 0, match.end()) + 1 :]
            unquoted = unquoted[: match.end()]
        whole = last and not broken and len(segments) % 2 == 1
        left, left_outside = (0, 0) if whole else _last_break(segments, outside)
        return self._measured(
            block, unquoted[: len(unquoted) - left_outside], len(block) - left, last=whole, broken=broken
        )

    def first(self, block: bytes, count: int) -> int:
        """Where the first ``count`` rows of proven rows end."""
        return _nth(_CSV_ROW, block, count)

    @staticmethod
    def _measured(block: bytes, unquoted: bytes, end: int, *, last: bool, broken: bool) -> Proven:
        lines = _breaks(block, end)
        rows = lines if unquoted is block else _breaks(unquoted, len(unquoted))
        if last and end and not block.endswith((b"\n", b"\r")):
            rows, lines = rows + 1, lines + 1
        return Proven(end, rows, lines, broken)


class JsonLines:
    r"""Finds the lines of JSON Lines: ``\n`` ends one, and nothing else does."""

    def prove(self, block: bytes, *, last: bool) -> Proven:
        """The lines that are whole; ``last`` says that the stream ends with the block."""
        end = len(block) if last else block.rfind(b"\n") + 1
        lines = block.count(b"\n", 0, end) + (last and end > 0 and not block.endswith(b"\n"))
        return Proven(end, lines, lines)

    def first(self, block: bytes, count: int) -> int:
        """Where the first ``count`` lines end."""
        return _nth(_JSON_LINE, block, count)


def rows_of(dialect: Dialect) -> CsvRows | JsonLines:
    """What finds the rows of a file of this dialect."""
    return JsonLines() if dialect.kind == "jsonl" else CsvRows(dialect.delimiter)


def _nth(row: re.Pattern[bytes], block: bytes, count: int) -> int:
    return next(islice(row.finditer(block), count - 1, None)).end()


def _breaks(text: bytes, end: int) -> int:
    if b"\r" in text and _LONE_RETURN.search(text, 0, end):
        text = text[:end]
        return len(text.splitlines()) - (not text.endswith((b"\n", b"\r")))
    return text.count(b"\n", 0, end)


def _break(text: bytes, *, last: bool) -> int:
    r"""The place behind the last line break; a ``\r`` at the very end may be half of one, if more follows."""
    if last:
        return len(text)
    return max(text.rfind(b"\n"), text.rfind(b"\r", 0, max(len(text) - 1, 0))) + 1


def _last_break(segments: list[bytes], outside: list[bytes]) -> tuple[int, int]:
    """How far from the end the last row ends that ends outside of quotes: of all, and of what is outside."""
    for index in range(len(outside) - 1, -1, -1):
        at_end = 2 * index == len(segments) - 1
        found = _break(outside[index] if at_end else outside[index] + b'"', last=False)
        if found:
            return _joined(segments, 2 * index) - found, _joined(outside, index) - found
    return _joined(segments, 0), _joined(outside, 0)


def _joined(segments: list[bytes], start: int) -> int:
    """How long the segments from ``start`` on are with a quote between each two."""
    return sum(map(len, segments[start:])) + len(segments) - start - 1
