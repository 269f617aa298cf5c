"""Stand-ins for NumPy's functions: the same on exact numbers, or Inexact with the function's name."""

import functools

import numpy as np

from fourfold.compare.exact import makers, numbers
from fourfold.compare.exact.balls import kink
from fourfold.compare.exact.numbers import Inexact, Number, Undecided

# Of plain numbers they give what is rounded: there, exact numbers.
ROUNDING = {
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "sqrt", "cbrt", "sin", "cos", "tan"),
    *("sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "arctan2", "hypot"),
    *("divide", "true_divide", "float_power", "deg2rad", "rad2deg", "radians", "degrees"),
}


def _copysign(x, y):
    return abs(x) if y >= 0 else -abs(x)


def _heaviside(x, at_zero):
    return at_zero if x == 0 else numbers.number(int(x > 0))


# Those that NumPy has no loop for over objects: (function of numbers, of how many, the dtype of what comes out).
LOOPS = {
    "isnan": (lambda x: x.value.is_nan(), 1, bool),
    "isfinite": (lambda x: x.value.is_finite(), 1, bool),
    "isinf": (lambda x: not x.value.is_finite() and not x.value.is_nan(), 1, bool),
    "signbit": (lambda x: x < 0, 1, bool),
    "copysign": (_copysign, 2, object),
    "heaviside": (_heaviside, 2, object),
    "logaddexp": (lambda x, y: x.logaddexp(y), 2, object),
    "logaddexp2": (lambda x, y: (2**x + 2**y).log2(), 2, object),
    "logical_and": (lambda x, y: bool(x) and bool(y), 2, bool),
    "logical_or": (lambda x, y: bool(x) or bool(y), 2, bool),
    "logical_xor": (lambda x, y: bool(x) != bool(y), 2, bool),
    "logical_not": (lambda x: not x, 1, bool),
    "float_power": (lambda x, y: x**y, 2, object),
}


class Ufunc:
    """One of NumPy's universal functions; its methods (`reduce`, `at`, `outer`) are NumPy's own."""

    def __init__(self, real):
        self.real, self.rounds, self._loop = real, real.__name__ in ROUNDING, None
        self.__name__, self.__doc__ = real.__name__, real.__doc__
        if real.__name__ in LOOPS:
            loop, count, self._dtype = LOOPS[real.__name__]
            self._loop = np.frompyfunc(lambda *xs: loop(*map(numbers.number, xs)), count, 1)

    def __getattr__(self, name):
        return getattr(self.real, name)

    def __repr__(self):
        return repr(self.real)

    def __call__(self, *arguments, dtype=None, **how):
        given = [makers.operand(x) for x in arguments]
        if not any(map(numbers.is_exact, given)):
            if not self.rounds or not all(_is_plain(x) for x in given):
                return self.real(*given, **how) if dtype is None else self.real(*given, dtype=dtype, **how)
            given = [makers.all_exact(np.asarray(x)) for x in given]
        try:
            if self._loop is None:
                return _scalar(self.real(*given, **how))
            result = self._loop(*given, **how)
        except TypeError as error:
            raise Inexact(f"numpy.{self.real.__name__}") from error
        if self._dtype is object:
            return _scalar(result)
        return result.astype(self._dtype) if isinstance(result, np.ndarray) else self._dtype(result)


def _is_plain(x):
    return isinstance(x, int | float | np.number) or (isinstance(x, np.ndarray) and x.dtype.kind in "iuf")


def _scalar(x):
    """The entry of an array without axes, as NumPy's functions give."""
    return x.item() if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype == object else numbers.filled(x)


def guarded(real, name):
    """One of NumPy's functions: floating-point results are exact numbers, what fails is Inexact."""

    @functools.wraps(real)
    def function(*arguments, **how):
        if "dtype" in how and makers.is_floating(how["dtype"]):
            how["dtype"] = object
        try:
            return _each(real(*arguments, **how))
        except (TypeError, AttributeError, ValueError, Inexact) as error:
            if any(_holds_exact(x) for x in (*arguments, *how.values())):
                raise Inexact(name) from error
            raise

    return function


