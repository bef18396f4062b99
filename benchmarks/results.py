"""Tables, printed and kept in RESULTS.md, a section for every command; and the one of them that README shows.

python -m benchmarks.results writes README's anew from RESULTS.md.
"""

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


README = Path(__file__).parent.parent / "README.md"
BEGIN = "<!-- results: written by `python -m benchmarks.results` -->\n"
END = "<!-- /results -->"
_SHOWN = {
    "rule": "rule",
    "gross": "gross accidents found",
    "truncated": "answers cut off",
    "refusal": "refusals",
    "false alarms /1,000": "false alarms in 1,000",
    "worst series /1,000": "most by one series",
}


def renewed(readme: str, results: str) -> str:
    """README's text with what the results say now of Plumbline's alerts and those of others."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    section = results.split("## Outliers\n")[1].partition("\n## ")[0]
    head, *rows = (line for line in section.split("\n\n| series ")[0].splitlines() if line.startswith("| "))
    at = [_cells(head).index(column) for column in _SHOWN]
    lines = ["| " + " | ".join(_SHOWN.values()) + " |", "| " + " | ".join("---" for _ in _SHOWN) + " |"]
    lines += ["| " + " | ".join(_cells(row)[place].replace("|", r"\|") for place in at) + " |" for row in rows]
    return f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n\n{END}{after}"


def _cells(row: str) -> list[str]:
    # "|z| > 3" is a cell: columns stand apart by a bar between spaces.
    return [cell.strip() for cell in row.removeprefix("| ").removesuffix(" |").split(" | ")]


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8"), RESULTS.read_text("utf-8")), encoding="utf-8")
