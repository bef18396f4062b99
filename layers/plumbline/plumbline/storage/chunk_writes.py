"""The writes that end a chunk, as parts of one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.storage.conditional import ALL_OLD, new_token
from plumbline.storage.import_items import COUNTERS, KEPT_PROBLEMS, chunk_part, write_problems

if TYPE_CHECKING:
    from plumbline.storage.import_items import ChunkOutcome
    from plumbline.storage.items import Item


def done_update(table: str, import_id: int, number: int, outcome: ChunkOutcome) -> tuple[dict[str, Any], Item]:
    """Mark a reserved chunk as done, once; and the token that tells this write from another's."""
    token = new_token()
    write = {
        "Update": {
            "TableName": table,
            "Key": {"id": {"N": str(import_id)}, "part": {"S": chunk_part(number)}},
            "UpdateExpression": (
                "SET done = :done, next_byte = :byte, next_row = :row, next_line = :line, #token = :token"
            ),
            "ConditionExpression": "attribute_exists(first_id) AND attribute_not_exists(done)",
            "ExpressionAttributeNames": {"#token": "token"},
            "ExpressionAttributeValues": {
                ":done": {"BOOL": True},
                ":byte": {"N": str(outcome.next_byte)},
                ":row": {"N": str(outcome.next_row)},
                ":line": {"N": str(outcome.next_line)},
                ":token": token["token"],
            },
            **ALL_OLD,
        }
    }
    return write, token


def count_update(table: str, import_id: int, outcome: ChunkOutcome, kept: int) -> dict[str, Any]:
    """Add a chunk's figures to its import, and as many of its problems as there is room for beside ``kept``."""
    update = "ADD " + ", ".join(f"{name} :{name}" for name in COUNTERS)
    values: Item = {f":{name}": {"N": str(getattr(outcome, name))} for name in COUNTERS}
    condition = "attribute_exists(id)"
    problems = write_problems(outcome.problems)[: KEPT_PROBLEMS - kept]
    if problems:
        update += " SET problems = list_append(problems, :problems), problems_kept = :sum"
        condition = "problems_kept = :kept"
        values[":problems"] = {"L": problems}
        values[":kept"] = {"N": str(kept)}
        values[":sum"] = {"N": str(kept + len(problems))}
    return {
        "Update": {
            "TableName": table,
            "Key": {"id": {"N": str(import_id)}, "part": {"S": "import"}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
    }
