"""How long the search for own patterns may take: what nobody can tell of a regular expression beforehand."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from plumbline.errors import RedactionFailed

if TYPE_CHECKING:
    from types import TracebackType


class Patience:
    """A context that gives up what goes on in it after so many seconds of the process's own time.

    Python's regular expressions look for signals while they search, which only the main thread gets (in Lambda
    it is the handler's). In any other there is no limit but the function's own. When the time is up,
    RedactionFailed is raised where the search is.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._listens = False

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if not self._listens:  # once: it takes longer than most searches
            signal.signal(signal.SIGVTALRM, _give_up)
            self._listens = True
        signal.setitimer(signal.ITIMER_VIRTUAL, self._seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _give_up(*_: object) -> None:
    raise RedactionFailed("An own pattern of redaction takes too long on a text. Make it simpler.")
