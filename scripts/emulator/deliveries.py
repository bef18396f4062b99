"""The journal of asynchronous invocations: one file each, from before its first try until its effect is saved."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Deliveries:
    """Events on their way to a function, kept so that a stop at any moment loses none.

    An event that has been handled stays until ``settle()``, which is called after the emulator's state has been
    saved: a crash takes the tables back to the last save, and what was handled after it must be handled again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handled: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def begin(self, function: str, event: dict[str, Any]) -> str:
        """Write an event down before its function is invoked."""
        name = uuid.uuid4().hex
        unfinished = self._folder / f"{name}.tmp"
        unfinished.write_text(json.dumps({"function": function, "event": event}), encoding="utf-8")
        unfinished.rename(self._folder / f"{name}.json")
        return name

    def end(self, name: str) -> None:
        """The event has been handled, or handed to the dead letters."""
        self._handled.append(name)

    def handled(self) -> list[str]:
        """What has been handled by now; to be given to ``settle()`` once a save that began later is on disk."""
        return list(self._handled)

    def settle(self, names: list[str]) -> None:
        """Forget events whose effects are on disk."""
        for name in names:
            self.forget(name)
            self._handled.remove(name)

    def unfinished(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What the last process left behind, as (name, function, event)."""
        entries = [
            (file.stem, json.loads(file.read_text(encoding="utf-8"))) for file in self._folder.glob("*.json")
        ]
        return [(name, entry["function"], entry["event"]) for name, entry in entries]

    def forget(self, name: str) -> None:
        """An event need not be delivered any more."""
        (self._folder / f"{name}.json").unlink(missing_ok=True)
