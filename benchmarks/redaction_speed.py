"""What redaction costs beside measuring, in processor time, on the same real interactions.

Measuring and redacting see the same interactions in turn, on one core, and each is given its best round: on the
interactions as they are, and with something planted in every text, which none of the quick looks passes over.
Where redaction is off nothing of it runs.
"""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from plumbline.metrics import measure
from plumbline.models import NewInteraction
from plumbline.redaction import OwnPattern, Redactor, redact_interaction

from benchmarks.data import DEFAULT_DATA, Pair, read
from benchmarks.metrics_speed import fastest
from benchmarks.results import keep, table

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE = "Cost of redaction"
OWN = (
    OwnPattern("EMPLOYEE", r"\bEMP-[0-9]{6}\b"),
    OwnPattern("TICKET", r"\b[A-Z]{2,5}-[0-9]+\b"),
    OwnPattern("CUSTOMER", r"(?i)customer number:? [0-9]{5,}"),
)
PLANTED = ("joe@example.org", "+49 30 901820", "4111 1111 1111 1111", "10.1.2.3", "123-45-6789")
_AT = datetime(2026, 1, 2, tzinfo=UTC)


class _Untimed(Redactor):
    """A redactor that looks for own patterns only, without the timer that bounds them."""

    def __init__(self, own: Sequence[OwnPattern]) -> None:
        super().__init__((), own)
        self._patience = nullcontext()  # type: ignore[assignment]


def planted(pairs: Sequence[Pair], seed: int = 1) -> list[Pair]:
    """The same with one of what is looked for in the middle of every text."""
    random = Random(seed)

    def plant(text: str) -> str:
        middle = len(text) // 2
        return f"{text[:middle]} {random.choice(PLANTED)} {text[middle:]}"

    return [Pair(plant(pair.input), plant(pair.output)) for pair in pairs]


def shares(pairs: Sequence[Pair], rounds: int) -> dict[str, float]:
    """Redaction's processor time as a share of measuring's, by what is looked for."""

    def redacting(redactor: Redactor) -> object:
        return lambda pair: redact_interaction(redactor, NewInteraction(pair.input, pair.output, _AT))

    works = {
        "measuring": lambda pair: measure(pair.input, pair.output),
        "all kinds": redacting(Redactor()),
        # Own patterns are bounded by a timer of the process's time, and while one runs that time is told coarsely.
        "three own patterns": redacting(_Untimed(own=OWN)),
    }
    best = fastest(works, pairs, rounds)  # type: ignore[arg-type]
    measuring = best.pop("measuring")
    return {name: time / measuring for name, time in best.items()}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redaction_speed", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--count", type=int, default=500, help="interactions in a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    pairs = Random(1).sample(read(arguments.data), arguments.count)
    rows = [
        [kind, name, f"{share:.0%}"]
        for kind, texts in (("as they are", pairs), ("with something in each", planted(pairs)))
        for name, share in shares(texts, arguments.rounds).items()
    ]
    keep(
        TITLE,
        "Processor time of redacting an interaction as a share of that of measuring it.\n\n"
        + table(["texts", "looked for", "share of measuring"], rows),
    )


if __name__ == "__main__":
    main()
