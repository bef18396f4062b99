"""Where in a text addresses, numbers and secrets stand: what is counted as a metric and what redaction replaces.

Every search is linear in the text: a place where something may begin is looked at by a pattern of bounded length,
or one that no other place can run through again.

Letters of scripts without spaces (and of those whose particles are written next to a foreign word) are no part of
an address or a number beside them; those of European scripts are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Span(NamedTuple):
    """A place in a text, as of a slice."""

    start: int
    end: int


# ASCII, Latin, Greek and Cyrillic.
_WORD = "0-9A-Za-z_\u00c0-\u024f\u0370-\u052f"
_LOCAL = f"[{_WORD}%+-]++"
# In all of these a look behind comes after the first character where the search can leap to that character.
_EMAIL = re.compile(
    rf"(?<![{_WORD}.+%-])(?<![{_WORD}.+%-]')"
    rf"{_LOCAL}(?:[.']{_LOCAL})*+@(?:[\w-]{{1,63}}\.)+(?:[A-Za-z]{{2,24}}|[^\W\d_]{{2,24}})"
)
_PHONE = re.compile(
    rf"[+(0-9](?<![{_WORD}.+-].)(?:"
    r"(?<=\+)[1-9](?:(?!\. )[ ()./-]{0,3}[0-9]){7,14}"  # E.164: a plus, a country's code, groups; 8 to 15 digits
    r"|(?<=1)[ .-](?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}"  # North American numbering plan
    r"|(?<=\()[0-9]{3}\) ?[0-9]{3}[ .-][0-9]{4}"
    r"|(?<=[2-9])[0-9]{2}[ .-][0-9]{3}[ .-][0-9]{4}"
    rf")(?![{_WORD}-])"
)
_DIGITS = re.compile("[0-9]+")
_CARD = re.compile(rf"[0-9](?<![{_WORD}.-].)(?:[ -]?[0-9]){{12,}}+")
_NO_CARD_BEFORE = re.compile(rf"[{_WORD}-]")
_CARD_GROUPS = ([4, 4, 4, 4, 3], [4, 4, 4, 4], [4, 6, 5], [4, 6, 4])
# Digits as numbers, and those as Luhn's checksum doubles them.
_VALUES = bytes(code - 0x30 if 0x30 <= code < 0x3A else 0 for code in range(0x100))
_DOUBLED = bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)) + bytes(0x100 - 10)
_LEAST_GROUP = 4
_CARD_LENGTHS = range(13, 20)
_IBAN = re.compile(rf"[0-9](?<=[A-Za-z]{{2}}.)(?<![{_WORD}][A-Za-z]{{2}}.)[0-9](?=[ -]?[0-9A-Za-z]{{4}})")
_IN_WORD = re.compile(f"[{_WORD}]")
_SSN = re.compile(
    rf"[0-8](?<![{_WORD}-].)(?<!000)[0-9]{{2}}(?<!000)(?<!666)-(?!00)[0-9]{{2}}-(?!0000)[0-9]{{4}}(?![{_WORD}-])"
)
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_REST = r"(?:(?<=2)(?:5[0-5]|[0-4][0-9])|(?<=1)[0-9]{2}|[0-9]?)"  # of an octet after its first digit
_IPV4 = re.compile(rf"[0-9](?<![{_WORD}.].){_REST}(?:\.{_OCTET}){{3}}(?![{_WORD}]|\.[0-9])")
# What numbers with four parts are called that are no address; a product before them, as in User-Agent.
_VERSION = re.compile(
    r"(?:version|release|build|firmware|driver|chapter|section|clause|[^a-z](?:v|ver|rev|sec)\.?|§)"
    r"[ :=#\"']{0,3}\Z"
    r"|[a-z]/\Z",
    re.IGNORECASE,
)
_VERSION_BEFORE = 16
# The prefixes in use (RFC 4291, IANA): global unicast, unique local, link-local, multicast.
_IPV6 = re.compile(
    rf"[23Ff](?<![{_WORD}:.].)(?:(?<=[23])[0-9A-Fa-f]|(?<=[Ff])[c-fC-F])[0-9A-Fa-f]{{2}}"
    rf"(?::{{1,2}}[0-9A-Fa-f]{{1,4}}){{0,7}}+(?:::)?(?![{_WORD}]|:[0-9A-Fa-f:])"
)
_SECRET = re.compile(
    rf"(?<![{_WORD}-])(?:"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"  # AWS access key ids
    r"|(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,}"  # Stripe
    r"|sk-(?:proj-|ant-|or-)?[0-9A-Za-z_-]{20,}"  # OpenAI, Anthropic, OpenRouter
    r"|gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{40,}"  # GitHub
    r"|glpat-[0-9A-Za-z_-]{20,}"  # GitLab
    r"|xox[abeprs]-[0-9A-Za-z-]{10,}"  # Slack
    r"|AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}"  # Google
    r"|hf_[0-9A-Za-z]{30,}"  # Hugging Face
    r"|npm_[0-9A-Za-z]{36}|pypi-[0-9A-Za-z_-]{50,}"  # package registries
    r"|SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"  # SendGrid
    r"|plk_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}"  # Plumbline's own API keys
    r"|gsk_[0-9A-Za-z]{40,}|xai-[0-9A-Za-z]{40,}"  # Groq, xAI
    # Shopify, DigitalOcean, Vault
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|dop_v1_[0-9a-f]{64}|hvs\.[0-9A-Za-z_-]{20,}"
    r"|eyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}"  # JSON web tokens
    rf")(?![{_WORD}])"
)
_KEY_BEGINS = re.compile("-----BEGIN (?:[A-Z]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS = re.compile("-----END (?:[A-Z]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
# Of a key whose end is missing: its lines of base64, and a shorter one behind them that looks like no word.
_BREAKS = r"(?:\s|\\[nr])*+"
_KEY_BODY = re.compile(
    rf"(?:(?:{_BREAKS}[0-9A-Za-z+/=]{{20,}}+)++(?:{_BREAKS}(?=.[a-z]{{0,20}}[0-9A-Z+/=])[0-9A-Za-z+/=]++)?)?"
)
_LONGEST_KEY = 40_000  # characters; one of 16,384 bits has some 13,000

# ISO 13616: how long an IBAN is in each country that has them (SWIFT's registry, and those in use beside it).
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "AO CV GW LY MZ PT ST",
        26: "DZ IR IS TR",
        27: "BI CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD",
        28: "AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}


def emails(text: str) -> Iterator[Span]:
    return map(_span, _EMAIL.finditer(text))


def phones(text: str) -> Iterator[Span]:
    return map(_span, _PHONE.finditer(text))


def ssns(text: str) -> Iterator[Span]:
    return map(_span, _SSN.finditer(text))


def cards(text: str) -> Iterator[Span]:
    """Card numbers, also among other digits: those behind a security code, or before a date."""
    for run in _CARD.finditer(text):
        groups = [group.span() for group in _DIGITS.finditer(text, run.start(), run.end())]
        if _NO_CARD_BEFORE.match(text, run.end()):
            groups.pop()  # the beginning of something else
        if groups and _is_card(text, groups):
            yield Span(groups[0][0], groups[-1][1])
            continue
        sizes = [end - start for start, end in groups]
        behind = 0
        for at, size in enumerate(sizes):
            if at >= behind and size >= _LEAST_GROUP and (count := _count_of_card(text, groups, sizes, at)):
                behind = at + count
                yield Span(groups[at][0], groups[behind - 1][1])


def ibans(text: str) -> Iterator[Span]:
    """IBANs, in one piece or in groups of four."""
    at = 0
    while (found := _IBAN.search(text, at)) is not None:
        start = found.start() - 2
        end = _end_of_iban(text, start)
        if end is None:
            at = found.end()
        else:
            yield Span(start, end)
            at = end


def ips(text: str) -> Iterator[Span]:
    """IPv4 addresses, and IPv6 addresses of the prefixes in use."""
    for found in _IPV4.finditer(text):
        before = text[max(0, found.start() - _VERSION_BEFORE) : found.start()]
        if not _VERSION.search(f" {before}"):
            yield _span(found)
    for found in _IPV6.finditer(text):
        if _is_ipv6(found[0]):
            yield _span(found)


def secrets(text: str) -> Iterator[Span]:
    """Keys and tokens by their known prefixes, and private keys from their first line to their last."""
    yield from map(_span, _SECRET.finditer(text))
    yield from private_keys(text)


def private_keys(text: str) -> Iterator[Span]:
    ends = _KEY_ENDS.finditer(text)
    end = next(ends, None)
    begins = list(_KEY_BEGINS.finditer(text))
    for at, begin in enumerate(begins):
        following = begins[at + 1].start() if at + 1 < len(begins) else len(text)
        while end is not None and end.start() < begin.end():
            end = next(ends, None)
        if end is not None and end.start() < min(following, begin.end() + _LONGEST_KEY):
            yield Span(begin.start(), end.end())
        else:
            body = _KEY_BODY.match(text, begin.end(), following)
            yield Span(begin.start(), body.end() if body else begin.end())


FINDERS: Mapping[str, Callable[[str], Iterator[Span]]] = {
    "secret": secrets,
    "card": cards,
    "iban": ibans,
    "ssn": ssns,
    "email": emails,
    "phone": phones,
    "ip": ips,
}
"""How each kind is found, the most telling first."""


def _span(found: re.Match[str]) -> Span:
    return Span(*found.span())


def _count_of_card(text: str, groups: list[tuple[int, int]], sizes: list[int], at: int) -> int:
    """How many groups of digits from ``at`` on are a card's number; 0 if none are."""
    if sizes[at] >= _CARD_LENGTHS[0]:
        return int(_is_card(text, groups[at : at + 1]))
    for wanted in _CARD_GROUPS:
        behind = at + len(wanted)
        if sizes[at:behind] == wanted and _is_card(text, groups[at:behind]):
            return len(wanted)
    return 0


