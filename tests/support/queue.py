"""SQS as a model in memory, with a clock that is moved on when nothing is left to receive.

It promises what SQS does and no more: at least once, in any order. A message that is not deleted comes again when
its time is up, and goes to the dead letters instead of coming more often than the template allows.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from typing import Any

from plumbline.storage.queue import MAX_RECEIVES, Message

CHUNKS, PLANS = "https://sqs.test/chunks", "https://sqs.test/plans"
VISIBILITY_SECONDS = {CHUNKS: 1080, PLANS: 5400}


@dataclass
class Kept:
    """A message in the queue."""

    message: Message
    url: str
    visible_at: float
    receives: int = 0
    receipt: str = field(default_factory=secrets.token_hex)


@dataclass
class LocalQueue:
    """Both queues, and their dead letters. ``order`` picks one of so many messages that can be received."""

    order: random.Random = field(default_factory=lambda: random.Random(1))
    now: float = 0.0
    kept: list[Kept] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    refuses: int = 0
    twice: bool = False

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """Keep messages; the first ``refuses`` of all entries fail, and each counts ``twice`` if it is to."""
        assert QueueUrl in VISIBILITY_SECONDS
        assert 1 <= len(Entries) <= 10
        failed = []
        for entry in Entries:
            if self.refuses:
                self.refuses -= 1
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            message = Message.read(entry["MessageBody"])
            assert message is not None
            assert 0 <= entry["DelaySeconds"] <= 900
            for _ in range(2 if self.twice else 1):
                self.kept.append(Kept(message, QueueUrl, self.now + entry["DelaySeconds"]))
            self.sent.append(message)
        return {"Failed": failed} if failed else {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        """Let a message be received again later or earlier."""
        (kept,) = [one for one in self.kept if one.receipt == ReceiptHandle]
        assert kept.url == QueueUrl
        kept.visible_at = self.now + VisibilityTimeout

    def receive(self) -> Kept | None:
        """Any message that can be received, for which the clock is moved on; None where none is left."""
        while self.kept:
            visible = [one for one in self.kept if one.visible_at <= self.now]
            if not visible:
                self.now = min(one.visible_at for one in self.kept)
                continue
            chosen = self.order.choice(visible)
            if chosen.receives == MAX_RECEIVES:
                self.kept.remove(chosen)
                self.dead.append(chosen.message)
                continue
            chosen.receives += 1
            chosen.receipt = secrets.token_hex()
            chosen.visible_at = self.now + VISIBILITY_SECONDS[chosen.url]
            return chosen
        return None

    def delete(self, kept: Kept) -> None:
        """A message is done with."""
        self.kept.remove(kept)
