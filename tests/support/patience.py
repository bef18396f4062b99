"""A bound on the processor time that something takes: generous to what is linear, too little for what is not."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def processor_seconds(most: float) -> Iterator[None]:
    """Raise TimeoutError within where this process has computed for so long, however busy the machine is.

    Python's regular expressions look for signals while they match.
    """

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"it took more than {most:g} seconds of the processor")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
