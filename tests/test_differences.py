"""What is estimated where nothing can be proved, and where right code loses digits."""

import math

import numpy as np
import pytest

from fourfold.compare.exact import adjoints, differences, digits, numbers
from fourfold.compare.exact.differences import COMPLEX_STEP, DIFFERENCES, by_differences

RNG = np.random.default_rng(5)
X, Y = RNG.standard_normal((6, 3)), RNG.standard_normal((6, 2))
W1, W2 = RNG.standard_normal((3, 4)), RNG.standard_normal((4, 2))
INPUTS = {"X": X, "Y": Y, "W": [W1, W2]}


def network(act, slope):
    """(the loss, its gradients by hand) of a network with one hidden layer."""

    def loss(inputs):
        A = act(inputs["X"] @ inputs["W"][0])
        return ((A @ inputs["W"][1] - inputs["Y"]) ** 2).sum() / 12

    def gradients(inputs):
        H = inputs["X"] @ inputs["W"][0]
        A = act(H)
        D = (A @ inputs["W"][1] - inputs["Y"]) / 6
        return {"W[0]": inputs["X"].T @ (D @ inputs["W"][1].T * slope(H)), "W[1]": A.T @ D}

    return loss, gradients


SMOOTH = network(np.tanh, lambda H: 1 - np.tanh(H) ** 2)
KINKED = network(lambda H: np.maximum(H, 0), lambda H: (H.real > 0) * 1.0)
NOT_ANALYTIC = network(lambda H: np.sqrt(np.real(H) ** 2 + 1), lambda H: np.real(H) / np.sqrt(np.real(H) ** 2 + 1))


@pytest.mark.parametrize(
    ("pair", "how", "least"), [(SMOOTH, COMPLEX_STEP, 12), (KINKED, COMPLEX_STEP, 12), (NOT_ANALYTIC, DIFFERENCES, 8)]
)
def test_right_gradients_agree_and_wrong_ones_do_not(pair, how, least):
    loss, gradients = pair
    estimates = by_differences(loss, INPUTS, ["W"])
    assert list(estimates) == ["W[0]", "W[1]"]
    for name, Z in gradients(INPUTS).items():
        agreement = differences.digits(estimates[name], Z)
        assert not agreement.disagrees
        assert agreement.digits >= least
        assert agreement.words() == f"agrees to {agreement.digits} digits (by {how})"
        off = Z.copy()
        off[1, 1] += 1e-4 * np.abs(Z).max()
        agreement = differences.digits(estimates[name], off)
        assert agreement.disagrees
        assert agreement.index == (1, 1)
        assert agreement.digits in (3, 4)
        assert agreement.words().startswith("disagrees after")


def test_no_more_digits_are_claimed_than_the_estimate_has():
    estimate = differences.Estimate(np.array([1.0, 2.0]), np.array([1e-7, 1e-9]), DIFFERENCES)
    agreement = differences.digits(estimate, estimate.value)
    assert agreement.digits == 7
    assert not differences.digits(estimate, [1 + 1e-6, 2]).disagrees
    assert differences.digits(estimate, [1 + 2e-5, 2]).disagrees


@pytest.mark.parametrize("gradient", [[np.nan, 2], [np.inf, 2], [1, 2, 3]])
def test_what_cannot_be_the_gradient_disagrees(gradient):
    estimate = differences.Estimate(np.array([1.0, 2.0]), np.array([1e-7, 1e-9]), DIFFERENCES)
    assert differences.digits(estimate, gradient) == (0, True, (0,) if len(gradient) == 2 else (), DIFFERENCES)


@pytest.mark.parametrize(
    "convert",
    [
        float,
        math.exp,
        lambda x: np.asarray([x], np.float64)[0],
        lambda x: np.float32(np.real(x)) * 0 + x.real,
    ],
)
def test_code_that_takes_no_complex_numbers(convert):
    estimates = by_differences(lambda inputs: convert(inputs["w"][0] * 2) + 0.0, {"w": np.array([0.25])}, ["w"])
    assert estimates["w"].how == DIFFERENCES
    assert estimates["w"].value == pytest.approx(convert(0.5) * 2 if convert(0.5) > 1 else 2, rel=1e-8)


def test_numbers_and_dicts_are_parameters_too():
    inputs = {"params": {"a": np.array([1.0, 2.0]), "c": 0.5}, "n": 3}
    estimates = by_differences(lambda i: (i["params"]["a"] ** i["n"]).sum() * i["params"]["c"], inputs, ["params"])
    assert estimates['params["a"]'].value.tolist() == pytest.approx([1.5, 6])
    assert estimates['params["c"]'].value == pytest.approx(9)


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_at_a_kink_no_slope_between_those_of_its_sides_is_refused(slope):
    estimate = by_differences(lambda inputs: np.maximum(inputs["w"], 0).sum(), {"w": np.zeros(1)}, ["w"])["w"]
    agreement = differences.digits(estimate, [slope])
    assert not agreement.disagrees
    assert agreement.digits == 0


def test_the_inputs_stay_as_they_were():
    def loss(inputs):
        inputs["W"][0] *= 2
        return inputs["W"][0].sum()

    inputs = {"W": [np.ones(2)]}
    estimates = by_differences(loss, inputs, ["W"])
    assert estimates["W[0]"].value.tolist() == pytest.approx([2, 2])
    assert inputs["W"][0].tolist() == [1, 1]


# Digits that are lost.


