"""What programs leave where an answer should be."""

from __future__ import annotations

import re

# What languages and templates write for a value that is not there.
_PLACEHOLDERS = frozenset(
    (
        *(
            "null",
            "none",
            "nil",
            "undefined",
            "nan",
            "n/a",
            "na",
            "void",
            "empty",
            "<null>",
            "<none>",
            "<nil>",
            "(null)",
        ),
        *("[object object]", "[object promise]", "<no response>", "<no output>", "<empty>", "[no response]"),
        *("no response", "no output", "[empty]", "(empty)", "(no response)", "(no output)", "no content"),
    )
)
_LONGEST_PLACEHOLDER = 24
# Nothing here can be matched in two ways, and lines are looked at up to a length: linear in the text's length.
_STACK_TRACE = re.compile(
    r"^Traceback \(most recent call last\):"  # Python
    r"|^[ \t]*+at (?:async )?[\w$.<>/]++ ?\([^\n]{0,500}?:\d++(?::\d++)?\)"  # Java, JavaScript, Kotlin, Scala
    r"|^[ \t]*+at [^\n]{1,300}? in [^\n]{1,500}?:line \d"  # .NET
    r"|^[ \t]*+(?:from )?\S{1,500}?\.rb:\d++:in "  # Ruby
    r"|^goroutine \d++ \[|^thread '[^\n]{0,500}?' panicked at "  # Go, Rust
    r"|^#\d++ ++0x[0-9a-f]++ in |^#\d++ \S{1,500}?\.php\(\d++\):",  # C, PHP
    re.MULTILINE,
)
# Words, as all metrics have them, of which every stack trace has one; most texts have none but "at".
_TRACE_WORDS = frozenset({b"traceback", b"rb", b"goroutine", b"panicked", b"php"})
_AT_SIGNS = ("\tat ", "  at ", "\nat ")


def is_placeholder(text: str) -> bool:
    """Whether the text is nothing but what is written for a missing value.

    >>> is_placeholder("None"), is_placeholder("None of them.")
    (True, False)
    """
    if len(text) > 2 * _LONGEST_PLACEHOLDER:
        return False
    return text.strip(" \t\r\n\"'`.").lower() in _PLACEHOLDERS


def is_stack_trace(text: str, words: set[bytes], digits: int) -> bool:
    """Whether the text has a program's stack trace in it; ``words`` are the text's in lower case and UTF-8."""
    return _may_be_stack_trace(text, words, digits) and _STACK_TRACE.search(text) is not None


def _may_be_stack_trace(text: str, words: set[bytes], digits: int) -> bool:
    """Whether it has what every stack trace has; any but Python's and Rust's has a digit."""
    if not _TRACE_WORDS.isdisjoint(words):
        return True
    if not digits:
        return False
    return ("#" in text and "0x" in text) or (b"at" in words and any(sign in text for sign in _AT_SIGNS))
