"""How many characters of which kind a text has, by Unicode's general categories."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from plumbline.metrics.kinds import CAPITAL, DIGIT, PUNCTUATION, SEPARATOR, SPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plumbline.metrics.kinds import Others

_LOWER_CASE = string.ascii_lowercase.encode()
_NOT_SPARSE = _LOWER_CASE + bytes(code for code in range(0x80, 0x100) if code != SEPARATOR[0])
_SPACES_IN_LINES = b" \t\r\x0b\x0c\x1c\x1d\x1e\x1f"  # as str.isspace
_CLASSES = {"P": b".", "N": b"9", "L": b"A"}
_TO_CLASSES = bytes(
    b" "[0] if chr(code).isspace() else _CLASSES.get(category(chr(code))[0], b"$")[0] for code in range(0x80)
) + bytes(range(0x80, 0x100))


@dataclass(slots=True)
class Characters:
    """Counts of characters, each of every text.

    Combining marks count as letters, so that a word in any script is all letters.

    ``symbols`` are neither letter, digit nor space. ``sparse`` are the ASCII characters that are no lower-case
    letters, in order: a fourth of most texts, in which a search first makes sure that it can find anything.
    """

    length: list[int]
    letters: list[int]
    capitals: list[int]
    digits: list[int]
    symbols: list[int]
    punctuation: list[int]
    beyond_ascii: list[int]
    sparse: list[bytes]


def count_characters(texts: Sequence[str], data: Sequence[bytes], others: Sequence[Others]) -> Characters:
    """The counts for texts, their UTF-8 bytes and their characters beyond ASCII."""
    # Deleting by a table is many times as fast as looking at each character, and what is left is soon counted.
    joined = SEPARATOR.join(data).translate(None, _NOT_SPARSE)
    classes = joined.translate(_TO_CLASSES).split(SEPARATOR)
    length = list(map(len, texts))
    capitals = [one.count(b"A") for one in classes]
    digits = [one.count(b"9") for one in classes]
    punctuation = [one.count(b".") for one in classes]
    spaces = [one.count(b" ") for one in classes]
    letters = [size - len(one) + upper for size, one, upper in zip(length, classes, capitals, strict=True)]
    for at, other in enumerate(others):
        for kind, times in other.count() if other.kinds else ():
            if not kind & CAPITAL:
                letters[at] -= times
            capitals[at] += times * bool(kind & CAPITAL)
            digits[at] += times * bool(kind & DIGIT)
            punctuation[at] += times * bool(kind & PUNCTUATION)
            spaces[at] += times * bool(kind & SPACE)
    symbols = [
        size - letter - digit - space
        for size, letter, digit, space in zip(length, letters, digits, spaces, strict=True)
    ]
    beyond = [len(other.text) for other in others]
    return Characters(length, letters, capitals, digits, symbols, punctuation, beyond, joined.split(SEPARATOR))


def count_lines(data: Sequence[bytes], others: Sequence[Others]) -> list[int]:
    """Lines of each text in UTF-8 that are not blank."""
    unspaced = SEPARATOR.join(data).translate(None, _SPACES_IN_LINES).split(SEPARATOR)
    for at, other in enumerate(others):
        for space in other.having(SPACE):
            unspaced[at] = unspaced[at].replace(space.encode(), b"")
    # The only spaces left are ends of lines.
    return [len(one.split()) if b"\n" in one else int(one != b"") for one in unspaced]
