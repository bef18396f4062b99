"""Whether an answer stops before it has ended, and how sure that is.

Prose ends in a full stop, a question or exclamation mark; code, tables, lists, verses, signatures and links need
none. So an ending is first told to be one of those, and only what is left, a line of prose among prose that does
end its sentences, is truncated where it stops without.
"""

# ruff: noqa: RUF001 - other scripts have marks that look like Latin ones
from __future__ import annotations

import json
import re
from enum import IntEnum
from unicodedata import category

from plumbline.metrics.kinds import CLOSERS, TERMINATORS
from plumbline.metrics.shortwords import GOES_ON, SHORT_WORDS

_STOPS = frozenset(".!?" + TERMINATORS)
_CLOSING = "\"')]}>*_`~|" + CLOSERS
_INVISIBLE = " \t\r\n\u200b\u200c\u200d\ufeff\xa0"
_TAIL = 4000  # characters from the end whose lines are looked at

# A look behind comes after the first character, so that the search can leap to that character.
_SENTENCE_END = re.compile(f"[.!?{TERMINATORS}](?:[{re.escape(_CLOSING)}]*(?=\\s|$)|(?<=[。．！？｡]))")
_LIST_ITEM = re.compile(r"\s*(?:[-*•+–‣◦]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)])\s+")
# A mark of Markdown with nothing, or only a bold word's beginning, after it.
_LONE_MARK = re.compile(r"\s*(?:[-*•+]|\d{1,3}[.)]|#{2,6}(?: .*)?)\s*(?:\*\*)?$")
_HEADING = re.compile(r"\s*\*\*[^*]+\*\*:?\s*$")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*\|")
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_DASH = re.compile(r"\w\s?[-–—]$")
_JSON_BEGINS = re.compile(r'\{\s*(?:"|$)|\[\s*(?:[\[{"\d]|$)')
# Searched in one word. Each part begins where a word does and never gives back: linear in the word's length.
_LINK_OR_TAG = re.compile(
    r"(?<!\w)\w++://|www\.|[#@/~]|(?<![\w.-])[\w-]++(?:\.[\w-]++)*\.[a-z]{2,6}(?:/|$)", re.IGNORECASE
)
# A line of code ends, begins or goes on in one of these ways.
_CODE_ENDS = frozenset(";{}\\")
_CODE_BEGINS = re.compile(
    r"\s*(?:([A-Za-z]+)\b(?!\s+(?:you|the|it|a|an|this)\b)|[#$>%]|//|/\*|--|<[/\w!]|@\w|\"\w+\"\s*:)"
)
_CODE_WORDS_TEXT = """
def class import from return if elif else for while try except with print echo export const let var function public
private static void int select insert update delete create where end fi done esac sudo npm pip git docker curl cd
apt SELECT FROM WHERE
"""
_CODE_WORDS = frozenset(_CODE_WORDS_TEXT.split())
# Every part of the next has one of these, or a call; most lines of prose have none.
_CODE_SIGNS = ("=", "$", "->", "::", "&&", "||", "++", "</")
_ENDS_OF_SIGNS = [(sign[-1], sign) for sign in _CODE_SIGNS]  # to look for one character is many times as fast
_CODE_WITHIN = re.compile(
    r"[-(=!<>:&|+.$](?:(?<=[=!<>:])=|(?<=[=-])>|(?<=:):|(?<=&)&|(?<=\|)\||(?<=\+)\+|(?<=<)/"
    r"|(?<=\w\().*\)|(?<=\w\.)\w+\(|(?<=\$)\{?\w)"
)
_ASSIGNMENT = re.compile(r"\s*[\w.\[\]\"']+\s*[-+*/|&^]?=[^=]")
_COMMENT = re.compile(r"\s*(?:#|//|--|/\*|\*|<!--)|.*\*/$")
# A name, a signature, a title. Possessive: an unfinished word must not be split in every way there is.
_NAME = re.compile(r"^\W*+(?:(?:[A-Z0-9\[][\w.'’&\]-]*+|of|the|and|de|la|von|van|in|vs?)[\s,.:]*+)++$")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("（", "）"), ("「", "」"), ("『", "』"))
_DASHES = "-–—"
_BREAKS = frozenset(",:(&/，、：" + _DASHES)
# Letters in which no English word ends: "environ-m", "qu", "compl", "univ".
_NO_WORD = re.compile(r"(?:[jqv]|[bcdfgpt]l|[bcdfgptw]r|qu|[cst]ti|nv|dv|[^aeiouy]{5})$")
_LEAST_WORDS = 4
_BEGINNING = 8  # words; most sentences whose full stop was forgotten have more
_SHORT = 3
_LAST_SENTENCE = 160  # characters: most sentences have fewer
_EMOJI_STYLE = "\ufe0f"


