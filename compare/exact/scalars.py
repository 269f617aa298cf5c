"""Stand-ins for `math` and for what code takes from SciPy: the same on exact numbers."""

import math
from types import SimpleNamespace
from typing import Any

import flint
import numpy as np
from flint import arb
from numpy.lib.stride_tricks import sliding_window_view

from fourfold.compare.exact import functions, makers, numbers
from fourfold.compare.exact.numbers import Inexact, Number, number

CONSTANT_BITS = 4096  # more than code is run with

# math's name: the method's
NAMES = ("exp", "expm1", "exp2", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")
METHODS = {
    **{name: name for name in (*NAMES, "erf", "erfc", "lgamma", "fabs", "degrees", "radians")},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}


def constants():
    """π and e, exactly."""
    with flint.ctx.workprec(CONSTANT_BITS):
        return {"pi": Number(arb.pi()), "e": Number(arb.const_e())}


def _converted(x) -> Any:
    """A Number, also of an object of the user's that converts to a float; None if it is none."""
    own = getattr(type(x), "__float__", None)
    b = number(x)
    return b if b is not None or own is None or isinstance(x, np.ndarray) else number(own(x))


def _method(name):
    real = getattr(math, name)

    def function(x):
        b = _converted(x)
        return real(x) if b is None else getattr(b, METHODS[name])()

    function.__name__ = name
    return function


def _question(name):
    """A function whose answer is no number of the computation."""
    real = getattr(math, name)
    return lambda *xs, **how: real(*map(numbers.nearest, xs), **how)


def _step(name):
    """An integer, as math gives."""
    real = getattr(math, name)
    return lambda x: int(getattr(x, name)()) if isinstance(x, Number) else real(x)


def _log(x, base=None):
    b = _converted(x)
    return b.log() if base is None else b.log() / number(base).log()


def _sum(xs) -> Any:
    return sum(map(_converted, xs), number(0))


def _product(xs, start=1):
    for x in xs:
        start = start * x
    return start


def _norm(*xs):
    return _sum([number(x).square() for x in xs]).sqrt()


def _isinf(x):
    return functions.LOOPS["isinf"][0](number(x))


def mathematics():
    """{name: what stands for it in math}."""
    return {
        **{name: getattr(math, name) for name in dir(math) if not name.startswith("_")},
        **{name: _method(name) for name in METHODS},
        **{name: _step(name) for name in ("floor", "ceil", "trunc")},
        **constants(),
        "tau": constants()["pi"] * 2,
        "log": _log,
        "pow": lambda x, y: _converted(x) ** _converted(y),
        "atan2": lambda y, x: _converted(y).arctan2(_converted(x)),
        "fmod": lambda x, y: _converted(x).fmod(_converted(y)),
        "copysign": lambda x, y: functions.LOOPS["copysign"][0](_converted(x), _converted(y)),
        "hypot": _norm,
        "dist": lambda p, q: _norm(*[x - y for x, y in zip(p, q, strict=True)]),
        "fsum": _sum,
        "sumprod": lambda p, q: _sum([x * y for x, y in zip(p, q, strict=True)]),
        "prod": lambda xs, *, start=1: _product(xs, start),
        "isclose": _question("isclose"),
        "isnan": lambda x: number(x).value.is_nan(),
        "isfinite": lambda x: number(x).value.is_finite(),
        "isinf": _isinf,
    }


def elementwise(f, count=1):
    """A function of arrays, of one of Numbers."""
    loop = np.frompyfunc(lambda *xs: f(*map(number, xs)), count, 1)

    def function(*arguments, **how):
        return loop(*map(makers.operand, arguments), **how)

    return function


def _xlogy(x, y):
    return number(0) if x.value == 0 and y.value == 0 else x * y.log()


def _xlog1py(x, y):
    return number(0) if x.value == 0 and y.value == -1 else x * y.log1p()


def _ndtr(x):
    return (-x / number(2).sqrt()).erfc() / 2


def _huber(delta, r):
    return r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)


def _pseudo_huber(delta, r):
    return delta * delta * ((1 + (r / delta).square()).sqrt() - 1)


def _largest(Z, axis):
    """Constants near the largest entries: what is subtracted from all changes nothing."""
    near = np.max(numbers.floats(Z), axis, keepdims=True)
    return makers.all_exact(np.where(np.isfinite(near), near, 0))


