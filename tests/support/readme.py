"""README's examples: each ``sh`` block with a curl command and the ``json`` block that shows its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

README = Path(__file__).parents[2] / "README.md"
API = "http://127.0.0.1:8000"
FORM = "--form-string"
"""What the command has in it that comes out of an answer and is to be pasted."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A command and the answer that README shows for it (None where it shows none)."""

    command: str
    answer: str | None


def examples() -> list[Example]:
    """README's curl commands in their order."""
    blocks = _BLOCK.findall(README.read_text("utf-8"))
    found = []
    for position, (language, body) in enumerate(blocks):
        if language == "sh" and "curl " in body and (API in body or FORM in body):
            following = blocks[position + 1] if position + 1 < len(blocks) else ("", "")
            found.append(Example(body, following[1] if following[0] == "json" else None))
    return found


MORE = "…"
"""A key in README that stands for others like those beside it."""
# What differs from run to run: compared by type only.
TIMES = {"created_at", "started_at", "progressed_at", "finished_at", "expires_at"}
VOLATILE = TIMES | {"id", "interaction_id", "next_cursor", "rows_per_second", "key", "policy", "s3", "url", "curl"}


def assert_same_shape(shown: Any, got: Any, path: str = "answer") -> None:
    """Asserts that an answer is the one README shows: all keys, and every value that can be the same."""
    if isinstance(shown, dict):
        assert isinstance(got, dict), f"{path}: {got!r} is not an object"
        missing = shown.keys() - {MORE} - got.keys()
        assert not missing, f"{path}: README shows {sorted(missing)}, the answer does not"
        assert MORE in shown or shown.keys() == got.keys(), (
            f"{path}: the answer has {sorted(got.keys() - shown.keys())}"
        )
        for key, value in shown.items():
            if key == MORE:
                continue
            if key in VOLATILE:
                assert type(value) is type(got[key]), f"{path}.{key}: {got[key]!r} is not like {value!r}"
            else:
                assert_same_shape(value, got[key], f"{path}.{key}")
    elif isinstance(shown, list):
        assert isinstance(got, list), f"{path}: {got!r} is not a list"
        assert bool(shown) == bool(got), f"{path}: README shows {len(shown)} entries, the answer has {len(got)}"
        if shown:
            assert_same_shape(shown[0], got[0], f"{path}[0]")
    else:
        assert shown == got, f"{path}: README shows {shown!r}, the answer is {got!r}"
