"""A number that does not round: a ball around its value, and how it was made, for derivatives.

Balls are Arb's, by python-flint (F. Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic,
IEEE Transactions on Computers 66, 2017). Derivatives are reverse accumulation over the tape (A. Griewank and A.
Walther, Evaluating Derivatives, 2008, section 3.2).
"""

import numbers
import operator
from functools import lru_cache
from typing import Any

import flint
import numpy as np
from flint import arb, fmpq

from fourfold.compare.exact.tape import Inexact, Undecided, current, kink

CONSTANT = -1  # the node of what was made of literals alone
ZERO, ONE, MINUS_ONE = arb(0), arb(1), arb(-1)


def _unary(value, slope):
    """A method, of functions of balls: the value at x, the slope at x where the value is r."""

    def method(self):
        x = self.value
        r = value(x)
        return self.made(r, slope(x, r) if self.depends else None)

    return method


def _reflected(operation):
    """A method: the operation with another number on the left."""

    def method(self, other):
        b = _operand(other)
        return NotImplemented if b is None else operation(b, self)

    return method


def _comparison(holds):
    """A method, of what must hold for the sign of the difference."""

    def method(self, other):
        sign = self._sign(other)
        return NotImplemented if sign is None else holds(sign, 0)

    return method


def _tanh_slope(x, r):
    slope = 1 - r * r
    return slope if slope.rel_accuracy_bits() > flint.ctx.prec // 2 else x.sech() ** 2  # without cancellation