def _is_card(text: str, groups: list[tuple[int, int]]) -> bool:
    """Luhn's checksum (ISO/IEC 7812-1, annex B) under the prefixes and lengths of the networks in use."""
    if len(groups) > _CARD_LENGTHS[-1] or sum(end - start for start, end in groups) not in _CARD_LENGTHS:
        return False
    number = "".join([text[start:end] for start, end in groups])
    if not _is_of_network(number) or number == number[0] * len(number):
        return False
    digits = number.encode().translate(_VALUES)
    return (sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_DOUBLED))) % 10 == 0


def _is_of_network(number: str) -> bool:
    length, first = len(number), number[0]
    two, four = int(number[:2]), int(number[:4])
    if first == "4":  # Visa
        return length in {13, 16, 19}
    if 51 <= two <= 55 or 2221 <= four <= 2720:  # Mastercard
        return length == 16
    if two in {34, 37}:  # American Express
        return length == 15
    if two in {36, 38, 39} or 3000 <= four <= 3059 or 3095 <= four <= 3099:  # Diners Club
        return length >= 14
    # JCB, Mir, Maestro, Discover, UnionPay
    return length >= 16 and (
        3528 <= four <= 3589 or 2200 <= four <= 2204 or two in {50, 56, 57, 58} or first == "6"
    )


def _end_of_iban(text: str, start: int) -> int | None:
    """Where the IBAN ends that begins at ``start``; None if there is none.

    ISO 13616: with the first four characters at its end and letters in base 36, the number is 1 modulo 97.
    """
    length = _IBAN_LENGTHS.get(text[start : start + 2].upper())
    if length is None:
        return None
    end = start + length
    compact = text[start:end]
    if text[start + 4 : start + 5] in {" ", "-"}:
        end += (length - 1) // 4
        written = text[start:end]
        if any(one not in {" ", "-"} for one in written[4::5]):
            return None
        compact = "".join(written[at : at + 4] for at in range(0, len(written), 5))
    if len(compact) != length or not (compact.isascii() and compact.isalnum()) or _IN_WORD.match(text, end):
        return None
    return end if int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1 else None


def _is_ipv6(written: str) -> bool:
    """Eight groups, or fewer with one gap; a name in a program that looks like it has no digit."""
    gaps, groups = written.count("::"), len([group for group in written.split(":") if group])
    whole = (gaps == 0 and groups == 8) or (gaps == 1 and groups < 8)
    return whole and any(one.isdigit() for one in written)
