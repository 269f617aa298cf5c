"""Wrong numbers are led back to the mistake that made them, and to no other."""

import numpy as np
import pytest

from fourfold.compare.judge.quantities import anatomy, internal, is_of_every_step
from fourfold.compare.mistakes import diagnosis, planted
from fourfold.compare.mistakes.catalogue import find, of_row
from fourfold.compare.mistakes.diagnosis import diagnose, show_diagnosis
from fourfold.compare.mistakes.evidence import Observation, points
from fourfold.impls.two_layer import numpy_impl

POINTS = list(points())
EVALUATION = [m for m in of_row("two_layer") if "numpy" in m.planted and not is_of_every_step(m.quantity)]
# What one network's gradients at these points cannot show: overflow, NaN in the data, means over seeds, H beyond 6
NOT_SHOWN = {
    "overflowing sigmoid",
    "sigmoid by tanh",
    "ReLU6",
    "not a number hidden",
    "loss averaged over the seeds",
    "mean over the seeds differentiated",
}


def observe(column, steps=0, number=np.float64, show=("L", "dL_dW2", "dL_dW1"), change=lambda T: T):
    """What a module gives at every point where it does not raise; `number` is what it computes in."""
    found = []
    for p, (W1, W2) in POINTS:
        data = [np.array(Z, number) for Z in (p.X, p.Y, W1, W2)]
        with np.errstate(all="ignore"):
            try:
                T = change(column.trace(*data, p.activation))
                path = column.train(*data, p.lr, steps, p.activation) if steps else None
            except ValueError:
                continue
        found.append(Observation(p, (W1, W2), {q: np.asarray(getattr(T, q), np.float64) for q in show}, path))
    return found


def names(found):
    return [{m.name for m in mistakes} for mistakes in found.candidates]


@pytest.mark.parametrize("mistake", EVALUATION, ids=lambda m: m.slug)
def test_a_mistake_is_named_from_loss_and_gradients_alone(mistake):
    """The target rounds otherwise than the planted column: it computes in long double."""
    number = np.float64 if mistake.name == "forward difference" else np.longdouble
    found = diagnose(observe(planted.load("numpy", mistake.name), number=number))
    if mistake.name in NOT_SHOWN:
        assert (found.quantity, found.candidates) == (None, ())
    else:
        assert (mistake,) in found.candidates
        twins = [
            {"sign of the residual", "sign of the gradient"},
            {"hidden layer detached", "W1 detached"},
        ]
        together = set().union(*names(found))
        assert together == {mistake.name} or together in twins
        if together == {mistake.name}:
            assert found.quantity == mistake.quantity


@pytest.mark.parametrize(
    "name",
    [
        "momentum",
        "Adam",
        "W2 updated before W1's gradient",
        "loss after the update",
        "rate in float32",
        "stale gradient",
    ],
)
def test_a_mistake_in_training_is_named_from_the_path(name):
    found = diagnose(observe(planted.load("numpy", name), steps=8))
    assert names(found) == [{name}]
    assert found.quantity == find(name).quantity


@pytest.mark.parametrize(
    "pair",
    [
        ("1/N missing", "slope twice"),
        ("tanh for sigmoid", "1/N for 1/(2N)"),
        ("H for A in W2's gradient", "sign of W1's gradient"),
        ("targets reversed", "last input's row never filled"),
    ],
)
def test_two_mistakes_together_are_named(pair):
    texts = [text for name in pair for text in find(name).planted["numpy"]]
    assert names(diagnose(observe(planted.changed("numpy", *texts)))) == [set(pair)]


def test_a_mistake_in_the_gradient_and_one_in_training():
    texts = [t for name in ("factor 2 left over", "loss after the update") for t in find(name).planted["numpy"]]
    found = diagnose(observe(planted.changed("numpy", *texts), steps=4))
    assert {"factor 2 left over", "loss after the update"} in names(found)


def test_what_is_right_is_not_diagnosed():
    found = diagnose(observe(numpy_impl, steps=4))
    assert (found.quantity, found.candidates) == (None, ())
    assert show_diagnosis(found) == "Nothing is wrong."


