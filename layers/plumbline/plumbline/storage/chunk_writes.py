"""The writes that plan and that end chunks, as parts of transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.storage.chunk_items import chunk_key, write_chunk
from plumbline.storage.conditional import ALL_OLD, new_token
from plumbline.storage.import_items import (
    COUNTERS,
    KEPT_PROBLEMS,
    UNFINISHED,
    UNFINISHED_STATES,
    import_key,
    write_problems,
)
from plumbline.times import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from plumbline.storage.chunk_items import PlannedChunk
    from plumbline.storage.import_items import ChunkOutcome
    from plumbline.storage.items import Item


def done_write(table: str, import_id: int, number: int, outcome: ChunkOutcome) -> tuple[dict[str, Any], Item]:
    """Mark a chunk as done, once; and the token that tells this write from another's.

    Only a chunk that nothing can be read of is done without ids for its rows.
    """
    token = new_token()
    readable = "attribute_exists(first_id)" if outcome.failure is None else "attribute_exists(part)"
    write = {
        "Update": {
            "TableName": table,
            "Key": chunk_key(import_id, number),
            "UpdateExpression": "SET done = :done, rejected = :rejected, #token = :token",
            "ConditionExpression": f"{readable} AND attribute_not_exists(done)",
            "ExpressionAttributeNames": {"#token": "token"},
            "ExpressionAttributeValues": {
                ":done": {"BOOL": True},
                ":rejected": {"N": str(outcome.rows_rejected)},
                ":token": token["token"],
            },
            **ALL_OLD,
        }
    }
    return write, token


def progress_write(
    table: str, import_id: int, number: int, outcome: ChunkOutcome, *, kept: int, now: datetime
) -> dict[str, Any]:
    """Add a chunk to its import, and as many of its problems as there is room for beside ``kept``."""
    names = (*COUNTERS, "chunks_done")
    sets = ["progressed_at = :now"]
    values: Item = {f":{name}": {"N": str(getattr(outcome, name))} for name in COUNTERS}
    values |= {
        ":chunks_done": {"N": "1"},
        ":now": {"S": format_time(now)},
        ":number": {"NS": [str(number)]},
    }
    condition = "attribute_exists(id)"
    problems = write_problems(outcome.problems)[: KEPT_PROBLEMS - kept]
    if problems:
        sets += ["problems = list_append(problems, :problems)", "problems_kept = :sum"]
        condition = "problems_kept = :kept"
        values[":problems"] = {"L": problems}
        values[":kept"] = {"N": str(kept)}
        values[":sum"] = {"N": str(kept + len(problems))}
    if outcome.failure is not None:
        sets.append("plan_failure = if_not_exists(plan_failure, :failure)")
        values[":failure"] = {"S": outcome.failure}
    adding = ", ".join(f"{name} :{name}" for name in names)
    return {
        "Update": {
            "TableName": table,
            "Key": import_key(import_id),
            "UpdateExpression": f"SET {', '.join(sets)} ADD {adding} DELETE dead_chunks :number",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
    }


def plan_writes(
    table: str, import_id: int, planned: Sequence[PlannedChunk], sent: int, now: datetime
) -> list[dict[str, Any]]:
    """Add chunks to a plan, where they follow on those that are there and the plan is not at its end."""
    before = planned[0].number - 1
    grown = {
        "Update": {
            "TableName": table,
            "Key": import_key(import_id),
            "UpdateExpression": "SET chunks = :last, sent = :sent, progressed_at = :now",
            "ConditionExpression": f"chunks = :before AND attribute_not_exists(planned) AND {UNFINISHED}",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":before": {"N": str(before)},
                ":last": {"N": str(planned[-1].number)},
                ":sent": {"N": str(sent)},
                ":now": {"S": format_time(now)},
                **UNFINISHED_STATES,
            },
        }
    }
    return [grown, *({"Put": {"TableName": table, "Item": write_chunk(import_id, one)}} for one in planned)]
