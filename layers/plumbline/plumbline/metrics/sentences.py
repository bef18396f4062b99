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
    # What follows each stop is all that matters of most of the text.
    stops = b".".join([part[:2] for part in plain.split(b".")])
    # Of a run of stops only the last is before a space.
    found = stops.count(b". ") + 1 - plain.startswith((b"1. ", b"11. "))
    if b"\n" in plain:
        found += stops.count(b".\n") - stops.count(b".\n\n") + _count_paragraphs(plain)
        if b"\n1" in plain:
            found -= plain.count(b"\n1. ") + plain.count(b"\n11. ")
    return max(found, 1)


def _count_paragraphs(plain: bytes) -> int:
    """Blank lines, of which several together are one."""
    # Of three ends of lines in a row two are counted once anyway.
    if b"\n\n\n\n" in plain:
        plain = _BLANK_LINES.sub(b"\n\n", plain)
    return plain.count(b"\n\n")
