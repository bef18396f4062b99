"""How many bytes an item takes by DynamoDB's rules, and what writing it costs.

Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

WRITE_UNIT_BYTES = 1024


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item in the wire form of the low-level client.

    Raises:
        ValueError: a type that Plumbline does not keep.
    """
    size = 0
    for name, value in item.items():
        ((kind, content),) = value.items()
        if kind == "S":  # as most are; a call would take as long as this
            size += len(content) if content.isascii() else len(content.encode())
        elif kind == "N":
            size += number_bytes(content)
        else:
            size += value_bytes(value)
        size += len(name) if name.isascii() else len(name.encode())
    return size


def value_bytes(value: Mapping[str, Any]) -> int:
    """The size of one attribute value in wire form.

    Raises:
        ValueError: a type that Plumbline does not keep.
    """
    ((kind, content),) = value.items()
    if kind == "S":
        return text_bytes(content)
    if kind == "N":
        return number_bytes(content)
    if kind == "B":
        return len(content)
    if kind == "M":
        return 3 + len(content) + item_bytes(content)
    if kind == "L":
        return 3 + len(content) + sum(map(value_bytes, content))
    if kind in {"NULL", "BOOL"}:
        return 1
    raise ValueError(f"no size is known for the type {kind}")


def text_bytes(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def number_bytes(number: str) -> int:
    """One byte for two significant digits and one more, and one for a sign."""
    if number.isdigit():  # as most are
        return (len(number.strip("0")) + 1) // 2 + 1
    mantissa = number.lower().partition("e")[0]
    digits = mantissa.lstrip("+-").replace(".", "")
    if "." in mantissa or digits.endswith("0"):
        digits = digits.rstrip("0")
    significant = len(digits.lstrip("0"))
    return (significant + 1) // 2 + 1 + number.startswith("-")


def write_units(size: int) -> int:
    """Write units that an item of this many bytes costs."""
    return max(1, -(-size // WRITE_UNIT_BYTES))
