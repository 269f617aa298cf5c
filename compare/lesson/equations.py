"""E6 to E19 in numbers: both sides of every equation, from what a column computes, in ball arithmetic.

What a column gives is known to be within its limit of the exact value at the weights it was given (bounds.py). As a
ball of that radius it encloses the exact value, and a side computed from balls encloses the exact side. Where an
equation is right, and so is the column, both sides enclose the same number: they must overlap, entry by entry. No
tolerance is chosen, and the formulas of truth.py are not used for either side.
"""

from collections.abc import Callable
from itertools import product
from types import SimpleNamespace
from typing import NamedTuple

import flint
import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, draw_weights, make_case, two_layer_case
from fourfold.compare.columns import calls
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement, truth
from fourfold.compare.judge.quantities import TRUTH_NAMES
from fourfold.impls.model import Jacobians, Trace

DTYPE = "float64"


class Equation(NamedTuple):
    number: int
    left: str  # what stands there
    right: str
    sides: Callable  # (what a column knows) -> both, as arrays of balls of one shape


class Check(NamedTuple):
    """One equation in one column, over all cases and seeds."""

    entries: int  # compared
    ratio: float  # largest distance of the middles as a share of both radii; above 1 the sides do not overlap

    def holds(self):
        return self.ratio <= 1


def _array(shape, entry):
    """The array with entry(*index) at every index."""
    Z = np.empty(shape, object)
    for index in np.ndindex(*shape):
        Z[index] = entry(*index)
    return Z


