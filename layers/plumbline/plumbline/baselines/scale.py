"""The scale on which values are counted and compared: linear about 0, logarithmic further out."""

from __future__ import annotations

import math
import sys

_FAR_RATIO = 1e300
_FAR_LOG = math.log(_FAR_RATIO)
_MAX_LOG = math.log(sys.float_info.max)


def log_size(x: float, unit: float) -> float:
    """``sign(x) · ln(1 + |x|/unit)``, for every finite x."""
    ratio = abs(x) / unit
    # Beyond this |x|/unit could be infinite; the 1 has long ceased to matter.
    size = math.log1p(ratio) if ratio < _FAR_RATIO else math.log(abs(x)) - math.log(unit)
    return math.copysign(size, x)


def from_log_size(t: float, unit: float) -> float:
    """The inverse of :func:`log_size`, at most the greatest float there is."""
    size = abs(t)
    if size < _FAR_LOG:
        value = math.expm1(size) * unit
    else:
        size += math.log(unit)
        value = math.exp(size) if size < _MAX_LOG else sys.float_info.max
    return math.copysign(value, t)
