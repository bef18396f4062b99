"""README's figures, from RESULTS.md: ``python -m benchmarks.readme`` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

README = Path(__file__).parent.parent / "README.md"
_BLOCK = re.compile(r"(<!-- results of (\w+)[^>]*-->\n).*?(<!-- /results -->)", re.DOTALL)
_ALERTS = {
    "rule": "rule",
    "gross": "gross accidents found",
    "truncated": "answers cut off",
    "refusal": "refusals",
    "false alarms /1,000": "false alarms in 1,000",
    "worst series /1,000": "most by one series",
}
_LANGKIT = "LangKit's light metrics"
_TOGETHER = "Plumbline measuring many together, as the rows of a file"
_USUAL = "FastAPI background task with SQLAlchemy and SQLite"


def renewed(readme: str, results: str) -> str:
    """README's text with what the results say now."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{_TABLES[block[2]](results)}\n\n{block[3]}", readme)


def _alerts(results: str) -> str:
    head, *rows = _table(results, "Outliers")
    at = [head.index(column) for column in _ALERTS]
    return _markdown(_ALERTS.values(), ([row[place] for place in at] for row in rows))


def _speed(results: str) -> str:
    measuring = {(row[0], row[1]): row for row in _table(results, "Speed of measuring")}
    importing = {row[0]: row[1] for row in _table(results, "Speed of importing")}
    planning = {(row[0], row[1]): row[2] for row in _table(results, "Speed of planning an import")}
    whole, shared = 2, 3
    rows = []
    for texts, called in (("ASCII", "ASCII"), ("other scripts and symbols", "other")):
        langkit, calls = measuring[texts, _LANGKIT], measuring[texts, "textstat and LangKit, the shared metrics"]
        both = f"measuring {called} texts, the 14 metrics of both"
        rows += [
            [f"measuring {called} texts, Plumbline all its metrics", _LANGKIT, langkit[whole]],
            [both, _LANGKIT, langkit[shared]],
            [both, "the functions behind them alone", calls[shared]],
        ]
        alone = float(measuring[texts, "Plumbline, everything, one at a time"][whole])
        rows.append([f"measuring {called} texts one at a time, as over HTTPS", _TOGETHER, f"{1 / alone:.2g}"])
    rows += [
        ["importing, by the clock", _USUAL, importing["by the clock"]],
        ["importing with a worker on each core", _USUAL, importing["by the clock, a worker on each core"]],
        ["importing, by processor time", f"{_USUAL}, which measures lengths only", importing["by processor time"]],
        ["cutting a CSV file into chunks", "Python's `csv.reader` over it", planning["real texts", "csv.reader"]],
    ]
    return _markdown(["what", "beside", "times as fast"], rows)


def _scale(results: str) -> str:
    head, *rows = _table(results, "An import at scale, simulated")
    return _markdown(head, rows)


def _costs(results: str) -> str:
    head, *rows = _table(results, "What a month costs")
    return _markdown(head, rows)


def _idle(results: str) -> str:
    head, *rows = _table(results, "What the idle stack costs")
    return _markdown(head, rows)


def _units(results: str) -> str:
    head, *rows = _table(results, "Units a call takes")
    return _markdown(head, rows)


def _redaction(results: str) -> str:
    shares = {(row[0], row[1]): row[2].replace("%", " %") for row in _table(results, "Cost of redaction")}
    kinds, own = shares["as they are", "all kinds"], shares["as they are", "three own patterns"]
    every = shares["with something in each", "all kinds"]
    return (
        f"Beside measuring, looking for all kinds takes another {kinds} of processor time ({every} where every "
        f"text has something to replace), and three own patterns {own}."
    )


_TABLES: dict[str, Callable[[str], str]] = {
    "alerts": _alerts,
    "speed": _speed,
    "scale": _scale,
    "costs": _costs,
    "idle": _idle,
    "units": _units,
    "redaction": _redaction,
}


def _table(results: str, title: str) -> list[list[str]]:
    """The cells of a section's first table, its head first."""
    section = results.split(f"## {title}\n")[1].partition("\n## ")[0]
    first = section[section.index("\n| ") + 1 :].partition("\n\n")[0]
    head, _, *rows = first.splitlines()
    return [_cells(row) for row in (head, *rows)]


def _markdown(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cells(row: str) -> list[str]:
    # "|z| > 3" is a cell: columns stand apart by a bar between spaces.
    return [cell.strip() for cell in row.removeprefix("| ").removesuffix(" |").split(" | ")]


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8"), RESULTS.read_text("utf-8")), encoding="utf-8")
