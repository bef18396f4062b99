"""Addresses, numbers and secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.access import Key
from plumbline.metrics import measure
from plumbline.metrics.finders import FINDERS

METRIC_OF = {
    "email": "emails",
    "phone": "phones",
    "card": "payment_cards",
    "iban": "ibans",
    "ssn": "ssns",
    "ip": "ip_addresses",
    "secret": "secrets",
}
KINDS = ("urls", "emails", "phones", "payment_cards", "ibans", "ssns", "ip_addresses", "secrets")


def found(text: str) -> dict[str, float]:
    values = measure("", text)
    return {kind: values[f"output.{kind}"] for kind in KINDS if values[f"output.{kind}"]}


# Keys are put together here, so that nothing that scans this file takes them for real ones.
@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("See https://example.org/a?b=c, http://example.org and www.example.com.", {"urls": 3}),
        ("Write to jane.doe+news@mail.example.co.uk or (joe@example.org).", {"emails": 2}),
        ("Not an address: a@b, @name, x @ y.com", {}),
        ("Call +49 30 901820 or +1 (212) 555-0143.", {"phones": 2}),
        ("Call (212) 555-0143, 212-555-0143 or 1-212-555-0143.", {"phones": 3}),
        ("In 2019 it cost 1200-1500; version 1.2.3; 3.14159; 100 200 300", {}),
        ("Card 4111 1111 1111 1111, 5500-0000-0000-0004, 340000000000009", {"payment_cards": 3}),
        ("Card 4111 1111 1111 1112 fails the checksum, 0000 0000 0000 0000 is none", {}),
        ("Pay to DE89 3704 0044 0532 0130 00 or GB29NWBK60161331926819.", {"ibans": 2}),
        ("GB29NWBK60161331926818 fails the checksum", {}),
        ("SSN 123-45-6789", {"ssns": 1}),
        ("No SSN: 000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000, 1123-45-67890", {}),
        ("Server 192.168.0.1 and 8.8.8.8, not 1.2.3.4.5 nor 256.1.1.1", {"ip_addresses": 2}),
        ("AKIA" + "IOSFODNN7EXAMPLE", {"secrets": 1}),
        ("token ghp_" + "a1B2" * 9, {"secrets": 1}),
        pytest.param(f"curl -H 'authorization: Bearer {Key.new().text}'", {"secrets": 1}, id="a key of ours"),
        ("sk-" + "proj-" + "Ab1-" * 8, {"secrets": 1}),
        ("eyJhbGciOiJI" + ".eyJzdWIiOiIx." + "SflKxwRJSMeKKF2QT4", {"secrets": 1}),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", {"secrets": 1}),
        ("A risk-averse sk-learn user, 1 of 3.", {}),
    ],
)
def test_kinds_are_told_apart(text: str, kinds: dict[str, float]) -> None:
    assert found(text) == kinds


def test_pii_counts_all_kinds_but_links_and_machines() -> None:
    text = "joe@example.org, SSN 123-45-6789, card 4111 1111 1111 1111, https://example.org, 10.0.0.1"
    assert measure("", text)["output.pii"] == 3


def test_the_same_address_twice_is_one_distinct_address() -> None:
    values = measure("", "a@b.org A@B.org https://x.org https://x.org. https://y.org")
    assert (values["output.emails"], values["output.unique_emails"]) == (2, 1)
    assert (values["output.urls"], values["output.unique_urls"]) == (3, 2)


@pytest.mark.parametrize(
    "piece", ["+1 ", "a@", "1-", "www.", "4111 ", "A1 ", "eyJa.", "192.168.", "sk-a", "-----BEGIN A "]
)
def test_what_hardly_matches_costs_no_more_than_its_length(piece: str) -> None:
    # Backtracking that grows faster than the text would not end here.
    measure("", piece * (200_000 // len(piece)))


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "0",
        "哈",
        "1,",
        "A ",
        "A",
        "a-",
        "a.",
        "[",
        "(",
        "<a ",
        "*",
        "`",
        "\n",
        " ",
        "http://",
        "3fa9b2",
        "|a",
        '{"a":',
        "I can't ",
        "> ",
        '"',
        "2025-01-02T03:04:05.678Z INFO [a.b] request_id=3a196a1da8f2 duration_ms=18409\n",
    ],
)
def test_an_ending_costs_no_more_than_its_length(piece: str) -> None:
    measure(piece * 2, piece)
    measure("", piece * (100_000 // len(piece)) + "x")


@pytest.mark.parametrize("begin", ["```", "```json", "{", "[", "null", "  at ", "\nat a", "#0 "])
@pytest.mark.parametrize("piece", [" ", "\n", "a.", " in ", "(", "1:", "\n\t", "0x ", "a.rb:", "``` "])
def test_what_programs_leave_costs_no_more_than_its_length(begin: str, piece: str) -> None:
    measure("", begin + piece * (40_000 // len(piece)) + "x")


@given(st.text(alphabet="+0123456789 ().-@:/wAKI_sk", max_size=60))
def test_any_text_of_such_characters_is_measured(text: str) -> None:
    values = measure(text, "")
    assert values["input.pii"] >= values["input.ssns"]


NUMBERS = ("+49 30 901820", "1-212-555-0143", "(212) 555-0143", "212.555.0143", "4111 1111 1111 1111", "8.8.8.8")
OTHERS = (
    "123-45-6789",
    "GB29NWBK60161331926819",
    "WwW.x.org",
    "HTTPS://x.org",
    "don'www.x.org",
    "a@b.org",
    "1.2.3",
    "fe80::1",
    "2001:db8:0:1:1:1:1:1",
)


@given(st.lists(st.sampled_from([*NUMBERS, *OTHERS, " ", ". ", "-", "+", "(", "é", "7", "x", "\n"]), max_size=8))
def test_what_is_looked_for_first_never_hides_what_a_search_finds(pieces: list[str]) -> None:
    text = "".join(pieces)
    values = measure("", text)
    for kind, metric in METRIC_OF.items():
        assert values[f"output.{metric}"] == len([*FINDERS[kind](text)]), kind
