"""Text in, numbers out.

There are some ninety values an interaction, so that what is done for each value must be next to nothing.
Interactions are measured many at a time, and a metric's values of all of them are computed one after the other, as
a column: None where a text is too short for the metric.
"""

from __future__ import annotations

import json
from itertools import chain, starmap
from string import ascii_letters
from typing import TYPE_CHECKING

from plumbline.metrics.characters import count_lines
from plumbline.metrics.compression import compressed_size
from plumbline.metrics.endings import Ending, ending
from plumbline.metrics.leftovers import is_placeholder, is_stack_trace
from plumbline.metrics.lexicon import count_words, longest_word
from plumbline.metrics.patterns import PATTERNS, find_patterns, find_personal
from plumbline.metrics.readability import READABILITY, readability
from plumbline.metrics.refusals import is_refusal
from plumbline.metrics.sentences import count_sentences
from plumbline.metrics.table import METRICS
from plumbline.metrics.text import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from plumbline.metrics.characters import Characters
    from plumbline.models import Element

    Column = Iterable[float | None]

_BY_NAME = {metric.name: metric for metric in METRICS}
_RATIOS_FROM = _BY_NAME["symbol_ratio"].characters
_NON_ASCII_FROM = _BY_NAME["non_ascii_ratio"].characters
_COMPRESSION_FROM = _BY_NAME["compression_ratio"].characters
_WORD_SHARES_FROM = _BY_NAME["lexical_diversity"].words
_OVERLAP_FROM = _BY_NAME["overlap"].words
_READING_SECONDS = 0.01469
_EARLY = 200  # tokens: before 256, the smallest limit of an answer's length that is in common use
_FENCE = "```"
# As many are measured together as stay in the processor's cache.
_PAIRS_TOGETHER, _MOST_TOGETHER = 64, 200_000
_DECIMALS = 6  # far below every metric's unit, and short to read and to store
_MILLIONTHS = 10.0**_DECIMALS
_TO_WHOLE = 1.5 * 2.0**52  # added and taken off again, it leaves the nearest whole number of one below 2**51
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
    return measure_all([(input_text, output_text)])[0]


