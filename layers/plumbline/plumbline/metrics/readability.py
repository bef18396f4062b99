"""Readability by the classic formulas. All are made for English prose but LIX, which holds for any alphabet."""

from __future__ import annotations

import math

READABILITY = (
    "reading_ease",
    "grade_level",
    "automated_readability",
    "coleman_liau",
    "gunning_fog",
    "smog",
    "lix",
)


def readability(  # noqa: PLR0917 - counts of one text
    words: int, sentences: int, characters: int, syllables: int, polysyllables: int, long_words: int
) -> tuple[float, ...]:
    """The formulas' values, in the order of :data:`READABILITY`, for a text that has words.

    ``characters`` are those of its words.
    """
    sentence = words / sentences
    word = characters / words
    a_word = syllables / words
    return (
        # Flesch, "A new readability yardstick", Journal of Applied Psychology 32 (1948)
        206.835 - 1.015 * sentence - 84.6 * a_word,
        # Kincaid, Fishburne, Rogers, Chissom: "Derivation of new readability formulas" (1975)
        0.39 * sentence + 11.8 * a_word - 15.59,
        # Senter, Smith: "Automated Readability Index" (1967)
        4.71 * word + 0.5 * sentence - 21.43,
        # Coleman, Liau: "A computer readability formula designed for machine scoring" (1975)
        5.88 * word - 29.6 / sentence - 15.8,
        # The fog index of Gunning, "The Technique of Clear Writing" (1952)
        0.4 * (sentence + 100.0 * polysyllables / words),
        # McLaughlin, "SMOG grading", Journal of Reading 12 (1969)
        1.043 * math.sqrt(30.0 * polysyllables / sentences) + 3.1291,
        # The index of Björnsson, "Läsbarhet" (1968)
        sentence + 100.0 * long_words / words,
    )
