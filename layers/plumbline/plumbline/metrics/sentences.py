"""How many sentences a text has, in any script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plumbline.metrics.kinds import CLOSER, SEPARATOR, TERMINATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plumbline.metrics.kinds import Others

_BLANK_LINES = re.compile(rb"\n{3,}")
_ASCII_CLOSERS = b"\"')]}*_`"
_FOLD = bytes.maketrans(b"!?\t\r\x0b\x0c0123456789", b"..    1111111111")
_DIGIT = b"1"[0]  # as which all are folded


def count_sentences(data: Sequence[bytes], others: Sequence[Others]) -> list[int]:
    """Sentences of each text in UTF-8: ends before a space or the end of the text, blank lines, and what is left
    at the end.

    The number of a numbered list ("2. ") ends no sentence. Any byte beyond ASCII passes for a letter.
    """
    plain = [_unify(one, other) if other.kinds else one for one, other in zip(data, others, strict=True)]
    return [
        _count(one.strip(b" \n"))
        for one in SEPARATOR.join(plain).translate(_FOLD, _ASCII_CLOSERS).split(SEPARATOR)
    ]


def _unify(data: bytes, others: Others) -> bytes:
    """ASCII's stops in place of other scripts', and no closing marks."""
    for stop in others.having(TERMINATOR):
        data = data.replace(stop.encode(), b". ")
    for closer in others.having(CLOSER):
        data = data.replace(closer.encode(), b"")
    return data


def _count(plain: bytes) -> int:
    if not plain:
        return 0
    # What follows each stop is all that matters of most of the text.
    stops = b".".join([part[:2] for part in plain.split(b".")])
    # Of a run of stops only the last is before a space.
    found = stops.count(b". ") + 1
    if plain[0] == _DIGIT:
        found -= plain.startswith((b"1. ", b"11. "))
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
