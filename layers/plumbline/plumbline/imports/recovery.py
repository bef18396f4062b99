r"""Where a record whose quotes are broken ends, so that the rows after it are read again as rows.

A stray quote makes everything after it ambiguous: the lines that follow may be rows of their own or the rest
of a cell. Two mistakes are possible, and the evidence in the file decides between them:

- taking rows for the rest of a cell puts good rows aside (they come back to the user in the rejected rows);
- taking the rest of a cell for rows stores what nobody wrote.

What the functions here look for is what the writer of the file meant each quote to be. A quote behind a delimiter
or a line break was meant to open a cell. One at the end of a cell that no quote opened was meant to close a
cell that began further up.
"""

from __future__ import annotations

import csv
import re
from enum import Enum, auto
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LOOKAHEAD_LINES = 100
LOOKAHEAD_BYTES = 1024 * 1024

_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
# Of lines up to this size it is remembered what they say: each is in sight of up to a hundred broken rows.
_REMEMBERED_BYTES = 2048


class _Meaning(Enum):
    """What a line says about the broken row above it."""

    NOTHING = auto()
    CLOSES = auto()  # it ends a cell that began further up
    BEGINS = auto()  # a row begins here
    OPEN = auto()  # whether a row begins here is told by the lines behind it


class Grammar:
    """How a file with this ``delimiter`` between its cells is read by its writer's intention."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        self.unquoted = re.compile(rf"[^{delimiter}\r\n]*+")
        # A cell as a writer means it who does not double the quotes inside: it ends with a quote before a
        # separator. (Behind a comma inside of a sentence stands a space.)
        self.undoubled = re.compile(
            rf'(?:"[^\r\n]*?"(?={delimiter}(?! )|[\r\n]|$)|(?!")[^{delimiter}\r\n]*+)({delimiter}|[\r\n]|$)'
        )


grammar = lru_cache(Grammar)


def end_of_malformed(
    consumed: Sequence[bytes], following: Sequence[bytes], width: int, delimiter: str = ","
) -> int:
    """How many lines belong to a record in which a closing quote is followed by something else.

    Args:
        consumed: the record's lines up to the one in which the error came to light.
        following: the lines behind those.
        width: how many cells a row has.
        delimiter: what stands between them.
    """
    written = grammar(delimiter)
    text = _text(consumed)
    if len(consumed) > 1 and text[_stray_quote(text, written) - 1] in f"{delimiter}\r\n":
        # What seemed to close a cell opens one: the first line's quote was stray and swallowed whole rows.
        return 1
    stands_alone = len(consumed) == 1 and _is_row(consumed[0], width, written)
    quoted, nothing = not stands_alone, _Meaning.NOTHING
    for index, line in enumerate(following):
        if b'"' not in line:
            if stands_alone and line.count(delimiter.encode()) == width - 1:
                break
            continue
        told = _remembered if len(line) <= _REMEMBERED_BYTES else _meaning
        meaning = told(line, width, written, quoted)
        if meaning is nothing:
            continue
        if meaning is _Meaning.CLOSES:
            return len(consumed) + index + 1
        if meaning is _Meaning.BEGINS or _begins_a_row(
            map(_decoded, islice(following, index, None)), width, written, quoted
        ):
            break
    return len(consumed)


def swallowed_rows(lines: Sequence[bytes], width: int, delimiter: str = ",") -> bool:
    """Whether the lines after the first one of a record that never ends are rows which its quote swallowed.

    They are if most of them read as rows; otherwise they are a cell that was cut off.
    """
    good = bad = 0
    rest = [_decoded(line) for line in lines[1 : LOOKAHEAD_LINES + 1]]
    reader = csv.reader(rest, strict=True, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return good > bad
        except csv.Error:
            bad += 1
        else:
            good += len(cells) == width
            bad += len(cells) not in {0, width}


def _text(lines: Sequence[bytes]) -> str:
    return _decoded(b"".join(lines))


def _decoded(line: bytes) -> str:
    # Only delimiters, quotes and line ends matter here, and no other character of UTF-8 contains their bytes.
    return line.decode("latin-1")


def _cells(text: str, written: Grammar) -> Iterator[tuple[int, int, bool]]:
    """Start, end and quotedness of each cell of the first record, up to the first that is malformed."""
    start = 0
    while True:
        quoted = _QUOTED.match(text, start)
        match = quoted or written.unquoted.match(text, start)
        assert match is not None  # an unquoted cell may be empty, so one of the two always matches
        yield start, match.end(), quoted is not None
        if not text.startswith(written.delimiter, match.end()):
            return
        start = match.end() + 1


def _stray_quote(text: str, written: Grammar) -> int:
    """The offset of the closing quote that is followed by neither a delimiter nor the end of the line."""
    return max(end for _, end, _ in _cells(text, written)) - 1


def _is_row(line: bytes, width: int, written: Grammar) -> bool:
    """Whether a line is a whole row if its writer did not double the quotes inside the cells."""
    text = _decoded(line)
    start = count = 0
    while match := written.undoubled.match(text, start):
        count += 1
        start = match.end()
        if match[1] != written.delimiter:
            return count == width
    return False


def _closes_a_cell_from_above(line: bytes, written: Grammar) -> bool:
    text = _decoded(line)
    for start, end, quoted in _cells(text, written):
        if not quoted and text[start:end].endswith('"') and text.count('"', start, end) % 2:
            return True
    return False


def _meaning(line: bytes, width: int, written: Grammar, quoted: bool) -> _Meaning:
    """What a line with a quote in it says."""
    if _closes_a_cell_from_above(line, written):
        return _Meaning.CLOSES
    if line.startswith(b'"') and _is_row(line, width, written):
        return _Meaning.BEGINS  # the next of many rows whose quotes are not doubled

    def alone() -> Iterator[str]:
        yield _decoded(line)
        raise _OpenQuoteError

    try:
        begins = _begins_a_row(alone(), width, written, quoted)
    except _OpenQuoteError:
        return _Meaning.OPEN
    return _Meaning.BEGINS if begins else _Meaning.NOTHING


# Asked for each broken row that a line is within sight of; arguments by name would be most of its time.
_remembered = lru_cache(maxsize=4 * LOOKAHEAD_LINES)(_meaning)


class _OpenQuoteError(Exception):
    """A row that begins in a line goes on in the next."""


def _begins_a_row(texts: Iterable[str], width: int, written: Grammar, quoted: bool) -> bool:
    """Whether a whole row begins at the first of the lines, and has a quoted cell if that is asked for."""
    read: list[str] = []

    def noted() -> Iterator[str]:
        for text in texts:
            read.append(text)
            yield text

    try:
        cells = next(csv.reader(noted(), strict=True, delimiter=written.delimiter))
    except csv.Error:
        return False
    if len(cells) != width:
        return False
    return not quoted or any(is_quoted for _, _, is_quoted in _cells("".join(read), written))
