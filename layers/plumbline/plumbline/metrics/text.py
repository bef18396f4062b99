"""A text, taken apart once for all its metrics."""

from __future__ import annotations

from dataclasses import dataclass, field

from plumbline.metrics.characters import Characters, count_characters
from plumbline.metrics.kinds import NONE, Others
from plumbline.metrics.words import count_letters, words


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
        if self.others.text:
            return count_letters(self.words)
        # In ASCII, words are all that there is of these.
        characters = self.characters
        return characters.letters + characters.digits + characters.sparse.count(b"_")
