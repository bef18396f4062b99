"""An import watched until it has ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.importing.api import Api
    from scripts.importing.show import Display

SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 2.0
# An import is marked as stalled before a chunk's last try, which may still succeed.
STALLED_SECONDS = 60.0
ENDED = frozenset({"succeeded", "succeeded_with_problems", "failed"})


def follow(
    api: Api,
    import_id: int,
    show: Display,
    *,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """The import once it has ended, or has been stalled without any progress for a minute.

    Raises:
        ImportTrouble: there is no such import, or the API does not answer any more.
    """
    pause, before, since = SHORTEST_PAUSE, -1, clock()
    while True:
        status = api.read(import_id)
        show.importing(status)
        if status["bytes_read"] != before or status["state"] != "stalled":
            before, since = status["bytes_read"], clock()
        if status["state"] in ENDED or clock() - since >= STALLED_SECONDS:
            return status
        wait(pause)
        pause = min(1.5 * pause, LONGEST_PAUSE)
