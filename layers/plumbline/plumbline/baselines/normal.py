"""The quantile function of the normal distribution.

The standard library's ``statistics`` has it too, but importing that costs a cold start ten milliseconds.
"""

from __future__ import annotations

import math

# Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37 (1988),
# PPND7: about 7 figures, where a baseline's own accuracy is 2.5 %.
_SPLIT, _CENTRE, _NEAR, _FAR = 0.425, 0.180625, 1.6, 5.0
_A = (3.3871327179, 50.434271938, 159.29113202, 59.109374720)
_B = (1.0, 17.895169469, 78.757757664, 67.187563600)
_C = (1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103)
_D = (1.0, 0.73700164250, 0.12021132975)
_E = (6.6579051150, 3.0812263860, 0.42868294337, 0.017337203997)
_F = (1.0, 0.24197894225, 0.012258202635)


def normal_quantile(share: float) -> float:
    """The value below which ``share`` of a standard normal distribution lies, to seven figures.

    Raises:
        ValueError: ``share`` is not between 0 and 1.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"a share lies between 0 and 1, not at {share}")
    off = share - 0.5
    if abs(off) <= _SPLIT:
        r = _CENTRE - off * off
        return off * _polynomial(_A, r) / _polynomial(_B, r)
    r = math.sqrt(-math.log(min(share, 1.0 - share)))
    if r <= _FAR:
        r -= _NEAR
        size = _polynomial(_C, r) / _polynomial(_D, r)
    else:
        r -= _FAR
        size = _polynomial(_E, r) / _polynomial(_F, r)
    return math.copysign(size, off)


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    total = 0.0
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total
