"""Limits hold for every correct evaluation there is, and are not much wider than they must be."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, make_case, two_layer_case
from fourfold.compare.judge import bounds, form, judgement, truth
from fourfold.impls.two_layer import numpy_impl, numpy_loop_impl
from tests.conftest import asymmetric, named, path, trace

dtypes = pytest.mark.parametrize("dtype", DTYPES)


def random_case(seed, sizes, activation, scales):
    N, d_in, d_hidden, d_out = sizes
    rng = np.random.default_rng(seed)
    draw = lambda scale, *shape: 10.0**scale * rng.standard_normal(shape)
    X, Y = draw(scales[0], N, d_in), draw(scales[1], N, d_out)
    X[rng.random(X.shape) < 0.2] = 0
    W1, W2 = draw(scales[2], 3, d_in, d_hidden), draw(scales[3], 3, d_hidden, d_out)
    return two_layer_case("random", X, Y, W1, W2, activation, 0.1, 4, range(3))


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(*[st.integers(1, 6)] * 4),
    activation=st.sampled_from(ACTIVATIONS),
    scales=st.tuples(*[st.sampled_from([-3, -1, 0, 1, 3])] * 4),
    dtype=st.sampled_from(DTYPES),
    column=st.sampled_from([numpy_impl, numpy_loop_impl]),
)
@example(seed=1, sizes=(4, 2, 3, 1), activation="sigmoid", scales=(0, 0, -310, 0), dtype="float64", column=numpy_impl)
@example(seed=2, sizes=(4, 2, 3, 1), activation="relu", scales=(0, 0, -160, -160), dtype="float64", column=numpy_impl)
@example(seed=3, sizes=(4, 2, 3, 1), activation="tanh", scales=(0, 0, -41, -30), dtype="float32", column=numpy_impl)
def test_no_false_alarm(seed, sizes, activation, scales, dtype, column):
    case = random_case(seed, sizes, activation, scales)
    p = judgement.problem(case, dtype)
    W1, W2 = case.W1.astype(dtype), case.W2.astype(dtype)
    with np.errstate(all="ignore"):
        assert judgement.first_wrong(judgement.judge_trace(named(trace(column, case, dtype)), (W1, W2), p)) is None
        steps = path(column, case, dtype)
    before = form.before_each_step((W1, W2), steps)
    assert judgement.first_wrong(judgement.judge_steps(before, steps, p)) is None


@dtypes
def test_limits_are_tight_enough_to_mean_something(dtype):
    """Somewhere each quantity uses a good share of its limit; a limit a thousand times too wide would hide faults."""
    worst = {}
    for activation in ACTIVATIONS:
        case = asymmetric(activation, seeds=range(200))
        W1, W2 = case.W1.astype(dtype), case.W2.astype(dtype)
        for j in judgement.judge_trace(named(trace(numpy_impl, case, dtype)), (W1, W2), judgement.problem(case, dtype)):
            worst[j.quantity] = max(worst.get(j.quantity, 0), j.ratio.max())
    assert min(worst.values()) > 0.05, worst


def test_what_is_zero_for_structural_reasons_has_no_room():
    case = asymmetric("relu")  # one row of X is zero
    _, E, _ = judgement.exact_values((case.W1, case.W2), judgement.problem(case, "float64"))
    assert (E["H1"][:, 2] == 0).all()
    assert (E["A1"][:, 2] == 0).all()
    assert (E["dL_dH1"][:, 2] == 0).all()
    assert (E["H1"][:, :2] > 0).all()


def test_relu_near_its_kink_may_go_either_way():
    """h = 1e16·x + y - 1e16·x is 0 or y after rounding: either slope is a correct evaluation."""
    X, Y = np.array([[1.0, 1.0, 1.0]]), np.zeros((1, 1))
    W1, W2 = np.array([[[1e16], [0.5], [-1e16]]]), np.ones((1, 1, 1))
    case = two_layer_case("kink", X, Y, W1, W2, "relu", 0.1, 1, range(1))
    _, E, _ = judgement.exact_values((W1, W2), judgement.problem(case, "float64"))
    assert E["H1"].item() > 0.5
    assert E["slope1"].item() >= 1


@dtypes
@pytest.mark.parametrize(("activation", "function"), [("sigmoid", numpy_impl.sigmoid), ("tanh", np.tanh)])
def test_the_activation_budget_covers_numpy(activation, function, dtype):
    h = np.concatenate([np.linspace(-40, 40, 20_001), np.geomspace(1e-40, 1e3, 500), -np.geomspace(1e-40, 1e3, 500)])
    h = h.astype(dtype)
    wide = truth.wide_dtype(dtype)
    with np.errstate(over="ignore"):
        exact = truth.ACTIVATIONS[activation][0](truth.widen(h, wide))
    error = truth.narrow(abs(truth.widen(function(h), wide) - exact))
    f = bounds.format_of(dtype)
    assert (error <= bounds.C_ACTIVATION * 2 * f.u * truth.narrow(abs(exact)) + f.eta).all()


@dtypes
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_limits_stay_narrow_where_the_activation_is_saturated(activation, dtype):
    """φ moves by less than φ'(|h| - E_H) E_H there: Taylor's remainder alone would allow any A at all."""
    case = make_case("xor", activation, 0.1, 1, 3, range(3))
    case = case._replace(weights=(np.full((3, 2, 3), 3e12), case.W2))
    W1, W2 = case.W1.astype(dtype), case.W2.astype(dtype)
    _, E, _ = judgement.exact_values((W1, W2), judgement.problem(case, dtype))
    assert (E["H1"][:, 1:] > 1e-6).all()
    assert (E["A1"] <= 1.1 * bounds.C_ACTIVATION * np.finfo(dtype).eps).all()


def test_a_bias_may_be_added_anywhere_in_the_sum():
    """(1e16 + 1) - 1e16 is 0 or 2 in float64, whichever is added first; exactly it is 1."""
    wide = truth.wide_dtype("float64")
    X, W, b = np.array([[1.0, 1.0]]), np.array([[1e16], [-1e16]]), np.array([[1.0]])
    network = truth.Network((truth.widen(W, wide),), (truth.widen(b, wide),), ("identity",))
    X, Y = truth.widen(X, wide), truth.widen(np.zeros((1, 1)), wide)
    q = truth.evaluate(X, Y, network)
    assert q["H1"].item() == 1
    assert bounds.limits(q, X, Y, network, "float64", wide)["H1"].item() >= 1


@dtypes
def test_a_platform_with_less_extra_precision_gets_more_slack(dtype):
    wide = truth.wide_dtype(dtype)
    assert 1 < bounds.slack(dtype, wide) < 1.001
    assert bounds.slack("float64", truth.BALL) <= bounds.slack("float64", truth.wide_dtype("float64"))


def test_half_curvature_is_at_least_half_of_the_largest_second_derivative():
    h = np.linspace(-5, 5, 100_001)
    s, t = 1 / (1 + np.exp(-h)), np.tanh(h)
    assert bounds.HALF_CURVATURE["sigmoid"] >= abs(s * (1 - s) * (1 - 2 * s)).max() / 2
    assert bounds.HALF_CURVATURE["tanh"] >= abs(2 * t * (1 - t**2)).max() / 2


@settings(max_examples=200, deadline=None)
@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=5),
    samples=st.integers(1, 6),
    biases=st.lists(st.booleans(), min_size=4, max_size=4),
    activations=st.lists(st.sampled_from(ACTIVATIONS), min_size=4, max_size=4),
    scale=st.sampled_from([-320, -2, 0, 1]),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from(DTYPES),
)
def test_limits_hold_at_any_depth_with_and_without_biases(widths, samples, biases, activations, scale, seed, dtype):
    """The truth's own formulas, evaluated in the working precision, are a correct evaluation."""
    rng = np.random.default_rng(seed)
    draw = lambda *shape: (10.0**scale * rng.standard_normal(shape)).astype(dtype)
    W = tuple(draw(*shape) for shape in pairwise(widths))
    b = tuple(draw(1, w.shape[1]) if has else None for w, has in zip(W, biases, strict=False))
    X, Y, phi = draw(samples, widths[0]), draw(samples, widths[-1]), tuple(activations[: len(W)])
    wide = truth.wide_dtype(dtype)
    wider = lambda Z: None if Z is None else truth.widen(Z, wide)
    network = truth.Network(tuple(map(wider, W)), tuple(map(wider, b)), phi)
    q = truth.evaluate(wider(X), wider(Y), network)
    E = bounds.limits(q, wider(X), wider(Y), network, dtype, wide)
    for name, value in truth.evaluate(X, Y, truth.Network(W, b, phi)).items():
        assert (abs(truth.narrow(value.astype(wide) - q[name])) <= E[name]).all(), name
