"""Exact numbers: every operation's value and derivative, comparisons, and what is recorded."""

import copy
import fractions
import math
import operator

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fourfold.compare.exact import numbers
from fourfold.compare.exact.adjoints import adjoints
from fourfold.compare.exact.numbers import Inexact, Number, TooLong, Undecided, exact, number, recording

BITS = 256
CLOSE = 1e-40
EXAMPLES = settings(max_examples=15, deadline=None)


def parameter(x):
    """A Number that depends on a parameter."""
    return Number(x if isinstance(x, arb) else arb(x), (), True)


def derivatives(f, *xs):
    """The value and the partial derivatives of a function at some balls, by the tape."""
    with recording(BITS) as tape:
        given = [parameter(x) for x in xs]
        result = f(*given)
        total = adjoints(tape, result).total
        return result.value, [total.get(x.node, arb(0)) for x in given]


def by_differences(f, xs, k):
    """A central difference with balls so precise that neither rounding nor truncation is seen at 1e-40."""
    bits = 1024
    with recording(bits):
        h = arb(2) ** -200
        values = []
        for step in (h, -h):
            moved = [number(0) + Number(x + step if i == k else arb(x)) for i, x in enumerate(xs)]
            values.append(f(*moved).value)
        return (values[0] - values[1]) / (2 * h)


def near(a, b, size=1):
    with flint.ctx.workprec(1024):
        return abs(a - b) <= CLOSE * max(abs(arb(size)).mid(), abs(b).mid())


reals = st.floats(-4, 4, allow_subnormal=False).filter(lambda x: abs(x) > 1e-3)
positive = st.floats(1e-3, 6)
within = st.floats(-0.95, 0.95)
above = st.floats(1.05, 6)
EVERYWHERE = {
    "exp": math.exp,
    "expm1": math.expm1,
    "exp2": lambda x: 2**x,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "arctan": math.atan,
    "arcsinh": math.asinh,
    "erf": math.erf,
    "erfc": math.erfc,
    "expit": lambda x: 1 / (1 + math.exp(-x)),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "cbrt": np.cbrt,
    "fabs": abs,
    "radians": math.radians,
    "degrees": math.degrees,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__abs__": abs,
    "again": float,
    "copy": float,
}
POSITIVE = {"log": math.log, "log2": math.log2, "log10": math.log10, "log1p": math.log1p, "sqrt": math.sqrt}
POSITIVE["lgamma"] = math.lgamma
WITHIN = {"arcsin": math.asin, "arccos": math.acos, "arctanh": math.atanh}
BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "hypot": lambda x, y: x.hypot(y) if isinstance(x, Number) else math.hypot(x, y),
    "arctan2": lambda x, y: x.arctan2(y) if isinstance(x, Number) else math.atan2(x, y),
    "logaddexp": lambda x, y: x.logaddexp(y) if isinstance(x, Number) else np.logaddexp(x, y),
    "mod": operator.mod,
    "fmod": lambda x, y: x.fmod(y) if isinstance(x, Number) else math.fmod(x, y),
}
UNARY = [(name, f, reals) for name, f in EVERYWHERE.items()]
UNARY += [(name, f, positive) for name, f in POSITIVE.items()]
UNARY += [(name, f, within) for name, f in WITHIN.items()] + [("arccosh", math.acosh, above)]


@pytest.mark.parametrize(("name", "f", "domain"), UNARY, ids=[name for name, *_ in UNARY])
@EXAMPLES
@given(data=st.data())
def test_a_function_and_its_slope(name, f, domain, data):
    x = data.draw(domain)
    method = operator.methodcaller(name)
    value, (slope,) = derivatives(method, x)
    assert float(value.mid()) == pytest.approx(f(x), rel=1e-13)
    assert value.rel_accuracy_bits() > BITS - 40
    assert near(slope, by_differences(method, [x], 0))


@pytest.mark.parametrize("name", BINARY)
@EXAMPLES
@given(x=reals, y=reals)
def test_an_operation_of_two_and_its_slopes(name, x, y):
    assume("mod" not in name or not (x / y).is_integer())
    f = BINARY[name]
    value, slopes = derivatives(f, x, y)
    assert float(value.mid()) == pytest.approx(f(x, y), rel=1e-12, abs=1e-12)
    for k in range(2):
        assert near(slopes[k], by_differences(f, [x, y], k))


@EXAMPLES
@given(x=positive, y=reals)
def test_a_power_and_its_slopes(x, y):
    value, slopes = derivatives(operator.pow, x, y)
    assert float(value.mid()) == pytest.approx(x**y)
    for k in range(2):
        assert near(slopes[k], by_differences(operator.pow, [x, y], k), value)


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 5, 0.5, 1.5, 2.0, np.float64(3), np.int64(2), fractions.Fraction(1, 3)])
def test_a_power_that_is_a_constant(n):
    x = 1.75
    value, (slope,) = derivatives(lambda x: x**n, x)
    assert float(value.mid()) == pytest.approx(x ** float(n))
    assert float(slope.mid()) == pytest.approx(float(n) * x ** (float(n) - 1))


