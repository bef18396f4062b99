"""What is to be known of the characters beyond ASCII that a text has.

Most texts have none or a handful (a dash, an accented letter). So each distinct one is looked at once, what is
known of it is remembered, and the rest of measuring works on UTF-8's bytes, of which those below 0x80 are ASCII.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from unicodedata import category

from plumbline.metrics.scripts import is_intricate

# A lower-case letter of a script with spaces has none of these: nothing in it needs attention.
CAPITAL, DIGIT, PUNCTUATION, SPACE, SYMBOL = 1, 2, 4, 8, 16
CASED = 32
"""Has another character, or two, as its lower case."""
APART = 64
"""Separates words."""
INTRICATE = 128
"""Words around it cannot be told by what separates them."""
TERMINATOR = 256
"""A full stop of another script."""
CLOSER = 512
"""May stand between a full stop and the space that follows it."""

TERMINATORS = "。．！？｡؟۔।॥։።፧။៕།…‼⁇⁈⁉"  # noqa: RUF001 - ideographic, Arabic, Devanagari, Armenian and others
CLOSERS = "”’»›」』）】〉》］"  # noqa: RUF001
APOSTROPHE = "\u2019"
SEPARATOR = b"\xff"
"""In no text in UTF-8: it parts texts that are worked on together."""

# They join letters of a word: Persian and Indic spelling needs them.
_JOINERS = "\u200c\xad"
_COUNTED = CAPITAL | DIGIT | PUNCTUATION | SPACE | SYMBOL
_ASCII = bytes(range(0x80))
_REMEMBERED = 20_000
_MOST_COUNTED_ONE_BY_ONE = 40


class _Kinds(dict[str, int]):
    def __missing__(self, character: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        kind = self[character] = _kind(character)
        return kind


def _kind(character: str) -> int:
    kind = _category(character)
    if len(lower := character.lower()) > 1 or is_intricate(character):
        kind |= INTRICATE
    elif not character.isalnum() and character != APOSTROPHE:
        kind |= APART
    if lower != character:
        kind |= CASED
    return kind | TERMINATOR * (character in TERMINATORS) | CLOSER * (character in CLOSERS)


def _category(character: str) -> int:
    name = category(character)
    if name[0] in "LM" or character in _JOINERS:
        return CAPITAL * (name == "Lu")
    if name[0] in "NP":
        return DIGIT if name[0] == "N" else PUNCTUATION
    return SPACE if character.isspace() else SYMBOL


_of = _Kinds().__getitem__


@dataclass(slots=True)
class Others:
    """The characters of a text that are beyond ASCII: all of them, each with its kind, and the kinds together."""

    text: str = ""
    each: dict[str, int] = field(default_factory=dict)
    kinds: int = 0

    @classmethod
    def of(cls, data: bytes) -> Others:
        """Those of a text in UTF-8."""
        text = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
        each = {character: _of(character) for character in set(text)}
        return cls(text, each, reduce(or_, each.values(), 0))

    def having(self, kind: int) -> list[str]:
        """The distinct ones that are of one of the kinds."""
        return [character for character, its in self.each.items() if its & kind] if self.kinds & kind else []

    def count(self) -> list[tuple[int, int]]:
        """Kinds and how often they occur, of all that are not merely letters."""
        counted = self.having(_COUNTED)
        # Counting a few one by one is quicker than counting all; of many it takes their number times the length.
        if len(counted) <= _MOST_COUNTED_ONE_BY_ONE:
            return [(self.each[character], self.text.count(character)) for character in counted]
        times = Counter(self.text)
        return [(self.each[character], times[character]) for character in counted]


NONE = Others()
"""A text that is all ASCII has these."""
