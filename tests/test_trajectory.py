from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from fourfold.compare.cases import suites
from fourfold.compare.cases.case import DTYPES, draw_weights, make_case, two_layer_case
from fourfold.compare.judge import judgement, trajectory, truth
from fourfold.compare.mistakes import planted
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import asymmetric, path

PHI = {
    "identity": (lambda h: h, lambda a: 1),
    "sigmoid": (lambda h: 1 / (1 + (-h).exp()), lambda a: a * (1 - a)),
    "tanh": (lambda h: 1 - 2 / ((2 * h).exp() + 1), lambda a: 1 - a * a),
}
SMOOTH = tuple(PHI)


def by_hand(case, s, dtype, number, faster=0):
    """Losses of gradient descent in the arithmetic of `number`; the rate is larger by `faster` of itself."""
    phi, slope = PHI[case.activation]
    *data, W1s, W2s = case.cast(dtype)
    X, Y, W1, W2 = ([[number(float(z)) for z in row] for row in Z] for Z in (*data, W1s[s], W2s[s]))
    lr = number(float(np.dtype(dtype).type(case.lr))) * (1 + number(faster))
    n, inputs, hidden, outputs = (range(len(Z)) for Z in (X, W1, W2, W2[0]))
    losses = []
    for _ in range(case.steps):
        A = [[phi(sum(x[i] * W1[i][j] for i in inputs)) for j in hidden] for x in X]
        R = [[sum(a[j] * W2[j][k] for j in hidden) - y[k] for k in outputs] for a, y in zip(A, Y, strict=True)]
        losses.append(sum(r * r for row in R for r in row) / (2 * len(X)))
        back = [[sum(R[m][k] * W2[j][k] for k in outputs) * slope(A[m][j]) for j in hidden] for m in n]
        W2 = [[W2[j][k] - lr * sum(A[m][j] * R[m][k] for m in n) / len(X) for k in outputs] for j in hidden]
        W1 = [[W1[i][j] - lr * sum(X[m][i] * back[m][j] for m in n) / len(X) for j in hidden] for i in inputs]
    return losses


def outside(curve, losses, number):
    """How many of the losses are farther from the curve than its radius; `losses` err by less than 1e-60."""
    known = zip(curve.L, curve.L_rest, curve.radius, losses, strict=True)
    return sum(abs(number(high) + number(low) - L) > number(radius) for high, low, radius, L in known)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("activation", "number", "steps"), [("identity", Fraction, 5), ("sigmoid", Decimal, 40), ("tanh", Decimal, 40)]
)
def test_the_enclosure_holds_the_exact_losses_and_no_others(activation, number, steps, dtype):
    case = asymmetric(activation, steps=steps)
    curve = trajectory.proved(case, 1, dtype)
    assert curve.radius.max() < 1e-30
    with localcontext(prec=90):
        assert outside(curve, by_hand(case, 1, dtype, number), number) == 0
        assert outside(curve, by_hand(case, 1, dtype, number, number("1e-27")), number) > steps / 2


@pytest.mark.parametrize("activation", SMOOTH)
def test_the_radius_holds_the_exact_weights_and_losses(activation, monkeypatch):
    """At so few bits that it can be seen: against balls fed into the next step."""
    monkeypatch.setattr(trajectory.truth, "BALL_BITS", 40)
    monkeypatch.setattr(trajectory, "SUFFICIENT", trajectory.NEAR)
    case = make_case("xor", activation, 1.0, 150, 3, range(1))
    curve = trajectory.proved(case, 0, "float64")
    exact1, exact2, L = plain_balls(case, 1000)
    error = np.sqrt(((curve.W1 - exact1) ** 2).sum(axis=(1, 2)) + ((curve.W2 - exact2) ** 2).sum(axis=(1, 2)))
    assert curve.bits == 40
    assert error[-1] > 1e-13  # far beyond float64's rounding: something is being tested
    assert (error <= curve.distance + 1e-15).all()
    assert curve.distance[-1] < 1e-3
    assert (np.abs(curve.L - L) <= curve.radius + 1e-15).all()