def measure_all(pairs: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
    """:func:`measure` for many interactions, inputs and outputs, at a fraction of the cost of each on its own."""
    return _measure_all(pairs, _INPUT, _OUTPUT)


def measuring_only(series: Iterable[str]) -> Callable[[Sequence[tuple[str, str]]], list[dict[str, float]]]:
    """A function as :func:`measure_all` that measures these series only, without what others alone need."""
    only = frozenset(series)
    given, answered = _Names("input", only), _Names("output", only)
    besides = [*given.besides(only), *answered.besides(only)]

    def measure_only(pairs: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
        measured = _measure_all(pairs, given, answered)
        for values in measured:
            for name in besides:
                values.pop(name, None)
        return measured

    return measure_only


def _measure_all(pairs: Sequence[tuple[str, str]], ins: _Names, outs: _Names) -> list[dict[str, float]]:
    measured: list[dict[str, float]] = []
    start = 0
    while start < len(pairs):
        end, size = start, 0
        while end < len(pairs) and (end == start or (size < _MOST_TOGETHER and end - start < _PAIRS_TOGETHER)):
            size += len(pairs[end][0]) + len(pairs[end][1])
            end += 1
        measured += _measure_together(pairs[start:end], ins, outs)
        start = end
    return measured


class _Columns:
    """Values of series, each as one column, not rounded yet."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._columns: list[Column] = []

    def put(self, names: tuple[str, ...], columns: Iterable[Column]) -> None:
        """Columns and their names; as many of them as of these."""
        self._names += names
        self._columns += columns

    def rows(self) -> list[dict[str, float]]:
        """The values that there are, by name. They are rounded here, where one pass does it for all columns."""
        # Told how many decimals, round() goes by way of a text: right even between two neighbours, but slow.
        return [
            {
                name: whole / _MILLIONTHS
                if -_NO_TIE < (scaled := value * _MILLIONTHS) - (whole := scaled + _TO_WHOLE - _TO_WHOLE) < _NO_TIE
                else round(float(value), _DECIMALS)
                for name, value in zip(self._names, row, strict=True)
                if value is not None
            }
            for row in zip(*self._columns, strict=True)
        ]


def _measure_together(pairs: Sequence[tuple[str, str]], ins: _Names, outs: _Names) -> list[dict[str, float]]:
    given, answered = (Texts.of(texts) for texts in zip(*pairs, strict=True))
    columns = _Columns()
    _measure(given, ins, columns)
    _measure(answered, outs, columns)
    if outs.flags:
        columns.put(outs.flags, _measure_flags(answered))
    if outs.overlap:
        shares = [
            len(words & known) / len(words) if len(every) >= _OVERLAP_FROM else None
            for words, known, every in zip(answered.distinct, given.distinct, answered.words, strict=True)
        ]
        columns.put(outs.overlap, (shares,))
    return columns.rows() or [{} for _ in pairs]


def _measure(texts: Texts, names: _Names, columns: _Columns) -> None:
    _measure_characters(texts, names, columns)
    _measure_words(texts, names, columns)


def _measure_characters(texts: Texts, names: _Names, columns: _Columns) -> None:
    characters = texts.characters
    length = characters.length
    if names.lines:
        columns.put(names.lines, (count_lines(texts.data, texts.others),))
    if names.patterns or names.pii:
        searched = zip(texts.texts, texts.data, characters.sparse, characters.digits, strict=True)
        if names.patterns:
            columns.put(names.patterns, zip(*starmap(find_patterns, searched), strict=True))
        else:
            columns.put(names.pii, ([personal.pii for personal in starmap(find_personal, searched)],))
    if names.of_any_text:
        columns.put(names.of_any_text, ([size * _READING_SECONDS for size in length],))
    if names.non_ascii:
        columns.put(names.non_ascii, (_shares(characters.beyond_ascii, length, _NON_ASCII_FROM),))
    if names.shares:
        columns.put(names.shares, _measure_shares(characters))
    if names.compression:
        ratios = [
            compressed_size(data) / len(data) if size >= _COMPRESSION_FROM else None
            for data, size in zip(texts.data, length, strict=True)
        ]
        columns.put(names.compression, (ratios,))


def _shares(parts: Iterable[int], wholes: Iterable[int], least: int) -> list[float | None]:
    """Each part of its whole, where that is at least ``least``, which is above 0."""
    return [part / whole if whole >= least else None for part, whole in zip(parts, wholes, strict=True)]


def _measure_words(texts: Texts, names: _Names, columns: _Columns) -> None:
    characters, letters = texts.characters, texts.letters_of_words
    words = list(map(len, texts.words))
    syllables, monosyllables, polysyllables, long_words, function_words = zip(
        *map(count_words, texts.words), strict=True
    )
    found = count_sentences(texts.data, texts.others)
    sentences = [max(1, some) if count else 0 for some, count in zip(found, words, strict=True)]
    distinct = list(map(len, texts.distinct))
    longest = [
        longest_word(different) if other.text else max(map(len, different), default=0)
        for different, other in zip(texts.distinct, texts.others, strict=True)
    ]
    if names.counts:
        counts = (characters.length, characters.letters, words, sentences, syllables, monosyllables, polysyllables)
        columns.put(names.counts, counts)
    if names.of_words:
        columns.put(names.of_words, (long_words, longest, distinct))
    if names.word_length:
        means = [
            None if size < _RATIOS_FROM else some / count if count else 0.0
            for size, some, count in zip(characters.length, letters, words, strict=True)
        ]
        columns.put(names.word_length, (means,))
    if names.means:
        a_word, a_sentence = _shares(syllables, words, 1), _shares(words, sentences, 1)
        columns.put(names.means, (a_word, a_sentence))
    if names.word_shares:
        content = [
            1.0 - some / count if count >= _WORD_SHARES_FROM else None
            for some, count in zip(function_words, words, strict=True)
        ]
        columns.put(names.word_shares, (_shares(distinct, words, _WORD_SHARES_FROM), content))
    if names.readability:
        absent = (None,) * len(READABILITY)
        formulas = [
            readability(*counts) if counts[0] >= _WORD_SHARES_FROM else absent
            for counts in zip(words, sentences, letters, syllables, polysyllables, long_words, strict=True)
        ]
        columns.put(names.readability, zip(*formulas, strict=True))


def _measure_shares(characters: Characters) -> Iterable[list[float | None]]:
    length, symbols, punctuation = characters.length, characters.symbols, characters.punctuation
    special = [some - other for some, other in zip(symbols, punctuation, strict=True)]
    for parts in (symbols, characters.digits, punctuation, special):
        yield _shares(parts, length, _RATIOS_FROM)
    yield [
        None if size < _RATIOS_FROM else some / count if count else 0.0
        for size, some, count in zip(length, characters.capitals, characters.letters, strict=True)
    ]


def _measure_flags(answered: Texts) -> Iterable[Iterable[int]]:
    texts, counts = answered.texts, answered.characters
    ends = list(map(ending, texts))
    yield [letters + digits == 0 for letters, digits in zip(counts.letters, counts.digits, strict=True)]
    yield [end is not Ending.WHOLE for end in ends]
    tokens = map(_estimate_tokens, answered.words, counts.symbols, counts.digits, counts.beyond_ascii)
    yield [end is Ending.CUT and some < _EARLY for end, some in zip(ends, tokens, strict=True)]
    yield map(is_refusal, texts)
    yield map(_is_json, texts)
    yield map(is_placeholder, texts)
    yield map(is_stack_trace, texts, answered.distinct, counts.digits)


def _estimate_tokens(words: Sequence[bytes], symbols: int, digits: int, beyond_ascii: int) -> float:
    """Tokens as byte-pair encodings in use have them, to about a fifth: a word is one or two, a symbol one."""
    return 1.15 * len(words) + 0.9 * symbols + digits / 3 + beyond_ascii


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
