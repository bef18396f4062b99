"""Cells that a spreadsheet would take for formulas, made texts in the files that are handed out, and read back.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return is a formula to spreadsheets (OWASP:
CSV Injection). So is a piece of a cell to a spreadsheet that takes another character for the delimiter, as
European ones take the semicolon: the same holds behind whatever may seem to end a cell. An apostrophe before it
makes it a text. Apostrophes that stand there already become one more, so that taking one away gives back every
cell as it was.
"""

from __future__ import annotations

import re

_ENDS_CELL = r"[,;|\t\r\n\"]"
# The last four are what Japanese and Chinese keyboards write for the first.
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_BARE = re.compile(rf"(?:\A('*)(?=[{_SIGNS}\t\r])|(?<={_ENDS_CELL})('*)(?=[{_SIGNS}]))")
_SHIELDED = re.compile(rf"(?:\A'('*)(?=[{_SIGNS}\t\r])|(?<={_ENDS_CELL})'('*)(?=[{_SIGNS}]))")


def shield(cell: str) -> str:
    """The cell with nothing in it that a spreadsheet would calculate.

    >>> shield("=1+1;@A1")
    "'=1+1;'@A1"
    """
    return _BARE.sub(r"'\1\2", cell)


def unshield(cell: str) -> str:
    """The cell that :func:`shield` made this of; one that it did not make may lose an apostrophe before a sign."""
    return _SHIELDED.sub(r"\1\2", cell)