def test_powers_of_negative_numbers_and_of_zero():
    assert derivatives(lambda x: x**3, -2) == (-8, [12])
    assert derivatives(lambda x: x**2.0, -2) == (4, [-4])
    assert derivatives(lambda x: x**2, 0) == (0, [0])
    assert derivatives(lambda x: x**1.5, 0) == (0, [0])
    assert derivatives(lambda x: x**0, 0) == (1, [0])


@pytest.mark.parametrize(
    "f", [operator.add, operator.sub, operator.mul, operator.truediv, operator.mod, operator.floordiv]
)
@pytest.mark.parametrize(
    "c", [3, 0.25, np.float64(1.5), np.int64(2), np.float32(0.5), True, fractions.Fraction(1, 4), np.array(2.5)]
)
def test_constants_on_either_side(f, c):
    """They get no node, and are what they are."""
    with recording(BITS) as tape:
        x = parameter(2.75)
        for result, expected in ((f(x, c), f(2.75, float(c))), (f(c, x), f(float(c), 2.75))):
            assert isinstance(result, Number)
            assert numbers.nearest(result) == pytest.approx(expected, rel=1e-15)
            assert result.node >= 0
            assert result.depends == (f is not operator.floordiv)
        nodes = len(tape.parents)
        assert number(c).node < 0
        assert (number(c) + 1).node < 0
        assert len(tape.parents) == nodes


@pytest.mark.parametrize("other", ["a", None, 1j, [1], {}])
def test_what_is_no_number_is_left_to_the_other(other):
    with recording(BITS):
        x = parameter(2)
        assert number(other) is None
        assert x != other
        for f in (operator.sub, operator.truediv, operator.pow, operator.lt):
            with pytest.raises(TypeError):
                f(x, other)


@EXAMPLES
@given(x=st.floats(-5, 5), places=st.integers(0, 2))
def test_steps(x, places):
    with recording(BITS):
        n = parameter(x)
        assert int(n) == int(x)
        assert round(n, places) == round(x, places)
        assert round(n) == round(x)
        assert numbers.nearest(n.rint()) == np.rint(x)
        assert numbers.nearest(n.floor()) == math.floor(x)
        assert numbers.nearest(n.ceil()) == math.ceil(x)
        assert numbers.nearest(n.trunc()) == math.trunc(x)
        assert not n.floor().depends
        for divisor in (0.7, -0.7):
            assert numbers.nearest(n % divisor) == pytest.approx(x % divisor, abs=1e-12)


@EXAMPLES
@given(x=st.one_of(reals, st.just(0.0)), y=st.one_of(reals, st.just(0.0)))
def test_comparisons(x, y):
    with recording(BITS) as tape:
        a, b = parameter(x), parameter(y)
        for f in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
            assert f(a, b) is f(a, y) is f(x, b) is f(x, y)
        assert bool(a) is bool(x)
        assert bool(tape.kinks) == (x in (y, 0))


def test_balls_that_straddle_are_undecided():
    with recording(BITS) as tape:
        third = parameter(arb(1) / 3)
        zero = third * 3 - 1
        for f in (operator.lt, operator.ge, operator.eq, max):
            with pytest.raises(Undecided):
                f(zero, 0)
        for step in (abs, bool, Number.floor, lambda x: (x + 0.5).rint()):
            with pytest.raises(Undecided):
                step(zero)
        assert not tape.kinks


def test_the_same_operations_give_equal_numbers():
    """A tie of two such is a kink, where it depends on a parameter."""
    with recording(BITS) as tape:
        a, b = (parameter(0.3).exp() for _ in range(2))
        assert a == b
        assert a.value != b.value or not a.value.is_exact()
        assert tape.kinks == {None}


def test_a_kink_has_the_position_of_what_is_happening():
    with recording(BITS) as tape:
        tape.position = 7
        assert not parameter(0) > 0
        assert tape.kinks == {7}


@pytest.mark.parametrize("compare", [operator.eq, operator.le, operator.gt, max])
def test_constants_that_are_equal_are_no_kink(compare):
    with recording(BITS) as tape:
        compare(number(1), 1.0)
        compare(exact(np.ones(2))[0], 1)
        assert not tape.kinks


def test_infinities():
    with recording(BITS) as tape:
        infinity, x = float("inf"), parameter(2)
        assert x < infinity
        assert x > -infinity
        assert number(infinity) == infinity
        masked = x - infinity
        assert masked == -infinity
        assert masked.exp().value == 0
        assert masked.logaddexp(x).value == 2
        assert not tape.kinks
        with pytest.raises(Inexact):
            assert masked - masked > 0


