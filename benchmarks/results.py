"""Tables, printed and kept in RESULTS.md, a section for every command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = "# Results\n\nWritten by the commands of this folder (see README.md); not to be edited.\n"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns as wide as they need to be."""
    cells = [list(columns), *map(list, rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def keep(title: str, body: str, path: Path = RESULTS) -> None:
    """Print a section, and put it in the file in place of the one of the same title."""
    print(f"\n## {title}\n\n{body}", flush=True)
    known = path.read_text(encoding="utf-8") if path.exists() else HEAD
    head, *sections = re.split(r"^## ", known, flags=re.MULTILINE)
    by_title = {section.partition("\n")[0]: section for section in sections}
    by_title[title] = f"{title}\n\n{body}\n\n"
    parts = [head.rstrip() + "\n\n", *(f"## {section.rstrip()}\n\n" for section in by_title.values())]
    path.write_text("".join(parts).rstrip() + "\n", encoding="utf-8")
