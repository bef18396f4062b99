"""How many sentences a text has, in any script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plumbline.metrics.kinds import CLOSER, TERMINATOR

if TYPE_CHECKING:
    from plumbline.metrics.kinds import Others

_BLANK_LINES = re.compile(rb"\n{3,}")
_ASCII_CLOSERS = b"\"')]}*_`"
_FOLD = bytes.maketrans(b"!?\t\r\x0b\x0c0123456789", b"..    1111111111")


def count_sentences(data: bytes, others: Others) -> int:
    """Sentences of a text in UTF-8: ends before a space or the end of the text, blank lines, and what is left at
    the end.

    The number of a numbered list ("2. ") ends no sentence. Any byte beyond ASCII passes for a letter.
    """
    for stop in others.having(TERMINATOR):
        data = data.replace(stop.encode(), b". ")
    for closer in others.having(CLOSER):
        data = data.replace(closer.encode(), b"")
    plain = data.translate(_FOLD, _ASCII_CLOSERS).strip(b" \n")
    if not plain:
        return 0
    # Of a run of stops only the last is before a space.
    found = plain.count(b". ") + 1 - plain.startswith((b"1. ", b"11. "))
    if b"\n" in plain:
        found += _count_at_ends_of_lines(plain)
    return max(found, 1)


def _count_at_ends_of_lines(plain: bytes) -> int:
    """Sentences that end where a line or a paragraph does, less what only looks like one where a line begins."""
    lines = plain.split(b"\n")
    ends = b"\n".join([line[-1:] for line in lines])
    found = ends.count(b".\n")
    if b"\n\n" in ends:
        if b"\n\n\n" in ends:
            ends = _BLANK_LINES.sub(b"\n\n", ends)
        found += ends.count(b"\n\n") - ends.count(b".\n\n")
    if b"\n1" in plain:
        begins = b"\n".join([line[:4] for line in lines])
        found -= begins.count(b"\n1. ") + begins.count(b"\n11. ")
    return found
