"""Text in, numbers out.

Metrics that have the same support are measured together, as a tuple in the order of their names: there are some
ninety values an interaction, so that what is done for each value must be next to nothing.
"""

from __future__ import annotations

import json
from itertools import chain
from string import ascii_letters
from typing import TYPE_CHECKING

from plumbline.metrics.characters import count_lines
from plumbline.metrics.compression import compressed_size
from plumbline.metrics.endings import Ending, ending
from plumbline.metrics.leftovers import is_placeholder, is_stack_trace
from plumbline.metrics.lexicon import count_words
from plumbline.metrics.patterns import PATTERNS, find_patterns, find_personal
from plumbline.metrics.readability import READABILITY, readability
from plumbline.metrics.refusals import is_refusal
from plumbline.metrics.sentences import count_sentences
from plumbline.metrics.table import METRICS
from plumbline.metrics.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plumbline.metrics.characters import Characters
    from plumbline.models import Element

_BY_NAME = {metric.name: metric for metric in METRICS}
_RATIOS_FROM = _BY_NAME["symbol_ratio"].characters
_NON_ASCII_FROM = _BY_NAME["non_ascii_ratio"].characters
_COMPRESSION_FROM = _BY_NAME["compression_ratio"].characters
_WORD_SHARES_FROM = _BY_NAME["lexical_diversity"].words
_OVERLAP_FROM = _BY_NAME["overlap"].words
_READING_SECONDS = 0.01469
_EARLY = 200  # tokens: before 256, the smallest limit of an answer's length that is in common use
_FENCE = "```"
_DECIMALS = 6  # far below every metric's unit, and short to read and to store
_MILLIONTHS = 10.0**_DECIMALS
_NO_TIE = 0.4999  # from a whole number: so far, the error of scaling does not change which one is the nearest

# Names of metrics of the same support, in the order in which their values are measured.
_COUNTS = ("length", "letters", "words", "sentences", "syllables", "monosyllables", "polysyllables")
_OF_WORDS = ("long_words", "max_word_length", "unique_words")
_OF_ANY_TEXT = ("reading_time",)
_SHARES = ("symbol_ratio", "digit_ratio", "punctuation_ratio", "special_ratio", "uppercase_ratio")
_MEANS = ("syllables_per_word", "words_per_sentence")
_WORD_SHARES = ("lexical_diversity", "lexical_density")
_FLAGS = ("blank", "truncated", "truncated_early", "refusal", "valid_json", "placeholder", "stack_trace")


class _Names:
    """The names of an element's series, by the groups above; a group of which none is wanted has none."""

    def __init__(self, element: Element, only: frozenset[str] | None = None) -> None:
        def names(*metrics: str) -> tuple[str, ...]:
            found = tuple(f"{element}.{_BY_NAME[metric].name}" for metric in metrics)
            return found if only is None or not only.isdisjoint(found) else ()

        self.counts = names(*_COUNTS)
        self.of_words = names(*_OF_WORDS)
        self.lines = names("lines")
        self.pii = names("pii")
        self.patterns = names(*PATTERNS) if names(*(metric for metric in PATTERNS if metric != "pii")) else ()
        self.of_any_text = names(*_OF_ANY_TEXT)
        self.non_ascii = names("non_ascii_ratio")
        self.shares = names(*_SHARES)
        self.word_length = names("word_length")
        self.compression = names("compression_ratio")
        self.means = names(*_MEANS)
        self.word_shares = names(*_WORD_SHARES)
        self.readability = names(*READABILITY)
        self.flags = names(*_FLAGS)
        self.overlap = names("overlap")

    def besides(self, only: frozenset[str]) -> list[str]:
        """The names that are none of these, but of a group that one of these is in."""
        groups: Iterable[tuple[str, ...]] = vars(self).values()
        return [name for name in chain.from_iterable(groups) if name not in only]


_INPUT, _OUTPUT = _Names("input"), _Names("output")


def measure(input_text: str, output_text: str) -> dict[str, float]:
    """All series of an interaction, by name. A metric that the text is too short for is absent."""
    return _measure_both(input_text, output_text, _INPUT, _OUTPUT)


def measuring_only(series: Iterable[str]) -> Callable[[str, str], dict[str, float]]:
    """A function as :func:`measure` that measures these series only, without what others alone need."""
    only = frozenset(series)
    given, answered = _Names("input", only), _Names("output", only)
    besides = [*given.besides(only), *answered.besides(only)]

    def measure_only(input_text: str, output_text: str) -> dict[str, float]:
        values = _measure_both(input_text, output_text, given, answered)
        for name in besides:
            values.pop(name, None)
        return values

    return measure_only