def test_a_mistake_nobody_knows_is_called_none_of_them():
    odd = lambda T: T._replace(dL_dW1=T.dL_dW1 * 1.2345 + 0.01)
    found = diagnose(observe(numpy_impl, change=odd))
    assert found.candidates == ()
    assert "none of the known mistakes" in show_diagnosis(found)
    assert show_diagnosis(found, hint=True) == "First wrong: one of dL_dA (E15), dL_dH (E16), dL_dW1 (E19)."


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda T: T._replace(dL_dW2=3 * T.dL_dW2), "dL_dW2 is 3 times what it should be."),
        (lambda T: T._replace(dL_dW2=-2 * T.dL_dW2), "dL_dW2 is -2 times what it should be."),
        (lambda T: T._replace(dL_dW2=T.dL_dW2.T), "dL_dW2 is transposed."),
        (lambda T: T._replace(dL_dW2=T.dL_dW2.ravel()), "dL_dW2 has the wrong shape."),
        (lambda T: T._replace(dL_dW2=0 * T.dL_dW2), "dL_dW2 is zero."),
        (lambda T: T._replace(dL_dW2=np.nan * T.dL_dW2), "dL_dW2 is no number."),
        (lambda T: T._replace(L=T.L + 0.5), "L is too large by 0.5 everywhere."),
        (lambda T: T._replace(dL_dW1=T.dL_dW1.astype("f4")), "dL_dW1 keeps only some digits, as many as float32 has."),
        (
            lambda T: T._replace(dL_dW1=T.dL_dW1 - T.dL_dH[1] * POINTS_X(T)[1][:, None]),
            "dL_dW1 leaves out sample 2.",
        ),
        (lambda T: T._replace(dL_dW1=_with(T.dL_dW1, 1, 9.0)), "dL_dW1 is wrong in row 1."),
        (lambda T: T._replace(dL_dW1=_with(T.dL_dW1, (1, 1), 9.0)), "dL_dW1 is wrong in one entry, [1, 1]."),
    ],
)
def test_what_is_odd_about_a_number(change, sentence):
    assert diagnose(observe(numpy_impl, change=change)).pattern == sentence


def POINTS_X(T):
    """The X of the point with this many samples, inputs and this H."""
    return next(p.X for p, (W1, _) in POINTS if p.X.shape[0] == len(T.H) and (p.X @ W1 == T.H).all())


def _with(Z, index, value):
    Z = Z.copy()
    Z[index] = value
    return Z


@pytest.mark.parametrize(
    ("first", "wrong", "expected"),
    [
        ("dL_dW2", {"dL_dW2", "dL_dW1"}, "dL_dY_hat"),  # L is right
        ("dL_dW2", {"dL_dW2"}, "dL_dW2"),
        ("dL_dW1", {"dL_dW1"}, "dL_dA dL_dH dL_dW1"),
        ("L", {"L"}, "L"),
        ("L", {"L", "dL_dW2", "dL_dW1"}, "H A Y_hat R"),
    ],
)
def test_the_first_wrong_quantity_is_deduced(first, wrong, expected):
    network = anatomy("two_layer", 2, biases=False)
    suspects = diagnosis._suspects(first, wrong, {"L", "dL_dW2", "dL_dW1"}, network)
    assert suspects == [internal(name, "two_layer") for name in expected.split()]


def test_more_is_seen_where_more_is_shown():
    show = ("H", "A", "Y_hat", "R", "L", "dL_dW2", "dL_dW1")
    found = diagnose(observe(planted.load("numpy", "sign of the residual"), show=show))
    assert (found.quantity, found.deduced, names(found)) == ("R", False, [{"sign of the residual"}])


def test_a_diagnosis_in_words():
    found = diagnose(observe(planted.load("numpy", "1/N missing")))
    assert show_diagnosis(found, hint=True) == "First wrong: dL_dY_hat (E10)."
    text = show_diagnosis(found)
    assert "dL_dW2 is N times what it should be" in text
    assert "wrong  dL_dY_hat = R\n" in text
    assert "right  dL_dY_hat = R / N" in text
