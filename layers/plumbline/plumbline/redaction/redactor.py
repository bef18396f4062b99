"""Finding and replacing: a text in, the text as it may be kept out."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from plumbline.errors import RedactionFailed
from plumbline.metrics.finders import FINDERS
from plumbline.metrics.personal import Searched, likely_kinds
from plumbline.redaction.kinds import KINDS, placeholder
from plumbline.redaction.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plumbline.redaction.kinds import Kind
    from plumbline.redaction.own_patterns import OwnPattern
    from plumbline.settings import Settings

OWN_PATTERNS_SECONDS = 2.0
# What has been replaced may have kept its neighbour from being found: then the text is searched again.
_PASSES = 4
_NONE: Mapping[str, int] = {}
_TOKEN = re.compile(r"\S+")


class Redacted(NamedTuple):
    """A text as it may be kept, and how many placeholders were put into it, by kind or own pattern's name."""

    text: str
    counts: Mapping[str, int]


class _Found(NamedTuple):
    start: int
    end: int
    name: str


class Redactor:
    """Replaces what it finds in texts by its kind. The same text always gives the same."""

    def __init__(self, kinds: Iterable[Kind] = KINDS, own: Sequence[OwnPattern] = ()) -> None:
        self._kinds = frozenset(kinds)
        self._own = [(pattern.name, re.compile(pattern.expression)) for pattern in own]
        self._patience = Patience(OWN_PATTERNS_SECONDS)
        names = [*KINDS, *(name for name, _ in self._own)]
        self._rank = {name: rank for rank, name in enumerate(names)}
        self._placeholders = re.compile("|".join(re.escape(placeholder(name)) for name in names))

    @classmethod
    def from_settings(cls, settings: Settings) -> Redactor | None:
        """The redactor that is asked for; None where none is."""
        if not settings.redact and not settings.redact_patterns:
            return None
        return cls(settings.redact, settings.redact_patterns)

    def redact(self, text: str) -> Redacted:
        """The text with a placeholder in place of everything that is found in it.

        What is found by several, or overlaps, is replaced as one, by the name of the longest and of those as long
        by the first. Nothing is found in the text that is returned.

        Raises:
            RedactionFailed: it cannot be done; nothing of the text must be kept.
        """
        found = self._find(text)
        if not found:
            return Redacted(text, _NONE)
        counts: Counter[str] = Counter()
        for _ in range(_PASSES):
            text = _replace(text, found, counts)
            found = self._find(text)
            if not found:
                return Redacted(text, counts)
        # A chain of such neighbours, each hiding the next: they go as a whole.
        text = _replace(text, self._merge([*found, *_around(text, found)]), counts)
        if self._find(text):
            raise RedactionFailed("A text was redacted, and something is still found in what came of it.")
        return Redacted(text, counts)

    def _find(self, text: str) -> list[_Found]:
        """What is to be replaced, in order, apart from each other."""
        searched = Searched.of(text)
        found = [
            _Found(*span, kind)
            for kind in likely_kinds(searched)
            if kind in self._kinds
            for span in FINDERS[kind](searched.text)
        ]
        if self._own:
            with self._patience:
                found += self._find_own(text)
        return self._merge(found) if len(found) > 1 else found

    def _find_own(self, text: str) -> Iterator[_Found]:
        """What the own patterns match, but for placeholders, which nothing ever does."""
        placeholders = [one.span() for one in self._placeholders.finditer(text)] if "[" in text else []
        for name, pattern in self._own:
            matches = (one.span() for one in pattern.finditer(text))
            for start, end in _without(matches, placeholders):
                yield _Found(start, end, name)

    def _merge(self, found: list[_Found]) -> list[_Found]:
        """Join what overlaps."""
        merged: list[_Found] = []
        longest = 0
        for one in sorted(found):
            length = one.end - one.start
            if merged and one.start < merged[-1].end:
                last = merged[-1]
                wins = (-length, self._rank[one.name]) < (-longest, self._rank[last.name])
                merged[-1] = _Found(last.start, max(last.end, one.end), one.name if wins else last.name)
                longest = max(longest, length)
            else:
                merged.append(one)
                longest = length
        return merged


def _replace(text: str, found: Iterable[_Found], counts: Counter[str]) -> str:
    parts: list[str] = []
    behind = 0
    for start, end, name in found:
        parts += (text[behind:start], placeholder(name))
        counts[name] += 1
        behind = end
    parts.append(text[behind:])
    return "".join(parts)


def _around(text: str, found: Sequence[_Found]) -> Iterator[_Found]:
    """Everything up to the next spaces that touches what was found."""
    at = 0
    for token in _TOKEN.finditer(text):
        while at < len(found) and found[at].end < token.start():
            at += 1
        if at < len(found) and found[at].start <= token.end():
            yield _Found(token.start(), token.end(), found[at].name)


def _without(spans: Iterable[tuple[int, int]], others: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is left of spans without others, both in order; nothing of what is empty."""
    first = 0
    for start, end in spans:
        while first < len(others) and others[first][1] <= start:
            first += 1
        at, left = first, start
        while at < len(others) and others[at][0] < end:
            if others[at][0] > left:
                yield left, others[at][0]
            left = max(left, others[at][1])
            at += 1
        if left < end:
            yield left, end
