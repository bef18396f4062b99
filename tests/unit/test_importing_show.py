"""What the script shows while it works, to a terminal and to a log, and what it says at the end."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from scripts.importing.follow import follow
from scripts.importing.show import Bars, Lines, display, result
from tests.support.importing import status


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_a_log_gets_a_line_now_and_then_and_nothing_that_moves() -> None:
    out, clock = io.StringIO(), Time()
    lines = Lines(out, clock)
    for step in range(101):
        lines.uploading("history.csv", step * 10, 1000)
        clock.wait(0.25)
    for step in range(100):
        lines.importing(status(progress=step / 100, state="planning" if step < 50 else "running"))
        clock.wait(0.25)
    lines.importing(status(state="succeeded", progress=1.0))
    lines.close()
    written = out.getvalue()
    assert not set(written) & set("\r\x1b\x08")
    assert 6 <= len(written.splitlines()) <= 10
    assert written.splitlines()[0] == "uploading history.csv: 0% of 1,000 bytes"
    assert "uploading history.csv: 100% of 1,000 bytes" in written
    assert written.splitlines()[-1] == "imported: 100%, 12,345 rows, 5 rejected, 1,234 rows/s"


def test_an_empty_file_is_whole_at_once() -> None:
    out = io.StringIO()
    Lines(out, Time()).uploading("a.csv", 0, 0)
    assert out.getvalue() == "uploading a.csv: 100% of 0 bytes\n"


def test_what_is_not_known_yet_is_left_out() -> None:
    out = io.StringIO()
    Lines(out, Time()).importing(status(progress=None, rows_per_second=None, rows_rejected=0, rows_read=0))
    assert out.getvalue() == "importing: 0 rows\n"


@pytest.mark.parametrize(
    ("out", "environment", "kind"),
    [
        (Terminal(), {"TERM": "xterm-256color"}, Bars),
        (Terminal(), {"TERM": "dumb"}, Lines),
        (Terminal(), {}, Lines),
        (Terminal(), {"TERM": "xterm", "CI": "true"}, Lines),
        (io.StringIO(), {"TERM": "xterm"}, Lines),
    ],
)
def test_bars_are_for_people_who_watch(
    out: io.StringIO, environment: dict[str, str], kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert isinstance(display(out), kind)


def test_the_bars_show_the_upload_and_then_the_import() -> None:
    out = Terminal()
    bars = Bars(Console(file=out, force_terminal=True, width=120, color_system=None))
    bars.uploading("[a].csv", 500_000, 1_000_000)
    bars.uploading("[a].csv", 1_000_000, 1_000_000)
    bars.importing(status(progress=None))
    bars.importing(status())
    bars.close()
    bars.close()
    written = out.getvalue()
    assert "uploading [a].csv" in written
    assert "1.0/1.0 MB" in written
    assert "25%" in written
    assert "12,345 rows, 5 rejected, 1,234 rows/s" in written


def test_the_result_counts_and_shows_the_first_problems() -> None:
    problems = [
        {"row": n, "line": n, "column": "Output" if n % 2 else None, "problem": "no."} for n in range(2, 40)
    ]
    said = result(status(state="succeeded_with_problems", rows_rejected=38, rows_known=3, problems=problems))
    lines = said.splitlines()
    assert lines[0] == "history.csv: imported, with problems"
    assert [" ".join(line.split()) for line in lines[1:6]] == [
        "12,345 rows read",
        "12,340 stored",
        "3 of them were known by their ids",
        "38 rejected",
        "17 alerts raised",
    ]
    assert lines[6] == "The first problems:"
    assert lines[7:9] == ["  row 2: no.", "  row 3, Output: no."]
    assert len(lines) == 17


@pytest.mark.parametrize(("state", "reason"), [("failed", "failure"), ("stalled", "stalled")])
def test_the_result_says_why(state: str, reason: str) -> None:
    assert result(status(state=state, **{reason: "The file is empty."})).splitlines()[1] == "The file is empty."


class Answers:
    """An API that answers one status after the other, the last one for ever."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def read(self, import_id: int) -> dict[str, Any]:
        assert import_id == 7
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def followed(*answers: dict[str, Any]) -> tuple[dict[str, Any], Answers, Time]:
    api, clock = Answers(*answers), Time()
    end = follow(api, 7, Lines(io.StringIO(), clock), wait=clock.wait, clock=clock)  # type: ignore[arg-type]
    return end, api, clock


@pytest.mark.parametrize("state", ["succeeded", "succeeded_with_problems", "failed"])
def test_an_import_is_followed_to_its_end(state: str) -> None:
    end, api, _ = followed(
        *[status(state=before) for before in ("queued", "planning", "running")], status(state=state)
    )
    assert (end["state"], api.asked) == (state, 4)


def test_a_long_import_is_asked_after_less_and_less() -> None:
    _, api, clock = followed(*[status()] * 100, status(state="succeeded"))
    assert 1.8 < clock.now / api.asked < 2.0


def test_an_import_that_recovers_from_its_last_try_is_followed_on() -> None:
    stalled = [status(state="stalled", bytes_read=number) for number in range(60)]
    end, _, _ = followed(*stalled, status(), status(state="succeeded"))
    assert end["state"] == "succeeded"


def test_an_import_that_stays_stalled_is_given_back() -> None:
    end, _, clock = followed(status(), status(state="stalled"))
    assert end["state"] == "stalled"
    assert 60 <= clock.now < 65


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J\x1b]0;owned\x07", "a\r\nforged: imported", "\x9b31m", "\x08\x08"], ids=ascii
)
def test_nothing_of_a_file_steers_the_terminal(hostile: str) -> None:
    problem = {"row": 2, "line": 2, "column": hostile, "problem": hostile}
    told = result(status(state="failed", filename=hostile, failure=hostile, problems=[problem], rows_rejected=1))
    assert all(line.isprintable() for line in told.split("\n"))
    assert "forged" not in [line.partition(":")[0] for line in told.split("\n")]
