"""What is to be known of a word, remembered: a text's words mostly are those of the texts before it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

from plumbline.metrics.functionwords import FUNCTION_WORDS
from plumbline.metrics.syllables import count_syllables

if TYPE_CHECKING:
    from collections.abc import Sequence

LONG_WORD = 6
"""A word of more letters than this is a long one (Björnsson's LIX)."""

_REMEMBERED = 50_000
_LONGEST_REMEMBERED = 48

# A word is one byte: its syllables, and two bits. All words of a text then are one string of bytes, in which
# counting is quick.
_SYLLABLES, _LONG, _FUNCTION = 0x3F, 0x40, 0x80
_ALL_LONG = bytes(code for code in range(256) if code & _LONG)
_ALL_FUNCTION = bytes(code for code in range(256) if code & _FUNCTION)
_TO_SYLLABLES = bytes(code & _SYLLABLES for code in range(256))
_TO_WHETHER_LONG = bytes(code & _LONG for code in range(256))
_LESS_THAN_POLYSYLLABLES = bytes(range(3))


class _Words(dict[bytes, int]):
    """Words in lower case and in UTF-8, and their bytes."""

    def __missing__(self, key: bytes) -> int:
        word = key.decode("utf-8", "surrogatepass")
        code = min(count_syllables(word), _SYLLABLES)
        code |= _LONG * (len(word) > LONG_WORD) | _FUNCTION * (word in FUNCTION_WORDS)
        if len(key) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[key] = code
        return code


_code = _Words().__getitem__


@dataclass(slots=True)
class WordCounts:
    """Counts over the words of a text. Polysyllables have three syllables or more, long words seven letters."""

    words: int
    syllables: int
    monosyllables: int
    polysyllables: int
    _codes: bytes

    @property
    def long_words(self) -> int:
        return self.words - len(self._codes.translate(None, _ALL_LONG))

    @property
    def function_words(self) -> int:
        return self.words - len(self._codes.translate(None, _ALL_FUNCTION))

    def longest(self, words: Sequence[bytes]) -> int:
        """Characters of the longest of the words, which are those that were counted; 0 if there is none."""
        long = list(compress(words, self._codes.translate(_TO_WHETHER_LONG))) or words
        if all(map(bytes.isascii, long)):
            return max(map(len, long), default=0)
        return max(map(len, b" ".join(long).decode("utf-8", "surrogatepass").split(" ")))


def count_words(words: Sequence[bytes]) -> WordCounts:
    """The counts for words in lower case and in UTF-8."""
    codes = bytes(map(_code, words))
    count = len(codes)
    syllables = codes.translate(_TO_SYLLABLES)
    monosyllables = syllables.count(1)
    many = syllables.translate(None, _LESS_THAN_POLYSYLLABLES)
    return WordCounts(
        words=count,
        syllables=monosyllables + 2 * syllables.count(2) + sum(many),
        monosyllables=monosyllables,
        polysyllables=len(many),
        _codes=codes,
    )
