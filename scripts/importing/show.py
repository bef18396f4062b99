"""What the terminal shows of an import: bars that move where there is a terminal, lines now and then elsewhere."""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_BETWEEN_LINES = 10.0
SHOWN_PROBLEMS = 10
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_WORDS = {
    "queued": "waiting",
    "planning": "importing",
    "running": "importing",
    "stalled": "stalled",
    "succeeded": "imported",
    "succeeded_with_problems": "imported, with problems",
    "failed": "failed",
}


class Display(Protocol):
    """Who is told how far an upload and then its import are. ``close`` ends whatever is being shown."""

    def uploading(self, name: str, sent: int, size: int) -> None: ...
    def importing(self, status: dict[str, Any]) -> None: ...
    def close(self) -> None: ...


def display(out: TextIO = sys.stdout) -> Display:
    """Bars for a person who watches a terminal, lines for a log."""
    watched = out.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("CI")
    return Bars(Console(file=out)) if watched else Lines(out)


class Bars:
    """A bar for the upload, then one for the import."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: Progress | None = None
        self._kind = ""

    def uploading(self, name: str, sent: int, size: int) -> None:
        bar = self._bar("upload", DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        bar.update(bar.task_ids[0], description=f"uploading {name}", completed=sent, total=size)

    def importing(self, status: dict[str, Any]) -> None:
        bar = self._bar("import", TaskProgressColumn(), TextColumn("{task.fields[rows]}"), TimeRemainingColumn())
        done = status["progress"]
        bar.update(
            bar.task_ids[0],
            description=_WORDS[status["state"]],
            completed=0 if done is None else done,
            total=None if done is None else 1,
            rows=_rows(status),
        )

    def close(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None

    def _bar(self, kind: str, *columns: ProgressColumn) -> Progress:
        if self._shown is None or self._kind != kind:
            self.close()
            self._kind = kind
            text = TextColumn("{task.description}", markup=False)
            self._shown = Progress(text, BarColumn(), *columns, console=self._console)
            self._shown.add_task("", total=None, rows="")
            self._shown.start()
        return self._shown


class Lines:
    """A line when something changes, and now and then."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._last: tuple[str, float] = ("", 0.0)

    def uploading(self, name: str, sent: int, size: int) -> None:
        if self._due("upload" if sent < size else "uploaded"):
            share = sent / size if size else 1
            self._print(f"uploading {name}: {share:.0%} of {size:,} bytes")

    def importing(self, status: dict[str, Any]) -> None:
        if self._due(status["state"]):
            done = "" if status["progress"] is None else f"{status['progress']:.0%}, "
            self._print(f"{_WORDS[status['state']]}: {done}{_rows(status)}")

    def close(self) -> None:
        """Lines need no end."""

    def _due(self, what: str) -> bool:
        before, at = self._last
        now = self._clock()
        if what == before and now - at < SECONDS_BETWEEN_LINES:
            return False
        self._last = (what, now)
        return True

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)


def result(status: dict[str, Any]) -> str:
    """What came of an import, for a person."""
    lines = [f"{_harmless(status['filename'])}: {_WORDS[status['state']]}"]
    lines += [_harmless(status[reason]) for reason in ("failure", "stalled") if status[reason]]
    lines += [
        f"  {status['rows_read']:>12,} rows read",
        f"  {status['rows_stored']:>12,} stored",
        *([f"  {status['rows_known']:>12,} of them were known by their ids"] if status["rows_known"] else []),
        f"  {status['rows_rejected']:>12,} rejected",
        f"  {status['alerts_raised']:>12,} alerts raised",
    ]
    problems = status["problems"]
    if problems:
        lines.append("The first problems:" if status["rows_rejected"] > SHOWN_PROBLEMS else "Problems:")
        lines += [f"  {_problem(problem)}" for problem in problems[:SHOWN_PROBLEMS]]
    return "\n".join(lines)


def _rows(status: dict[str, Any]) -> str:
    rate = status["rows_per_second"]
    speed = "" if rate is None else f", {rate:,.0f} rows/s"
    rejected = f", {status['rows_rejected']:,} rejected" if status["rows_rejected"] else ""
    return f"{status['rows_read']:,} rows{rejected}{speed}"


def _problem(problem: dict[str, Any]) -> str:
    column = f", {problem['column']}" if problem["column"] else ""
    return _harmless(f"row {problem['row']:,}{column}: {problem['problem']}")


def _harmless(text: str) -> str:
    """A text with nothing in it that would steer a terminal: names of files and columns may hold anything."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", text)
