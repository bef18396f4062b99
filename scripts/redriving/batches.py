"""Batches of a table's stream, read once more: a dead letter says where in the stream one lies, and no more."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY_PAGES = 200
"""How many pages of a stream in a row may be empty before its end is taken for reached."""
_GONE = frozenset({"TrimmedDataAccessException", "ResourceNotFoundException"})


class NoBatchError(Exception):
    """A dead letter that is not one of a DynamoDB stream's batches."""


@dataclass(frozen=True)
class Batch:
    """A stretch of a shard, both ends included."""

    stream: str
    shard: str
    start: str
    end: str

    @classmethod
    def read(cls, body: str) -> Batch:
        """What Lambda wrote into a dead letter.

        Raises:
            NoBatchError: it is something else.
        """
        try:
            info = json.loads(body)["DDBStreamBatchInfo"]
            start, end = str(info["startSequenceNumber"]), str(info["endSequenceNumber"])
            if int(start) > int(end):
                raise NoBatchError
            return cls(str(info["streamArn"]), str(info["shardId"]), start, end)
        except (ValueError, KeyError, TypeError) as error:
            raise NoBatchError from error


@dataclass(frozen=True)
class Found:
    """What the stream still had of a batch; not ``whole`` where its beginning is there no more."""

    records: list[dict[str, Any]]
    whole: bool


def read_batch(streams: Any, batch: Batch) -> Found:  # noqa: ANN401 - botocore's client has no type of its own
    """The batch's records, in the form in which Lambda hands them on.

    Raises:
        ClientError: the stream cannot be read, for another reason than that its records are 24 hours old.
    """
    place = {"StreamArn": batch.stream, "ShardId": batch.shard}
    try:
        begin = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": batch.start}
        return Found(list(_records(streams, batch, {**place, **begin})), whole=True)
    except ClientError as error:
        if _code(error) not in _GONE:
            raise
    try:
        return Found(list(_records(streams, batch, {**place, "ShardIteratorType": "TRIM_HORIZON"})), whole=False)
    except ClientError as error:
        if _code(error) not in _GONE:
            raise
        return Found([], whole=False)


def _records(streams: Any, batch: Batch, start: dict[str, str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    first, last = int(batch.start), int(batch.end)
    iterator = streams.get_shard_iterator(**start)["ShardIterator"]
    empty = 0
    while iterator and empty < EMPTY_PAGES:
        page = streams.get_records(ShardIterator=iterator, Limit=1000)
        for record in page["Records"]:
            number = int(record["dynamodb"]["SequenceNumber"])
            if number > last:
                return
            if number >= first:
                yield as_event(record, batch.stream)
            if number == last:
                return
        empty = 0 if page["Records"] else empty + 1
        iterator = page.get("NextShardIterator")


def as_event(record: dict[str, Any], stream: str) -> dict[str, Any]:
    """A record as the streams' client reads it, in the form in which Lambda hands it to a function."""
    event: dict[str, Any] = _plain({**record, "eventSourceARN": stream})
    return event


def _plain(value: Any) -> Any:  # noqa: ANN401 - any part of JSON
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return value.timestamp() if isinstance(value, datetime) else value


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
