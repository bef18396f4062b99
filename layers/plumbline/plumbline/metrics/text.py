"""A text, taken apart once for all its metrics."""

from __future__ import annotations

from dataclasses import dataclass

from plumbline.metrics.characters import Characters, count_characters
from plumbline.metrics.words import words


@dataclass(slots=True)
class Text:
    """A text, its UTF-8 bytes, its characters counted, its words in lower case and in order."""

    text: str
    data: bytes
    characters: Characters
    words: list[str]
    distinct: set[str]

    @classmethod
    def of(cls, text: str) -> Text:
        """Take a text apart."""
        data = text.encode("utf-8", "surrogatepass")
        found = words(text.lower())
        return cls(text, data, count_characters(text, data), found, set(found))