def _measure_both(input_text: str, output_text: str, ins: _Names, outs: _Names) -> dict[str, float]:
    given, answered = Text.of(input_text), Text.of(output_text)
    values: dict[str, float] = {}
    _measure(given, ins, values)
    _measure(answered, outs, values)
    if outs.flags:
        _put(values, outs.flags, _measure_flags(answered))
    if outs.overlap and len(answered.words) >= _OVERLAP_FROM:
        _put_rounded(values, outs.overlap, (len(answered.distinct & given.distinct) / len(answered.distinct),))
    return values


def _put(values: dict[str, float], names: tuple[str, ...], found: Iterable[int]) -> None:
    values.update(zip(names, map(float, found), strict=True))


def _put_rounded(values: dict[str, float], names: tuple[str, ...], found: Iterable[float]) -> None:
    # Told how many decimals, round() goes by way of a text: right even between two neighbours, but slow.
    rounded = [
        whole / _MILLIONTHS
        if -_NO_TIE < (scaled := value * _MILLIONTHS) - (whole := round(scaled)) < _NO_TIE
        else round(value, _DECIMALS)
        for value in found
    ]
    values.update(zip(names, rounded, strict=True))


def _measure(text: Text, names: _Names, values: dict[str, float]) -> None:
    _measure_characters(text, names, values)
    _measure_words(text, names, values)


def _measure_characters(text: Text, names: _Names, values: dict[str, float]) -> None:
    characters, data = text.characters, text.data
    length = characters.length
    if names.lines:
        _put(values, names.lines, (count_lines(data, text.others),))
    if names.patterns:
        _put(values, names.patterns, find_patterns(text.text, data, characters))
    elif names.pii:
        _put(values, names.pii, (find_personal(text.text, data, characters).pii,))
    if names.of_any_text:
        _put_rounded(values, names.of_any_text, (length * _READING_SECONDS,))
    if names.non_ascii and length >= _NON_ASCII_FROM:
        _put_rounded(values, names.non_ascii, (characters.beyond_ascii / length,))
    if names.shares and length >= _RATIOS_FROM:
        _put_rounded(values, names.shares, _measure_shares(characters))
    if names.compression and length >= _COMPRESSION_FROM:
        _put_rounded(values, names.compression, (compressed_size(data) / len(data),))


def _measure_words(text: Text, names: _Names, values: dict[str, float]) -> None:
    characters, counts = text.characters, count_words(text.words)
    words = counts.words
    letters = text.count_letters_of_words()
    sentences = max(1, count_sentences(text.data, text.others)) if words else 0
    if names.counts:
        kinds = (counts.syllables, counts.monosyllables, counts.polysyllables)
        _put(values, names.counts, (characters.length, characters.letters, words, sentences, *kinds))
    if names.of_words:
        _put(values, names.of_words, (counts.long_words, counts.longest(text.words), len(text.distinct)))
    if names.word_length and characters.length >= _RATIOS_FROM:
        _put_rounded(values, names.word_length, (letters / words if words else 0.0,))
    if names.means and words:
        _put_rounded(values, names.means, (counts.syllables / words, words / sentences))
    if words >= _WORD_SHARES_FROM:
        if names.word_shares:
            shares = (len(text.distinct) / words, 1.0 - counts.function_words / words)
            _put_rounded(values, names.word_shares, shares)
        if names.readability:
            _put_rounded(values, names.readability, readability(counts, sentences, letters))


def _measure_shares(characters: Characters) -> tuple[float, ...]:
    length = characters.length
    return (
        characters.symbols / length,
        characters.digits / length,
        characters.punctuation / length,
        (characters.symbols - characters.punctuation) / length,
        characters.capitals / characters.letters if characters.letters else 0.0,
    )


def _measure_flags(answered: Text) -> tuple[int, ...]:
    text, counts = answered.text, answered.characters
    end = ending(text)
    return (
        counts.letters + counts.digits == 0,
        end is not Ending.WHOLE,
        end is Ending.CUT and _estimate_tokens(answered) < _EARLY,
        is_refusal(text),
        _is_json(text),
        is_placeholder(text),
        is_stack_trace(text, answered.distinct, counts.digits),
    )


def _estimate_tokens(text: Text) -> float:
    """Tokens as byte-pair encodings in use have them, to about a fifth: a word is one or two, a symbol one."""
    counts = text.characters
    return 1.15 * len(text.words) + 0.9 * counts.symbols + counts.digits / 3 + counts.beyond_ascii


def _is_json(text: str) -> bool:
    text = text.strip()
    if text.startswith(_FENCE):
        if not text.endswith(_FENCE):
            return False
        text = text[len(_FENCE) : -len(_FENCE)].lstrip(ascii_letters).strip()
    if text[:1] + text[-1:] not in {"{}", "[]"}:
        return False
    try:
        # Numbers are not converted: they may be of any length.
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True
