"""What is to be known of a word, remembered: a text's words mostly are those of the texts before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plumbline.metrics.functionwords import FUNCTION_WORDS
from plumbline.metrics.syllables import count_syllables

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

LONG_WORD = 6
"""A word of more letters than this is a long one (Björnsson's LIX)."""

_REMEMBERED = 50_000
_LONGEST_REMEMBERED = 48

# A word is one number, with a field for each thing that is counted: all of them are counted by one sum. The sum
# of as many words as fit their fields is below 2**63, where adding is quick.
_SYLLABLES_BITS, _FIELD_BITS = 17, 11
_MOST_SYLLABLES = 63
_SUMMED = (1 << _FIELD_BITS) - 1
_SYLLABLES_MASK, _FIELD_MASK = (1 << _SYLLABLES_BITS) - 1, _SUMMED
_MONO, _POLY, _LONG, _FUNCTION = (_SYLLABLES_BITS + _FIELD_BITS * field for field in range(4))


class _Words(dict[bytes, int]):
    """Words in lower case and in UTF-8, and their numbers."""

    def __missing__(self, key: bytes) -> int:
        word = key.decode("utf-8", "surrogatepass")
        syllables = min(count_syllables(word), _MOST_SYLLABLES)
        code = syllables | (syllables == 1) << _MONO | (syllables >= 3) << _POLY
        code |= (len(word) > LONG_WORD) << _LONG | (word in FUNCTION_WORDS) << _FUNCTION
        if len(key) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[key] = code
        return code


_code = _Words().__getitem__


class WordCounts(NamedTuple):
    """Counts over the words of a text. Polysyllables have three syllables or more, long words seven letters."""

    syllables: int
    monosyllables: int
    polysyllables: int
    long_words: int
    function_words: int


def count_words(words: Sequence[bytes]) -> WordCounts:
    """The counts for words in lower case and in UTF-8."""
    if len(words) > _SUMMED:
        parts = [count_words(words[at : at + _SUMMED]) for at in range(0, len(words), _SUMMED)]
        return WordCounts(*map(sum, zip(*parts, strict=True)))
    total = sum(map(_code, words))
    return WordCounts(
        total & _SYLLABLES_MASK,
        total >> _MONO & _FIELD_MASK,
        total >> _POLY & _FIELD_MASK,
        total >> _LONG & _FIELD_MASK,
        total >> _FUNCTION,
    )


def longest_word(words: Collection[bytes]) -> int:
    """Characters of the longest of the words; 0 if there is none."""
    return max(map(len, b" ".join(words).decode("utf-8", "surrogatepass").split(" ")))