def refused(real, name):
    """A function that exact numbers cannot go through."""

    @functools.wraps(real)
    def function(*arguments, **how):
        if any(_holds_exact(x) for x in (*arguments, *how.values())):
            raise Inexact(name)
        return _each(real(*arguments, **how))

    return function


def _each(result):
    if type(result) in (tuple, list):
        return type(result)([_each(x) for x in result])
    return makers.exactly(result)


def _holds_exact(x):
    return any(map(_holds_exact, x)) if isinstance(x, list | tuple) else numbers.is_exact(x)


def on_floats(real):
    """A function whose answer is no number of the computation: it is asked about values in float64."""

    @functools.wraps(real)
    def function(*arguments, **how):
        return real(*map(as_floats, arguments), **{key: as_floats(x) for key, x in how.items()})

    return function


def as_floats(x):
    """The nearest float64 in place of every exact number, in arrays and lists too."""
    if isinstance(x, list | tuple):
        return type(x)(map(as_floats, x))
    if isinstance(x, np.ndarray) and x.dtype == object:
        return numbers.floats(x) if numbers.is_exact(x) else x
    return numbers.nearest(x)


def extreme(choose, decide):
    """Where balls overlap, the one with the largest (smallest) middle is taken: between equals it does not matter.

    choose: np.max or np.min. decide: np.argmax or np.argmin.
    """

    @functools.wraps(choose)
    def function(a, axis=None, out=None, keepdims=False, **how):
        Z = makers.operand(a)
        try:
            result = numbers.filled(choose(Z, axis, out, keepdims, **how))
        except Undecided:
            if isinstance(axis, tuple) or out is not None or how:
                raise
            kink()
            where = decide(_middles(Z), axis, keepdims=True)
            taken = Z.ravel()[where] if axis is None else np.take_along_axis(Z, where, axis)
            return taken if keepdims else np.squeeze(taken, axis)[()]
        return result

    return function


def position_of_extreme(decide):
    """np.argmax or np.argmin, of balls that may overlap."""

    @functools.wraps(decide)
    def function(a, axis=None, **how):
        Z = makers.operand(a)
        try:
            return decide(Z, axis, **how)
        except Undecided:
            kink()
            return decide(_middles(Z), axis, **how)

    return function


def _middles(Z):
    return np.asarray(np.frompyfunc(lambda x: Number(numbers.number(x).value.mid()), 1, 1)(Z), object)


def summed(a, axis=None, dtype=None, out=None, keepdims=False, **how):
    if "where" in how:
        how.setdefault("initial", 0)
    return numbers.filled(np.sum(makers.operand(a), axis, makers.real_dtype(dtype), out, keepdims, **how))


def mean(a, axis=None, dtype=None, out=None, keepdims=False, **how):
    Z = makers.operand(a)
    if "where" in how and numbers.is_exact(Z):
        count = np.broadcast_to(how["where"], Z.shape).sum(axis, keepdims=keepdims)
        return summed(Z, axis, dtype, out, keepdims, **how) / count
    return numbers.filled(np.mean(Z, axis, makers.real_dtype(dtype), out, keepdims, **how))


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    largest = np.finfo(float).max
    high, low = largest if posinf is None else posinf, -largest if neginf is None else neginf

    def entry(x):
        b = numbers.number(x)
        if b.value.is_nan():
            return numbers.number(nan)
        return b if b.value.is_finite() else numbers.number(high if b > 0 else low)

    result = np.frompyfunc(entry, 1, 1)(makers.operand(x))
    if not copy and isinstance(x, np.ndarray):
        x[...] = result
        return x
    return result


def einsum(subscripts, *operands, out=None, optimize=False, dtype=None, **how):
    given = [makers.operand(x) for x in operands]
    return numbers.filled(np.einsum(subscripts, *given, out=out, optimize=False, **how))


def sinc(x):
    Z = makers.all_exact(np.asarray(makers.operand(x)))
    return np.frompyfunc(lambda x: x.made(x.value.sinc_pi(), _sinc_slope(x.value)), 1, 1)(Z)


def _sinc_slope(x):
    return x.cos_pi() / x - x.sinc_pi() / x if x != 0 else x * 0


