"""How long the search for own patterns may take: what nobody can tell of a regular expression beforehand."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plumbline.errors import RedactionFailed

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Give up what goes on in here after so many seconds of the process's own time.

    Python's regular expressions look for signals while they search, which only the main thread gets (in Lambda
    it is the handler's). In any other there is no limit but the function's own.

    Raises:
        RedactionFailed: the time is up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _give_up(*_: object) -> None:
    raise RedactionFailed("An own pattern of redaction takes too long on a text. Make it simpler.")