def plain_balls(case, bits):
    """The weights before every step and the loss there, each narrower than float64's rounding."""
    X, Y, W1, W2 = (truth.widen(Z, truth.BALL) for Z in (case.X, case.Y, case.W1[0], case.W2[0]))
    weights = []
    with truth.precision(bits):
        for _ in range(case.steps):
            assert max(float(w.rad()) for w in W1.ravel().tolist()) < 1e-20
            q = truth.evaluate(X, Y, truth.Network((W1, W2), (None, None), (case.activation, "identity")), bits)
            weights.append((truth.narrow(W1), truth.narrow(W2), float(q["L"].mid())))
            W1, W2 = W1 - case.lr * q["dL_dW1"], W2 - case.lr * q["dL_dW2"]
    return (np.array(Z) for Z in zip(*weights, strict=True))


networks = st.fixed_dictionaries(
    {
        "widths": st.tuples(*[st.integers(1, 4)] * 3),
        "samples": st.integers(1, 5),
        "activation": st.sampled_from(SMOOTH),
        "lr": st.floats(0.01, 0.5),
        "seed": st.integers(0, 2**32 - 1),
    }
)


def random_case(widths, samples, activation, lr, seed):
    rng = np.random.default_rng(seed)
    X, Y = rng.standard_normal((samples, widths[0])), rng.standard_normal((samples, widths[2]))
    W1, W2 = draw_weights(range(seed, seed + 1), widths)
    return two_layer_case("random", X, Y, W1, W2, activation, lr, 60, range(seed, seed + 1))


@settings(max_examples=40, deadline=None)
@given(network=networks)
def test_derivatives_are_complex_step_derivatives_and_their_limits_hold_nearby(network):
    case = random_case(**network)
    p, rng = judgement.problem(case, "float64"), np.random.default_rng(network["seed"])
    W1, W2 = case.W1, case.W2
    gradient, hessian, *_ = trajectory.hessians(p, W1, W2)
    w, split = np.concatenate([W1.ravel(), W2.ravel()]), W1.size
    shaped = lambda w: (w[None, :split].reshape(W1.shape), w[None, split:].reshape(W2.shape))

    def g(w):
        phi = (case.activation, "identity")
        q = truth.evaluate(case.X.astype(w.dtype), case.Y, truth.Network(shaped(w), (None, None), phi))
        return np.concatenate([q["dL_dW1"].ravel(), q["dL_dW2"].ravel()])

    columns = [np.imag(g(w + 1e-100j * unit)) / 1e-100 for unit in np.eye(len(w))]
    scale = abs(hessian).max() + 1e-3
    assert gradient[0] == pytest.approx(g(w), abs=1e-12 * scale)
    assert hessian[0] == pytest.approx(np.array(columns), abs=1e-12 * scale)

    bends = trajectory.derivatives(p, W1, W2)
    norm = lambda A: np.linalg.norm(A, 2)
    assert norm(np.eye(len(w)) - p.lr * hessian[0]) <= bends.kappa[0]
    away = rng.standard_normal(len(w))
    away *= trajectory.NEAR / np.linalg.norm(away)
    there, hessian_there, *_ = trajectory.hessians(p, *shaped(w + away))
    assert norm(there) <= bends.first[0]
    assert norm(hessian_there[0]) <= bends.second[0]
    assert norm(hessian_there[0] - hessian[0]) <= bends.third[0] * trajectory.NEAR


def distances(case, dtype, column=numpy_impl, s=0):
    """A column's distance from the proved curve at every step, and its limit there."""
    curve = trajectory.proved(case, s, dtype)
    one = case._replace(weights=(case.W1[s], case.W2[s]))
    W1, W2, L = path(column, one, dtype)
    steps, before = (
        np.arange(case.steps),
        [np.concatenate([w[None], Z[:-1]]) for w, Z in zip(one.cast(dtype)[2:], (W1, W2), strict=True)],
    )
    within = trajectory.apart(curve, steps, *before)
    limit = trajectory.limits(case, curve, dtype, steps, within)
    return np.abs((L.astype(float) - curve.L) - curve.L_rest), limit


@settings(max_examples=30, deadline=None)
@given(network=networks, dtype=st.sampled_from(DTYPES))
def test_rounding_never_carries_a_loss_beyond_its_limit(network, dtype):
    case = random_case(**network)
    try:
        found, limit = distances(case, dtype)
    except trajectory.NotProved:  # large data at a high rate
        reject()
    assert (found <= limit).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", SMOOTH)
