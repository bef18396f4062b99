"""Syllables of English words, by the rules of spelling.

Groups of vowels, less the silent endings, as in the usual rule of thumb (Fang 1966 and others); right for about
nine words in ten. Words of other alphabets get their groups of vowels where they have Latin letters, and one
otherwise.
"""

from __future__ import annotations

import re

_VOWELS = re.compile("[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿœ]+")
_SILENT = re.compile(r"(?:[^aeiouyl]|[aeiouy]l)e$|[^aeiouytd]ed$|[^aeiouycgszxh]es$")
# Neighbouring vowels that are two syllables: "create" but not "creature", "science", "area", "dual", "being".
_APART = re.compile(
    r"ia(?!l$|n$|ge|nt?s?$)|i[ou]m|ius|iety|ien|io(?!n|us)|[^gq]ua|e[ai](?=te[ds]?$|ting|ng$)|ea$|ying"
)


def count_syllables(word: str) -> int:
    """Syllables of a word in lower case; at least one, but none of a number.

    >>> [count_syllables(word) for word in ("the", "table", "walked", "science", "readability", "42")]
    [1, 2, 1, 2, 5, 0]
    """
    groups = len(_VOWELS.findall(word))
    if groups > 1:
        groups += len(_APART.findall(word)) - bool(_SILENT.search(word))
    return max(groups, 1) if not word.isdigit() else 0