class Ending(IntEnum):
    """How an answer ends: well, with a sentence that has no end but may be meant so, or surely cut off."""

    WHOLE = 0
    UNENDED = 1
    CUT = 2


def ending(text: str) -> Ending:
    r"""How the text ends: whether it stops in the middle of a sentence, a word, code, JSON or a table's row.

    >>> ending("There are three reasons. The first of").name
    'CUT'
    >>> ending("There are three reasons for all that has happened here, and the first is cost").name
    'UNENDED'
    >>> ending("There are three:\n- cost\n- time\n- taste").name
    'WHOLE'
    """
    between_words = text[-1:] == " " and text[-2:-1].isalpha()
    text = text.rstrip(_INVISIBLE)
    lines = [line for line in text[-_TAIL:].split("\n") if line and not line.isspace()]
    if not lines:
        return Ending.WHOLE
    cut = _is_cut_structure(text, lines)
    if cut is not None:
        return Ending.CUT if cut else Ending.WHOLE
    if text[-1] in _STOPS:
        return Ending.WHOLE
    found = _unstopped_ending(text, lines)
    return Ending.CUT if found is Ending.UNENDED and between_words else found


def _is_cut_structure(text: str, lines: list[str]) -> bool | None:
    """Whether the code block, JSON, table or list that the text ends in is cut off; None where it ends in none."""
    if text.endswith("```"):
        return False
    if text.count("```") % 2:
        return True
    if text[0] in "{[" and _JSON_BEGINS.match(text):
        return _is_cut_json(text)
    if lines[-1].lstrip().startswith("|") and any(_TABLE_RULE.match(line) for line in lines):
        return _is_cut_row(lines)
    return True if _is_lone_mark(lines) else None


def _is_lone_mark(lines: list[str]) -> bool:
    """A heading without a text, or a list's mark without an item."""
    if len(lines) < 2 or not _LONE_MARK.match(lines[-1]):
        return False
    return lines[-1].lstrip().startswith("#") or any(_LIST_ITEM.match(line) for line in lines[:-1])


def _is_cut_json(text: str) -> bool:
    """Right as far as it goes, or in a string that never ends."""
    if text[-1] in "}]":
        return False
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        return error.pos >= len(text) - 1 or error.msg.startswith("Unterminated")
    except (ValueError, RecursionError):
        return False
    return False


def _is_cut_row(lines: list[str]) -> bool:
    """A table's last row without its end, or with fewer cells than the row before."""
    last = lines[-1].strip()
    before = lines[-2].strip() if len(lines) > 1 else ""
    return not last.endswith("|") or (before.startswith("|") and last.count("|") < before.count("|"))


def _unstopped_ending(text: str, lines: list[str]) -> Ending:
    """How a text ends that ends in no full stop."""
    last = lines[-1]
    is_code = _is_code(lines)
    if is_code:
        code = _STRING.sub("", text)
        cut = not _COMMENT.match(last) and (_leaves_bracket_open(code) or text[-1] in "=,([{&|<")
    else:
        cut = _leaves_open(last) or _breaks_off(text, last)
    if cut:
        return Ending.CUT
    if is_code or not _ends_in_word(text) or _LINK_OR_TAG.search(last.rsplit(None, 1)[-1]) or _HEADING.match(last):
        return Ending.WHOLE
    if _LIST_ITEM.match(last):
        return Ending.CUT if _others_end(lines) else Ending.WHOLE
    return _prose_ending(lines)


def _ends_in_word(text: str) -> bool:
    return text[-1].isalnum() or (category(text[-1])[0] == "M" and text[-1] != _EMOJI_STYLE)


def _breaks_off(text: str, last: str) -> bool:
    """Whether the line stops at a comma or the like, or at a word that no sentence ends in."""
    words = last.rsplit(None, _LEAST_WORDS)  # no more of them matter
    if _LINK_OR_TAG.search(words[-1]) or _HEADING.match(last):
        return False
    if text[-1] in _BREAKS:
        return len(words) >= _LEAST_WORDS and (text[-1] not in _DASHES or _DASH.search(text) is not None)
    if len(words) < 2 or not _ends_in_word(text):
        return False
    return _cannot_end(words[-1]) and not _NAME.match(last)


def _cannot_end(word: str) -> bool:
    """Whether no sentence ends in this word, or no word does end so."""
    word = word.lower().strip("\"'(*_“‘")
    if word in GOES_ON:
        return True
    if not (word.isascii() and word.isalpha()):
        return False
    return word not in SHORT_WORDS if len(word) <= _SHORT else _NO_WORD.search(word) is not None


