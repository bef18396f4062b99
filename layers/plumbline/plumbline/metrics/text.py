"""A text, taken apart once for all its metrics."""

from __future__ import annotations

import string
from dataclasses import dataclass, field

from plumbline.metrics.characters import Characters, count_characters
from plumbline.metrics.kinds import APART, APOSTROPHE, INTRICATE, NONE, Others
from plumbline.metrics.words import count_letters, words

_OF_WORDS = (string.ascii_uppercase + string.digits + "_").encode()
_MOST_COUNTED_ONE_BY_ONE = 40


@dataclass(slots=True)
class Text:
    """A text, its UTF-8 bytes, its characters beyond ASCII, all of them counted, its words (lower case, UTF-8)."""

    text: str
    data: bytes
    others: Others
    characters: Characters
    words: list[bytes]
    _distinct: set[bytes] | None = field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, text: str) -> Text:
        """Take a text apart."""
        data = text.encode("utf-8", "surrogatepass")
        others = NONE if len(data) == len(text) else Others.of(data)
        return cls(text, data, others, count_characters(text, data, others), words(text, data, others))

    @property
    def distinct(self) -> set[bytes]:
        """The different words: made when they are first asked for."""
        if self._distinct is None:
            self._distinct = set(self.words)
        return self._distinct

    def count_letters_of_words(self) -> int:
        """Characters of all words together."""
        others, characters = self.others, self.characters
        apart = others.having(APART)
        if others.kinds & INTRICATE or len(apart) > _MOST_COUNTED_ONE_BY_ONE:
            return count_letters(self.words)
        # But for what separates words and apostrophes, they are all there is.
        between = sum(map(others.text.count, (*apart, APOSTROPHE))) if others.text else 0
        return characters.length - len(characters.sparse.translate(None, _OF_WORDS)) - between
