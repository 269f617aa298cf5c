from itertools import pairwise

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.compare.judge import judgement, truth
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import asymmetric, named, trace


def network(case, wide, dtype="float64"):
    W = tuple(truth.widen(w.astype(dtype), wide) for w in (case.W1, case.W2))
    return (
        truth.widen(case.X, wide),
        truth.widen(case.Y, wide),
        truth.Network(W, (None, None), (case.activation, "identity")),
    )


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
def test_long_double_and_balls_tell_the_same_truth(activation):
    case = asymmetric(activation)
    wide = truth.wide_dtype("float64")
    by_wide, by_ball = (truth.evaluate(*network(case, w)) for w in (wide, truth.BALL))
    for name in by_ball.keys() - {"slope1", "slope2"}:
        rounded = np.vectorize(lambda x: np.longdouble(flint.arb(x).str(25, radius=False)))(by_ball[name])
        assert abs(by_wide[name] - rounded) == pytest.approx(0, abs=1e-16), name


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
def test_a_platform_without_long_double_comes_to_the_same_verdict(activation):
    case = asymmetric(activation)
    found = trace(numpy_impl, case, "float64")
    wrong = found._replace(dL_dW1=found.dL_dW1 * (1 + 1e-12))
    for wide in (truth.wide_dtype("float64"), truth.BALL):
        p = judgement.problem(case, "float64", wide)
        assert judgement.first_wrong(judgement.judge_trace(named(found), (case.W1, case.W2), p)) is None
        assert (
            judgement.first_wrong(judgement.judge_trace(named(wrong), (case.W1, case.W2), p)).judged.quantity
            == "dL_dW1"
        )


def test_balls_are_chosen_where_long_double_is_no_wider(monkeypatch):
    monkeypatch.setattr(np, "longdouble", np.float64)
    assert truth.wide_dtype("float64") == truth.BALL
    assert truth.wide_dtype("float32") == np.float64


def test_a_network_small_enough_to_do_by_hand():
    """One sample x = 1, y = 1, weights ln 3 and 2: h = ln 3, a = 3/4, ŷ = 3/2, r = 1/2."""
    wide = np.dtype(np.longdouble)
    ln3 = np.log(np.longdouble(3))
    W = (np.array([[ln3]]), np.array([[np.longdouble(2)]]))
    one = np.ones((1, 1), wide)
    q = truth.evaluate(one, one, truth.Network(W, (None, None), ("sigmoid", "identity")))
    hand = {"A1": 3 / 4, "Y_hat": 3 / 2, "R": 1 / 2, "L": 1 / 8, "dL_dY_hat": 1 / 2, "dL_dW2": 3 / 8, "dL_dA1": 1}
    hand |= {"dL_dH1": 3 / 16, "dL_dW1": 3 / 16}
    for name, value in hand.items():
        assert float(np.squeeze(q[name])) == pytest.approx(value, abs=1e-18), name


def test_the_relu_network_that_solves_xor():
    """Goodfellow, Bengio and Courville, Deep Learning, section 6.1: loss 0 and all gradients 0."""
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    Y = np.array([[0], [1], [1], [0]], float)
    W, b = (np.ones((2, 2)), np.array([[1.0], [-2.0]])), (np.array([[0.0, -1.0]]), np.zeros((1, 1)))
    q = truth.evaluate(X, Y, truth.Network(W, b, ("relu", "identity")))
    assert (q["Y_hat"] == Y).all()
    assert all((q[name] == 0).all() for name in q if name.startswith("dL") or name == "L")
    assert {"dL_db1", "dL_db2"} <= set(q)


