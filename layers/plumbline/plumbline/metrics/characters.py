"""How many characters of which kind a text has, by Unicode's general categories."""

from __future__ import annotations

import string
from collections import Counter
from dataclasses import dataclass
from unicodedata import category

_ASCII = bytes(range(0x80))
_LETTERS = string.ascii_letters.encode()
_CAPITALS = string.ascii_uppercase.encode()
_DIGITS = string.digits.encode()
_SPACES = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # as str.isspace
_PUNCTUATION = bytes(code for code in range(0x80) if category(chr(code))[0] == "P")
# They join letters of a word: Persian and Indic spelling needs them.
_JOINERS = "\u200c\xad"


@dataclass(slots=True)
class Characters:
    """Counts of characters. Combining marks count as letters, so that a word in any script is all letters."""

    length: int
    letters: int
    capitals: int
    digits: int
    spaces: int
    punctuation: int
    beyond_ascii: int

    @property
    def symbols(self) -> int:
        """Neither letter, digit nor space."""
        return self.length - self.letters - self.digits - self.spaces

    @property
    def special(self) -> int:
        """Symbols that are not punctuation."""
        return self.symbols - self.punctuation


def count_characters(text: str, data: bytes) -> Characters:
    """The counts for a text and its UTF-8 bytes."""
    # Deleting by a table is many times as fast as looking at each character; what ASCII is left out of is short
    # in most texts.
    size, others = len(data), b""
    if len(text) != size:
        others = data.translate(None, _ASCII)
        size -= len(others)
    plain = data if not others else data.translate(None, bytes(range(0x80, 0x100)))
    counts = Characters(
        length=len(text),
        letters=size - len(plain.translate(None, _LETTERS)),
        capitals=size - len(plain.translate(None, _CAPITALS)),
        digits=size - len(plain.translate(None, _DIGITS)),
        spaces=size - len(plain.translate(None, _SPACES)),
        punctuation=size - len(plain.translate(None, _PUNCTUATION)),
        beyond_ascii=len(text) - size,
    )
    if others:
        _count_others(others.decode("utf-8", "surrogatepass"), counts)
    return counts


def _count_others(text: str, counts: Characters) -> None:
    for character, times in Counter(text).items():
        kind = category(character)
        if kind[0] in "LM" or character in _JOINERS:
            counts.letters += times
            counts.capitals += times * (kind == "Lu")
        elif kind[0] == "N":
            counts.digits += times
        elif kind[0] == "P":
            counts.punctuation += times
        elif character.isspace():
            counts.spaces += times
