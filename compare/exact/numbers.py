"""Exact numbers, and arrays of them: what user's code is run on."""

import numpy as np

from fourfold.compare.exact.balls import Number, nearest, number
from fourfold.compare.exact.tape import Inexact, Tape, TooLong, Undecided, recording

__all__ = [
    "Inexact",
    "Number",
    "Tape",
    "TooLong",
    "Undecided",
    "exact",
    "filled",
    "floats",
    "is_exact",
    "nearest",
    "number",
    "recording",
]


def _entry(x):
    converted = number(x)
    return x if converted is None else converted


_numbers = np.frompyfunc(_entry, 1, 1)
_floats = np.frompyfunc(lambda x: float(nearest(x)), 1, 1)


def exact(Z, depends=False):
    """An object array of the Numbers of an array, each a node of its own; those of parameters depend on one."""
    result = np.empty(np.shape(Z), object)
    for index, x in np.ndenumerate(np.asarray(Z)):
        if (converted := number(x)) is None:
            raise Inexact(f"a number is expected, not {type(x).__name__}")
        result[index] = Number(converted.value, (), depends)
    return result


def is_exact(v):
    """Whether it is a Number or an array that holds some."""
    if isinstance(v, Number):
        return True
    return isinstance(v, np.ndarray) and v.dtype == object and any(isinstance(x, Number) for x in v.flat)


def filled(v):
    """An object array whose other numbers are Numbers too; anything else as it is."""
    if isinstance(v, np.ndarray) and v.dtype == object and not all(isinstance(x, Number) for x in v.flat):
        return np.asarray(_numbers(v), object)
    return v


def floats(v):
    """Values in float64, of an array or nested lists."""
    return np.asarray(_floats(np.asarray(v, object)), float)
