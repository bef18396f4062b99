"""What an import keeps of a file beside its rows, redacted: rejected rows, names of columns, what is said of them.

A rejected row is repeated so that it can be mended, and nothing is known of it, not even that it can be read. So
what cannot be read as text, and what cannot be redacted, is not repeated at all.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from plumbline.imports.header import MAX_NAME
from plumbline.redaction import redact_interaction, redact_value

if TYPE_CHECKING:
    from plumbline.models import NewInteraction, Problem
    from plumbline.redaction import Redactor

WITHHELD = "[WITHHELD]"
"""What stands in place of what cannot be redacted."""
NOT_REDACTED = (
    "The row cannot be redacted, so nothing of it is kept or repeated. "
    "It still stands in the file that was uploaded."
)
# Sentences quote names of columns and keys so; of long ones only the beginning, of which nothing can be told.
_QUOTED = re.compile(r"“(?!CSV UTF-8 \().*”", re.DOTALL)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # bytes that are no UTF-8 are read as lone surrogates
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NUL = rb"\u0000"


class Redacting:
    """Redacts what comes out of one import's files."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def row(self, new: NewInteraction) -> NewInteraction | None:
        """A row with what is kept of it; None if it cannot be redacted, and must not be stored."""
        try:
            return replace(new, kept=redact_interaction(self._redactor, new))
        except Exception:  # noqa: BLE001 - whatever it is: it is this row's, and the others go on
            return None

    def text(self, text: str) -> str:
        """A text as it may be repeated."""
        if _NO_TEXT.search(text):
            return WITHHELD
        try:
            return self._redactor.redact(text).text
        except Exception:  # noqa: BLE001 - as above
            return WITHHELD

    def object(self, found: dict[str, Any], raw: bytes) -> dict[str, Any] | None:
        """An object, and the JSON that it was read from, as it may be repeated; None if it may not."""
        if _NUL in raw:
            return None
        try:
            redacted: dict[str, Any] = redact_value(self._redactor, found, Counter())
            orjson.dumps(redacted)
        except Exception:  # noqa: BLE001 - as above
            return None
        return redacted

    def line(self, raw: bytes) -> str:
        """A line that is no JSON, or no object, as it may be repeated."""
        text = self.text(raw.decode(errors="surrogateescape"))
        # JSON can write any character as an escape.
        return text if self.text(plain := _unescaped(text)) == plain else WITHHELD

    def problem(self, problem: Problem) -> Problem:
        """What is wrong with a row, without anything that stands in it."""
        column = problem.column
        if column is not None:
            # A longer one was cut off.
            column = self.text(column) if len(column) < MAX_NAME else WITHHELD
        return replace(problem, problem=unquoted(problem.problem), column=column)


def unquoted(sentence: str) -> str:
    """A sentence about a file without what it quotes of it."""
    return _QUOTED.sub("“…”", sentence)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda one: chr(int(one[1], 16)) if one[1] else _ESCAPED.get(one[2], one[2]), text)
