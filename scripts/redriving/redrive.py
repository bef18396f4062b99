"""Dead letters of a stream's function, one after the other: read again, handed to the function again, removed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.redriving.batches import Batch, Found, NoBatchError, read_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_BYTES = 4_500_000
"""Of the records of one call: Lambda takes 6 MB."""
MOST_RECORDS = 1000
HELD_SECONDS = 900
"""How long a letter is kept from others who redrive."""


@dataclass
class Outcome:
    """What came of the letters of one queue."""

    done: int = 0
    gone: int = 0
    failed: int = 0
    records: int = 0


class StreamRedriver:
    """Redrives dead letters. What a function has done with a record already it does not do twice."""

    def __init__(self, sqs: Any, streams: Any, functions: Any, say: Callable[[str], object] = print) -> None:  # noqa: ANN401
        self._sqs = sqs
        self._streams = streams
        self._functions = functions
        self._say = say

    def redrive(self, queue: str, function: str, *, forget: bool = False, messages: bool = False) -> Outcome:
        """Hand every batch that the queue tells of to the function once more; where the function works on a queue
        of messages too, those that ended here.

        A letter is removed when the function has done with all of its batch; one whose records the stream has no
        more, when it is to be forgotten.
        """
        outcome = Outcome()
        kept: list[str] = []
        try:
            while letter := self._next(queue):
                if self._take(letter, function, outcome, forget=forget, messages=messages):
                    self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])
                else:
                    kept.append(letter["ReceiptHandle"])
        finally:
            # Only now: before, the next look would find them again.
            for receipt in kept:
                self._sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0)
        return outcome

    def _next(self, queue: str) -> dict[str, Any] | None:
        answer = self._sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=1, VisibilityTimeout=HELD_SECONDS, WaitTimeSeconds=1
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found[0] if found else None

    def _take(
        self, letter: dict[str, Any], function: str, outcome: Outcome, *, forget: bool, messages: bool
    ) -> bool:
        """Whether the letter is done with."""
        try:
            found = read_batch(self._streams, Batch.read(letter["Body"]))
        except NoBatchError:
            if not messages:
                self._say("A letter is none of a stream's batch: it is left where it is.")
                outcome.failed += 1
                return False
            found = Found([as_message(letter)], whole=True)
        for records in slices(found.records):
            problem = self._invoke(function, records)
            if problem:
                self._say(f"{function} could not do it: {problem}. The letter is left where it is.")
                outcome.failed += 1
                return False
        outcome.records += len(found.records)
        if found.whole:
            outcome.done += 1
            return True
        outcome.gone += 1
        self._say("Of a batch the stream has no longer all records: it keeps them for 24 hours.")
        return forget

    def _invoke(self, function: str, records: list[dict[str, Any]]) -> str | None:
        """What went wrong; None where nothing did. Never the function's own words, which may quote a text."""
        answer = self._functions.invoke(
            FunctionName=function, Payload=json.dumps({"Records": records}, ensure_ascii=False).encode()
        )
        said = answer["Payload"].read()
        if "FunctionError" in answer:
            return f"it failed ({_error_type(said)}); its log says why"
        failures = (json.loads(said or b"null") or {}).get("batchItemFailures") or []
        return f"{len(failures)} of {len(records)} records failed; its log says why" if failures else None


def as_message(letter: dict[str, Any]) -> dict[str, Any]:
    """A letter that was a queue's message, in the form in which Lambda hands messages to a function."""
    return {
        "messageId": letter["MessageId"],
        "receiptHandle": letter["ReceiptHandle"],
        "body": letter["Body"],
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }


def slices(records: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The records in their order, as many together as one call takes."""
    together: list[dict[str, Any]] = []
    size = 0
    for record in records:
        own = len(json.dumps(record, ensure_ascii=False).encode())
        if together and (size + own > MOST_BYTES or len(together) >= MOST_RECORDS):
            yield together
            together, size = [], 0
        together.append(record)
        size += own
    if together:
        yield together


def _error_type(said: bytes) -> str:
    try:
        return str(json.loads(said)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "for a reason that it did not name"
