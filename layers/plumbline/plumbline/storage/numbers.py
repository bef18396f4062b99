"""Which numbers can be kept, and how they are written.

DynamoDB holds 38 significant digits between 1E-130 and 9.99…E+125; a float has 17 digits and reaches from
5E-324 to 1.8E+308.
"""

from __future__ import annotations

MAX_NUMBER = 9.999e125
"""The greatest magnitude that is kept."""
MIN_NUMBER = 1e-130
"""The smallest magnitude that is kept; what is nearer to zero becomes zero."""


def storable(value: float) -> float:
    """A number as it will be read back: below 1E-130 zero, otherwise exactly itself.

    Raises:
        ValueError: NaN, infinite, or of a magnitude over :data:`MAX_NUMBER`; the message says which.
    """
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ValueError(f"must be a finite number between -{MAX_NUMBER:g} and {MAX_NUMBER:g}")
    return value if value >= MIN_NUMBER or value <= -MIN_NUMBER else 0.0


def write_number(value: float) -> str:
    """A storable number in the shortest form that reads back the same; whole ones without a point.

    Raises:
        ValueError: see :func:`storable`.
    """
    text = repr(storable(value))
    return text.removesuffix(".0")
