"""How many characters of which kind a text has, by Unicode's general categories."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from plumbline.metrics.kinds import CAPITAL, DIGIT, PUNCTUATION, SPACE

if TYPE_CHECKING:
    from plumbline.metrics.kinds import Others

_LETTERS = string.ascii_letters.encode()
_CAPITALS = string.ascii_uppercase.encode()
_DIGITS = string.digits.encode()
_SPACES_IN_LINES = b" \t\r\x0b\x0c\x1c\x1d\x1e\x1f"  # as str.isspace
_PUNCTUATION = bytes(code for code in range(0x80) if category(chr(code))[0] == "P")


@dataclass(slots=True)
class Characters:
    """Counts of characters. Combining marks count as letters, so that a word in any script is all letters.

    ``symbols`` are neither letter, digit nor space; ``lines`` are those that are not blank.
    """

    length: int
    letters: int
    capitals: int
    digits: int
    symbols: int
    punctuation: int
    beyond_ascii: int
    lines: int


def count_characters(text: str, data: bytes, others: Others) -> Characters:
    """The counts for a text, its UTF-8 bytes and its characters beyond ASCII."""
    # Deleting by a table is many times as fast as looking at each character.
    size = len(data)
    length = len(text)
    beyond = len(others.text)
    letters = size - len(data.translate(None, _LETTERS)) + beyond
    capitals = size - len(data.translate(None, _CAPITALS))
    digits = size - len(data.translate(None, _DIGITS))
    punctuation = size - len(data.translate(None, _PUNCTUATION))
    unspaced = data.translate(None, _SPACES_IN_LINES)
    spaces = size - len(unspaced) + unspaced.count(b"\n")
    for kind, times in others.count():
        if not kind & CAPITAL:
            letters -= times
        capitals += times * bool(kind & CAPITAL)
        digits += times * bool(kind & DIGIT)
        punctuation += times * bool(kind & PUNCTUATION)
        spaces += times * bool(kind & SPACE)
    for space in others.having(SPACE):
        unspaced = unspaced.replace(space.encode(), b"")
    # The only spaces left are ends of lines.
    lines = len(unspaced.split())
    return Characters(
        length, letters, capitals, digits, length - letters - digits - spaces, punctuation, beyond, lines
    )