class Number:
    """A ball, its node on the tape, and whether it depends on a parameter. Constants have no node."""

    __slots__ = ("depends", "node", "value")

    def __init__(self, value, parents=None, depends=False):
        self.value, self.depends = value, depends
        self.node = CONSTANT if parents is None else current.tape.add(parents)

    def made(self, value, slope=None):
        """A Number made of this one. Without a slope it is constant near here."""
        if self.depends and slope is not None:
            return Number(value, (self.node, slope), True)
        return Number(value, None if self.node < 0 else ())

    def again(self):
        """The same value, as another node."""
        return self.made(self.value, ONE)

    copy = __pos__ = again

    def __add__(self, other):
        if (b := other if type(other) is Number else _operand(other)) is None:
            return NotImplemented
        return _made(self.value + b.value, self, ONE, b, ONE)

    __radd__ = __add__

    def __sub__(self, other):
        if (b := other if type(other) is Number else _operand(other)) is None:
            return NotImplemented
        return _made(self.value - b.value, self, ONE, b, MINUS_ONE)

    __rsub__ = _reflected(operator.sub)

    def __mul__(self, other):
        if (b := other if type(other) is Number else _operand(other)) is None:
            return NotImplemented
        x, y = self.value, b.value
        return _made(x * y, self, y, b, x)

    __rmul__ = __mul__

    def __truediv__(self, other):
        if (b := other if type(other) is Number else _operand(other)) is None:
            return NotImplemented
        y = b.value
        ratio = self.value / y
        if not (self.depends or b.depends):
            return _made(ratio, self, None, b, None)
        slope = 1 / y
        return _made(ratio, self, slope, b, -ratio * slope)

    __rtruediv__ = _reflected(operator.truediv)

    def __pow__(self, power):
        if type(power) is int:
            return self._to(power)
        if (b := _operand(power)) is None:
            return NotImplemented
        x, y = self.value, b.value
        if not b.depends and y.is_integer():
            return self._to(int(y.unique_fmpz()))
        if not b.depends and y == 0.5:
            return self.sqrt()
        if x.is_zero() and y > 0:
            slope = ZERO if y >= 1 else arb.pos_inf()
            return _made(ZERO, self, slope, b, ZERO)
        result = x**y
        log = x.log() if b.depends else ZERO  # there is none of a negative base
        return _made(result, self, y * result / x, b, result * log)

    def _to(self, n):
        """An integer power."""
        x = self.value
        if n == 0:
            return self.made(ONE)
        return self.made(x**n, n * x ** (n - 1) if self.depends else None)

    __rpow__ = _reflected(operator.pow)

    def __mod__(self, other):
        return NotImplemented if _operand(other) is None else self - (self // other) * other

    __rmod__ = _reflected(operator.mod)

    def __floordiv__(self, other):
        return NotImplemented if _operand(other) is None else (self / other).floor()

    __rfloordiv__ = _reflected(operator.floordiv)

    def __divmod__(self, other):
        return self // other, self % other

    def __neg__(self):
        return self.made(-self.value, MINUS_ONE)

    def __abs__(self):
        return -self if self._sign(0) < 0 else self.again()

    fabs = __abs__

    exp = _unary(arb.exp, lambda _, r: r)
    expm1 = _unary(arb.expm1, lambda x, _: x.exp())
    log = _unary(arb.log, lambda x, _: 1 / x)
    log1p = _unary(arb.log1p, lambda x, _: 1 / (1 + x))
    log2 = _unary(lambda x: x.log() / arb.const_log2(), lambda x, _: 1 / (x * arb.const_log2()))
    log10 = _unary(lambda x: x.log() / arb.const_log10(), lambda x, _: 1 / (x * arb.const_log10()))
    sqrt = _unary(arb.sqrt, lambda _, r: 1 / (2 * r))
    sin = _unary(arb.sin, lambda x, _: x.cos())
    cos = _unary(arb.cos, lambda x, _: -x.sin())
    tan = _unary(arb.tan, lambda _, r: 1 + r * r)
    sinh = _unary(arb.sinh, lambda x, _: x.cosh())
    cosh = _unary(arb.cosh, lambda x, _: x.sinh())
    tanh = _unary(arb.tanh, _tanh_slope)
    arctan = _unary(arb.atan, lambda x, _: 1 / (1 + x * x))
    arcsin = _unary(arb.asin, lambda x, _: 1 / (1 - x * x).sqrt())
    arccos = _unary(arb.acos, lambda x, _: -1 / (1 - x * x).sqrt())
    arcsinh = _unary(arb.asinh, lambda x, _: 1 / (1 + x * x).sqrt())
    arccosh = _unary(arb.acosh, lambda x, _: 1 / (x * x - 1).sqrt())
    arctanh = _unary(arb.atanh, lambda x, _: 1 / (1 - x * x))
    erf = _unary(arb.erf, lambda x, _: 2 * (-x * x).exp() / arb.const_sqrt_pi())
    erfc = _unary(arb.erfc, lambda x, _: -2 * (-x * x).exp() / arb.const_sqrt_pi())
    expit = _unary(lambda x: 1 / (1 + (-x).exp()), lambda x, r: r / (1 + x.exp()))
    lgamma = _unary(arb.lgamma, lambda x, _: x.digamma())
    radians = deg2rad = _unary(lambda x: x * (arb.pi() / 180), lambda *_: arb.pi() / 180)
    degrees = rad2deg = _unary(lambda x: x * (180 / arb.pi()), lambda *_: 180 / arb.pi())

    def exp2(self):
        return 2**self

    def square(self):
        return self * self

    def reciprocal(self):
        return 1 / self

    def cbrt(self):
        root = (self if self._sign(0) >= 0 else -self) ** _operand(fmpq(1, 3))
        return root if self.value >= 0 else -root

    def hypot(self, other):
        return (self * self + other * other).sqrt()

    def arctan2(self, other):
        b = number(other)
        x, y = self.value, b.value
        square = x * x + y * y
        return _made(arb.atan2(x, y), self, y / square, b, -x / square)

    def logaddexp(self, other):
        """log(exp(self) + exp(other)), without cancellation."""
        b = number(other)
        low, high = (self, b) if self.value.mid() < b.value.mid() else (b, self)
        return high if low.value == arb.neg_inf() else high + (low - high).exp().log1p()

    def fmod(self, other):
        return self - (self / other).trunc() * other

    def isnan(self):
        return self.value.is_nan()

    def floor(self):
        return self._step(arb.floor)

    def ceil(self):
        return self._step(arb.ceil)

    def trunc(self):
        return self.floor() if self._sign(0) >= 0 else self.ceil()

    def rint(self):
        """The nearest integer, of two the even one."""
        up = (self + 0.5).floor()
        n = int(up.value.unique_fmpz())
        return up - 1 if n % 2 and self.value + 0.5 == n else up

    __floor__, __ceil__ = floor, ceil

    def _step(self, step):
        if not self.depends:  # a constant is what it is in float64: 0.7 * 10 is 7
            return self.made(step(arb(nearest(self))))
        value = step(self.value)
        if not value.is_exact():
            raise Undecided
        if self.value == value:
            kink()
        return self.made(value)

    def _sign(self, other) -> Any:
        """-1, 0 or 1: of the difference from another number, None if that is none. Raises Undecided."""
        b = other if type(other) is Number else _operand(other)
        if b is None:
            return None
        x, y = self.value, b.value
        if x > y:
            return 1
        if x < y:
            return -1
        if x is y:
            return 0
        if x.is_nan() or y.is_nan():
            raise Inexact("something that is not a number is compared")
        if not (x == y or (x.mid() == y.mid() and x.rad() == y.rad())):  # the same operations give the same ball
            raise Undecided
        if (self.depends or b.depends) and x.is_finite():
            kink()
        return 0

    __gt__ = _comparison(operator.gt)
    __lt__ = _comparison(operator.lt)
    __ge__ = _comparison(operator.ge)
    __le__ = _comparison(operator.le)
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)

    def __hash__(self):
        return hash(nearest(self))

    def __bool__(self):
        return self._sign(0) != 0

    def __float__(self):
        raise Inexact("a number is rounded to float64")

    def __int__(self):
        return int(self.trunc().value.unique_fmpz())

    __trunc__ = __int__

    def __round__(self, digits=None):
        """What is printed."""
        return round(nearest(self), digits)

    def __format__(self, spec):
        return format(nearest(self), spec)

    def __repr__(self):
        return repr(nearest(self))

    def item(self, *_, **__):
        return self

    __copy__ = __deepcopy__ = tolist = squeeze = sum = mean = max = min = astype = conj = conjugate = item

    shape, ndim, size, dtype = (), 0, 1, np.dtype(object)
    T = real = property(item)


