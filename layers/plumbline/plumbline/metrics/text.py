"""Texts, taken apart once for all their metrics, many at a time.

What is done to a text's bytes is done to those of all texts at once, joined by a byte that UTF-8 has no use for: a
pass over a hundred kilobytes costs what they cost, a hundred passes over one kilobyte twice that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plumbline.metrics.characters import Characters, count_characters
from plumbline.metrics.kinds import NONE, Others
from plumbline.metrics.words import all_words_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class Texts:
    """Texts, and what they are made of, each as one column.

    Their UTF-8 bytes, the characters beyond ASCII, all characters counted, the words (in lower case, in UTF-8),
    the different ones among these, and how many characters all words of a text have.
    """

    texts: Sequence[str]
    data: list[bytes]
    others: list[Others]
    characters: Characters
    words: list[list[bytes]]
    letters_of_words: list[int]
    distinct: list[set[bytes]]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """Take texts apart."""
        data = [text.encode("utf-8", "surrogatepass") for text in texts]
        others = [NONE if len(one) == len(text) else Others.of(one) for text, one in zip(texts, data, strict=True)]
        words, letters = all_words_of(texts, data, others)
        characters = count_characters(texts, data, others)
        return cls(texts, data, others, characters, words, letters, list(map(set, words)))
