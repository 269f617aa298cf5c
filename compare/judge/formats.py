"""The formats that are judged: how they round, and how NumPy holds their numbers.

NumPy has no bfloat16. Such a number travels, and is judged, as the float32 of the same value: its upper half.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

BFLOAT16 = "bfloat16"
HALF = ("float16", BFLOAT16)
# Weights, loss and steps are float32; layers are computed in bfloat16, or the factors of their products rounded to it.
MIXED = "float32 with products in bfloat16"


class Format(NamedTuple):
    bits: int  # of a significand
    u: float  # unit roundoff
    eta: float  # smallest normal number
    largest: float
    casts: bool = False  # factors are rounded before they are multiplied
    layers: "Format | None" = None  # in which layers are computed, where it is another one

    @property
    def half(self):
        """Whether it is a format that is computed in wider numbers as often as in itself."""
        return self.bits < 24


@cache
def format_of(dtype):
    """The Format of a precision, by its name or NumPy's dtype."""
    if dtype == BFLOAT16:
        return Format(8, 2.0**-8, 2.0**-126, (2 - 2.0**-7) * 2.0**127)
    if dtype == MIXED:
        return format_of("float32")._replace(layers=format_of(BFLOAT16)._replace(casts=True))
    info = np.finfo(dtype)
    return Format(info.nmant + 1, float(info.eps) / 2, float(info.tiny), float(info.max))


def carrier(dtype):
    """NumPy's dtype of the arrays that hold numbers of a precision."""
    return np.dtype(np.float32 if dtype in {BFLOAT16, MIXED} else dtype)


def rounded(Z, dtype):
    """Z rounded once to a precision, ties to even; infinite beyond its range."""
    with np.errstate(over="ignore"):
        if dtype != BFLOAT16:
            return Z.astype(carrier(dtype))
        Z, unit = np.asarray(Z, np.float64), _unit(Z)
        near = np.ldexp(np.rint(np.ldexp(Z, -unit)), unit)
        beyond = np.abs(near) > format_of(dtype).largest
        return np.where(beyond, np.copysign(np.inf, near), near).astype(np.float32)


def rounded_number(x, dtype):
    """The same of one float."""
    return float(rounded(np.asarray(x, np.float64), dtype))


def holds(dtype, Z):
    """Whether an array is one of a precision, value by value where another dtype carries them."""
    if Z.dtype != carrier(dtype):
        return False
    return dtype != BFLOAT16 or not ((np.ascontiguousarray(Z).view(np.uint32) & 0xFFFF != 0) & ~np.isnan(Z)).any()


def spacing(Z, dtype):
    """Units in the last place of numbers, once they are rounded to a precision."""
    if dtype != BFLOAT16:
        return np.spacing(Z.astype(carrier(dtype)))
    Z = rounded(Z, dtype)
    return np.where(np.isfinite(Z), np.ldexp(1.0, _unit(Z)), np.nan)


def _unit(Z):
    """The power of two of bfloat16's last place, at every number."""
    fraction, power = np.frexp(np.asarray(Z, np.float64))
    return np.where(fraction == 0, -133, np.maximum(power - 8, -133))
