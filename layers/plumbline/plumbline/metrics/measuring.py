"""Text in, numbers out."""

from __future__ import annotations

import json
import zlib
from string import ascii_letters
from typing import TYPE_CHECKING

from plumbline.metrics.endings import Ending, ending
from plumbline.metrics.leftovers import is_placeholder, is_stack_trace
from plumbline.metrics.lexicon import count_words
from plumbline.metrics.patterns import find_patterns
from plumbline.metrics.readability import readability
from plumbline.metrics.refusals import is_refusal
from plumbline.metrics.sentences import count_sentences
from plumbline.metrics.table import METRICS
from plumbline.metrics.text import Text
from plumbline.models import ELEMENTS

if TYPE_CHECKING:
    from plumbline.models import Element

_NAMES = {element: {metric.name: f"{element}.{metric.name}" for metric in METRICS} for element in ELEMENTS}
_SUPPORT = {metric.name: metric for metric in METRICS}
_RATIOS_FROM = _SUPPORT["symbol_ratio"].characters
_COMPRESSION_FROM = _SUPPORT["compression_ratio"].characters
_WORD_SHARES_FROM = _SUPPORT["lexical_diversity"].words
_OVERLAP_FROM = _SUPPORT["overlap"].words
_READING_SECONDS = 0.01469
_EARLY = 200  # tokens: before 256, the smallest limit of an answer's length that is in common use
_FENCE = "```"
_DECIMALS = 6  # far below every metric's unit, and short to read and to store


def measure(input_text: str, output_text: str) -> dict[str, float]:
    """All series of an interaction, by name. A metric that the text is too short for is absent."""
    given, answered = Text.of(input_text), Text.of(output_text)
    values: dict[str, float] = {}
    _name("input", _measure(given), values)
    _name("output", _measure(answered) | _measure_answer(given, answered), values)
    return values


def _name(element: Element, found: dict[str, float], values: dict[str, float]) -> None:
    names = _NAMES[element]
    for metric, value in found.items():
        values[names[metric]] = round(value, _DECIMALS)


def _measure(text: Text) -> dict[str, float]:
    found = _measure_characters(text)
    found.update(find_patterns(text.text, text.characters.digits, text.characters.capitals))
    found.update(_measure_words(text))
    return found


def _measure_characters(text: Text) -> dict[str, float]:
    counts = text.characters
    length = counts.length
    found = {
        "length": float(length),
        "letters": float(counts.letters),
        "non_ascii_ratio": counts.beyond_ascii / length if length else 0.0,
        "lines": float(_count_lines(text.text)),
        "reading_time": length * _READING_SECONDS,
    }
    if length >= _RATIOS_FROM:
        found["symbol_ratio"] = counts.symbols / length
        found["digit_ratio"] = counts.digits / length
        found["punctuation_ratio"] = counts.punctuation / length
        found["special_ratio"] = counts.special / length
        found["uppercase_ratio"] = counts.capitals / counts.letters if counts.letters else 0.0
    if length >= _COMPRESSION_FROM:
        found["compression_ratio"] = len(zlib.compress(text.data)) / len(text.data)
    return found


def _count_lines(text: str) -> int:
    return sum(not line.isspace() for line in text.split("\n") if line)


def _measure_words(text: Text) -> dict[str, float]:
    counts = count_words(text.words)
    words = counts.words
    characters = len("".join(text.words))
    sentences = max(1, count_sentences(text.text, text.data)) if words else 0
    found = {
        "words": float(words),
        "sentences": float(sentences),
        "syllables": float(counts.syllables),
        "monosyllables": float(counts.monosyllables),
        "polysyllables": float(counts.polysyllables),
        "long_words": float(counts.long_words),
        "max_word_length": float(max(map(len, text.words), default=0)),
        "unique_words": float(len(text.distinct)),
    }
    if words:
        found["syllables_per_word"] = counts.syllables / words
        found["words_per_sentence"] = words / sentences
    if text.characters.length >= _RATIOS_FROM:
        found["word_length"] = characters / words if words else 0.0
    if words >= _WORD_SHARES_FROM:
        found["lexical_diversity"] = len(text.distinct) / words
        found["lexical_density"] = 1.0 - counts.function_words / words
        found.update(readability(counts, sentences, characters))
    return found


def _measure_answer(given: Text, answered: Text) -> dict[str, float]:
    counts = answered.characters
    end = ending(answered.text)
    found = {
        "blank": float(counts.letters + counts.digits == 0),
        "truncated": float(end is not Ending.WHOLE),
        "truncated_early": float(end is Ending.CUT and _estimate_tokens(answered) < _EARLY),
        "refusal": float(is_refusal(answered.text)),
        "valid_json": float(_is_json(answered.text)),
        "placeholder": float(is_placeholder(answered.text)),
        "stack_trace": float(is_stack_trace(answered.text)),
    }
    if len(answered.words) >= _OVERLAP_FROM:
        found["overlap"] = len(answered.distinct & given.distinct) / len(answered.distinct)
    return found


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
