"""How many sentences a text has, in any script."""

# ruff: noqa: RUF001 - other scripts have marks that look like Latin ones
from __future__ import annotations

import re

# Full stops of other scripts: ideographic, Arabic, Devanagari, Armenian, Ethiopic, Burmese, Khmer, Tibetan.
TERMINATORS = "。．！？｡؟۔।॥։።፧။៕།…‼⁇⁈⁉"
# What may stand between a full stop and the space that follows it.
CLOSERS = "”’»›」』）】〉》］"
_OTHER_MARKS = re.compile(f"[{TERMINATORS}{CLOSERS}]")
_BLANK_LINES = re.compile(rb"\n{3,}")

_ASCII_CLOSERS = b"\"')]}*_`"
_FOLD = bytes.maketrans(b"!?\t\r\x0b\x0c0123456789", b"..    1111111111")


def count_sentences(text: str, data: bytes) -> int:
    """Sentences: ends before a space or the end of the text, blank lines, and what is left at the end.

    The number of a numbered list ("2. ") ends no sentence. ``data`` is the text in UTF-8.
    """
    if len(text) != len(data):
        folded = _OTHER_MARKS.sub(_fold_mark, text.replace("?", "."))
        # Any letter beyond ASCII will do as an x: nothing here depends on which it is.
        data = folded.encode("ascii", "replace").replace(b"?", b"x")
    return _count(data)


def _fold_mark(match: re.Match[str]) -> str:
    return ". " if match[0] in TERMINATORS else ""


def _count(data: bytes) -> int:
    plain = data.translate(_FOLD, _ASCII_CLOSERS).strip(b" \n")
    if not plain:
        return 0
    lines = b"\n" + plain + b"\n"
    if b"\n\n\n" in lines:
        lines = _BLANK_LINES.sub(b"\n\n", lines)
    # Of a run of stops only the last is before a space.
    ends = lines.count(b". ") + lines.count(b".\n")
    numbering = lines.count(b"\n1. ") + lines.count(b"\n11. ")
    paragraphs = lines.count(b"\n\n") - lines.count(b".\n\n")
    unfinished = not plain.endswith(b".")
    return max(ends - numbering + paragraphs + unfinished, 1)
