"""How many characters of which kind a text has, by Unicode's general categories."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from plumbline.metrics.kinds import CAPITAL, DIGIT, PUNCTUATION, SPACE

if TYPE_CHECKING:
    from plumbline.metrics.kinds import Others

_LOWER_CASE = string.ascii_lowercase.encode()
_NOT_SPARSE = _LOWER_CASE + bytes(range(0x80, 0x100))
_SPACES_IN_LINES = b" \t\r\x0b\x0c\x1c\x1d\x1e\x1f"  # as str.isspace
_CLASSES = {"P": b".", "N": b"9", "L": b"A"}
_TO_CLASSES = bytes(
    b" "[0] if chr(code).isspace() else _CLASSES.get(category(chr(code))[0], b"$")[0] for code in range(0x100)
)


@dataclass(slots=True)
class Characters:
    """Counts of characters. Combining marks count as letters, so that a word in any script is all letters.

    ``symbols`` are neither letter, digit nor space. ``sparse`` are the ASCII characters that are no lower-case
    letters, in order: a fourth of most texts, in which a search first makes sure that it can find anything.
    """

    length: int
    letters: int
    capitals: int
    digits: int
    symbols: int
    punctuation: int
    beyond_ascii: int
    sparse: bytes


def count_characters(text: str, data: bytes, others: Others) -> Characters:
    """The counts for a text, its UTF-8 bytes and its characters beyond ASCII."""
    # Deleting by a table is many times as fast as looking at each character, and what is left is soon counted.
    sparse = data.translate(None, _NOT_SPARSE)
    classes = sparse.translate(_TO_CLASSES)
    length = len(text)
    beyond = len(others.text)
    capitals = classes.count(b"A")
    letters = length - len(classes) + capitals
    digits = classes.count(b"9")
    punctuation = classes.count(b".")
    spaces = classes.count(b" ")
    for kind, times in others.count() if beyond else ():
        if not kind & CAPITAL:
            letters -= times
        capitals += times * bool(kind & CAPITAL)
        digits += times * bool(kind & DIGIT)
        punctuation += times * bool(kind & PUNCTUATION)
        spaces += times * bool(kind & SPACE)
    symbols = length - letters - digits - spaces
    return Characters(length, letters, capitals, digits, symbols, punctuation, beyond, sparse)


def count_lines(data: bytes, others: Others) -> int:
    """Lines of a text in UTF-8 that are not blank."""
    unspaced = data.translate(None, _SPACES_IN_LINES)
    for space in others.having(SPACE):
        unspaced = unspaced.replace(space.encode(), b"")
    # The only spaces left are ends of lines.
    return len(unspaced.split())