def _diagonal(q, d, entry):
    """The matrix of (N d[0]) x (N d[1]) with entry(k, i, j) for i, j of sample k, and zeros between samples."""
    m, n = d
    zero = flint.arb(0)
    return _array((q.N * m, q.N * n), lambda r, c: entry(r // m, r % m, c % n) if r // m == c // n else zero)


def _e7(q):
    """z = L, y = Ŷ, x = A: every ŷ may depend on every a."""
    terms = lambda x: (q.J.dL_dY_hat[0, y] * q.J.dY_hat_dA[y, x] for y in range(q.Y.size))
    return q.dL_dA.ravel(), _array((q.A.size,), lambda x: sum(terms(x)))


def _e12(q):
    d_hidden, d_out = q.W2.shape
    zero = flint.arb(0)
    entry = lambda r, c: q.A[r // d_out, c // d_out] if r % d_out == c % d_out else zero
    return q.J.dY_hat_dW2, _array((q.N * d_out, d_hidden * d_out), entry)


def _e14(q):
    """One sample k at a time: of every Jacobian, the entries of that sample."""
    (_, d_hidden), d_out, J = q.W1.shape, q.W2.shape[1], q.J

    def entry(i, j):
        terms = (
            J.dL_dY_hat[0, k * d_out + m]
            * J.dY_hat_dA[k * d_out + m, k * d_hidden + j]
            * J.dA_dH[k * d_hidden + j, k * d_hidden + j]
            * J.dH_dW1[k * d_hidden + j, i * d_hidden + j]
            for k, m in product(range(q.N), range(d_out))
        )
        return sum(terms)

    return q.dL_dW1, _array(q.W1.shape, entry)


def _e17(q):
    d_in, d_hidden = q.W1.shape
    zero = flint.arb(0)
    entry = lambda r, c: q.X[r // d_hidden, c // d_hidden] if r % d_hidden == c % d_hidden else zero
    return q.J.dH_dW1, _array((q.N * d_hidden, d_in * d_hidden), entry)


def _e18(q):
    (d_in, d_hidden), d_out = q.W1.shape, q.W2.shape[1]

    def entry(r, c):
        (k, m), (i, j) = divmod(r, d_out), divmod(c, d_hidden)
        return q.W2[j, m] * q.slope[k, j] * q.X[k, i]

    return q.J.dY_hat_dA @ q.J.dA_dH @ q.J.dH_dW1, _array((q.N * d_out, d_in * d_hidden), entry)


def _e19(q):
    def entry(i, j):
        of = product(range(q.N), range(q.W2.shape[1]))
        return sum((q.Y_hat[k, m] - q.Y[k, m]) * q.W2[j, m] * q.slope[k, j] * q.X[k, i] for k, m in of) / q.N

    return q.dL_dW1, _array(q.W1.shape, entry)


EQUATIONS = (
    Equation(6, "∂L/∂h", "∂L/∂a · ∂a/∂h", lambda q: (q.dL_dH.ravel(), q.dL_dA.ravel() * np.diag(q.J.dA_dH))),
    Equation(7, "∂L/∂aᵢ", "Σⱼ ∂L/∂ŷⱼ · ∂ŷⱼ/∂aᵢ", _e7),
    Equation(8, "J_ŷ(L)", "(∇_ŷ L)ᵀ", lambda q: (q.J.dL_dY_hat, q.dL_dY_hat.reshape(1, -1))),
    Equation(
        9,
        "∂L/∂W1",
        "J_ŷ(L) · J_a(ŷ) · J_h(a) · J_W1(h)",
        lambda q: (q.dL_dW1.reshape(1, -1), q.J.dL_dY_hat @ q.J.dY_hat_dA @ q.J.dA_dH @ q.J.dH_dW1),
    ),
    Equation(10, "∂L/∂ŷᵢ", "(ŷᵢ − yᵢ)/N", lambda q: (q.dL_dY_hat, (q.Y_hat - q.Y) / q.N)),
    Equation(
        11,
        "ŷᵢ",
        "Σⱼ aᵢⱼ w2ⱼ",
        lambda q: (
            q.Y_hat,
            _array(q.Y.shape, lambda k, m: sum(q.A[k, j] * q.W2[j, m] for j in range(len(q.W2)))),
        ),
    ),
    Equation(12, "J_W2(ŷ)", "A", _e12),
    Equation(
        13,
        "∂L/∂W2",
        "1/N [ŷ₁−y₁ … ŷ_N−y_N] · A",
        lambda q: (q.dL_dW2.T, (q.Y_hat - q.Y).T @ q.A / q.N),
    ),
    Equation(14, "∂L/∂w_ij", "∂L/∂ŷ · ∂ŷ/∂A · ∂A/∂H · ∂H/∂w_ij", _e14),
    Equation(15, "∂ŷₖ/∂a", "W2ᵀ", lambda q: (q.J.dY_hat_dA, _diagonal(q, q.W2.T.shape, lambda k, m, j: q.W2[j, m]))),
    Equation(
        16,
        "∂a/∂h",
        "diag[σ'(h₁) … σ'(h_H)]",
        lambda q: (
            q.J.dA_dH,
            _diagonal(q, (len(q.W2),) * 2, lambda k, i, j: q.slope[k, i] if i == j else flint.arb(0)),
        ),
    ),
    Equation(17, "∂h_kl/∂w_ij", "x_ki where l = j, else 0", _e17),
    Equation(18, "∂ŷₖ/∂w_ij", "w2ⱼ σ'(h_kj) x_ki", _e18),
    Equation(19, "∂L/∂w_ij", "1/N Σₖ (ŷₖ − yₖ) w2ⱼ σ'(h_kj) x_ki", _e19),
)


def made(seeds):
    """The Cases: XOR, and networks of two outputs on data without zeros or symmetry, one an activation."""
    rng = np.random.default_rng(6)
    X, Y = rng.standard_normal((6, 4)), rng.standard_normal((6, 2))
    xor = make_case("xor", "sigmoid", 0.1, 1, 3, seeds)
    W1, W2 = draw_weights(seeds, (4, 3, 2))
    others = [two_layer_case(f"4-3-2 {name}", X, Y, W1, W2, name, 0.1, 1, seeds) for name in ACTIVATIONS]
    return [xor, *others]


def check(columns, seeds):
    """{column: {equation's number: Check}}, of `columns` as the exercises ask them. Raises ColumnError."""
    return columns.each(lambda name: _check(columns, name, seeds))


def _check(columns, name, seeds):
    found = {}
    for case in made(seeds):
        for n in range(len(seeds)):
            known = knowledge(columns.pool, name, case, n)
            for number, *_, sides in EQUATIONS:
                left, right = sides(known)
                entries, ratio = found.get(number, Check(0, 0.0))
                found[number] = Check(entries + left.size, max(ratio, distance(left, right)))
    return found


def knowledge(pool, name, case, n):
    """X, Y, W1, W2, the trace of seed n and, as J, the Jacobians of a column: arrays of balls; N; slope from H."""
    p, (X, Y, *weights) = judgement.problem(case, DTYPE), case.cast(DTYPE)
    weights = [W[n] for W in weights]
    T = pool.call(name, calls.trace, p.row, X, Y, weights, p.activations)
    J, _ = pool.call(name, calls.chain_rule, X, Y, weights, p.activations)
    _, E, _ = judgement.exact_values(weights, p)
    E_J = jacobian_limits(E, *case.widths()[1:])
    complaint = judgement.malformed_trace(T, weights, p) or malformed_jacobians(J, E_J)
    if complaint:
        raise ColumnError(f"{name}: {complaint}")
    q = {quantity: _balls(T[quantity], E[TRUTH_NAMES.get(quantity, quantity)]) for quantity in Trace._fields}
    given = {"X": X, "Y": Y, "W1": weights[0], "W2": weights[1]}
    exact = {quantity: truth.widen(Z, truth.BALL) for quantity, Z in given.items()}
    sigma, slope_of = truth.ACTIVATIONS[case.activation]
    slope = slope_of(sigma(q["H"]))
    slope = slope if slope.dtype == truth.BALL else truth.widen(slope, truth.BALL)
    balls = {quantity: _balls(Z, E_J[quantity]) for quantity, Z in J.items()}
    return SimpleNamespace(**q, **exact, N=len(Y), slope=slope, J=SimpleNamespace(**balls))


def jacobian_limits(E, d_hidden, d_out):
    """{name: (rows, columns)} of limits for the Jacobians, from those of the trace: weights and inputs are exact."""
    one, A, slope = np.eye, E["A1"], E["slope1"]
    N = len(A)
    d_in = E["dL_dW1"].shape[0]
    return Jacobians(
        E["dL_dY_hat"].reshape(1, -1),
        np.kron(A, one(d_out)),
        np.zeros((N * d_out, N * d_hidden)),
        np.diag(slope.ravel()),
        np.zeros((N * d_hidden, d_in * d_hidden)),
    )._asdict()


def exact_jacobians(q, p, weights):
    """{name: array}, in the numbers that judge: E12, E15, E16 and E17 with the exact A and σ'(H)."""
    wide = lambda Z: truth.widen(Z, p.wide)
    (N, d_out), d_hidden = p.Y.shape, len(weights[1])
    return Jacobians(
        q["dL_dY_hat"].reshape(1, -1),
        np.kron(q["A1"], wide(np.eye(d_out))),
        np.kron(wide(np.eye(N)), wide(weights[1]).T),
        np.diag(q["slope1"].ravel()),
        np.kron(wide(p.X), wide(np.eye(d_hidden))),
    )._asdict()


def malformed_jacobians(J, limits):
    found = (judgement.malformed(name, J[name], limit.shape, DTYPE) for name, limit in limits.items())
    return next(filter(None, found), None)


_balls = np.frompyfunc(lambda value, limit: flint.arb(float(value), float(limit)), 2, 1)


def distance(left, right):
    """The largest distance of two balls' middles as a share of both radii: 0 where they are one, infinite for NaN."""
    return max(map(_distance, left.ravel(), right.ravel()))


def _distance(left, right):
    if not (left.is_finite() and right.is_finite()):
        return np.inf
    apart, radii = float(abs(left.mid() - right.mid())), float(left.rad()) + float(right.rad())
    return 0.0 if apart == 0 else apart / radii if radii else np.inf


def table(found):
    """(headers, rows of cells): a row an equation, a column's cell its Check."""
    rows = [
        [f"E{e.number}", f"{e.left} = {e.right}", *(_cell(of[e.number]) for of in found.values())] for e in EQUATIONS
    ]
    return ["", "equation", *found], rows


def _cell(check):
    return f"{'✓' if check.holds() else '✗'} {min(check.ratio, 1e3):.2f}"
