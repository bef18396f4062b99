"""Addresses, numbers and secrets in a text.

Each search is preceded by a look for what it cannot do without (an ``@``, enough digits): most texts have none
of it and cost next to nothing.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plumbline.metrics.characters import Characters

# In all of these a look behind comes after the first character, so that the search can leap to that character.
_URL = re.compile(r"""[hHwW](?:(?<=[hH])(?i:ttps?://)|(?<![\w.].)(?<=[wW])(?i:ww\.))[^\s<>"'`\])}|\\]+""")
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9_%+-]{1,64}+(?:\.[A-Za-z0-9_%+-]{1,64}+)*+@(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}"
)
_PHONE = re.compile(
    r"[+(0-9](?<![\w.+-].)(?:"
    r"(?<=\+)[0-9][0-9 ().-]{6,20}[0-9]"  # E.164: a plus, a country's code, groups
    r"|(?<=1)[ .-](?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}"  # North American numbering plan
    r"|(?<=\()[0-9]{3}\) ?[0-9]{3}[ .-][0-9]{4}"
    r"|(?<=[2-9])[0-9]{2}[ .-][0-9]{3}[ .-][0-9]{4}"
    r")(?![\w-])"
)
_CARD = re.compile(r"[0-9](?<![\w.-].)(?:[ -]?[0-9]){12,18}(?![\w-])")
_IBAN = re.compile(r"[A-Z](?<!\w.)[A-Z][0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_SSN = re.compile(r"[0-8](?<![\w-].)(?<!000)[0-9]{2}(?<!000)(?<!666)-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w-])")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_REST = r"(?:(?<=2)(?:5[0-5]|[0-4][0-9])|(?<=1)[0-9]{2}|[0-9]?)"  # of an octet after its first digit
_IP = re.compile(rf"[0-9](?<![\w.].){_REST}(?:\.{_OCTET}){{3}}(?![\w]|\.[0-9])")
_SECRET = re.compile(
    r"(?<![\w-])(?:"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"  # AWS access key ids
    r"|(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,}"  # Stripe
    r"|sk-(?:proj-|ant-|or-)?[\w-]{20,}"  # OpenAI, Anthropic, OpenRouter
    r"|gh[pousr]_[0-9A-Za-z]{36,}|github_pat_\w{40,}"  # GitHub
    r"|glpat-[\w-]{20,}"  # GitLab
    r"|xox[abeprs]-[0-9A-Za-z-]{10,}"  # Slack
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,}"  # Google
    r"|hf_[0-9A-Za-z]{30,}"  # Hugging Face
    r"|npm_[0-9A-Za-z]{36}|pypi-[\w-]{50,}"  # package registries
    r"|SG\.[\w-]{16,}\.[\w-]{16,}"  # SendGrid
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"  # JSON web tokens
    r")(?!\w)"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ ){0,4}PRIVATE KEY-----")
# The shapes that numbers have, and what each kind of them has in it. A space or a full stop is a hyphen too.
_SHAPES = bytes(
    {" ": 0x2D, "-": 0x2D, ".": 0x2D, "+": 0x2B}.get(chr(code), 0x39 if chr(code) in string.digits else 0x20)
    for code in range(0x100)
)
_PHONE_SHAPES = (b"999-9999", b"+9")
_CARD_SHAPE = b"9" * 13
_SSN_SHAPE = b"999-99-9999"
_TO_DIGITS = bytes(0x39 if chr(code) in string.digits else code for code in range(0x100))
_IP_SHAPE = b"9.9"
# So many of these in a row every secret has but Slack's.
_OF_SECRETS = bytes(
    0x78 if code >= 0x80 or chr(code).isalnum() or chr(code) in "_.-" else 0x20 for code in range(0x100)
)
_SECRET_LENGTH = b"x" * 20
_SECRET_SIGNS = (
    *(
        b"AKIA",
        b"ASIA",
        b"sk_",
        b"rk_",
        b"pk_",
        b"sk-",
        b"ghp_",
        b"gho_",
        b"ghu_",
        b"ghs_",
        b"ghr_",
        b"github_pat_",
    ),
    *(b"glpat-", b"AIza", b"ya29.", b"hf_", b"npm_", b"pypi-", b"SG.", b"eyJ"),
)
_SLACK_SIGN = b"xox"
# Capitals, digits: every IBAN begins so.
_OF_IBANS = bytes(
    {"Lu": 0x41, "Nd": 0x39}.get(category(chr(code)), 0x20) if code < 0x80 else 0x20 for code in range(0x100)
)
_IBAN_BEGINS = b"AA99"
# The least that one has.
_PHONE_DIGITS, _CARD_DIGITS, _IBAN_DIGITS, _IP_DIGITS = 8, 13, 10, 4
_MOST_SEARCHED = 1_000_000

