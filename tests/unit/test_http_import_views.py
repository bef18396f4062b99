"""How an import is shown: how far it is, how fast, and what holds it up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.http.import_views import import_view
from plumbline.models import Import, Problem

BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def shown(**fields: Any) -> dict[str, Any]:
    return import_view(
        Import(7, "b", "uploads/f.csv", "v", "f.csv", **{"state": "running", "created_at": BEGAN, **fields}), None
    )


@pytest.mark.parametrize(
    ("fields", "progress"),
    [
        ({"state": "queued"}, None),
        ({"state": "planning", "size_bytes": 500}, None),
        ({"bytes_total": 1000, "bytes_read": 0}, 0.0),
        ({"bytes_total": 1000, "bytes_read": 250}, 0.25),
        ({"bytes_total": 3, "bytes_read": 1}, 0.3333),
        ({"bytes_total": 1000, "bytes_read": 250, "state": "stalled"}, 0.25),
        ({"bytes_total": 0, "bytes_read": 0}, None),
        ({"state": "succeeded"}, 1.0),
        ({"state": "succeeded_with_problems", "bytes_total": 10, "bytes_read": 9}, 1.0),
        ({"state": "failed"}, None),
        ({"state": "failed", "bytes_total": 10, "bytes_read": 5}, 0.5),
    ],
)
def test_progress_is_the_share_of_bytes_that_are_done(fields: dict[str, Any], progress: float | None) -> None:
    assert shown(**fields)["progress"] == progress


@given(st.integers(0, 2**50), st.integers(0, 2**50))
def test_progress_is_a_share_whatever_the_counters_say(read: int, total: int) -> None:
    progress = shown(bytes_read=read, bytes_total=total)["progress"]
    assert progress is None if total == 0 else 0 <= progress <= 1


@pytest.mark.parametrize(
    ("fields", "rate"),
    [
        ({}, None),
        ({"started_at": BEGAN}, None),
        ({"started_at": BEGAN, "progressed_at": BEGAN}, None),
        ({"started_at": BEGAN, "progressed_at": BEGAN + timedelta(seconds=4)}, 250.0),
        (
            {
                "started_at": BEGAN,
                "progressed_at": BEGAN + timedelta(seconds=4),
                "finished_at": BEGAN + timedelta(seconds=5),
            },
            200.0,
        ),
        ({"started_at": BEGAN, "finished_at": BEGAN + timedelta(seconds=-1)}, None),
    ],
)
def test_the_rate_is_of_the_time_from_the_start_to_the_latest_chunk(
    fields: dict[str, Any], rate: float | None
) -> None:
    assert shown(rows_read=1000, **fields)["rows_per_second"] == rate


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"dead_chunks": frozenset({3})}, "allows: 1 chunk. The"),
        ({"dead_chunks": frozenset({3, 5}), "chunks": 1200, "planned": True}, "allows: 2 of 1,200 chunks. The"),
        ({"dead_chunks": frozenset({0})}, "allows: cutting the file into chunks. The"),
        ({"dead_chunks": frozenset({0, 9})}, "allows: 1 chunk and cutting the file into chunks. The"),
    ],
)
def test_a_stalled_import_says_what_holds_it_up_and_the_way_out(fields: dict[str, Any], reason: str) -> None:
    stalled = shown(state="stalled", **fields)["stalled"]
    assert reason in stalled
    assert "POST /api/imports/7/redrive goes on with exactly what is missing." in stalled


def test_only_a_stalled_import_is_held_up() -> None:
    assert shown(state="running", dead_chunks=frozenset({3}))["stalled"] is None


def test_problems_are_shown_with_row_line_and_column() -> None:
    problems = (Problem(3, 5, "is too long", "Output"), Problem(4, 6, "is torn"))
    assert shown(problems=problems)["problems"] == [
        {"row": 3, "line": 5, "column": "Output", "problem": "is too long"},
        {"row": 4, "line": 6, "column": None, "problem": "is torn"},
    ]
