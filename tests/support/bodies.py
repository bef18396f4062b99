"""Bodies of S3 objects that break off or come slowly."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from tests.support.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://s3.eu-central-1.amazonaws.com"


class Broken:
    """A body that gives some of what it is asked for, and then breaks off in one of the ways that bodies do."""

    def __init__(self, body: Any, size: int, gives: int, how: str) -> None:
        self._body = body
        self._size, self._gives, self._gave = size, gives, 0
        self._how = how

    def read(self, size: int | None = None) -> bytes:
        if self._gives <= self._gave:
            if self._how == "short":
                raise IncompleteReadError(actual_bytes=self._gave, expected_bytes=self._size)
            if self._how == "silent":
                raise ReadTimeoutError(endpoint_url=URL)
            raise ResponseStreamingError(error="connection reset by peer")
        left = self._gives - self._gave
        data: bytes = self._body.read(left if size is None else min(size, left))
        self._gave += len(data)
        if size is None:
            # Who reads to the end is told when it does not come.
            raise ResponseStreamingError(error="incomplete read")
        return data

    def close(self) -> None:
        self._body.close()


WAYS = ("reset", "silent", "short")


class BreakingBodies:
    """Clients whose bodies break off half-way, all but each ``spared``-th. ``broken`` has the ranges of those."""

    def __init__(self, seed: int, spared: int = 2) -> None:
        self._spared = spared
        self._random = random.Random(seed)
        self._number = 0
        self.broken: list[str] = []
        self.faults = Faults(self._act)

    def _act(self, _: int, call: Callable[[], Any]) -> Any:
        answer = call()
        if isinstance(answer, dict) and "Body" in answer:
            self._number += 1
            if self._number % self._spared:
                size = answer["ContentLength"]
                self.broken.append(answer.get("ContentRange", "whole"))
                gives = self._random.randrange(max(1, size))
                answer["Body"] = Broken(answer["Body"], size, gives, self._random.choice(WAYS))
        return answer


class Slow:
    """A body that gives a little at a time, and waits before."""

    def __init__(self, body: Any, seconds: float) -> None:
        self._body = body
        self._seconds = seconds

    def read(self, size: int | None = None) -> bytes:
        time.sleep(self._seconds)
        data: bytes = self._body.read(size)
        return data


def slow_bodies(seconds: float) -> Faults:
    """Clients whose bodies come slowly."""

    def act(_: int, call: Callable[[], Any]) -> Any:
        answer = call()
        if isinstance(answer, dict) and "Body" in answer:
            answer["Body"] = Slow(answer["Body"], seconds)
        return answer

    return Faults(act)
