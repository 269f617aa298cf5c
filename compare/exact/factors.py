"""What an array is: a known function of what there was in the forward pass, but for a constant."""

import math
from typing import NamedTuple

import numpy as np

from fourfold.compare.exact import numbers

SAME = 1e-9


class Factor(NamedTuple):
    """c times a function of a value: `words` such as "tanh′(Z1)"."""

    words: str
    c: float

    def show(self):
        return self.words if abs(self.c - 1) < SAME else f"{constant(self.c)} · {self.words}"


def _sigmoid(u):
    return 1 / (1 + np.exp(-u))


def _erf(u):
    return np.array([math.erf(x) for x in np.ravel(u)]).reshape(np.shape(u))


def _phi(u):
    return np.exp(-u * u / 2) / math.sqrt(2 * math.pi)


def _gelu_slope(u):
    c = math.sqrt(2 / math.pi)
    t = np.tanh(c * (u + 0.044715 * u**3))
    return 0.5 * (1 + t) + 0.5 * u * (1 - t * t) * c * (1 + 3 * 0.044715 * u * u)


# Of a value u: what people multiply a gradient with, the plainest first.
FUNCTIONS = {
    "1": np.ones_like,
    "{}": lambda u: u,
    "1 − {}": lambda u: 1 - u,
    "{0}(1 − {0})": lambda u: u * (1 - u),
    "1 − {}²": lambda u: 1 - u * u,
    "1 + {}²": lambda u: 1 + u * u,
    "[{} > 0]": lambda u: (u > 0) * 1.0,
    "σ′({})": lambda u: _sigmoid(u) * (1 - _sigmoid(u)),
    "tanh′({})": lambda u: 1 - np.tanh(u) ** 2,
    "σ({})": _sigmoid,
    "tanh({})": np.tanh,
    "1 − tanh({})": lambda u: 1 - np.tanh(u),
    "exp({})": np.exp,
    "1 − exp(−{})": lambda u: 1 - np.exp(-u),
    "1 / {}": lambda u: 1 / u,
    "1 / {}²": lambda u: 1 / u**2,
    "{}²": lambda u: u * u,
    "leaky ReLU′({}), 0.01": lambda u: np.where(u > 0, 1.0, 0.01),
    "leaky ReLU′({}), 0.1": lambda u: np.where(u > 0, 1.0, 0.1),
    "leaky ReLU′({}), 0.2": lambda u: np.where(u > 0, 1.0, 0.2),
    "elu′({})": lambda u: np.where(u > 0, 1.0, np.exp(np.minimum(u, 0))),
    "silu′({})": lambda u: _sigmoid(u) * (1 + u * (1 - _sigmoid(u))),
    "gelu′({})": lambda u: 0.5 * (1 + _erf(u / math.sqrt(2))) + u * _phi(u),
    "gelu′({}), in its tanh form": _gelu_slope,
    "sign({})": np.sign,
}


def constant(c):
    """A constant as people write it, where it is one: a fraction, or the root of one."""
    sign = "−" if c < 0 else ""
    for root, value in (("", abs(c)), ("√", c * c)):
        for q in range(1, 65):
            p = round(value * q)
            if 0 < p < 10_000 and abs(value * q / p - 1) < SAME:
                text = f"{p}" if q == 1 else f"({p}/{q})" if root else f"{p}/{q}"
                return f"{sign}{root}{text}"
    return f"{c:.6g}".replace("-", "−")


def is_simple(c):
    """Whether a constant is one that people write."""
    return "." not in constant(c) and "e" not in constant(c)


class Values:
    """The values of a forward pass, by what they are called, to recognise an array by."""

    def __init__(self, named):
        """named: [(what it is called, a float64 array)], the plainest first."""
        self.named = named

    def recognised(self, Z, constants=True):
        """The Factor that an array is, or None; c is 1 where no other constants are allowed."""
        Z = np.asarray(Z, float)
        if not np.isfinite(Z).all() or not Z.any():
            return None
        constants = constants and Z.size > 1  # one number is a multiple of any other
        for words, function in FUNCTIONS.items():
            for name, u in self._of_shape(Z.shape):
                with np.errstate(all="ignore"):
                    value = function(u)
                c = _ratio(Z, value)
                if c is not None and (constants or abs(c - 1) < SAME):
                    return Factor(words.format(name), c)
                if words == "1":
                    break
        return None

    def _of_shape(self, shape):
        """(name, array) of the values that have a shape, transposed where they have it then."""
        if math.prod(shape) == 1 and not self.named:
            yield "1", np.ones(shape)
        yielded = 0
        for name, u in self.named:
            if u.shape == shape:
                yield name, u
                yielded += 1
            elif u.ndim == 2 and u.T.shape == shape and u.shape != shape:
                yield f"{name}ᵀ", u.T
                yielded += 1
        if not yielded:
            yield "1", np.ones(shape)


def _ratio(Z, value):
    """c, where Z = c · value; None where there is none."""
    if value.shape != Z.shape or not np.isfinite(value).all() or not value.any():
        return None
    c = float((Z * value).sum() / (value * value).sum())
    return c if c and np.abs(Z - c * value).max() <= SAME * np.abs(Z).max() else None


def as_floats(v):
    """A value of the code as a float64 array, exact or not; None where it is none."""
    try:
        return numbers.floats(v) if numbers.is_exact(v) else np.asarray(v, float)
    except (TypeError, ValueError):
        return None
