"""Waiting between attempts that DynamoDB leaves to its callers."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from plumbline.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter").

    The wait before attempt ``n`` is random between nothing and ``base * 2**n`` seconds, never over ``cap``.
    ``spent`` is what is said when the attempts are used up.
    """

    attempts: int
    base: float = 0.025
    cap: float = 1.0
    sleep: Callable[[float], object] = time.sleep
    spent: str = "Storage is busy at the moment. Please send the request again."

    def __iter__(self) -> Iterator[int]:
        """Number the attempts, waiting before each but the first.

        Raises:
            Unavailable: the attempts are used up; whoever succeeds leaves the loop before.
        """
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(random.uniform(0, min(self.cap, self.base * 2**attempt)))  # noqa: S311
            yield attempt
        raise Unavailable(self.spent)

    def repeat(self, work: Callable[[], T], after: type[Exception]) -> T:
        """What ``work`` answers at its first attempt that does not raise ``after``.

        Raises:
            Unavailable: the attempts are used up.
        """
        attempts = iter(self)
        while True:
            next(attempts)
            try:
                return work()
            except after:
                continue


PROMPT = Backoff(attempts=6, base=0.025, cap=0.5)
"""For what a person waits for: about a second in all."""
PATIENT = Backoff(attempts=12, base=0.05, cap=5.0)
"""For work in the background: up to half a minute in all."""
