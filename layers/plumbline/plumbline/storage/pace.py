"""How much to ask of a table at once: as much as it takes, and soon less where it refuses."""

from __future__ import annotations


class Pace:
    """How many writes may be in flight, by additive increase and multiplicative decrease.

    As TCP shares a line (Chiu, Jain: "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in
    Computer Networks", 1989): halved by every write that is refused, one more for as many as were let through one
    after the other. Whoever writes in bulk so gives way to those who write one at a time.
    """

    __slots__ = ("_allowed", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._allowed = float(most)

    @property
    def allowed(self) -> int:
        """Writes that may be in flight: one to ``most``."""
        return int(self._allowed)

    def taken(self) -> None:
        """A write was let through whole, at once."""
        self._allowed = min(float(self._most), self._allowed + 1.0 / self._allowed)

    def refused(self) -> None:
        """A write, or a part of one, was refused for now."""
        self._allowed = max(1.0, self._allowed / 2.0)