numbers.Real.register(Number)


def _made(value, a, slope_a, b, slope_b):
    """A Number made of two, either of which may be a constant."""
    if not (a.depends or b.depends):
        return Number(value, None if a.node < 0 and b.node < 0 else ())
    if a.node < 0:
        return Number(value, (b.node, slope_b), True)
    if b.node < 0:
        return Number(value, (a.node, slope_a), True)
    return Number(value, (a.node, slope_a, b.node, slope_b), True)


@lru_cache(4096)
def _constant(x):
    return Number(arb(x))


def _operand(x) -> Any:
    """A Number, which may be shared."""
    return _constant(x) if type(x) is float or type(x) is int else number(x)


def number(x) -> Any:
    """A Number of a number of Python's or NumPy's, exactly; None of anything else."""
    if isinstance(x, Number):
        return x
    if isinstance(x, bool | np.bool_ | int | np.integer):
        return Number(arb(int(x)))
    if isinstance(x, float | np.floating):
        return Number(arb(float(x)))
    if isinstance(x, fmpq | numbers.Rational):
        return Number(arb(fmpq(int(x.numerator), int(x.denominator))))
    if isinstance(x, np.ndarray) and x.ndim == 0:
        return number(x.item())
    return None


def nearest(x):
    """A Number's value in float64."""
    return float(x.value.mid()) if isinstance(x, Number) else x
