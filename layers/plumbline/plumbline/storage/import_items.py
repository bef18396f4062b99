"""Imports as items of the table, in the wire form of the low-level client, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plumbline.models import ENDED, Import, Problem
from plumbline.storage.positions import feed_key, feed_time
from plumbline.times import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from plumbline.storage.items import Item

EXPIRES = "expires_at"
"""When an import is forgotten, in seconds since 1970, as the table's time to live has it; absent: never."""
KEPT_PROBLEMS = 100
_LONGEST_PROBLEM = 500
COUNTERS = ("bytes_read", "rows_read", "rows_stored", "rows_known", "rows_rejected", "alerts_raised")
UNFINISHED = "#state IN (:queued, :planning, :running)"
UNFINISHED_STATES: Item = {f":{state}": {"S": state} for state in ("queued", "planning", "running")}
_WHOLE = (*COUNTERS, "chunks", "chunks_done", "sent")
_MAYBE_WHOLE = ("size_bytes", "bytes_total")
_TIMES = ("started_at", "progressed_at", "finished_at")
_TEXTS = ("failure", "plan_failure", "rejected_key", "source")


@dataclass(frozen=True, slots=True)
class ChunkOutcome:
    """What came of a chunk: how much it adds to its import.

    ``failure`` says why nothing of it can be read, and with it the import will have failed.
    """

    bytes_read: int = 0
    rows_read: int = 0
    rows_stored: int = 0
    rows_rejected: int = 0
    alerts_raised: int = 0
    problems: tuple[Problem, ...] = ()
    rows_known: int = 0
    failure: str | None = None


def import_key(import_id: int) -> Item:
    """The key of an import."""
    return {"id": {"N": str(import_id)}, "part": {"S": "import"}}


def expires(until: datetime) -> Item:
    """The attribute by which an item is forgotten at a time."""
    return {EXPIRES: {"N": str(int(until.timestamp()))}}


def has_expired(item: Mapping[str, Any], now: datetime) -> bool:
    """Whether an item is to be taken as gone. (DynamoDB may take days to remove it.)"""
    return EXPIRES in item and int(item[EXPIRES]["N"]) <= int(now.timestamp())


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
    for name in _WHOLE:
        item[name] = {"N": str(getattr(new, name))}
    if new.planned:
        item["planned"] = {"BOOL": True}
    if new.dead_chunks:
        item["dead_chunks"] = {"NS": sorted(map(str, new.dead_chunks))}
    for name in _MAYBE_WHOLE:
        if getattr(new, name) is not None:
            item[name] = {"N": str(getattr(new, name))}
    for name in _TIMES:
        if getattr(new, name) is not None:
            item[name] = {"S": format_time(getattr(new, name))}
    for name in _TEXTS:
        if getattr(new, name) is not None:
            item[name] = {"S": getattr(new, name)}
    return item


def read_import(item: Mapping[str, Any]) -> Import:
    """The inverse of :func:`write_import`; problems in the order of the file."""
    problems = sorted(map(_read_problem, item["problems"]["L"]), key=lambda problem: (problem.row, problem.line))
    dead = frozenset(map(int, item["dead_chunks"]["NS"])) if "dead_chunks" in item else frozenset[int]()
    known: dict[str, Any] = {name: int(item[name]["N"]) for name in (*_WHOLE, *_MAYBE_WHOLE) if name in item}
    known |= {name: parse_time(item[name]["S"]) for name in _TIMES if name in item}
    known |= {name: item[name]["S"] for name in _TEXTS if name in item}
    return Import(
        id=int(item["id"]["N"]),
        bucket=item["bucket"]["S"],
        key=item["key"]["S"],
        version=item["version"]["S"],
        filename=item["filename"]["S"],
        state="stalled" if dead and item["state"]["S"] not in ENDED else item["state"]["S"],
        created_at=feed_time(item["at"]["S"]),
        planned="planned" in item,
        awaited=EXPIRES in item,
        dead_chunks=dead,
        problems=tuple(problems),
        **known,
    )


def write_problems(problems: tuple[Problem, ...]) -> list[Any]:
    """The first problems that are kept, as a list in wire form."""
    return [{"M": _write_problem(problem)} for problem in problems[:KEPT_PROBLEMS]]


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
