"""The queues of the importer, in SQS: one of chunks, one of files that are still to be cut into chunks.

Both deliver at least once and in no order. What a message says is read again from the table of imports by whoever
receives it, so a message that comes late or twice does no harm.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from plumbline.storage.clients import available
from plumbline.storage.retrying import PATIENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from plumbline.storage.clients import Clients
    from plumbline.storage.retrying import Backoff

BATCH = 10
MAX_DELAY_SECONDS = 900
MAX_RECEIVES = 5
"""How often the template's queues deliver a message before it goes to the dead letters."""
MAX_VISIBILITY_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Message:
    """Work to be done on an import: one of its chunks or, where ``chunk`` is None, its plan.

    ``watch`` asks only to look after a plan: to go on with it if nobody else does. ``again`` asks to send every
    chunk that is not done once more.
    """

    import_id: int
    chunk: int | None = None
    watch: bool = False
    again: bool = False

    def write(self) -> str:
        """The message's body."""
        body: dict[str, Any] = {"import": self.import_id}
        if self.chunk is not None:
            body["chunk"] = self.chunk
        if self.watch:
            body["watch"] = True
        if self.again:
            body["again"] = True
        return json.dumps(body)

    @classmethod
    def read(cls, body: str) -> Message | None:
        """The inverse of :meth:`write`; None for what is no message of an import."""
        try:
            fields = json.loads(body)
        except ValueError:
            return None
        if not isinstance(fields, dict):
            return None
        number, chunk = fields.get("import"), fields.get("chunk")
        if type(number) is not int or type(chunk) not in {int, type(None)}:
            return None
        return cls(number, chunk, watch=fields.get("watch") is True, again=fields.get("again") is True)


class ImportQueue:
    """Sends messages. ``plans_url`` is where messages about plans go; they go with the others if it is empty."""

    def __init__(self, clients: Clients, url: str, plans_url: str = "", *, backoff: Backoff = PATIENT) -> None:
        self._clients = clients
        self._url = url
        self._plans_url = plans_url or url
        self._backoff = backoff

    def send(self, messages: Iterable[Message], *, delay_seconds: int = 0) -> None:
        """Send messages, in batches; those of a batch that fail are sent again.

        Raises:
            Unavailable: the queue is busy or down. Some may have been sent: sending all of them again is safe.
        """
        for url, of_url in groupby(messages, key=self._url_of):
            for batch in _batches(of_url):
                self._send(url, batch, min(delay_seconds, MAX_DELAY_SECONDS))

    def _url_of(self, message: Message) -> str:
        return self._plans_url if message.chunk is None else self._url

    def _send(self, url: str, batch: Sequence[Message], delay_seconds: int) -> None:
        left: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": message.write(), "DelaySeconds": delay_seconds}
            for number, message in enumerate(batch)
        ]
        for _ in self._backoff:
            with available():
                answer = self._clients.sqs.send_message_batch(QueueUrl=url, Entries=left)
            failed = {entry["Id"] for entry in answer.get("Failed", ())}
            left = [entry for entry in left if entry["Id"] in failed]
            if not left:
                return

    def postpone(self, message: Message, receipt: str, seconds: int) -> None:
        """Let a message that was received come again after so many seconds, instead of when its time is up.

        Raises:
            Unavailable: the queue is busy or down.
        """
        with available():
            self._clients.sqs.change_message_visibility(
                QueueUrl=self._url_of(message),
                ReceiptHandle=receipt,
                VisibilityTimeout=min(seconds, MAX_VISIBILITY_SECONDS),
            )


def _batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    source = iter(messages)
    while batch := list(islice(source, BATCH)):
        yield batch
