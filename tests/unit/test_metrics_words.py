"""Words, sentences, syllables and readability."""

# ruff: noqa: RUF001 - other scripts have marks that look like Latin ones
from __future__ import annotations

import unicodedata
from dataclasses import fields
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plumbline.metrics import measure
from plumbline.metrics.characters import count_lines
from plumbline.metrics.kinds import Others
from plumbline.metrics.lexicon import count_words, longest_word
from plumbline.metrics.scripts import MARKS, bounds
from plumbline.metrics.sentences import count_sentences
from plumbline.metrics.syllables import count_syllables
from plumbline.metrics.text import Texts
from plumbline.metrics.words import all_words

# Whatever has a rule of its own, beside letters: much of a text then needs attention, as random text hardly does.
SPECIAL = "aZ9_ \n\t\x1c'\"().,!?-\u2019\u201c\u201d\u2013\u2026\u3002\uff01\u061f\xa0\u2028\x85"
INVISIBLE = "\u200b\u200d\u200c\ufe0f\u0301\xad"
SCRIPTS = "éÀßİıΣςΟⒶⓐ\u212a²½你好ひカไทยकि한🎉👍🏽\ud800ЖżŻ"
ANY = st.text(alphabet=st.characters(exclude_categories=())) | st.text(
    alphabet=SPECIAL + INVISIBLE + SCRIPTS, max_size=60
)


def decoded(words: list[bytes]) -> list[str]:
    return [word.decode("utf-8", "surrogatepass") for word in words]


def words_of(text: str) -> list[str]:
    return decoded(Texts.of([text]).words[0])


@given(ANY)
def test_words_found_the_quick_way_are_those_of_the_rule(text: str) -> None:
    assert words_of(text) == all_words(text.lower())


def test_many_different_separators_and_capitals_are_still_told() -> None:
    text = "x".join(chr(code) for code in range(0x2190, 0x24FF)) + "ÀÉÎÕÜ Straße"
    assert words_of(text) == all_words(text.lower())


def test_every_character_parts_or_joins_words_as_the_rule_says() -> None:
    for start in range(0x80, 0x20000, 0x40):
        text = "".join(f"a{chr(code)}B{chr(code)}{chr(code)} " for code in range(start, start + 0x40))
        assert words_of(text) == all_words(text.lower()), hex(start)


@given(st.text())
def test_words_hold_every_letter_and_digit_and_nothing_else_visible(text: str) -> None:
    kept = "".join(all_words(text))
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]
    assert all(c.isalnum() or c == "_" or unicodedata.category(c)[0] in "MC" for c in kept)


def test_the_table_of_marks_is_unicodes() -> None:
    marks = {code for low, high in bounds(MARKS) for code in range(low, high + 1)}
    for code in range(0x1E900):
        character = chr(code)
        if unicodedata.ucd_3_2_0.category(character) == "Cn":
            continue  # younger than some Python's Unicode
        if unicodedata.category(character)[0] == "M":
            assert code in marks, hex(code)
        if character.isalnum():
            assert code not in marks, hex(code)


@given(ANY)
@example("".join(map(chr, range(0x100, 0x3000))))
def test_characters_are_counted_by_unicodes_categories(text: str) -> None:
    taken_apart = Texts.of(["before", text, "\u2019behind"])
    every = taken_apart.characters
    counts = SimpleNamespace(**{column.name: getattr(every, column.name)[1] for column in fields(every)})
    kinds = [unicodedata.category(c) for c in text]
    joined = sum(c in "\u200c\xad" for c in text)
    assert counts.length == len(text)
    assert counts.letters == sum(kind[0] in "LM" for kind in kinds) + joined
    assert counts.capitals == kinds.count("Lu")
    assert counts.digits == sum(kind[0] == "N" for kind in kinds)
    assert counts.punctuation == sum(kind[0] == "P" for kind in kinds)
    assert counts.symbols == sum(
        kind[0] not in "LMN" and not c.isspace() and c not in "\u200c\xad"
        for c, kind in zip(text, kinds, strict=True)
    )
    lines = count_lines(taken_apart.data, taken_apart.others)[1]
    assert lines == sum(not line.isspace() for line in text.split("\n") if line)
    assert counts.sparse == "".join(c for c in text if c.isascii() and not "a" <= c <= "z").encode()
    assert taken_apart.letters_of_words[1] == sum(map(len, decoded(taken_apart.words[1])))
    assert counts.beyond_ascii == sum(not c.isascii() for c in text)
    assert counts.punctuation <= counts.symbols


