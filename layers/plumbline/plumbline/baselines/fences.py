"""From a rule to the value where it begins to hold."""

from __future__ import annotations

import math
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DOUBLE, _INTEGER = struct.Struct("<d"), struct.Struct("<q")
_SIGN = 1 << 63


def smallest(holds: Callable[[float], bool], guess: float) -> float | None:
    """The smallest float for which ``holds``, which must hold for every greater one too; None if there is none.

    Searches outwards from ``guess`` in doubling steps of neighbouring floats, then bisects: a guess that is off
    by rounding alone is put right in a few steps, and any other in 64.
    """
    last = _ordinal(sys.float_info.max)
    first = -last
    at = min(max(_ordinal(guess), first), last)
    step = 1
    if holds(_float(at)):
        high = at
        while high > first and holds(_float(max(first, high - step))):
            high = max(first, high - step)
            step *= 2
        low = max(first, high - step)
    else:
        low = at
        while low < last and not holds(_float(min(last, low + step))):
            low = min(last, low + step)
            step *= 2
        if low == last:
            return None
        high = min(last, low + step)
    while high - low > 1:
        between = (low + high) // 2
        if holds(_float(between)):
            high = between
        else:
            low = between
    return _float(high)


def _ordinal(x: float) -> int:
    """Floats' places in their order: neighbours' differ by one."""
    if math.isinf(x):
        x = math.copysign(sys.float_info.max, x)
    place: int = _INTEGER.unpack(_DOUBLE.pack(x))[0]
    return place if place >= 0 else -(place + _SIGN)


def _float(place: int) -> float:
    x: float = _DOUBLE.unpack(_INTEGER.pack(abs(place)))[0]
    return x if place >= 0 else -x