PATTERNS = (
    *("phones", "payment_cards", "ssns", "ip_addresses", "ibans", "secrets"),
    *("urls", "unique_urls", "emails", "unique_emails", "pii"),
)


class Personal(NamedTuple):
    """How many numbers of each kind, and secrets, there are, and which e-mail addresses."""

    phones: int = 0
    cards: int = 0
    ssns: int = 0
    ibans: int = 0
    secrets: int = 0
    emails: Sequence[str] = ()

    @property
    def pii(self) -> int:
        """How many of all kinds."""
        return self.phones + self.cards + self.ssns + self.ibans + self.secrets + len(self.emails)


def find_personal(text: str, data: bytes, characters: Characters) -> Personal:
    """What there is in a text, its UTF-8 bytes and its characters counted, that may be somebody's own.

    Of a text of over a million characters the first million are searched.
    """
    text, data = _searched(text, data)
    sparse, digits = characters.sparse, characters.digits
    phones = cards = ssns = ibans = secrets = 0
    # What a kind has in it is looked for in the sparse characters: they are few, and what is not next to each
    # other in them is not so in the text.
    if digits >= _PHONE_DIGITS:
        shapes = sparse.translate(_SHAPES)
        if any(shape in shapes for shape in _PHONE_SHAPES):
            phones = sum(map(_is_phone, _PHONE.findall(text)))
        if _SSN_SHAPE in shapes:
            ssns = len(_SSN.findall(text))
        if digits >= _CARD_DIGITS and all(_CARD_SHAPE in one.translate(_SHAPES, b" .-") for one in (sparse, data)):
            cards = sum(map(_is_card, _CARD.findall(text)))
    if digits >= _IBAN_DIGITS and characters.capitals >= 2 and _IBAN_BEGINS in sparse.translate(_OF_IBANS):
        ibans = sum(map(_is_iban, _IBAN.findall(text)))
    if digits and _may_have_secrets(data):
        secrets = len(_SECRET.findall(text))
    if b"PRIVATE KEY-----" in sparse:
        secrets += len(_PRIVATE_KEY.findall(text))
    return Personal(phones, cards, ssns, ibans, secrets, _EMAIL.findall(text) if b"@" in sparse else ())


def find_patterns(text: str, data: bytes, characters: Characters) -> tuple[int, ...]:
    """Counts by kind, in the order of :data:`PATTERNS`, as :func:`find_personal` finds them."""
    personal = find_personal(text, data, characters)
    text, data = _searched(text, data)
    sparse, emails = characters.sparse, personal.emails
    addresses = 0
    if characters.digits >= _IP_DIGITS and _IP_SHAPE in sparse.translate(_TO_DIGITS):
        addresses = len(_IP.findall(text))
    urls = _URL.findall(text) if b"://" in sparse or b"www." in data or b"WWW." in sparse else ()
    return (
        personal.phones,
        personal.cards,
        personal.ssns,
        addresses,
        personal.ibans,
        personal.secrets,
        len(urls),
        len({url.rstrip(".,;:!?") for url in urls}) if urls else 0,
        len(emails),
        len({email.lower() for email in emails}) if emails else 0,
        personal.pii,
    )


def _may_have_secrets(data: bytes) -> bool:
    long_enough = _SECRET_LENGTH in data.translate(_OF_SECRETS)
    return _SLACK_SIGN in data or (long_enough and any(sign in data for sign in _SECRET_SIGNS))


def _searched(text: str, data: bytes) -> tuple[str, bytes]:
    if len(text) <= _MOST_SEARCHED:
        return text, data
    text = text[:_MOST_SEARCHED]
    return text, text.encode("utf-8", "surrogatepass")


def _is_phone(number: str) -> bool:
    # ITU-T E.164: at most 15 digits; fewer than 8 with a country's code are none that is in use.
    return _PHONE_DIGITS <= sum(map(str.isdigit, number)) <= 15


def _is_card(number: str) -> bool:
    """Luhn's checksum (ISO/IEC 7812-1, annex B) under the prefixes of the networks in use."""
    digits = [int(digit) for digit in number if digit.isdigit()]
    if digits[0] not in {2, 3, 4, 5, 6} or len(set(digits)) == 1:
        return False
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(number: str) -> bool:
    """ISO 13616: with the first four characters at its end and letters in base 36, the number is 1 modulo 97."""
    compact = number.replace(" ", "")
    return 15 <= len(compact) <= 34 and int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1
