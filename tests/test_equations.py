"""E6 to E19 in numbers: both sides of every equation are equal in every column, and what breaks one is found in it.

What a column gives is known to be within its limit of the exact value at the weights it was given (judge/bounds.py). As
a ball of that radius it encloses the exact value, and a side computed from balls encloses the exact side. Where an
equation is right, and so is the column, both sides enclose the same number: they must overlap, entry by entry. No
tolerance is chosen, and the formulas of judge/truth.py are not used for either side.
"""

from types import SimpleNamespace

import flint
import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.columns import calls, questions
from fourfold.compare.judge import form, judgement, truth
from fourfold.compare.judge.quantities import shown
from fourfold.compare.lesson.examinee import DTYPE, Examinee
from fourfold.compare.lesson.exercises import jacobians
from tests.conftest import each_column
from tests.lessons import InProcess
from tests.test_exercises import plant  # noqa: F401

ZERO = flint.arb(0)


def e6(q):
    """∂L/∂h = ∂L/∂a · ∂a/∂h"""
    return q.dL_dH.ravel(), q.dL_dA.ravel() * np.diag(q.J.dA_dH)


def e7(q):
    """∂L/∂aᵢ = Σⱼ ∂L/∂ŷⱼ · ∂ŷⱼ/∂aᵢ: every ŷ may depend on every a"""
    sums = np.full(q.A.size, ZERO)
    for i, j in np.ndindex(q.A.size, q.Y.size):
        sums[i] += q.J.dL_dY_hat[0, j] * q.J.dY_hat_dA[j, i]
    return q.dL_dA.ravel(), sums


def e8(q):
    """J_ŷ(L) = (∇_ŷ L)ᵀ"""
    return q.J.dL_dY_hat, q.dL_dY_hat.reshape(1, -1)


def e9(q):
    """∂L/∂W1 = J_ŷ(L) · J_a(ŷ) · J_h(a) · J_W1(h)"""
    return q.dL_dW1.reshape(1, -1), q.J.dL_dY_hat @ q.J.dY_hat_dA @ q.J.dA_dH @ q.J.dH_dW1


def e10(q):
    """∂L/∂ŷᵢ = (ŷᵢ − yᵢ)/N"""
    return q.dL_dY_hat, (q.Y_hat - q.Y) / q.N


def e11(q):
    """ŷᵢ = Σⱼ aᵢⱼ w2ⱼ"""
    sums = np.full(q.Y.shape, ZERO)
    for k, m, j in np.ndindex(*q.Y.shape, q.d_hidden):
        sums[k, m] += q.A[k, j] * q.W2[j, m]
    return q.Y_hat, sums


def e12(q):
    """J_W2(ŷ) = A, an output at a time"""
    right = np.full(q.J.dY_hat_dW2.shape, ZERO)
    for k, j, m in np.ndindex(q.N, q.d_hidden, q.d_out):
        right[k * q.d_out + m, j * q.d_out + m] = q.A[k, j]
    return q.J.dY_hat_dW2, right


def e13(q):
    """∂L/∂W2 = 1/N [ŷ₁−y₁ … ŷ_N−y_N] · A"""
    return q.dL_dW2.T, (q.Y_hat - q.Y).T @ q.A / q.N


def e14(q):
    """∂L/∂w_ij = ∂L/∂ŷ · ∂ŷ/∂A · ∂A/∂H · ∂H/∂w_ij, a sample k at a time: of every Jacobian its entries"""
    sums = np.full(q.W1.shape, ZERO)
    for i, j, k, m in np.ndindex(*q.W1.shape, q.N, q.d_out):
        y, h = k * q.d_out + m, k * q.d_hidden + j
        sums[i, j] += q.J.dL_dY_hat[0, y] * q.J.dY_hat_dA[y, h] * q.J.dA_dH[h, h] * q.J.dH_dW1[h, i * q.d_hidden + j]
    return q.dL_dW1, sums


def e15(q):
    """∂ŷₖ/∂a = W2ᵀ, and zero between samples"""
    right = np.full(q.J.dY_hat_dA.shape, ZERO)
    for k, m, j in np.ndindex(q.N, q.d_out, q.d_hidden):
        right[k * q.d_out + m, k * q.d_hidden + j] = q.W2[j, m]
    return q.J.dY_hat_dA, right


def e16(q):
    """∂a/∂h = diag[σ'(h₁) … σ'(h_H)], and zero between samples"""
    right = np.full(q.J.dA_dH.shape, ZERO)
    for n, slope in enumerate(q.slope.ravel()):
        right[n, n] = slope
    return q.J.dA_dH, right


def e17(q):
    """∂h_kl/∂w_ij = x_ki where l = j, else 0"""
    right = np.full(q.J.dH_dW1.shape, ZERO)
    for k, i, j in np.ndindex(q.N, *q.W1.shape):
        right[k * q.d_hidden + j, i * q.d_hidden + j] = q.X[k, i]
    return q.J.dH_dW1, right


def e18(q):
    """∂ŷₖ/∂w_ij = w2ⱼ σ'(h_kj) x_ki"""
    right = np.full((q.Y.size, q.W1.size), ZERO)
    for k, m, i, j in np.ndindex(q.N, q.d_out, *q.W1.shape):
        right[k * q.d_out + m, i * q.d_hidden + j] = q.W2[j, m] * q.slope[k, j] * q.X[k, i]
    return q.J.dY_hat_dA @ q.J.dA_dH @ q.J.dH_dW1, right


