"""The operator's own patterns: how they are written, which are refused, what bounds the slow ones."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import RedactionFailed, SettingsError
from plumbline.redaction import OwnPattern, Redactor, parse_patterns, redactor
from plumbline.redaction.patience import Patience
from plumbline.settings import Settings

EMPLOYEE = OwnPattern("EMPLOYEE", "EMP-[0-9]{6}")
TICKET = OwnPattern("TICKET", r"\b[A-Z]{2,5}-[0-9]+\b")
# Python tries every way of dividing the text between the two, and there are more than anybody can wait for.
SLOW = OwnPattern("SLOW", "(?:a|aa)+$")
HOSTILE = "a" * 200 + "b"


@pytest.mark.parametrize(
    ("written", "patterns"),
    [
        ("", ()),
        (" ; ", ()),
        ("EMPLOYEE=EMP-[0-9]{6}", (EMPLOYEE,)),
        (r"EMPLOYEE = EMP-[0-9]{6};  TICKET=\b[A-Z]{2,5}-[0-9]+\b ;", (EMPLOYEE, TICKET)),
        ("EMPLOYEE=EMP-[0-9]{6};\nA_1=x=y", (EMPLOYEE, OwnPattern("A_1", "x=y"))),
        (r"A=a\x3bb", (OwnPattern("A", r"a\x3bb"),)),
        (r"A=(?:\d++-)+x; B=(?:[ -]?\d){9}; C=(?>a+)*b; D=(a|b)c*", None),
    ],
)
def test_patterns_are_names_and_expressions(written: str, patterns: tuple[OwnPattern, ...] | None) -> None:
    assert parse_patterns(written) == patterns or patterns is None


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("employee=x", "'employee=x' must be a name in capitals, = and a regular expression"),
        ("EMPLOYEE", "'EMPLOYEE' must be a name in capitals"),
        ("A=", "'A=' must be a name"),
        ("=x", "'=x' must be a name"),
        ("A=a;b", "'b' must be a name .*a semicolon within one is written"),
        ("A=x; A=y", "A is the name of another pattern already"),
        ("EMAIL=x", "EMAIL is the name of another pattern already"),
        ("A=x; EMP=(", "the pattern EMP is no regular expression: missing \\)"),
        ("EMP=[[a]", "the pattern EMP is no regular expression: Possible nested set"),
        ("EMP=x*", "the pattern EMP would match the empty string"),
        (r"EMP=\b", "the pattern EMP would match the empty string"),
        ("EMP=(?=x)", "the pattern EMP would match the empty string"),
        ("EMP=a|", "the pattern EMP would match the empty string"),
        ("EMP=(a+)+", "the pattern EMP has a repeat inside a repeat"),
        (r"EMP=(\w*\s?)*x", "the pattern EMP has a repeat inside a repeat"),
        ("EMP=x(?:(?:a{1,9}|b)y){2,}?", "the pattern EMP has a repeat inside a repeat"),
        ("EMP=(?=(a+)+b)x", "the pattern EMP has a repeat inside a repeat"),
        ("EMP=((a+)+c)++", "the pattern EMP has a repeat inside a repeat"),
        ("; ".join(f"A{n}=x" for n in range(21)), "there are 21 patterns; at most 20"),
    ],
)
def test_one_that_cannot_be_used_is_named_when_the_settings_are_read(written: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=f"REDACT_PATTERNS: {problem}"):
        Settings.from_env({"REDACT_PATTERNS": written})


def test_settings_say_what_is_redacted() -> None:
    assert Redactor.from_settings(Settings.from_env({})) is None
    with pytest.raises(SettingsError, match="REDACT: there is no kind 'names'"):
        Settings.from_env({"REDACT": "names"})
    settings = Settings.from_env({"REDACT": "email", "REDACT_PATTERNS": "EMPLOYEE=EMP-[0-9]{6}"})
    made = Redactor.from_settings(settings)
    assert made is not None
    assert made.redact("EMP-123456: joe@example.org, 10.0.0.1") == (
        "[EMPLOYEE]: [EMAIL], 10.0.0.1",
        {"EMPLOYEE": 1, "email": 1},
    )
    alone = Redactor.from_settings(Settings.from_env({"REDACT_PATTERNS": "EMPLOYEE=EMP-[0-9]{6}"}))
    assert alone is not None
    assert alone.redact("EMP-123456 joe@example.org").text == "[EMPLOYEE] joe@example.org"


@pytest.mark.parametrize(
    ("own", "text", "redacted"),
    [
        # The longest of what overlaps gives its name, of those as long a kind before an own one.
        ([OwnPattern("USER", "joe")], "joe@example.org or joe", "[EMAIL] or [USER]"),
        ([OwnPattern("LINE", "to .*")], "to joe@example.org, now", "[LINE]"),
        ([OwnPattern("SAME", r"\S+@\S+")], "joe@example.org", "[EMAIL]"),
        ([OwnPattern("A", "abc"), OwnPattern("B", "bcd")], "abcd", "[A]"),
        ([OwnPattern("A", "abc"), OwnPattern("B", "bcde")], "abcde", "[B]"),
        # Placeholders are left alone, whatever matches them.
        ([OwnPattern("WORD", "[A-Z]{3,}")], "NASA joe@example.org", "[WORD] [EMAIL]"),
        ([OwnPattern("BRACKET", r"\[.*?\]")], "[EMAIL] [x] [BRACKET]", "[EMAIL] [BRACKET] [BRACKET]"),
        ([OwnPattern("ALL", ".+")], "a [EMAIL] b", "[ALL][EMAIL][ALL]"),
        ([OwnPattern("ANY", "x|(?=y)")], "xy", "[ANY]y"),
        ([OwnPattern("CASE", "(?i)secret-word")], "Secret-Word", "[CASE]"),
    ],
)
def test_overlaps_are_one_and_placeholders_are_none(own: list[OwnPattern], text: str, redacted: str) -> None:
    made = Redactor(own=own)
    assert made.redact(text).text == redacted
    assert made.redact(redacted) == (redacted, {})


@given(
    st.lists(
        st.sampled_from(["[0-9]+", "[A-Z]{2,}", r"\[", "a.c", "x.*", r"\s{2,}", "(?<=a)b", "é|哈"]), max_size=3
    ),
    st.text("abcxAB01 []EMAILP2\né哈@.", max_size=40),
)
def test_redacted_twice_is_redacted_once_with_any_patterns(expressions: list[str], text: str) -> None:
    made = Redactor(own=[OwnPattern(f"P{number}", one) for number, one in enumerate(expressions)])
    once = made.redact(text)
    assert made.redact(once.text) == (once.text, {})


def test_a_pattern_that_takes_too_long_on_a_text_stores_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redactor, "OWN_PATTERNS_SECONDS", 0.05)
    made = Redactor(own=[SLOW])
    with pytest.raises(RedactionFailed, match="takes too long"):
        made.redact(HOSTILE)
    # The next text has all of its own time.
    assert made.redact("b aaa").text == "b [SLOW]"


def test_only_the_main_thread_can_be_interrupted() -> None:
    done: list[str] = []

    def other() -> None:
        with Patience(0.001):
            done.append(Redactor(own=[EMPLOYEE]).redact("EMP-123456").text)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert done == ["[EMPLOYEE]"]