def test_the_slope_of_a_saturated_unit_has_all_its_digits():
    for name in ("tanh", "expit"):
        for x in (300.5, -300.5):
            _, (slope,) = derivatives(operator.methodcaller(name), x)
            assert slope > 0
            assert slope.rel_accuracy_bits() > BITS // 2 - 20


def test_nothing_is_rounded_to_float64_unseen():
    with recording(BITS):
        for convert in (float, math.exp, lambda x: np.zeros(1).__setitem__(0, x), lambda x: np.asarray([x], float)):
            with pytest.raises(Inexact):
                convert(parameter(0.5))


def test_arithmetic_with_arrays_is_by_entry():
    with recording(BITS):
        x, Z = parameter(0.5), exact(np.arange(6.0).reshape(2, 3))
        for f in (operator.add, operator.sub, operator.mul, operator.pow, operator.gt):
            assert numbers.floats(f(Z, x)).tolist() == f(np.arange(6.0).reshape(2, 3), 0.5).tolist()
            assert numbers.floats(f(x, Z)).tolist() == f(0.5, np.arange(6.0).reshape(2, 3)).tolist()
        assert numbers.floats(np.arange(6.0).reshape(2, 3) @ Z.T).shape == (2, 2)
        assert isinstance(np.float64(2) * x, Number)
        assert isinstance(x * np.float64(2), Number)
        Z += 1
        Z *= x
        assert numbers.is_exact(Z)


def test_a_network_has_the_gradient_that_differences_give():
    rng = np.random.default_rng(3)
    X, W = rng.standard_normal((5, 3)), rng.standard_normal((3, 2))

    def loss(X, W):
        Z = np.tanh(X @ W)
        return (np.exp(Z) / np.exp(Z).sum(1, keepdims=True) * np.maximum(Z, 0)).sum() / 5

    with recording(BITS) as tape:
        V = exact(W, depends=True)
        gradient = numbers.floats([[Number(x) for x in row] for row in adjoints(tape, loss(exact(X), V)).entries(V)])
    for ij in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[ij] = 1e-5
        assert gradient[ij] == pytest.approx((loss(X, W + step) - loss(X, W - step)) / 2e-5, rel=1e-7)


def test_entries_of_arrays_are_nodes_of_their_own():
    with recording(BITS) as tape:
        tape.event = 4
        Z = exact(np.ones((2, 2)), depends=True)
        assert sorted(x.node for x in Z.flat) == [0, 1, 2, 3]
        assert tape.owners == [4] * 4
        assert tape.parents == [()] * 4
        assert all(x.depends for x in Z.flat)
        assert (Z[0, 0] * Z[0, 1]).node == 4
        assert tape.parents[4] == (0, 1, 1, 1)
        data = exact(np.ones(2))
        assert not data[0].depends
        assert (data[0] * data[1]).node == 7
        assert tape.parents[7] == ()


def test_conversions():
    with recording(BITS):
        Z = np.array([Number(arb(1)), 2, 0.5, True], object)
        assert [type(x) for x in numbers.filled(Z)] == [Number] * 4
        assert numbers.is_exact(Z)
        assert not numbers.is_exact(np.ones(2))
        assert not numbers.is_exact([Z])
        assert numbers.filled(np.array([None, 1], object))[0] is None
        assert numbers.floats([[Z[0], 2]]).tolist() == [[1, 2]]
        assert numbers.nearest(Z[0]) == 1
        assert numbers.nearest("a") == "a"
        with pytest.raises(Inexact, match="str"):
            exact(np.array(["a"]))
        assert repr(number(0.1)) == "0.1"
        assert f"{number(0.1):.3f}" == "0.100"
        assert number(10**30).value == 10**30


def test_a_recording_ends():
    """The precision and the tape before come back, whatever happens."""
    before = flint.ctx.prec
    with pytest.raises(TypeError), recording(64) as inner:
        exact(np.ones(flint.ctx.prec))[0].hypot("a")
    assert flint.ctx.prec == before
    assert len(inner.parents) == 65
    parameter(1)
    assert len(inner.parents) == 65


def test_too_many_operations_end_it(monkeypatch):
    monkeypatch.setattr("fourfold.compare.exact.tape.LONGEST", 3)
    with recording(BITS), pytest.raises(TooLong):
        exact(np.ones(4))


def test_numbers_are_copied_and_kept_in_sets():
    with recording(BITS):
        x = parameter(0.5)
        assert copy.deepcopy({"W": np.array([x, x])})["W"][0].node == x.node
        assert {0.5: "half"}[x] == "half"
        assert len({*exact(np.array([1.0, 0.0, 1.0]))}) == 2