def e19(q):
    """∂L/∂w_ij = 1/N Σₖ (ŷₖ − yₖ) w2ⱼ σ'(h_kj) x_ki"""
    sums = np.full(q.W1.shape, ZERO)
    for i, j, k, m in np.ndindex(*q.W1.shape, q.N, q.d_out):
        sums[i, j] += (q.Y_hat[k, m] - q.Y[k, m]) * q.W2[j, m] * q.slope[k, j] * q.X[k, i]
    return q.dL_dW1, sums / q.N


EQUATIONS = {
    6: e6, 7: e7, 8: e8, 9: e9, 10: e10, 11: e11, 12: e12, 13: e13, 14: e14, 15: e15, 16: e16, 17: e17, 18: e18, 19: e19
}  # fmt: skip


def knowledge(name, case, n):
    """X, Y, W1, W2, the trace of seed n and, as J, the Jacobians of a column: arrays of balls; sizes; slope from H."""
    column, p = Examinee(name, InProcess()), judgement.problem(case, DTYPE)
    weights = [W[n] for W in case.cast(DTYPE)[2:]]
    question = questions.about(p, "trace", weights)
    trace, (J, _) = column.ask(question), column.call(calls.chain_rule, question)
    _, limits, _ = judgement.exact_values(weights, p)
    _, limits_of_jacobians = jacobians.exact_and_limits(weights, p)
    column.check_form(form.malformed_trace(trace, weights, p))
    column.check_form(jacobians.malformed(J, limits_of_jacobians, p))
    q = SimpleNamespace(N=len(p.X), d_hidden=len(weights[1]), d_out=p.Y.shape[1], J=SimpleNamespace())
    for quantity, Z in trace.items():
        setattr(q, shown(quantity, p.row), balls(Z, limits[quantity]))
    for quantity, Z in J.items():
        setattr(q.J, quantity, balls(Z, limits_of_jacobians[quantity]))
    for quantity, Z in zip(("X", "Y", "W1", "W2"), (p.X, p.Y, *weights), strict=True):
        setattr(q, quantity, truth.widen(Z, truth.BALL))
    sigma, slope_from = truth.ACTIVATIONS[case.activation]
    q.slope = truth.widen(slope_from(sigma(q.H)), truth.BALL)
    return q


balls = np.frompyfunc(lambda value, limit: flint.arb(float(value), float(limit)), 2, 1)


def distance(left, right):
    """The largest distance of two balls' middles as a share of both radii: 0 where they are one, infinite for NaN."""
    return max(map(_distance, left.ravel(), right.ravel()))


def _distance(left, right):
    if not (left.is_finite() and right.is_finite()):
        return np.inf
    apart, radii = float(abs(left.mid() - right.mid())), float(left.rad()) + float(right.rad())
    return 0.0 if apart == 0 else apart / radii if radii else np.inf


def checked(name="numpy", seeds=range(1)):
    """{equation's number: how many entries of both sides were compared}, and those that do not overlap in a column."""
    entries, broken = dict.fromkeys(EQUATIONS, 0), set()
    for case in jacobians.cases(seeds):
        for n in range(len(seeds)):
            q = knowledge(name, case, n)
            for number, sides in EQUATIONS.items():
                left, right = sides(q)
                assert left.shape == right.shape
                entries[number] += left.size
                if not distance(left, right) <= 1:
                    broken.add(number)
    return entries, broken


@pytest.mark.parametrize("name", each_column(impls.ROWS["chain_rule"]))
def test_every_equation_holds_in_every_column_and_none_is_left_out(name):
    entries, broken = checked(name)
    assert [*entries] == list(range(6, 20))
    assert broken == set()
    assert min(entries.values()) > 20


@pytest.mark.parametrize(
    ("row", "right", "planted", "equations_broken"),
    [
        ("two_layer", "dL_dY_hat = R / N", "dL_dY_hat = R", {7, 8, 9, 10, 13, 14, 19}),
        ("two_layer", "dL_dW2 = A.mT @ dL_dY_hat", "dL_dW2 = A.mT @ dL_dY_hat * (1 + 1e-13)", {13}),
        ("two_layer", "dL_dW1 = X.mT @ dL_dH", "dL_dW1 = abs(X.mT) @ dL_dH", {9, 14, 19}),
        ("two_layer", "dL_dH = dL_dA * sigma_prime(A)", "dL_dH = dL_dA", {6, 9, 14, 19}),
        ("two_layer", "Y_hat = A @ W2", "Y_hat = A @ W2 + 1e-9", {11}),
        ("chain_rule", "np.diag(sigma_prime(A).ravel())", "np.diag(A.ravel())", {6, 9, 14, 16, 18}),
        ("chain_rule", "np.kron(A, np.eye(d_out", "np.kron(A * (1 + 1e-14), np.eye(d_out", {12}),
        ("chain_rule", "np.kron(X, ", "np.kron(2 * X, ", {9, 14, 17, 18}),
        ("chain_rule", "W2.mT)", "W2.mT * (1 - 1e-16 * 9))", {15}),
    ],
)
def test_what_is_wrong_breaks_the_equations_it_is_in(plant, row, right, planted, equations_broken):  # noqa: F811
    plant(row, right, planted)
    _, broken = checked()
    assert equations_broken <= broken < set(EQUATIONS)