def sentences_of(text: str) -> int:
    data = text.encode()
    (found,) = count_sentences([data], [Others.of(data)])
    return found


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("  \n", 0),
        ("Hello", 1),
        ("Hello. World.", 2),
        ("Really?! Yes... Well.", 3),
        ('He said "Stop." Then he left.', 2),
        ("It costs $3.50 at example.com today.", 1),
        ("A title\n\nA paragraph. Its end", 3),
        ("Steps:\n1. Open it.\n2. Close it.\n", 2),
        ("One\nline\nafter another", 1),
        ("first\n\n\n\n\nsecond", 2),
        ("これは本です。いいえ！", 2),
        ("«Da.» Er ging… Dann kam sie zurück.", 3),
        ("क्या हाल है? मैं ठीक हूँ।", 2),
        ("Привет. Как дела? Хорошо!", 3),
    ],
)
def test_sentences(text: str, sentences: int) -> None:
    assert sentences_of(text) == sentences


@given(st.text(), st.text())
def test_a_text_has_no_more_sentences_than_stops_and_lines(one: str, other: str) -> None:
    text = one + other
    assert 0 <= sentences_of(text) <= len(text)


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        *(
            ("the", 1),
            ("a", 1),
            ("table", 2),
            ("make", 1),
            ("walked", 1),
            ("wanted", 2),
            ("boxes", 2),
            ("makes", 1),
        ),
        *(("reading", 2), ("beautiful", 3), ("university", 5), ("people", 2), ("created", 3), ("rhythm", 1)),
        *(("queue", 1), ("nation", 2), ("science", 2), ("area", 3), ("idea", 3), ("42", 0), ("x", 1), ("мир", 1)),
    ],
)
def test_syllables_of_english_words(word: str, syllables: int) -> None:
    assert count_syllables(word) == syllables


@given(
    st.lists(
        st.sampled_from(
            ["the", "cat", "sat", "on", "a", "considerable", "university", "42", "beautiful", "ab", "à"]
        ),
        max_size=60,
    )
)
def test_words_are_counted_alike_whether_remembered_or_not(found: list[str]) -> None:
    encoded = [word.encode() for word in found]
    counts = count_words(encoded)
    each = [count_syllables(word) for word in found]
    assert counts.syllables == sum(each)
    assert counts.monosyllables == each.count(1)
    assert counts.polysyllables == sum(one >= 3 for one in each)
    assert longest_word(encoded) == max(map(len, found), default=0)
    assert counts.long_words == sum(len(word) > 6 for word in found)
    assert counts.function_words == sum(word in {"the", "on", "a"} for word in found)


def test_more_different_words_than_are_remembered_are_counted_all_the_same() -> None:
    found = [b"banana%x" % n for n in range(60_000)]
    assert count_words(found).long_words == 60_000
    assert count_words(found).syllables == sum(count_words([one]).syllables for one in found)
    assert count_words([b"banana"] * 3).syllables == 9


def test_readability_by_hand() -> None:
    # Ten words of one syllable each in two sentences, 28 letters.
    values = measure("", "The cat sat on the mat. It is a dog.")
    words_, sentences, letters = 10, 2, 25
    assert values["output.letters"] == letters
    assert values["output.reading_ease"] == pytest.approx(206.835 - 1.015 * 5 - 84.6)
    assert values["output.grade_level"] == pytest.approx(0.39 * 5 + 11.8 - 15.59)
    assert values["output.automated_readability"] == pytest.approx(4.71 * letters / words_ + 0.5 * 5 - 21.43)
    assert values["output.coleman_liau"] == pytest.approx(0.0588 * 250 - 0.296 * 20 - 15.8)
    assert values["output.gunning_fog"] == pytest.approx(0.4 * 5)
    assert values["output.smog"] == pytest.approx(3.1291)
    assert values["output.lix"] == pytest.approx(words_ / sentences)
    assert values["output.lexical_density"] == pytest.approx(4 / 10)


def test_hard_prose_reads_harder_than_easy_prose() -> None:
    easy = measure("", "The dog ran to the park. It was a big dog. It had a red ball. We all had fun there.")
    hard = measure(
        "",
        "Notwithstanding considerable methodological heterogeneity, contemporary epidemiological "
        "investigations demonstrate statistically significant associations between environmental variables.",
    )
    assert easy["output.reading_ease"] > 80 > 0 > hard["output.reading_ease"]
    for grade in ("grade_level", "automated_readability", "coleman_liau", "gunning_fog", "smog", "lix"):
        assert easy[f"output.{grade}"] < hard[f"output.{grade}"], grade
