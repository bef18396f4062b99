"""`make redrive-stream`: batches of the stream that could not be folded, folded from their dead letters."""

from __future__ import annotations

import io
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from plumbline.folding import Folder
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.clients import Clients
from plumbline.storage.items import write_interaction

from scripts.redriving.batches import as_event
from scripts.redriving.redrive import MOST_BYTES, Outcome, StreamRedriver, slices
from tests.support.interactions import interaction
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIMMED = ClientError({"Error": {"Code": "TrimmedDataAccessException", "Message": ""}}, "GetShardIterator")


@dataclass
class Functions:
    """Lambda: invokes the folding with what it is handed, as the deployed function would."""

    folder: Folder
    answer: Callable[[], dict[str, Any]] | None = None
    calls: list[list[dict[str, Any]]] = field(default_factory=list)
    counted: int = 0

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "plumbline-baselines"
        records = json.loads(Payload)["Records"]
        self.calls.append(records)
        if self.answer is not None:
            return self.answer()
        self.counted += self.folder.fold(records).counted
        return {"Payload": io.BytesIO(b'{"batchItemFailures": []}')}


@dataclass
class Site:
    """A table with a stream, interactions in it, and a queue of dead letters."""

    streams: Any
    sqs: Any
    queue: str
    functions: Functions
    stream: str
    shard: str
    numbers: list[str]

    def letter(self, first: int, last: int) -> None:
        info = {
            "shardId": self.shard,
            "startSequenceNumber": self.numbers[first],
            "endSequenceNumber": self.numbers[last],
            "approximateArrivalOfFirstRecord": "2026-01-02T00:00:00Z",
            "approximateArrivalOfLastRecord": "2026-01-02T00:00:00Z",
            "batchSize": last - first + 1,
            "streamArn": self.stream,
        }
        body = {
            "version": "1.0",
            "requestContext": {"condition": "RetryAttemptsExhausted"},
            "DDBStreamBatchInfo": info,
        }
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps(body))

    def left(self) -> int:
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"]) + int(
            attributes["ApproximateNumberOfMessagesNotVisible"]
        )

    def redrive(self, **options: Any) -> tuple[int, int, int]:
        said: list[str] = []
        redriver = StreamRedriver(Unwaiting(self.sqs), self.streams, self.functions, said.append)
        outcome = redriver.redrive(self.queue, "plumbline-baselines", **options)
        assert "secret" not in " ".join(said)
        return outcome.done, outcome.gone, outcome.failed