def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    if return_sign:
        raise Inexact("scipy.special.logsumexp")
    Z = makers.all_exact(np.asarray(makers.operand(a)))
    shift = _largest(Z, axis)
    powers = np.exp(Z - shift) if b is None else np.exp(Z - shift) * b
    result = np.log(np.asarray(powers.sum(axis=axis, keepdims=True), object)) + shift
    return result if keepdims else np.squeeze(result, axis)[()]


def softmax(x, axis=None):
    Z = makers.all_exact(np.asarray(makers.operand(x)))
    powers = np.exp(Z - _largest(Z, axis))
    return powers / powers.sum(axis=axis, keepdims=True)


def log_softmax(x, axis=None):
    Z = makers.all_exact(np.asarray(makers.operand(x)))
    return Z - logsumexp(Z, axis, keepdims=True)


def special():
    """{name: what stands for it in scipy.special}."""
    names = ("expit", "erf", "erfc", "expm1", "log1p", "exp2", "cbrt")
    one = {name: elementwise(getattr(Number, name)) for name in names}
    return one | {
        "gammaln": elementwise(Number.lgamma),
        "logit": elementwise(lambda p: p.log() - (-p).log1p()),
        "log_expit": elementwise(lambda x: -(-x).logaddexp(0)),
        "softplus": elementwise(lambda x: x.logaddexp(0)),
        "ndtr": elementwise(_ndtr),
        "log_ndtr": elementwise(lambda x: _ndtr(x).log()),
        "xlogy": elementwise(_xlogy, 2),
        "xlog1py": elementwise(_xlog1py, 2),
        "entr": elementwise(lambda x: -_xlogy(x, x)),
        "rel_entr": elementwise(lambda x, y: x * (x / y).log() if x.value != 0 else number(0), 2),
        "kl_div": elementwise(lambda x, y: x * (x / y).log() - x + y if x.value != 0 else y, 2),
        "huber": elementwise(_huber, 2),
        "pseudo_huber": elementwise(_pseudo_huber, 2),
        "logsumexp": logsumexp,
        "softmax": softmax,
        "log_softmax": log_softmax,
    }


def _density(x, loc, scale):
    z = (x - loc) / scale
    return (-z * z / 2).exp() / (scale * number(2 * constants()["pi"]).sqrt())


def _with_location(f):
    function = elementwise(f, 3)
    return lambda x, loc=0, scale=1: function(x, loc, scale)


def normal():
    """scipy.stats.norm."""
    return SimpleNamespace(
        pdf=_with_location(_density),
        cdf=_with_location(lambda x, loc, scale: _ndtr((x - loc) / scale)),
        sf=_with_location(lambda x, loc, scale: _ndtr((loc - x) / scale)),
        logpdf=_with_location(lambda x, loc, scale: _density(x, loc, scale).log()),
        logcdf=_with_location(lambda x, loc, scale: _ndtr((x - loc) / scale).log()),
    )


def correlate(in1, in2, mode="full", *rest, early=0, **how):
    """scipy.signal.correlate and correlate2d, with zeros around. early: what is cut off less, of an even kernel."""
    if rest or how.get("boundary", "fill") != "fill" or how.get("fillvalue", 0) != 0:
        raise Inexact("scipy.signal.correlate")
    Z, K = (makers.all_exact(np.asarray(makers.operand(x))) for x in (in1, in2))
    if mode == "valid" and any(n < k for n, k in zip(Z.shape, K.shape, strict=True)):
        return np.flip(correlate(K, Z, mode))
    if mode != "valid":
        Z = np.pad(Z, [(k - 1, k - 1) for k in K.shape])
    windows = sliding_window_view(numbers.filled(Z), K.shape)
    result = (windows * K).sum(axis=tuple(range(Z.ndim, 2 * Z.ndim)))
    if mode == "same":
        cut = [slice((k - early) // 2, (k - early) // 2 + n) for k, n in zip(K.shape, np.shape(in1), strict=True)]
        return result[tuple(cut)]
    return result


def convolve(in1, in2, mode="full", *rest, **how):
    """scipy.signal.convolve and convolve2d."""
    return correlate(in1, np.flip(np.asarray(makers.operand(in2))), mode, *rest, early=1, **how)


SIGNAL = {"correlate": correlate, "correlate2d": correlate, "convolve": convolve, "convolve2d": convolve}
