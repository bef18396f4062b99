"""Keeps the emulator's state on disk while it runs; MiniStack itself saves only when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from ministack import app as ministack

from scripts.emulator import gaps

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scripts.emulator.deliveries import Deliveries

    Scope = dict[str, Any]
    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

# The state is saved at most this often while it changes, and never for more than a twentieth of the time.
SAVE_EVERY_SECONDS = 15.0
READS = (b"Get", b"Query", b"Scan", b"BatchGet", b"Describe", b"List")


class Saver:
    """MiniStack's application, watched for changes, which are saved: a crash or power cut loses only seconds.

    MiniStack's handlers run in the event loop's thread, as does a save: none is half way through a write then.
    """

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._changed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry: MiniStack's own, and a note where the call may change something."""
        await ministack.app(_as_https(scope) if ministack.AUTH else scope, receive, send)
        if scope["type"] == "http" and not _only_reads(scope):
            self._changed = True

    async def run(self, stop: asyncio.Event) -> None:
        """Save regularly until told to stop. The last save is MiniStack's own, when it shuts down."""
        pause = SAVE_EVERY_SECONDS
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            if self._changed and not stop.is_set():
                started = time.monotonic()
                self._save()
                pause = max(SAVE_EVERY_SECONDS, 20 * (time.monotonic() - started))

    def _save(self) -> None:
        settled = self._deliveries.handled()
        self._changed = False
        gaps.forget_old_logs()
        ministack.save_all(ministack._build_persistence_save_dict())
        self._deliveries.settle(settled)


def _as_https(scope: Scope) -> Scope:
    """What comes over this machine's own wires counts as encrypted: the bucket's policy refuses all else."""
    if scope["type"] != "http":
        return scope
    return {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}


def _only_reads(scope: Scope) -> bool:
    target = next((value for name, value in scope["headers"] if name.lower() == b"x-amz-target"), b"")
    if target:
        operation: bytes = target.rpartition(b".")[2]
        return operation.startswith(READS)
    return scope["method"] in {"GET", "HEAD"}