def test_the_limit_is_of_the_size_of_rounding(activation, dtype):
    case = make_case("xor", activation, 0.1, 600, 3, range(3, 4))
    found, limit = distances(case, dtype)
    assert (found <= limit).all()
    assert limit.max() < 1e3 * np.finfo(dtype).eps
    assert np.median(limit[found > 0] / found[found > 0]) < 1e3


@pytest.mark.parametrize("activation", SMOOTH)
def test_the_worst_rounding_reaches_the_limit(activation):
    """Every step errs by its whole limit, in the direction that carries the last loss farthest."""
    case = make_case("xor", activation, 0.1, 200, 3, range(3, 4))
    p, curve, last = judgement.problem(case, "float32"), trajectory.proved(case, 0, "float32"), case.steps - 1
    (limit,) = trajectory.limits(case, curve, "float32", np.array([last]))
    E_L, delta = trajectory._rounding(p, curve)
    gradient, hessian, *_ = trajectory.hessians(p, curve.W1, curve.W2)
    adjoint = {last: gradient[last]}
    for s in range(last - 1, 0, -1):
        adjoint[s] = adjoint[s + 1] - p.lr * hessian[s + 1] @ adjoint[s + 1]
    reached = []
    for sign in (-1, 1):
        W1, W2 = curve.W1[:1], curve.W2[:1]
        for s in range(last):
            g, *_ = trajectory.hessians(p, W1, W2)
            change = sign * delta[s] * np.sign(adjoint[s + 1]) - p.lr * g[0]
            W1, W2 = W1 + change[: W1.size].reshape(W1.shape), W2 + change[W1.size :].reshape(W2.shape)
        *_, R = trajectory.hessians(p, W1, W2)
        reached.append(abs((R**2).sum() / (2 * len(p.X)) - curve.L[last]) + E_L[last])
    assert 0.8 * limit < max(reached) <= limit


@pytest.mark.parametrize(
    "fault",
    [
        "one step skipped",
        "momentum",
        "float32 leak in storage",
        "weight decay of 1e-9",
        "rate in float32",
        "factor 2 left over",
    ],
)
def test_a_fault_carries_a_loss_beyond_the_limit(fault):
    case = make_case("xor", "sigmoid", 0.1, 300, 3, range(1))
    curve = trajectory.proved(case, 0, "float64")
    *_, L = path(planted.load("numpy", fault), case, "float64")
    limit = trajectory.limits(case, curve, "float64", np.arange(case.steps))
    assert (np.abs((L[:, 0] - curve.L) - curve.L_rest) > limit).any()


def test_float32_is_bounded_for_long_once_its_weights_are_known():
    case = make_case("xor", "tanh", 0.1, 4000, 3, range(1))
    curve, at = trajectory.proved(case, 0, "float32"), np.array([3999])
    assert trajectory.limits(case, curve, "float32", at) == np.inf
    within = np.where(np.arange(case.steps) % 100 == 99, 2e-5, np.inf)
    assert trajectory.limits(case, curve, "float32", at, within) < 1e-8


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (make_case("xor", "relu", 0.1, 10, 3, range(1)), "relu is not smooth"),
        (make_case("xor", "identity", 100.0, 100, 3, range(1)), "diverges"),
        (make_case("xor", "tanh", 1e30, 100, 3, range(1)), "bits are not enough|diverges|leaves the range"),
        (make_case("xor", "tanh", 0.1, 10**7, 3, range(1)), "would take minutes"),
        (make_case("xor", "tanh", 0.1, 10, 10**4, range(1)), "would take minutes"),
    ],
)
def test_what_cannot_be_proved_is_said(case, reason):
    with pytest.raises(trajectory.NotProved, match=reason):
        trajectory.proved(case, 0, "float64")


def test_no_numbers_and_too_few_bits_prove_nothing(monkeypatch):
    table = {entry.name: entry for entry in suites.TABLE}
    with pytest.raises(trajectory.NotProved, match="not finite"):
        trajectory.proved(suites.build(table["nan-in-data"]), 0, "float64")
    monkeypatch.setattr(trajectory, "MOST_BITS", 300)
    with pytest.raises(trajectory.NotProved, match="300 bits are not enough for 1,000 steps"):
        trajectory.proved(suites.build(table["rate-1.5"]), 0, "float64")
