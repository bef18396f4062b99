"""Every metric that Plumbline computes.

The API, the documentation and the tests draw on this table. A metric's number never changes and is never used
again: alerts' ids are built from it.
"""

from __future__ import annotations

import math

from plumbline.metrics.definition import Metric

_LANGKIT = "as in LangKit (textstat)"
_DEEPCHECKS = "as in Deepchecks' text properties"


def _count(number: int, name: str, meaning: str, source: str, *, outliers: bool = False) -> Metric:
    return Metric(number, name, "count", 1.0, 1.0, meaning, source, outliers)


def _mean(
    number: int,
    name: str,
    meaning: str,
    source: str,
    *,
    characters: int = 0,
    words: int = 0,
    outliers: bool = False,
) -> Metric:
    return Metric(number, name, "length", 0.1, 1.0, meaning, source, outliers, characters, words)


def _ratio(
    number: int,
    name: str,
    meaning: str,
    source: str,
    *,
    characters: int = 0,
    words: int = 0,
    outliers: bool = False,
) -> Metric:
    return Metric(number, name, "ratio", 0.01, 0.1, meaning, source, outliers, characters, words, highest=1.0)


def _score(number: int, name: str, meaning: str, source: str) -> Metric:
    return Metric(number, name, "score", 0.1, 1.0, meaning, source, outliers=False, words=10, lowest=-math.inf)


def _flag(number: int, name: str, meaning: str, source: str, *, outliers: bool = True) -> Metric:
    return Metric(number, name, "flag", 1.0, 1.0, meaning, source, outliers, elements=("output",), highest=1.0)