def _leaves_open(line: str) -> bool:
    """A bracket, a quote or an emphasis that the line opens and does not close."""
    if _LIST_ITEM.match(line):
        line = line.split(None, 1)[-1]
    return (
        _leaves_bracket_open(line)
        or (line.count('"') % 2 == 1 and line[-1].isalnum() and len(line.split()) >= _LEAST_WORDS)
        or ("*" in line and line.count("**") % 2 == 1 and not line.endswith("**"))
    )


def _leaves_bracket_open(text: str) -> bool:
    # To look for one is several times as fast as to count them.
    return any(opened in text and text.count(opened) > text.count(closed) for opened, closed in _PAIRS)


def _is_code(lines: list[str]) -> bool:
    if _is_code_line(lines[-1]):
        return True
    before = lines[-12:-1]
    return sum(map(_is_code_line, before)) * 3 >= len(before) + 1


def _is_code_line(line: str) -> bool:
    if line.rstrip()[-1] in _CODE_ENDS:
        return True
    begins = _CODE_BEGINS.match(line)
    if begins and (begins[1] is None or begins[1] in _CODE_WORDS):
        return True
    if not _calls(line) and not any(sign in line for end, sign in _ENDS_OF_SIGNS if end in line):
        return False
    return _CODE_WITHIN.search(line) is not None or ("=" in line and _ASSIGNMENT.match(line) is not None)


def _calls(line: str) -> bool:
    """Whether an opening bracket stands directly behind a word."""
    at = line.find("(")
    while at >= 0:
        if at and (line[at - 1].isalnum() or line[at - 1] == "_"):
            return True
        at = line.find("(", at + 1)
    return False


def _others_end(lines: list[str]) -> bool:
    """Whether the list's items before the last end in a full stop, as that one then should."""
    before = [line.rstrip(_CLOSING + " ") for line in lines[:-1] if _LIST_ITEM.match(line)]
    ended = sum(line[-1:] in _STOPS for line in before)
    return len(before) > 0 and ended * 3 >= len(before) * 2


def _prose_ending(lines: list[str]) -> Ending:
    """How a last line of words ends that ends in no full stop."""
    last = lines[-1]
    end = _last_end(last)
    rest = last[end:]
    words = rest.split()
    if not words or _NAME.match(rest):
        return Ending.WHOLE
    if end:
        # Some words after a sentence are the beginning of another; many may be one whose full stop is forgotten.
        return Ending.CUT if len(words) <= _BEGINNING and not _is_unspaced(rest) else Ending.UNENDED
    return Ending.UNENDED if _is_sentence(rest, words, lines[:-1]) else Ending.WHOLE


def _last_end(line: str) -> int:
    """Where the line's last sentence that has an end ends; 0 if none does."""
    if not line.isascii():
        # Among the last characters, as usual, or among all: an end has but one stop, at its beginning.
        for start in (max(0, len(line) - _LAST_SENTENCE), 0):
            ends = [found.end() for found in _SENTENCE_END.finditer(line, start)]
            if ends:
                return ends[-1]
        return 0
    # From the last stop backwards: usually that is it.
    at = len(line)
    while (at := max(line.rfind(".", 0, at), line.rfind("!", 0, at), line.rfind("?", 0, at))) >= 0:
        found = _SENTENCE_END.match(line, at)
        if found:
            return found.end()
    return 0


def _is_sentence(line: str, words: list[str], others: list[str]) -> bool:
    """Whether a line without any end is a sentence nevertheless, and no title, verse or value."""
    if not others:
        if _is_unspaced(line):
            return len(line) >= 3 * _LEAST_WORDS
        begins_as_one = line.lstrip()[:1].isupper() or not line.isascii()
        return len(words) >= 3 * _LEAST_WORDS and begins_as_one and "#" not in line
    before = [other.rstrip(_CLOSING + " ") for other in others if not _LIST_ITEM.match(other)]
    ended = sum(other[-1:] in _STOPS for other in before)
    return ended > 0 and ended * 2 >= len(before) and (len(words) >= 2 * _LEAST_WORDS or _is_unspaced(line))


def _is_unspaced(text: str) -> bool:
    """Whether the text is in a script without spaces, so that words do not tell its length."""
    return (
        len(text) >= _LEAST_WORDS
        and text[-1] >= "\u2e80"
        and text[-1].isalpha()
        and not "\uac00" <= text[-1] <= "\ud7a3"
    )
