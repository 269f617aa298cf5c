"""Tries somebody's objects in float64: without their output, and against central differences."""

import contextlib
import io
import warnings
from numbers import Number as AnyNumber
from typing import Any

import numpy as np

STEP = 1e-5
CLOSE = 1e-5  # of a gradient by central differences, relative to its largest entry


@contextlib.contextmanager
def quiet():
    """What is printed and warned of within is dropped."""
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with np.errstate(all="ignore"):
            yield


def attempt(function, *arguments, **keywords) -> Any:
    """What it gives, or None where it raises anything."""
    with quiet():
        try:
            return function(*arguments, **keywords)
        except (Exception, SystemExit):
            return None


def copied(inputs):
    """The same inputs in arrays of their own."""
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in inputs.items()}


def is_number(value):
    """Whether it is one number, of whatever kind, that can be a loss."""
    if isinstance(value, np.ndarray):
        return value.size == 1 and value.dtype.kind in "fO"
    if isinstance(value, bool | np.bool_ | str | bytes | list | tuple | dict | set | type(None)):
        return False
    return isinstance(value, AnyNumber)


def as_float(value):
    """One number as a float."""
    return float(np.asarray(value, float).item())


def slopes(loss, inputs, names) -> Any:
    """{name: dL/d(it) by central differences} of `loss(inputs)`; None where it fails."""
    several = slopes_of_several(lambda moved: [loss(moved)], 1, inputs, names)
    return several and several[0]


def slopes_of_several(losses, count, inputs, names) -> Any:
    """The same of each of several losses that `losses(inputs)` gives together: a list of dicts; None where it fails."""
    result = [{} for _ in range(count)]
    with quiet():
        for name in names:
            value = np.asarray(inputs[name], float)
            slope = np.zeros((count, *value.shape))
            for index in np.ndindex(value.shape):
                ends = []
                for sign in (1, -1):
                    moved = copied(inputs)
                    there = value.copy()
                    there[index] += sign * STEP
                    moved[name] = there if there.ndim else float(there)
                    try:
                        ends.append(np.array([as_float(loss) for loss in losses(moved)]))
                    except Exception:
                        return None
                slope[(slice(None), *index)] = (ends[0] - ends[1]) / (2 * STEP)
            for one, own in zip(result, slope, strict=True):
                one[name] = own
    return result


def in_floats(given) -> Any:
    """A gradient as an array, whatever it was given as; None where it is none."""
    try:
        return np.asarray(given.gradient() if hasattr(given, "gradient") else given, float)
    except (TypeError, ValueError):
        return None


def fits(given, shape):
    """Whether a gradient could be subtracted from a parameter of this shape."""
    array = in_floats(given)
    if array is None:
        return False
    try:
        return np.broadcast_shapes(array.shape, shape) == shape and (array.size > 1 or int(np.prod(shape)) == 1)
    except ValueError:
        return array.size == int(np.prod(shape)) and array.squeeze().shape == tuple(n for n in shape if n != 1)


def agree(given, slope, factor=1.0):
    """Whether a gradient is `factor` times what central differences say."""
    array = in_floats(given)
    if array is None or not fits(array, slope.shape) or not np.isfinite(array).all():
        return False
    array = np.broadcast_to(array, slope.shape) if array.size < slope.size else array.reshape(slope.shape)
    size = np.abs(slope).max(initial=0)
    return bool(np.abs(array - factor * slope).max(initial=0) <= CLOSE * max(size * abs(factor), 1e-4))
