"""Compares a gradient with the derivative of the loss, both exact: equal, or not, without a tolerance."""

from typing import Any, NamedTuple

import numpy as np
from flint import arb

from fourfold.compare.exact import numbers
from fourfold.compare.exact.numbers import Inexact, Number
from fourfold.compare.exact.updated import Updated

NARROW = 1e-30  # of a difference that encloses 0: relative to the gradient's largest entry
ROUNDED = 1e-12  # so little is wrong where constants such as 1 / 3 are rounded, at more bits than they have

RIGHT, WRONG, ALMOST, UNDECIDED = "right", "wrong", "rounded constants", "undecided"


class Compared(NamedTuple):
    """How one parameter's gradient does; numbers are of the entry that is furthest off."""

    name: str
    outcome: str
    why: str = ""  # where it is not by a number: a sentence
    index: tuple = ()
    got: float = 0.0
    exact: float = 0.0
    given: object = None  # the gradient as float64, in the parameter's shape where it broadcasts to it
    truth: object = None  # the same of the derivative


def as_numbers(value):
    """An object array of a gradient as it was given: an array, nested lists, a number, or an Updated.

    Raises Inexact where it is none of that.
    """
    if isinstance(value, Updated):
        old, new = as_numbers(value.old), as_numbers(value.new)
        rate = numbers.number(value.rate)
        return (new - old) / rate * value.sign
    try:
        Z = np.array(value, object)
    except ValueError:
        raise Inexact("rows of different lengths are not a gradient") from None
    for index, x in np.ndenumerate(Z):
        converted = numbers.number(x)
        if converted is None:
            raise Inexact(f"its gradient holds {type(x).__name__} objects")
        Z[index] = converted
    return Z


def sources(recorder, value):
    """The events that a gradient comes of, in the form in which it was given."""
    of_value = recorder.changes if isinstance(value, Updated) else recorder.sources
    given = value.new if isinstance(value, Updated) else value
    if isinstance(given, np.ndarray | numbers.Number):
        return of_value(given)
    try:
        return of_value(np.array(given, object))
    except ValueError:
        return ()


def in_floats(value):
    """The same of what was given in float64."""
    return np.asarray(value.gradient() if isinstance(value, Updated) else value, float)


def compare(name, given, truth):
    """The Compared of a gradient, as it was given, with an object array of balls."""
    if given is None:
        return Compared(name, WRONG, "there is none", truth=_floats(truth))
    try:
        Z = as_numbers(given)
    except Inexact as error:
        return Compared(name, WRONG, str(error), truth=_floats(truth))
    shaped = fitted(Z, truth.shape)
    if shaped is None:
        return _misshapen(name, Z, truth)
    differences = np.empty(truth.shape, object)
    for index, t in np.ndenumerate(truth):
        x: Any = shaped[index]
        differences[index] = x.value - t
    return _judged(name, shaped, truth, differences)


def fitted(Z, shape):
    """A gradient in its parameter's shape, as `W - rate * dW` would take it; None where W would get another shape."""
    try:
        if np.broadcast_shapes(Z.shape, shape) == shape:
            return np.broadcast_to(Z, shape)
    except ValueError:
        return None
    return Z.reshape(shape) if _without_leading_ones(Z.shape) == _without_leading_ones(shape) else None


def _without_leading_ones(shape):
    return shape[1:] and _without_leading_ones(shape[1:]) if shape[:1] == (1,) else shape


def _judged(name, Z, truth, differences):
    scale = max((abs(t).mid() for t in truth.flat), default=arb(0))
    worst, where, undecided = arb(0), None, False
    for index, difference in np.ndenumerate(differences):
        if not difference.is_finite():
            if not truth[index].is_finite():
                return Compared(name, UNDECIDED)
            return _compared(name, WRONG, Z, truth, index)
        if not difference.contains(0) and abs(difference).mid() > worst:
            worst, where = abs(difference).mid(), index
        undecided = undecided or (difference.contains(0) and difference.rad() > scale * NARROW + arb(2) ** -500)
    if worst > scale * ROUNDED:
        return _compared(name, WRONG, Z, truth, where)
    if undecided:
        return Compared(name, UNDECIDED)
    return _compared(name, ALMOST if worst > 0 else RIGHT, Z, truth, where)


def _compared(name, outcome, Z, truth, where):
    index = where or (0,) * truth.ndim
    exact = float(truth[index].mid())
    got = 0.0 if Z[index].value.contains(0) else float(Z[index].value.mid())
    return Compared(name, outcome, "", index, got, exact, numbers.floats(Z), _floats(truth))


def _misshapen(name, Z, truth):
    shape = f"its shape is {Z.shape}, not {truth.shape}"
    if Z.ndim == 2 and Z.shape[::-1] == truth.shape:
        turned = compare(name, Z.T, truth)
        if turned.outcome in (RIGHT, ALMOST):
            shape += ": it is transposed"
    return Compared(name, WRONG, shape, given=numbers.floats(Z), truth=_floats(truth))


def _floats(truth):
    result = np.empty(truth.shape)
    for index, t in np.ndenumerate(truth):
        result[index] = float(t.mid())
    return result


def is_loss(L):
    """Whether it is one number."""
    return isinstance(L, Number) or (isinstance(L, np.ndarray) and L.size == 1)