def with_numpy(loss, gradients):
    """(run, exact) of a loss and gradients that are written with NumPy."""

    def run(inputs):
        return {"L": loss(inputs)} | gradients(inputs)

    def exact(inputs):
        with numbers.recording(4096) as tape:
            given = {name: numbers.exact(Z, depends=name.startswith("W")) for name, Z in inputs.items()}
            L = loss(given)
            derivative = adjoints.adjoints(tape, L)
            values = {"L": numbers.nearest(L)}
            for name in inputs:
                if name.startswith("W"):
                    balls = derivative.entries(given[name])
                    values[name] = np.vectorize(lambda ball: float(ball.mid()), otypes=[float])(balls)
            return values

    return run, exact


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def flat_sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


LABELS = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
DATA = {"X": X, "Y": LABELS, "W": RNG.standard_normal((3, 2))}


def ordinary(act, slope):
    """Half the mean squared error of one layer."""

    def loss(inputs):
        return ((act(inputs["X"] @ inputs["W"]) - inputs["Y"]) ** 2).sum() / 12

    def gradients(inputs):
        A = act(inputs["X"] @ inputs["W"])
        return {"W": inputs["X"].T @ ((A - inputs["Y"]) / 6 * slope(A))}

    return with_numpy(loss, gradients)


@pytest.mark.parametrize(
    ("act", "slope"),
    [
        (sigmoid, lambda A: A * (1 - A)),
        (np.tanh, lambda A: 1 - A**2),
        (flat_sigmoid, lambda A: A * (1 - A)),
        (lambda H: np.maximum(H, 0), lambda A: (A > 0) * 1.0),
        (lambda H: H, lambda A: 1.0),
        (np.sinh, lambda A: np.sqrt(1 + A * A)),
    ],
)
def test_ordinary_code_loses_none(act, slope):
    run, exact = ordinary(act, slope)
    scales = digits.SCALES if act is not np.sinh else digits.SCALES[:1]  # beyond, it is no float64
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digits, "SCALES", scales)
        assert digits.lost(run, DATA, exact, ["W"]) is None


def test_long_sums_lose_none():
    inputs = {"X": RNG.standard_normal((200, 3)), "Y": RNG.standard_normal((200, 2)), "W": DATA["W"]}
    run, exact = ordinary(lambda H: H, lambda A: 1.0)
    assert digits.lost(run, inputs, exact, ["W"]) is None


def test_what_the_problem_cancels_is_no_loss():
    """A residual of nearly nothing: nobody can do better, given inputs that are rounded."""
    inputs = dict(DATA)
    inputs["Y"] = X @ DATA["W"]
    run, exact = ordinary(lambda H: H, lambda A: 1.0)
    assert digits.lost(run, inputs, exact, ["W"]) is None


def cross_entropy(log_p, log_q):
    """Of labels, from z: the loss is written with log p and log(1 - p)."""

    def loss(inputs):
        z = inputs["X"] @ inputs["W"]
        return -(inputs["Y"] * log_p(z) + (1 - inputs["Y"]) * log_q(z)).sum() / 6

    def gradients(inputs):
        return {"W": inputs["X"].T @ (1 / (1 + np.exp(-inputs["X"] @ inputs["W"])) - inputs["Y"]) / 6}

    return with_numpy(loss, gradients)


def test_a_logarithm_of_one_minus_p_loses_digits():
    run, exact = cross_entropy(lambda z: np.log(sigmoid(z)), lambda z: np.log(1 - sigmoid(z)))
    lost = digits.lost(run, DATA, exact, ["W"])
    assert lost.name == "L"
    assert "× 30" in lost.scale
    assert lost.words().startswith("with weights × 30, L is ")


def test_a_stable_logarithm_loses_none():
    def softplus(z):
        return np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0)

    run, exact = cross_entropy(lambda z: -softplus(-z), lambda z: -softplus(z))
    assert digits.lost(run, DATA, exact, ["W"]) is None


def softmax_entropy(shifted):
    def probabilities(inputs):
        z = inputs["X"] @ inputs["W"]
        z = z - z.max(axis=1, keepdims=True) if shifted else z
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), z

    def loss(inputs):
        _, z = probabilities(inputs)
        return ((np.log(np.exp(z).sum(axis=1)) - (z * inputs["Y"]).sum(axis=1)) / 6).sum()

    def gradients(inputs):
        return {"W": inputs["X"].T @ (probabilities(inputs)[0] - inputs["Y"]) / 6}

    return with_numpy(loss, gradients)


def test_an_exponential_that_overflows_loses_digits():
    lost = digits.lost(*_run_of(softmax_entropy(shifted=False)))
    assert lost.scale in ("weights × 1000", "data × 1000")
    assert not np.isfinite(lost.got)
    assert np.isfinite(lost.exact)


def test_a_shifted_exponential_loses_none():
    assert digits.lost(*_run_of(softmax_entropy(shifted=True))) is None


def test_an_error_in_float64_alone_is_a_loss():
    _, exact = cross_entropy(lambda z: np.log(sigmoid(z)), lambda z: np.log(1 - sigmoid(z)))

    def overflows(inputs):
        if np.abs(inputs["W"]).max() > 100:
            math.exp(1000)
        return exact(inputs)

    lost = digits.lost(overflows, DATA, exact, ["W"])
    assert lost.words() == "with weights × 1000, float64 ends with OverflowError: math range error"


def test_where_there_is_no_exact_value_nothing_is_judged():
    def refuses(inputs):
        raise ValueError

    assert digits.lost(lambda inputs: {"L": np.nan}, DATA, refuses) is None
    assert digits.lost(lambda inputs: {"L": np.nan}, DATA, lambda inputs: {"L": np.inf}) is None


def _run_of(pair):
    run, exact = pair
    return run, DATA, exact, ["W"]
