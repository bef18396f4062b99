"""Words, Unicode first and without dictionaries.

A word is a run of letters, marks, digits and underscores. That is the rule of Unicode's UAX #29 but for two
simplifications: an apostrophe is dropped wherever it stands (``don't`` is one word, ``dont``), and full stops
and commas between digits part them. Scripts that write without spaces have no such runs: there each Han or
Kana character is a word, and in Thai, Lao, Burmese and Khmer each four letters are.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from plumbline.metrics.kinds import APART, APOSTROPHE, CASED, INTRICATE, SEPARATOR
from plumbline.metrics.scripts import IDEOGRAPHS, MARKS, UNSPACED, character_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plumbline.metrics.kinds import Others

LETTERS_A_WORD_UNSPACED = 4

_TO_LOWER_OR_SPACE = bytes(
    code if code >= 0x80 or chr(code).isalnum() or chr(code) == "_" else 0x20 for code in range(0x100)
).lower()
_MOST_REPLACED_ONE_BY_ONE = 40
_APOSTROPHE = APOSTROPHE.encode()


def all_words_of(
    texts: Sequence[str], data: Sequence[bytes], others: Sequence[Others]
) -> tuple[list[list[bytes]], list[int]]:
    """The words of texts in lower case and in order, and how many characters those of each have together.

    From their UTF-8 bytes and their characters beyond ASCII. The same as :func:`all_words`, many times as fast: a
    word that a regular expression is needed for is rare. They are in UTF-8 too, which is quicker to split and to
    look up than texts are.
    """
    folded = [
        _fold(text, one, other) if other.kinds else one
        for text, one, other in zip(texts, data, others, strict=True)
    ]
    runs = SEPARATOR.join(folded).translate(_TO_LOWER_OR_SPACE, b"'").split(SEPARATOR)
    found = [run.split() for run in runs]
    letters = [len(run) - run.count(b" ") for run in runs]
    for at, other in enumerate(others):
        if other.kinds & INTRICATE:
            found[at] = [word for run in found[at] for word in ((run,) if run.isascii() else _find_words(run))]
        if other.text:
            letters[at] = _count_letters(found[at])
    return found, letters


def _fold(text: str, data: bytes, others: Others) -> bytes:
    """The bytes in lower case where ASCII's tables do not reach, with spaces where words are parted."""
    if others.kinds & CASED:
        data = text.lower().encode("utf-8", "surrogatepass")
    if others.kinds & APART:
        data = _part(data, others.having(APART))
    return data.replace(_APOSTROPHE, b"") if APOSTROPHE in others.each else data


def _find_words(run: bytes) -> list[bytes]:
    found = _pattern().findall(run.decode("utf-8", "surrogatepass"))
    return " ".join(found).encode("utf-8", "surrogatepass").split()


def _count_letters(found: Sequence[bytes]) -> int:
    """Characters of all these words together."""
    return len(b"".join(found).decode("utf-8", "surrogatepass"))


def _part(data: bytes, separators: list[str]) -> bytes:
    """Spaces in place of the separators; the text they were found in may have been put to lower case since."""
    separators = [one.lower() for one in separators]
    if len(separators) <= _MOST_REPLACED_ONE_BY_ONE:
        for separator in separators:
            data = data.replace(separator.encode("utf-8", "surrogatepass"), b" ")
        return data
    text = data.decode("utf-8", "surrogatepass")
    return text.translate(dict.fromkeys(map(ord, separators), " ")).encode("utf-8", "surrogatepass")


def all_words(text: str) -> list[str]:
    """The words of a text by the rule itself, in its own case.

    >>> all_words("Don't panic: call foo_bar(42) à 東京 🎉")
    ['Dont', 'panic', 'call', 'foo_bar', '42', 'à', '東', '京']
    """
    return _pattern().findall(text.replace("'", "").replace(APOSTROPHE, ""))


@cache
def _pattern() -> re.Pattern[str]:
    # Compiled when the first text comes that needs it: it takes milliseconds that a cold start need not pay.
    marks, ideographs, unspaced = map(character_class, (MARKS, IDEOGRAPHS, UNSPACED))
    letter = f"[^\\W{ideographs}{unspaced}]"
    return re.compile(
        f"{letter}+(?:[{marks}]+{letter}*)*"
        f"|[{ideographs}][{marks}]*"
        f"|(?:[{unspaced}][{marks}]*){{1,{LETTERS_A_WORD_UNSPACED}}}"
    )
