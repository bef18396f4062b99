"""What is found in a text and what stands in its place; that nothing else changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plumbline.errors import RedactionFailed
from plumbline.metrics import measure
from plumbline.metrics.finders import FINDERS
from plumbline.models import NewInteraction
from plumbline.redaction import KINDS, OwnPattern, Redactor, parse_kinds, redact_interaction

from tests.support.gateway import NOW
from tests.support.personal import PLAIN, PLANTED

ALL = Redactor()
EVERY = [(kind, one) for kind, some in PLANTED.items() for one in some]
AROUND = ("{}", "a {}, b", "「{}」", "\n{}\n", '"{}"', "是{}。", "key={};", r"\n{}\n", "<{}>")
BEGIN = "-----BEGIN " + "PRIVATE KEY-----"
COUNTED = ("emails", "phones", "payment_cards", "ibans", "ssns", "ip_addresses", "secrets", "pii")


def redact(text: str) -> str:
    return ALL.redact(text).text


@pytest.mark.parametrize(("kind", "planted"), EVERY)
@pytest.mark.parametrize("around", AROUND)
def test_every_kind_is_found_in_every_form(kind: str, planted: str, around: str) -> None:
    assert ALL.redact(around.format(planted)) == (around.format(f"[{kind.upper()}]"), {kind: 1})


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_nobodys_stays(text: str) -> None:
    assert ALL.redact(text) == (text, {})


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("card 4111 1111 1111 1111 123, 12/27", "card [CARD] 123, 12/27"),
        ("1 4111 1111 1111 1111", "1 [CARD]"),
        ("4111 1111 1111 1111 5555 5555 5555 4444", "[CARD] [CARD]"),
        ("4111111111111111-99", "[CARD]-99"),
        ("DE89 3704 0044 0532 0130 00 BIC COBADEFF", "[IBAN] BIC COBADEFF"),
        ("BE71 0961 2345 6769 PAID NOW", "[IBAN] PAID NOW"),
        ("DE89370400440532013000 GB29NWBK60161331926819", "[IBAN] [IBAN]"),
        ("mailto:joe@example.org?subject=x", "mailto:[EMAIL]?subject=x"),
        ("joe@example.org,ann@example.org", "[EMAIL],[EMAIL]"),
        ("b'joe@example.org'", "[EMAIL]'"),
        ("+49 30 901820. 5 people", "[PHONE]. 5 people"),
        ("tel:+4930901820;ext=1", "tel:[PHONE];ext=1"),
        ("call me—212-555-0143—now", "call me—[PHONE]—now"),
        ("http://10.0.0.1:8080/x", "http://[IP]:8080/x"),
        ("::ffff:10.0.0.1", "::ffff:[IP]"),
        ("http://[2001:db8::1]:80/", "http://[[IP]]:80/"),
        ("2001:db8::/32: a prefix", "[IP]/32: a prefix"),
        ("postgres://u:p@db.example.org/x", "postgres://u:[EMAIL]/x"),
        ("x@y.org123-45-6789", "[EMAIL][SSN]"),
        ("+49 30 901820 4111 1111 1111 1111", "[CARD]"),
    ],
)
def test_what_stands_beside_it_stays(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_only_the_kinds_asked_for_are_replaced() -> None:
    text = "joe@example.org, 10.0.0.1, 123-45-6789"
    for kind in KINDS:
        alone = Redactor([kind]).redact(text)
        assert set(alone.counts) <= {kind}
        assert alone.text.count("[") == sum(alone.counts.values())
    assert Redactor(["email", "ip"]).redact(text) == ("[EMAIL], [IP], 123-45-6789", {"email": 1, "ip": 1})


def test_a_key_without_an_end_goes_up_to_where_it_is_no_key_any_more() -> None:
    assert redact(f"{BEGIN}\n{'MIIE' * 16}\n{'+/x9' * 16}\nso much for it") == "[SECRET]\nso much for it"
    assert redact(f"A key begins with {BEGIN}.") == "A key begins with [SECRET]."
    two = f"{BEGIN}\nabc=\n-----END PRIVATE KEY-----"
    assert redact(f"{two} and {BEGIN} and {two}") == "[SECRET] and [SECRET] and [SECRET]"


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("", ()),
        ("none", ()),
        ("all", KINDS),
        (" Email ,ssn", ("ssn", "email")),
        ("phone,all", KINDS),
        ("ip,ip,", ("ip",)),
    ],
)
def test_kinds_are_read_from_a_list(written: str, kinds: tuple[str, ...]) -> None:
    assert parse_kinds(written) == kinds


def test_a_kind_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="no kind 'names'; known are all, secret, card, iban"):
        parse_kinds("email, names")


pieces = st.lists(
    st.sampled_from([*PLAIN, *(one for _, one in EVERY)]) | st.text(max_size=12), min_size=1, max_size=8
)


@given(pieces, st.sampled_from([" ", ", ", "\n", "。", "; ", " (", '" ', "\t"]))
def test_nothing_planted_survives_and_all_else_stays(parts: list[str], between: str) -> None:
    known = {one: f"[{kind.upper()}]" for kind, one in EVERY}
    plain = [part for part in parts if part in known or part in PLAIN]
    # A sign of its own between them: what stands beside a number may be a part of it.
    text = f"{between}|{between}".join(plain)
    assert redact(text) == f"{between}|{between}".join(known.get(part, part) for part in plain)


@given(pieces, st.sampled_from(["", " ", "-", ".", "x", "1", "+", "["]))
def test_redacted_twice_is_redacted_once_and_the_metrics_find_nothing(parts: list[str], between: str) -> None:
    once = ALL.redact(between.join(parts))
    assert ALL.redact(once.text) == (once.text, {})
    values = measure("", once.text)
    assert not any(values[f"output.{metric}"] for metric in COUNTED)


@given(st.text("+0123456789 ().-@:/wAKI_skEMAIL[]x'%é哈\\nBD:f", max_size=80))
@example("4111111111111111-123-45-6789")
def test_any_text_of_such_characters_is_redacted_for_good(text: str) -> None:
    once = ALL.redact(text)
    assert ALL.redact(once.text) == (once.text, {})
    values = measure(text, once.text)
    assert not any(values[f"output.{metric}"] for metric in COUNTED)
    if not once.counts:
        assert once.text == text
        assert not any(values[f"input.{metric}"] for metric in COUNTED)


@given(st.text(max_size=200))
@settings(max_examples=50)
def test_a_text_in_which_nothing_is_found_is_the_same_text(text: str) -> None:
    assert ALL.redact(text).text == text or ALL.redact(text).counts


def test_what_hides_its_neighbour_is_found_however_long_the_chain() -> None:
    # Each is found only once what stands before it is gone.
    assert "6789" not in redact("x@y.org123-45-6789 " * 500)
    own = Redactor(["ssn"], [OwnPattern("FIRST", r"(?<![a-z])a(?=b)|(?<![a-z])b(?=a)|(?<![a-z])[ab]\b")])
    done = own.redact("ab" * 1000 + " and more")
    assert "ab" not in done.text
    assert done.text.endswith(" and more")


def test_what_cannot_be_done_with_is_refused() -> None:
    # Every match makes the next word one.
    growing = Redactor([], [OwnPattern("NEXT", r"(?<=\] )x|\Ax")])
    assert growing.redact("x x x y") == ("[NEXT] [NEXT] [NEXT] y", {"NEXT": 3})
    with pytest.raises(RedactionFailed, match="something is still found"):
        growing.redact("x " * 50)


@pytest.mark.parametrize(
    "piece",
    [
        *("+1 ", "a@", "1-", "4111 ", "4111-", "A1 ", "eyJa.", "192.168.", "sk-a", "-----BEGIN A ", "%%.", "a'"),
        *(
            "DE89",
            "de12 ",
            "fe80:",
            "2001::",
            "1 2 3 ",
            "x@y.",
            "@a.",
            "a%",
            "é@é.",
            "SG.",
            "xoxb-",
            "(212) ",
            "+'a'",
        ),
        *(
            "+",
            "1",
            BEGIN,
            f"{BEGIN}\n{'M' * 30}",
            "\\n",
            "\uff11",
            "\u0660",
            "—",
            "123-45-6789-",
            "AKIA",
            "[EMAIL]",
        ),
        *("x@y.org123-45-6789", "4111111111111111", "version 1.2.3.4 ", "a.b@c.d ", "+1(", "+1)", "2001:db8::1 "),
        *("DE89370400440532013000", "DE89 3704 0044 0532 0130 00 "),
    ],
)
def test_what_is_searched_costs_no_more_than_its_length(piece: str) -> None:
    """Counted in what the finders look at: of a text twice as long it is no more than twice as much.

    Backtracking that grows faster than the text would not end here at all.
    """
    redact(piece * (100_000 // len(piece)))
    looked: list[int] = []
    for times in (100, 200):
        text = _Counting(piece * times)
        for find in FINDERS.values():
            list(find(text))
        looked.append(text.looks.count)
    assert looked[1] <= 2.2 * looked[0] + 20


@dataclass
class _Looks:
    count: int = 0


class _Counting(str):
    """A text that counts how often, and how long, pieces of it are looked at."""

    __slots__ = ("looks",)
    looks: _Looks

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.looks = _Looks()
        return made

    def __getitem__(self, at: Any) -> str:
        found = super().__getitem__(at)
        self.looks.count += 1 + len(found)
        return found


def test_all_texts_of_an_interaction_are_redacted() -> None:
    metadata = {
        "user": "joe@example.org",
        "nested": {"to": ["+49 30 901820", {"ip": "10.0.0.1"}], "n": 1.5, "yes": True, "no": None},
        "card": 4111111111111111,
        "id": 17,
        "a@example.org": 1,
        "b@example.org": 2,
        "c@example.org": 3,
    }
    new = NewInteraction("I am joe@example.org", "Hi, a@b.org and c@d.org", NOW, metadata)
    kept = redact_interaction(ALL, new)
    assert (kept.input, kept.output) == ("I am [EMAIL]", "Hi, [EMAIL] and [EMAIL]")
    assert kept.metadata == {
        "user": "[EMAIL]",
        "nested": {"to": ["[PHONE]", {"ip": "[IP]"}], "n": 1.5, "yes": True, "no": None},
        "card": "[CARD]",
        "id": 17,
        "[EMAIL]": 1,
        "[EMAIL] 2": 2,
        "[EMAIL] 3": 3,
    }
    assert kept.counts == {"email": 7, "phone": 1, "ip": 1, "card": 1}
    assert kept.metrics == {"input.redactions": 1.0, "output.redactions": 2.0}
