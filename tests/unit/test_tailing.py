"""`make tail`: what a person sees of the functions' logs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from scripts.stacks import RunningStack
from scripts.tailing import __main__ as tail
from scripts.tailing.follow import OVERLAP_MS, Follower
from scripts.tailing.lines import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

MOMENT = 1_772_600_767_890


def powertools(**fields: Any) -> str:
    return json.dumps(
        {
            "level": "INFO",
            "location": "answered:67",
            "message": "request answered",
            "timestamp": "2026-03-04 05:06:07,890+0000",
            "service": "plumbline",
            "cold_start": True,
            "function_name": "plumbline-interactions",
            "function_memory_size": 512,
            "function_arn": "arn",
            "function_request_id": "0b1c",
            **fields,
        }
    )


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_line_has_what_a_person_looks_for() -> None:
    text = powertools(method="GET", route="/health", status=200, correlation_id="JKJa=")
    assert readable("interactions", MOMENT, text) == (
        "05:06:07.890  interactions    INFO     request answered  method=GET  route=/health  status=200  [JKJa=]"
    )


@pytest.mark.parametrize(
    "text",
    [
        "START RequestId: 1 Version: $LATEST\n",
        "END RequestId: 1",
        "REPORT RequestId: 1\tDuration: 12 ms\tBilled Duration: 12 ms",
        "INIT_START Runtime Version: python:3.13.v1",
        json.dumps({"_aws": {}, "RowsImported": [1.0]}),
        "",
    ],
)
def test_what_nobody_reads_is_left_out(text: str) -> None:
    assert readable("imports", MOMENT, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04T05:06:07Z 1 Task timed out after 29.00 seconds",
        "REPORT RequestId: 1\tDuration: 29000 ms\tStatus: timeout",
        "[ERROR] UnfinishedError: 1 of the event's uploads",
        "RequestId: 1 Error: Runtime exited with error: signal: killed",
    ],
)
def test_what_ends_a_function_is_an_error(text: str) -> None:
    line = readable("imports", MOMENT, text)
    assert line is not None
    assert "  ERROR    " in line


def test_a_traceback_stands_below_its_line() -> None:
    line = readable(
        "imports", MOMENT, powertools(level="ERROR", message="broken", exception="Traceback\n  File 1")
    )
    assert line is not None
    assert line.splitlines()[1:] == ["    Traceback", "      File 1"]
    plain = readable("imports", MOMENT, "[ERROR] KeyError\nTraceback\n  File 1")
    assert plain is not None
    assert len(plain.splitlines()) == 3


@pytest.mark.parametrize(
    "text", [powertools(message="a\x1b[2Jb\r\nc"), "a\x1b[2Jb\x07", '{"torn": "\x1b', "[1, 2]"]
)
def test_nothing_that_is_logged_reaches_the_terminal_as_a_command(text: str) -> None:
    line = readable("imports", MOMENT, text)
    assert line is not None
    assert all(char.isprintable() or char == "\n" for char in line)


class Logs:
    """CloudWatch Logs, as far as it is asked: events by group, in pages of two."""

    def __init__(self, **groups: list[dict[str, Any]]) -> None:
        self.groups = groups

    def get_paginator(self, name: str) -> Logs:
        assert name == "filter_log_events"
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:  # noqa: N803
        if logGroupName not in self.groups:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "FilterLogEvents")
        found = [one for one in self.groups[logGroupName] if one["timestamp"] >= startTime]
        for start in range(0, len(found) + 1, 2):
            yield {"events": found[start : start + 2]}


def logged(at: int, message: str, **more: Any) -> dict[str, Any]:
    return {"timestamp": MOMENT + at, "message": message, "logStreamName": "one", **more}


def shown(follower: Follower) -> list[tuple[str, str]]:
    return [(one.function, one.text) for one in follower.look()]


def test_several_functions_are_one_stream_in_the_order_of_time_and_each_event_comes_once() -> None:
    logs = Logs(a=[logged(0, "a0", eventId="1"), logged(20, "a20", eventId="2")], b=[logged(10, "b10")])
    follower = Follower(logs, {"first": "a", "second": "b", "third": "never run"}, MOMENT)
    assert shown(follower) == [("first", "a0"), ("second", "b10"), ("first", "a20")]
    assert shown(follower) == []
    # One that arrives late, behind one that has been shown, is not passed over.
    logs.groups["a"].append(logged(30, "a30", eventId="4"))
    logs.groups["a"].insert(1, logged(15, "a15", eventId="3"))
    assert shown(follower) == [("first", "a15"), ("first", "a30")]


def test_equal_lines_without_an_id_are_all_shown() -> None:
    logs = Logs(a=[logged(0, "same"), logged(0, "same")])
    follower = Follower(logs, {"first": "a"}, MOMENT)
    assert shown(follower) == [("first", "same")] * 2
    logs.groups["a"].append(logged(0, "same"))
    assert shown(follower) == [("first", "same")]


def test_what_is_older_is_not_asked_for_again() -> None:
    logs = Logs(a=[logged(0, "old"), logged(OVERLAP_MS * 3, "new")])
    follower = Follower(logs, {"first": "a"}, MOMENT + 1)
    assert shown(follower) == [("first", "new")]
    assert follower._since["first"] == MOMENT + OVERLAP_MS * 2


def test_following_goes_on() -> None:
    logs = Logs(a=[logged(0, "one")])
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        logs.groups["a"].append(logged(len(waits), f"after {len(waits)}"))

    events = Follower(logs, {"first": "a"}, MOMENT).follow(3.0, wait)
    assert [next(events).text for _ in range(3)] == ["one", "after 1", "after 2"]
    assert waits == [3.0, 3.0]


@pytest.mark.parametrize(("text", "expected"), [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400)])
def test_since(text: str, expected: int) -> None:
    assert tail.seconds(text) == expected


@pytest.mark.parametrize("text", ["10", "m", "-1m", "1w", "٣m"])
def test_since_that_cannot_be_read(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tail.seconds(text)
    assert "SINCE=10m" in capsys.readouterr().err


def test_only_the_stacks_own_functions_are_followed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = RunningStack("plumbline", {}, None)  # type: ignore[arg-type]
    groups = ["/aws/apigateway/plumbline", "/aws/lambda/plumbline-imports", "/aws/lambda/plumbline-alerts"]
    monkeypatch.setattr(RunningStack, "resources", lambda self, kind: groups)
    assert tail.log_groups(stack, "") == {"imports": groups[1], "alerts": groups[2]}
    assert tail.log_groups(stack, "alerts") == {"alerts": groups[2]}
    with pytest.raises(SystemExit):
        tail.log_groups(stack, "import")
    assert "alerts, imports" in capsys.readouterr().err
