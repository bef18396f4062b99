"""Imports and their chunks as items of the table, in the wire form of the low-level client, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plumbline.models import Import, Problem
from plumbline.storage.positions import feed_key, feed_time
from plumbline.times import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from plumbline.storage.items import Item

KEPT_PROBLEMS = 100
_LONGEST_PROBLEM = 500
COUNTERS = ("bytes_read", "rows_read", "rows_stored", "rows_rejected", "alerts_raised")


@dataclass(frozen=True, slots=True)
class ChunkOutcome:
    """What came of a chunk: how much it adds to its import, and where in the file the next one begins."""

    bytes_read: int
    rows_read: int
    rows_stored: int
    rows_rejected: int
    alerts_raised: int
    problems: tuple[Problem, ...] = ()
    next_byte: int = 0
    next_row: int = 0
    next_line: int = 0
    rows_known: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a file: the ids reserved for its rows and, where it is done, where the next one begins."""

    number: int
    first_id: int
    count: int
    done: bool = False
    next_byte: int = 0
    next_row: int = 0
    next_line: int = 0


def chunk_part(number: int) -> str:
    """The sort key of a chunk."""
    return f"chunk#{number:06d}"


def write_import(new: Import) -> Item:
    """An import as an item; what is not known yet is absent."""
    item: Item = {
        "id": {"N": str(new.id)},
        "part": {"S": "import"},
        "kind": {"S": "import"},
        "at": {"S": feed_key(new.created_at, new.id)},
        "bucket": {"S": new.bucket},
        "key": {"S": new.key},
        "version": {"S": new.version},
        "filename": {"S": new.filename},
        "state": {"S": new.state},
        "problems": {"L": write_problems(new.problems)},
        "problems_kept": {"N": str(min(len(new.problems), KEPT_PROBLEMS))},
    }
    for name in COUNTERS:
        item[name] = {"N": str(getattr(new, name))}
    if new.size_bytes is not None:
        item["size_bytes"] = {"N": str(new.size_bytes)}
    if new.started_at is not None:
        item["started_at"] = {"S": format_time(new.started_at)}
    if new.finished_at is not None:
        item["finished_at"] = {"S": format_time(new.finished_at)}
    if new.failure is not None:
        item["failure"] = {"S": new.failure}
    if new.rejected_key is not None:
        item["rejected_key"] = {"S": new.rejected_key}
    return item


def read_import(item: Mapping[str, Any]) -> Import:
    """The inverse of :func:`write_import`; problems in the order of the file."""
    problems = sorted(map(_read_problem, item["problems"]["L"]), key=lambda problem: (problem.row, problem.line))
    return Import(
        id=int(item["id"]["N"]),
        bucket=item["bucket"]["S"],
        key=item["key"]["S"],
        version=item["version"]["S"],
        filename=item["filename"]["S"],
        state=item["state"]["S"],
        created_at=feed_time(item["at"]["S"]),
        size_bytes=int(item["size_bytes"]["N"]) if "size_bytes" in item else None,
        started_at=_read_time(item, "started_at"),
        finished_at=_read_time(item, "finished_at"),
        problems=tuple(problems),
        failure=item["failure"]["S"] if "failure" in item else None,
        rejected_key=item["rejected_key"]["S"] if "rejected_key" in item else None,
        **{name: int(item[name]["N"]) for name in COUNTERS},
    )


def write_problems(problems: tuple[Problem, ...]) -> list[Any]:
    """The first problems that are kept, as a list in wire form."""
    return [{"M": _write_problem(problem)} for problem in problems[:KEPT_PROBLEMS]]


def read_chunk(item: Mapping[str, Any]) -> Chunk:
    """A chunk from its item."""
    return Chunk(
        number=int(item["part"]["S"].partition("#")[2]),
        first_id=int(item["first_id"]["N"]),
        count=int(item["count"]["N"]),
        done="done" in item,
        next_byte=_read_int(item, "next_byte"),
        next_row=_read_int(item, "next_row"),
        next_line=_read_int(item, "next_line"),
    )


def _write_problem(problem: Problem) -> Item:
    entry: Item = {
        "row": {"N": str(problem.row)},
        "line": {"N": str(problem.line)},
        "problem": {"S": problem.problem[:_LONGEST_PROBLEM]},
    }
    if problem.column is not None:
        entry["column"] = {"S": problem.column[:_LONGEST_PROBLEM]}
    return entry


def _read_problem(entry: Mapping[str, Any]) -> Problem:
    fields = entry["M"]
    return Problem(
        row=int(fields["row"]["N"]),
        line=int(fields["line"]["N"]),
        problem=fields["problem"]["S"],
        column=fields["column"]["S"] if "column" in fields else None,
    )


def _read_time(item: Mapping[str, Any], name: str) -> datetime | None:
    return parse_time(item[name]["S"]) if name in item else None


def _read_int(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"]) if name in item else 0
