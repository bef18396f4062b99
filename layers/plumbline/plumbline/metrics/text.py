"""A text, taken apart once for all its metrics."""

from __future__ import annotations

from dataclasses import dataclass

from plumbline.metrics.characters import Characters, count_characters
from plumbline.metrics.kinds import NONE, Others
from plumbline.metrics.words import words


@dataclass(slots=True)
class Text:
    """A text, its UTF-8 bytes, its characters beyond ASCII and all of them counted, its words in lower case."""

    text: str
    data: bytes
    others: Others
    characters: Characters
    words: list[str]
    distinct: set[str]

    @classmethod
    def of(cls, text: str) -> Text:
        """Take a text apart."""
        data = text.encode("utf-8", "surrogatepass")
        others = NONE if len(data) == len(text) else Others.of(data)
        found = words(text, data, others)
        return cls(text, data, others, count_characters(text, data, others), found, set(found))
