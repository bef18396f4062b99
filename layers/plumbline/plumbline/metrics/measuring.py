"""Text in, numbers out."""

from __future__ import annotations

import zlib

from plumbline.metrics.registry import METRICS
from plumbline.metrics.words import ascii_words, unicode_words

_COMPRESSION_FROM = next(metric.characters for metric in METRICS if metric.name == "compression_ratio")


def measure(input_text: str, output_text: str) -> dict[str, float]:
    """All series of an interaction, by name. A metric that the text is too short for is absent."""
    values: dict[str, float] = {}
    _measure_text("input", input_text, values)
    _measure_text("output", output_text, values)
    return values


def _measure_text(element: str, text: str, values: dict[str, float]) -> None:
    data = text.encode("utf-8", "surrogatepass")
    words = ascii_words(data) if len(data) == len(text) else unicode_words(text)
    values[f"{element}.length"] = float(len(text))
    values[f"{element}.words"] = float(len(words))
    if len(text) >= _COMPRESSION_FROM:
        values[f"{element}.compression_ratio"] = len(zlib.compress(data)) / len(data)