@settings(max_examples=60, deadline=None)
@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=5),
    samples=st.integers(1, 5),
    bias=st.booleans(),
    activation=st.sampled_from(["sigmoid", "tanh", "identity"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradients_of_any_depth_are_complex_step_derivatives(widths, samples, bias, activation, seed):
    rng = np.random.default_rng(seed)
    layers = list(pairwise(widths))
    W = [rng.standard_normal(s) for s in layers]
    b = [rng.standard_normal((1, s[1])) if bias else None for s in layers]
    X, Y = rng.standard_normal((samples, widths[0])), rng.standard_normal((samples, widths[-1]))
    phi = (activation,) * len(W)
    q = truth.evaluate(X, Y, truth.Network(tuple(W), tuple(b), phi))
    for k, (w, c) in enumerate(zip(W, b, strict=True)):
        for name, Z, where in ((f"dL_dW{k + 1}", w, W), (f"dL_db{k + 1}", c, b)):
            if Z is None:
                continue
            ij = tuple(rng.integers(s) for s in Z.shape)
            moved = Z.astype(complex)
            moved[ij] += 1e-200j
            changed = [moved if z is Z else z for z in where]
            both = (changed, b) if where is W else (W, changed)
            L = truth.evaluate(X.astype(complex), Y, truth.Network(*map(tuple, both), phi))["L"]
            assert q[name][ij] == pytest.approx(L.imag / 1e-200, rel=1e-11, abs=1e-13), name


@pytest.mark.parametrize("number", [np.float32, np.longdouble])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
def test_numbers_stay_what_they_are(activation, number):
    case = asymmetric(activation)
    numbers = {Z.dtype for Z in truth.evaluate(*network(case, np.dtype(number))).values() if Z.dtype != np.int8}
    assert numbers == {np.dtype(number)}


def test_every_layer_has_an_activation():
    one = np.ones((1, 1))
    with pytest.raises(ValueError, match="zip"):
        truth.evaluate(one, one, truth.Network((one, one), (None, None), ("tanh",)))


def test_what_is_computed_from_a_columns_own_numbers():
    """Each quantity by its own formula from any numbers whatever; what the column does not have is exact."""
    rng = np.random.default_rng(5)
    X, Y = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    W1, W2, b1, b2 = (rng.standard_normal(shape) for shape in ((3, 5), (5, 2), (1, 5), (1, 2)))
    network = truth.Network((W1, W2), (b1, b2), ("tanh", "sigmoid"))
    exact = truth.evaluate(X, Y, network)
    own = {name: rng.standard_normal(Z.shape) for name, Z in exact.items() if "slope" not in name}
    H1, A1, H2, Y_hat, R, dL_dY_hat, dL_dH2, dL_dA1, dL_dH1 = (
        own[name] for name in ("H1", "A1", "H2", "Y_hat", "R", "dL_dY_hat", "dL_dH2", "dL_dA1", "dL_dH1")
    )
    s = 1 / (1 + np.exp(-H2))
    expected = {"H1": X @ W1 + b1, "A1": np.tanh(H1), "H2": A1 @ W2 + b2, "Y_hat": s, "R": Y_hat - Y,
                "L": (R**2).sum() / 8, "dL_dY_hat": R / 4, "dL_dH2": dL_dY_hat * s * (1 - s), "dL_dW2": A1.T @ dL_dH2,
                "dL_db2": dL_dH2.sum(axis=0, keepdims=True), "dL_dA1": dL_dH2 @ W2.T,
                "dL_dH1": dL_dA1 * (1 - np.tanh(H1) ** 2), "dL_dW1": X.T @ dL_dH1,
                "dL_db1": dL_dH1.sum(axis=0, keepdims=True)}  # fmt: skip
    found = truth.evaluate(X, Y, network, own=own)
    assert found.keys() == expected.keys() | {"slope1", "slope2"}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-13, atol=1e-15, err_msg=name)
    some = truth.evaluate(X, Y, network, own={"A1": A1})
    np.testing.assert_array_equal(some["H2"], found["H2"])
    np.testing.assert_array_equal(some["H1"], exact["H1"])
    np.testing.assert_allclose(some["Y_hat"], 1 / (1 + np.exp(-some["H2"])))
    ball = lambda Z: truth.widen(Z, truth.BALL)
    balls = truth.Network(tuple(map(ball, (W1, W2))), tuple(map(ball, (b1, b2))), network.activations)
    in_balls = truth.evaluate(ball(X), ball(Y), balls, 300, {name: ball(Z) for name, Z in own.items()})
    for name, value in expected.items():
        np.testing.assert_allclose(truth.narrow(np.asarray(in_balls[name])), value, rtol=1e-13, atol=1e-15)