def clip(a, a_min=None, a_max=None, out=None, **how):
    low, high = how.pop("min", a_min), how.pop("max", a_max)
    return numbers.filled(np.clip(makers.operand(a), low, high, out=out, **how))


def astype(Z, dtype, *_, copy=True, **__):
    if makers.is_floating(dtype):
        made = makers.all_exact(Z)
        return made.copy() if copy and made is Z else made
    return Z.astype(dtype) if dtype is not object or Z.dtype == object else Z.astype(object)


def around(a, decimals=0, out=None):
    Z = makers.operand(a)
    if not numbers.is_exact(Z):
        return np.around(Z, decimals, out)
    result = np.frompyfunc(lambda x: _rounded(x, decimals), 1, 1)(Z)
    if out is not None:
        out[...] = result
        return out
    return result


def _rounded(x, decimals):
    scale = numbers.number(10) ** decimals
    return (numbers.number(x) * scale).rint() / scale


def fill(Z, x):
    """The method."""
    filler = numbers.number(x) if Z.dtype == object else None
    Z.fill(x if filler is None else filler)


def issubdtype(first, second):
    """Exact numbers are floating-point numbers to whoever asks."""
    real = np.floating if type(second) is type(makers.floating_type(float)) else second
    return np.issubdtype(np.float64 if makers.is_floating(first) else first, real)


def finfo(dtype):
    real = getattr(dtype, "stands_for", dtype)
    return np.finfo(np.float64 if real in (np.floating, np.dtype(object)) or numbers.is_exact(real) else real)


class Vectorize:
    """numpy.vectorize, whose results are not converted to what the first of them is."""

    def __init__(self, pyfunc, otypes=None, doc=None, excluded=None, cache=False, signature=None):
        self.pyfunc, self.otypes, self.__doc__ = pyfunc, otypes, doc
        self.excluded, self.signature = excluded, signature

    def __call__(self, *arguments, **keywords):
        values = [*arguments, *keywords.values()]
        if not any(_holds_exact(x) for x in values):
            return _each(
                np.vectorize(self.pyfunc, self.otypes, excluded=self.excluded, signature=self.signature)(
                    *arguments, **keywords
                )
            )
        outputs = None if self.signature else [object]
        if self.otypes:
            outputs = [makers.real_dtype(t) for t in self.otypes]
        f = np.vectorize(self.pyfunc, outputs, excluded=self.excluded, signature=self.signature)
        result = f(*arguments, **keywords)
        return _plain_if_none_is_exact(result)


def _plain_if_none_is_exact(Z):
    """Of a function that gave truth values or integers alone, an array of these."""
    if isinstance(Z, np.ndarray) and Z.dtype == object and not numbers.is_exact(Z):
        return makers.exactly(np.array(Z.tolist()))
    return numbers.filled(Z)


def apply_along_axis(func1d, axis, arr, *arguments, **how):
    Z = makers.operand(arr)
    result = np.apply_along_axis(lambda row: np.asarray(func1d(row, *arguments, **how), object), axis, Z)
    return _plain_if_none_is_exact(result)


FLOAT_QUESTIONS = ("isclose", "allclose", "array_equal", "array_equiv", "array2string", "array_str", "array_repr")
FUNCTIONS = {
    "max": extreme(np.max, np.argmax),
    "amax": extreme(np.max, np.argmax),
    "min": extreme(np.min, np.argmin),
    "amin": extreme(np.min, np.argmin),
    "argmax": position_of_extreme(np.argmax),
    "argmin": position_of_extreme(np.argmin),
    "sum": summed,
    "mean": mean,
    "nan_to_num": nan_to_num,
    "einsum": einsum,
    "sinc": sinc,
    "clip": clip,
    "round": around,
    "around": around,
    "issubdtype": issubdtype,
    "finfo": finfo,
    "vectorize": Vectorize,
    "apply_along_axis": apply_along_axis,
} | {name: on_floats(getattr(np, name)) for name in FLOAT_QUESTIONS}

METHODS = {
    "astype": astype,
    "round": around,
    "clip": clip,
    "fill": fill,
    "max": FUNCTIONS["max"],
    "min": FUNCTIONS["min"],
    "argmax": FUNCTIONS["argmax"],
    "argmin": FUNCTIONS["argmin"],
}