METRICS: tuple[Metric, ...] = (
    _count(
        1, "length", "Characters, counted as Unicode code points", "as `len` of a Python string", outliers=True
    ),
    _count(
        2,
        "words",
        "Runs of letters, digits and underscores; each Han or Kana character is one",
        "after Unicode UAX #29, without dictionaries",
        outliers=True,
    ),
    _count(
        3,
        "sentences",
        "Sentences: ended by `.` `!` `?` or another script's full stop before a space, or by a blank line",
        "after Unicode UAX #29",
        outliers=True,
    ),
    _mean(4, "word_length", "Mean length of a word in characters", _DEEPCHECKS, characters=20, outliers=True),
    _ratio(
        5,
        "symbol_ratio",
        "Share of characters that are neither letter, digit nor space",
        "Evidently's non-letter characters, without spaces",
        characters=20,
        outliers=True,
    ),
    _ratio(
        6, "digit_ratio", "Share of characters that are digits", "Unicode category N", characters=20, outliers=True
    ),
    _ratio(7, "non_ascii_ratio", "Share of characters beyond ASCII", "Unicode", characters=10, outliers=True),
    _ratio(
        8,
        "lexical_diversity",
        "Distinct words as a share of all words",
        "type-token ratio; Deepchecks' lexical density",
        words=10,
        outliers=True,
    ),
    Metric(
        9,
        "compression_ratio",
        "ratio",
        0.01,
        0.1,
        "Size of the text when compressed, as a share of its UTF-8 bytes: low for repetition, high for noise",
        "zlib (RFC 1950), level 6",
        characters=50,
    ),
    Metric(
        10,
        "overlap",
        "ratio",
        0.01,
        0.1,
        "Share of the output's distinct words that occur in the input",
        "word-level precision, as in ROUGE-1 (Lin 2004)",
        words=5,
        elements=("output",),
        highest=1.0,
    ),
    _flag(11, "blank", "Has no letter and no digit", "Unicode"),
    _flag(
        12, "truncated", "Stops in the middle of a sentence, a code block, JSON or a table", "benchmarks/labelled"
    ),
    _flag(13, "refusal", "Declines to answer, in two dozen languages", "benchmarks/labelled"),
    _score(14, "reading_ease", "Flesch reading ease: 100 is easy, 0 hard, for English", "Flesch 1948"),
    _score(15, "grade_level", "Flesch-Kincaid grade: years of school, for English", "Kincaid et al. 1975"),
    _score(16, "automated_readability", "Automated readability index: years of school", "Senter, Smith 1967"),
    _score(17, "coleman_liau", "Coleman-Liau index: years of school", "Coleman, Liau 1975"),
    _score(18, "gunning_fog", "Gunning fog index: years of school, for English", "Gunning 1952"),
    _score(19, "smog", "SMOG grade: years of school, for English", "McLaughlin 1969"),
    _score(20, "lix", "LIX: words a sentence plus per cent of long words, for any alphabet", "Björnsson 1968"),
    _count(21, "syllables", "Syllables by the rules of English spelling", _LANGKIT),
    _mean(22, "syllables_per_word", "Mean syllables of a word", _DEEPCHECKS, words=1),
    _count(23, "monosyllables", "Words of one syllable", _LANGKIT),
    _count(24, "polysyllables", "Words of three syllables or more (difficult words)", _LANGKIT),
    _count(25, "long_words", "Words of more than six letters", "Björnsson 1968"),
    _count(26, "letters", "Letters and their marks", _LANGKIT),
    _ratio(27, "uppercase_ratio", "Share of letters that are capitals", "Unicode category Lu", characters=20),
    _ratio(
        28, "punctuation_ratio", "Share of characters that are punctuation", "Unicode category P", characters=20
    ),
    _ratio(
        29,
        "special_ratio",
        "Share of characters that are neither letter, digit, space nor punctuation",
        "Unicode categories S and C",
        characters=20,
    ),
    _count(30, "max_word_length", "Length of the longest word in characters", _DEEPCHECKS),
    _mean(31, "words_per_sentence", "Mean words of a sentence", _DEEPCHECKS, words=1),
    _count(32, "lines", "Lines that are not blank", "Unicode"),
    _count(33, "unique_words", "Distinct words, whatever their case", _DEEPCHECKS),
    _ratio(34, "lexical_density", "Share of words that are no English function words", "Ure 1971", words=10),
    Metric(
        35,
        "reading_time",
        "length",
        0.1,
        1.0,
        "Seconds that reading takes, at 14.69 ms a character",
        "Demberg, Keller 2008; as in Deepchecks and textstat",
        outliers=False,
    ),
    _count(36, "urls", "Addresses that begin with `http://`, `https://` or `www.`", _DEEPCHECKS),
    _count(37, "unique_urls", "Distinct addresses", _DEEPCHECKS),
    _count(38, "emails", "E-mail addresses", "RFC 5321 and 6531, in the form that is used; as in LangKit"),
    _count(39, "unique_emails", "Distinct e-mail addresses", _DEEPCHECKS),
    _count(40, "phones", "Telephone numbers: E.164 with `+`, or in the North American form", "ITU-T E.164"),
    _count(41, "payment_cards", "Payment card numbers, checked", "ISO/IEC 7812 (Luhn)"),
    _count(42, "ibans", "International bank account numbers, checked", "ISO 13616 (modulo 97)"),
    _count(43, "ssns", "US social security numbers in the form 123-45-6789", "SSA; as in LangKit"),
    _count(44, "ip_addresses", "IPv4 addresses, and IPv6 addresses of the prefixes in use", "RFC 791, RFC 4291"),
    _count(
        45, "secrets", "Keys and tokens by their known prefixes, private keys, JSON web tokens", "their issuers"
    ),
    _count(46, "pii", "All of these together: e-mails, phones, cards, IBANs, SSNs, secrets", "sum"),
    _flag(47, "valid_json", "Is a JSON object or array, bare or in one code fence", "RFC 8259; as in Evidently"),
    _flag(
        48,
        "truncated_early",
        "Is surely cut off, and before some 200 tokens: earlier than usual limits of length do",
        "benchmarks/labelled",
    ),
    _flag(
        49,
        "placeholder",
        "Is nothing but a missing value: null, None, undefined, N/A, [object Object]",
        "languages",
    ),
    _flag(50, "stack_trace", "Has a program's stack trace in it", "the languages' formats"),
    _count(51, "redactions", "Placeholders that redaction put into the text, where it is on", "redaction"),
)
