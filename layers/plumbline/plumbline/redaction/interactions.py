"""All texts of an interaction: what was asked and answered, and its metadata."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from plumbline.models import Kept

if TYPE_CHECKING:
    from plumbline.models import NewInteraction
    from plumbline.redaction.redactor import Redactor


def redact_interaction(redactor: Redactor, new: NewInteraction) -> Kept:
    """The texts of an interaction as they may be kept.

    Raises:
        RedactionFailed: it cannot be done; nothing of the interaction must be kept.
    """
    asked, answered = redactor.redact(new.input), redactor.redact(new.output)
    counts: Counter[str] = Counter(asked.counts)
    counts.update(answered.counts)
    metadata: dict[str, Any] = redact_value(redactor, dict(new.metadata), counts) if new.metadata else {}
    return Kept(
        asked.text,
        answered.text,
        metadata,
        counts,
        {
            "input.redactions": float(sum(asked.counts.values())),
            "output.redactions": float(sum(answered.counts.values())),
        },
    )


def redact_value(redactor: Redactor, value: Any, counts: Counter[str]) -> Any:  # noqa: ANN401 - as JSON has them
    """A value as JSON has them, with every text in it redacted, names included. Adds to ``counts``.

    A whole number is redacted as it is written: a card's number is no text in some logs.
    """
    if isinstance(value, str):
        found = redactor.redact(value)
        counts.update(found.counts)
        return found.text
    if isinstance(value, dict):
        inner: dict[str, Any] = {}
        same: Counter[str] = Counter()
        for name, one in value.items():
            inner[_unused(redact_value(redactor, name, counts), inner, same)] = redact_value(redactor, one, counts)
        return inner
    if isinstance(value, list | tuple):
        return [redact_value(redactor, one, counts) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        found = redactor.redact(str(value))
        counts.update(found.counts)
        return found.text if found.counts else value
    return value


def _unused(name: str, taken: dict[str, Any], same: Counter[str]) -> str:
    """The name, with a number behind it where another name became the same; ``same`` counts those."""
    unused = name
    while unused in taken:
        same[name] += 1
        unused = f"{name} {same[name] + 1}"
    return unused
