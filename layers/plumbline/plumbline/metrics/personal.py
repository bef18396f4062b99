"""Which kinds of addresses, numbers and secrets a text may have: looked at before a search, which costs more.

Most texts have none of what a kind cannot do without (an ``@``, enough digits) and are done with at once.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# Characters that stand for one of ASCII in an address or a number, one for one, so that places stay the same.
_ZEROS = "٠۰߀०০੦૦୦௦౦೦൦๐໐༠၀០᠐"  # of other scripts; their digits follow
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_SPACES = (
    "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2014\u2015\u202f\u205f\u3000"
)
_HYPHENS = "\u2010\u2011\u2012\u2013\u2212\ufe58\ufe63"
_FOLDS = {
    **{ord(zero) + digit: str(digit) for zero in _ZEROS for digit in range(10)},
    **{code: chr(code - 0xFF01 + 0x21) for code in _FULL_WIDTH},
    **dict.fromkeys(map(ord, _SPACES), " "),  # a long dash separates as a space does
    **dict.fromkeys(map(ord, _HYPHENS), "-"),
}
_FOLDED = re.compile(f"[{''.join(map(chr, sorted(_FOLDS)))}]")
_MOST_REPLACED_ONE_BY_ONE = 40
# A line break or tab as programs write it: its letter is no part of what comes behind.
_ESCAPED = re.compile(r"\\[nrt]")

# The shapes that numbers have, and what each kind of them has in it. A space or a full stop is a hyphen too.
_SHAPES = bytes(
    {" ": 0x2D, "-": 0x2D, ".": 0x2D, "+": 0x2B}.get(chr(code), 0x39 if chr(code) in string.digits else 0x20)
    for code in range(0x100)
)
_PHONE_SHAPES = (b"999-9999", b"+9")
_CARD_SHAPE = b"9" * 13
_SSN_SHAPE = b"999-99-9999"
_TO_DIGITS = bytes(0x39 if chr(code) in string.digits else code for code in range(0x100))
_IPV4_SHAPE = b"9.9"
# Letters, digits: every IBAN begins so.
_OF_IBANS = bytes(
    0x41 if chr(code) in string.ascii_letters else 0x39 if chr(code) in string.digits else 0x20
    for code in range(0x100)
)
_IBAN_BEGINS = b"AA99"
# So many of these in a row every secret has but Slack's.
_OF_SECRETS = bytes(
    0x78 if code >= 0x80 or chr(code).isalnum() or chr(code) in "_.-" else 0x20 for code in range(0x100)
)
_SECRET_LENGTH = b"x" * 20
_SECRET_SIGNS = (
    *(b"AKIA", b"ASIA", b"sk_", b"rk_", b"pk_", b"sk-", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
    *(b"github_pat_", b"glpat-", b"AIza", b"ya29.", b"GOCSPX-", b"hf_", b"npm_", b"pypi-", b"SG.", b"eyJ"),
    *(b"gsk_", b"xai-", b"shpat_", b"shpca_", b"shppa_", b"shpss_", b"dop_v1_", b"hvs.", b"plk_"),
)
_SLACK_SIGN = b"xox"
_KEY_SIGN = b"PRIVATE KEY"
SIGNS_WITHOUT_DIGITS = (b"@", _KEY_SIGN)
"""One of these, or a digit, is in everything that is looked for."""
_DIGITS, _ASCII = string.digits.encode(), bytes(range(0x80))
# The least that one has.
_PHONE_DIGITS, _CARD_DIGITS, _SSN_DIGITS, _IBAN_DIGITS, _IPV4_DIGITS, _IPV6_COLONS = 8, 13, 9, 10, 4, 7


class Searched(NamedTuple):
    """A text as it is searched, as long as the text itself; its UTF-8 bytes, and its sparse characters, or those
    bytes again where they are not known.
    """

    text: str
    data: bytes
    sparse: bytes
    digits: int

    @classmethod
    def of(cls, text: str) -> Searched:
        """A text of which nothing is known yet."""
        return cls._of_folded(fold(text))

    @classmethod
    def _of_folded(cls, folded: str) -> Searched:
        data = folded.encode("utf-8", "surrogatepass")
        return cls(folded, data, data, len(data) - len(data.translate(None, _DIGITS)))

    @classmethod
    def known(cls, text: str, data: bytes, sparse: bytes, digits: int) -> Searched:
        """A text of which these are known: the digits in it are of any script."""
        if b"\\" not in sparse and (
            len(data) == len(text)
            or not _FOLDED.search(data.translate(None, _ASCII).decode("utf-8", "surrogatepass"))
        ):
            return cls(text, data, sparse, digits)
        folded = fold(text)
        return cls(text, data, sparse, digits) if folded is text else cls._of_folded(folded)


def fold(text: str) -> str:
    """The text with ASCII's digits, spaces, hyphens and signs for those that look the same; each in its place."""
    found = () if text.isascii() else set(_FOLDED.findall(text))
    if len(found) > _MOST_REPLACED_ONE_BY_ONE:
        text = text.translate(_FOLDS)
    else:
        for character in found:
            text = text.replace(character, _FOLDS[ord(character)])
    return _ESCAPED.sub("  ", text) if "\\" in text else text


def likely_kinds(searched: Searched) -> Iterator[str]:
    """The kinds of which a text has what all of them have: of any other it has none.

    What a kind has in it is looked for in the sparse characters where it can be: they are few, and what is not
    next to each other in them is not so in the text.
    """
    _, data, sparse, digits = searched
    if b"@" in sparse:
        yield "email"
    if _KEY_SIGN in sparse or (digits and _may_have_secrets(data)):
        yield "secret"
    if digits >= _PHONE_DIGITS:
        shapes = sparse.translate(_SHAPES)
        if any(shape in shapes for shape in _PHONE_SHAPES):
            yield "phone"
        if digits >= _SSN_DIGITS and _SSN_SHAPE in shapes:
            yield "ssn"
        if digits >= _IBAN_DIGITS and _IBAN_BEGINS in data.translate(_OF_IBANS):
            yield "iban"
        if digits >= _CARD_DIGITS and all(_CARD_SHAPE in one.translate(_SHAPES, b" .-") for one in (sparse, data)):
            yield "card"
    # Counted without overlaps, a number with four parts has it twice.
    if (digits >= _IPV4_DIGITS and sparse.translate(_TO_DIGITS).count(_IPV4_SHAPE) >= 2) or (
        digits and (b"::" in sparse or sparse.count(b":") >= _IPV6_COLONS)
    ):
        yield "ip"


def _may_have_secrets(data: bytes) -> bool:
    long_enough = _SECRET_LENGTH in data.translate(_OF_SECRETS)
    return _SLACK_SIGN in data or (long_enough and any(sign in data for sign in _SECRET_SIGNS))