class Unwaiting:
    """SQS that is not waited for: nothing arrives while a test runs."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def receive_message(self, **given: Any) -> Any:
        return self._sqs.receive_message(**{**given, "WaitTimeSeconds": 0})


@pytest.fixture
def site() -> Iterator[Site]:
    with mock_aws():
        clients = Clients.create()
        stack = Stack.create(clients)
        spec: Any = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        clients.dynamodb.update_table(TableName=stack.interactions, StreamSpecification=spec)
        for number in range(1, 11):
            one = interaction(number, input="secret question", metrics={"output.length": float(number)})
            clients.dynamodb.put_item(TableName=stack.interactions, Item=write_interaction(one).item)
        streams: Any = boto3.Session().client("dynamodbstreams")
        (stream,) = streams.list_streams(TableName=stack.interactions)["Streams"]
        arn = stream["StreamArn"]
        (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        records = streams.get_records(ShardIterator=streams.get_shard_iterator(**place)["ShardIterator"])[
            "Records"
        ]
        assert len(records) == 10
        queue = clients.sqs.create_queue(QueueName=f"dead-{secrets.token_hex(4)}")["QueueUrl"]
        folder = Folder(BaselineStore(clients, stack.baselines))
        numbers = [one["dynamodb"]["SequenceNumber"] for one in records]
        yield Site(streams, clients.sqs, queue, Functions(folder), arn, shard["ShardId"], numbers)
        clients.workers.shutdown()


def test_a_batch_is_folded_whole_and_its_letter_goes(site: Site) -> None:
    site.letter(2, 6)
    assert site.redrive() == (1, 0, 0)
    assert site.functions.counted == 5
    assert [int(one["dynamodb"]["Keys"]["id"]["N"]) for one in site.functions.calls[0]] == [3, 4, 5, 6, 7]
    assert site.left() == 0


def test_batches_that_overlap_or_come_twice_count_once(site: Site) -> None:
    site.letter(0, 5)
    site.letter(3, 9)
    site.letter(3, 9)
    assert site.redrive() == (3, 0, 0)
    assert site.functions.counted == 10
    assert site.redrive() == (0, 0, 0)


def test_stopped_between_folding_and_removing_it_counts_once(site: Site) -> None:
    site.letter(0, 9)
    redriver = StreamRedriver(Unwaiting(site.sqs), site.streams, site.functions, lambda line: None)
    (letter,) = site.sqs.receive_message(QueueUrl=site.queue, VisibilityTimeout=0)["Messages"]
    assert redriver._take(letter, "plumbline-baselines", Outcome(), forget=False, messages=False)
    assert site.redrive() == (1, 0, 0)
    assert site.functions.counted == 10


@pytest.mark.parametrize(
    "answer",
    [
        {"FunctionError": "Unhandled", "Payload": b'{"errorType": "Unavailable", "errorMessage": "secret"}'},
        {"FunctionError": "Unhandled", "Payload": b"secret"},
        {"Payload": b'{"batchItemFailures": [{"itemIdentifier": "secret"}]}'},
    ],
)
def test_what_fails_again_stays(site: Site, answer: dict[str, Any]) -> None:
    site.letter(0, 9)
    site.functions.answer = lambda: {**answer, "Payload": io.BytesIO(answer["Payload"])}
    assert site.redrive() == (0, 0, 1)
    assert site.left() == 1
    site.functions.answer = None
    assert site.redrive() == (1, 0, 0)
    assert (site.functions.counted, site.left()) == (10, 0)


def test_letters_of_something_else_stay_and_hold_nothing_up(site: Site) -> None:
    wrong = ["[]", "{}", '{"DDBStreamBatchInfo": {"shardId": "1"}}', "secret"]
    for body in wrong:
        site.sqs.send_message(QueueUrl=site.queue, MessageBody=body)
    site.letter(0, 9)
    assert site.redrive(forget=True) == (1, 0, len(wrong))
    assert site.left() == len(wrong)


def test_where_the_function_works_on_messages_too_a_letter_that_is_one_is_handed_to_it(site: Site) -> None:
    site.sqs.send_message(QueueUrl=site.queue, MessageBody='{"Records": []}')
    site.functions.answer = lambda: {"Payload": io.BytesIO(b'{"batchItemFailures": []}')}
    assert site.redrive(messages=True) == (1, 0, 0)
    ((message,),) = site.functions.calls
    assert (message["eventSource"], message["body"]) == ("aws:sqs", '{"Records": []}')
    assert site.left() == 0


class Trimmed:
    """Streams whose oldest records are gone: nothing begins before ``from_number``."""

    def __init__(self, streams: Any, from_number: int | None) -> None:
        self._streams = streams
        self._from = from_number

    def get_shard_iterator(self, **given: Any) -> Any:
        if self._from is None or int(given.get("SequenceNumber", self._from)) < self._from:
            raise TRIMMED
        if given["ShardIteratorType"] == "TRIM_HORIZON":
            given |= {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": f"{self._from:021d}"}
        return self._streams.get_shard_iterator(**given)

    def get_records(self, **given: Any) -> Any:
        return self._streams.get_records(**given)


def test_what_the_stream_still_has_is_folded_and_the_letter_stays_until_it_is_to_be_forgotten(site: Site) -> None:
    site.letter(0, 9)
    site.streams = Trimmed(site.streams, int(site.numbers[4]))
    assert site.redrive() == (0, 1, 0)
    assert (site.functions.counted, site.left()) == (6, 1)
    assert site.redrive(forget=True) == (0, 1, 0)
    assert (site.functions.counted, site.left()) == (6, 0)


def test_a_batch_that_is_gone_altogether(site: Site) -> None:
    site.letter(0, 9)
    site.streams = Trimmed(site.streams, None)
    assert site.redrive() == (0, 1, 0)
    assert site.left() == 1
    assert site.redrive(forget=True) == (0, 1, 0)
    assert (site.functions.calls, site.left()) == ([], 0)


def test_records_are_handed_on_in_the_form_of_lambda() -> None:
    record = {
        "eventName": "INSERT",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2026, 1, 2, tzinfo=UTC),
            "NewImage": {"measured": {"B": b"\x00\xff"}, "list": {"L": [{"B": b"a"}]}, "id": {"N": "1"}},
        },
    }
    assert as_event(record, "arn") == {
        "eventName": "INSERT",
        "eventSourceARN": "arn",
        "dynamodb": {
            "ApproximateCreationDateTime": 1767312000.0,
            "NewImage": {"measured": {"B": "AP8="}, "list": {"L": [{"B": "YQ=="}]}, "id": {"N": "1"}},
        },
    }


def test_no_call_is_longer_than_lambda_takes() -> None:
    records = [{"n": number, "text": "ü" * 150_000} for number in range(40)]
    calls = list(slices(records))
    assert [one for call in calls for one in call] == records
    assert len(calls) > 1
    assert all(len(json.dumps(call, ensure_ascii=False).encode()) < MOST_BYTES + 1000 for call in calls)
    assert [len(call) for call in slices([{"n": 1}] * 2500)] == [1000, 1000, 500]
