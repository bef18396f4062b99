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
    found = plain.count(b". ") + 1
    lines = b"\n" + plain
    if b"\n" in plain:
        paragraphs = lines.count(b"\n\n")
        if paragraphs:
            if b"\n\n\n" in lines:
                lines = _BLANK_LINES.sub(b"\n\n", lines)
                paragraphs = lines.count(b"\n\n")
            found += paragraphs - lines.count(b".\n\n")
        found += lines.count(b".\n")
    if b"1. " in lines:
        found -= lines.count(b"\n1. ") + lines.count(b"\n11. ")
    return max(found, 1)
