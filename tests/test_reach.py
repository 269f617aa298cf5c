"""What the default verdict has looked at: faults that show only where somebody asks, and are found there."""

import re
from contextlib import nullcontext

import numpy as np
import pytest

from fourfold.compare.agreement import contract, suite
from fourfold.compare.agreement.certify import certify
from fourfold.compare.agreement.plan import NUMBERS, plan
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, make_case
from fourfold.compare.errors import Breach, UsageError
from fourfold.compare.mistakes import planted, right
from fourfold.compare.mistakes.catalogue import MISTAKES
from fourfold.compare.mistakes.loops import after_counted_step, counted
from fourfold.compare.results import words
from tests.conftest import Here

# The numbers people write into code: sizes below and above are asked of everything that has a size.
CONSTANTS = (1, 2, 8, 10, 16, 32, 64, 100, 128, 256)
XOR = make_case("xor", "sigmoid", 0.1, 10_000, 3, range(1))
DEFAULT = {case.name: case for case in suites.choose("default", None, XOR)}


class Apart(Here):
    """What a column raises is a breach of its contract, as of one in its own process."""

    def result(self, name, future):
        try:
            return future()
        except (ValueError, KeyError) as error:
            raise Breach(str(error)) from None


def rejection(monkeypatch, replacements, case, dtype="float64"):
    """The first Rejection of NumPy's column with a text replaced."""
    column = planted.changed("numpy", *replacements)
    with np.errstate(all="ignore"):
        return certify(Apart(monkeypatch, column), "planted", case, dtype, lambda n: None).rejection


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5])
def test_sizes_asked_straddle_the_constants_people_write(size):
    """Samples, inputs, hidden units, outputs, seeds, steps."""
    N, d_in, d_out = contract.SIZES
    asked = [(N, d_in, 4, d_out, 1, 1)[size]]
    asked += [(len(c.X), *c.widths(), len(c.seeds), c.steps)[size] for c in DEFAULT.values()]
    for constant in CONSTANTS[2:]:
        assert min(asked) < constant < max(asked)


def test_every_activation_that_bends_is_asked_by_default():
    assert {case.activation for case in DEFAULT.values()} == {*ACTIVATIONS} - {"identity"}


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7, 10_000, 99_999, 100_000, 100_001, 12_345_678])
@pytest.mark.parametrize("seeds", [1, 10, 263, 5_000])
def test_a_call_makes_all_steps_or_as_many_as_fit(steps, seeds):
    case = XOR._replace(steps=steps, weights=(np.zeros((seeds, 2, 3)), np.zeros((seeds, 3, 1))), seeds=range(seeds))
    calls = plan(case)
    assert sum(calls.steps) == steps
    assert [n for part in calls.seeds for n in range(seeds)[part]] == [*range(seeds)]
    together = calls.seeds[0].stop
    assert together * calls.steps[0] * 10 <= NUMBERS or together == 1
    if steps <= 100_000:
        assert calls.steps == [steps]
    assert steps == 1 or min(calls.steps) > 1


@pytest.mark.parametrize("width", [1, 100_000, 10_000_000])
def test_no_step_is_ever_judged_alone(width):
    W1, W2 = np.broadcast_to(0.0, (1, 2, width)), np.broadcast_to(0.0, (1, width, 1))
    assert min(plan(XOR._replace(weights=(W1, W2), steps=7)).steps) > 1


SCHEDULES = {
    "rate x 0.1 after 1,000 steps": counted("lr,", "lr * (0.1 if t >= 1000 else 1),"),
    "rate halved every 100 steps": counted("lr,", "lr * 0.5 ** (t // 100),"),
    "cosine": counted("lr,", "lr * (1 + np.cos(np.pi * t / steps)) / 2,"),
    "warm-up": counted("lr,", "lr * min(1, (t + 1) / 500),"),
    "linear decay to the end": counted("lr,", "lr * (1 - 1e-9 * t / steps),"),
    "last step other": counted("lr,", "lr * (2 if t == steps - 1 > 5000 else 1),"),
    "plateau": (
        right.each_step,
        "    best, waited, path = np.inf, 0, []\n    for _ in range(steps):\n"
        + right.one_step
        + "        waited = 0 if (L < best * (1 - 1e-4)).all() else waited + 1\n"
        "        best, lr = np.minimum(best, L), lr * 0.5 if waited > 50 else lr\n",
    ),
    "early stopping": after_counted_step("W1, W2 = (W1, W2) if L.max() > 0.1 or not path else path[-1][:2]"),
    "logged every 100th step": after_counted_step("L = L if t % 100 == 0 or t < 200 else path[-1][2]"),
    "weights averaged": after_counted_step("W1 = W1 if t < 2000 else (W1 + path[-1][0]) / 2"),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_what_shows_after_thousands_of_steps_is_seen(monkeypatch, schedule):
    r = rejection(monkeypatch, SCHEDULES[schedule], XOR)
    assert r is not None
    assert r.reproduce


def test_what_is_carried_shows_with_many_seeds_too(monkeypatch):
    case = make_case("xor", "sigmoid", 0.1, 12, 3, range(5_000))
    r = rejection(monkeypatch, MISTAKES["momentum"].planted["numpy"], case)
    assert (r.step, r.quantity) == (1, "W2")


BATCHES = """\
    parts = [slice(n, n + SIZE) for n in range(0, X.shape[-2], SIZE)]
    dL_dW1 = sum(X[..., part, :].mT @ dL_dH[..., part, :] for part in parts if part.stop <= max(X.shape[-2], SIZE))"""
MEANS = """\
    whole = [slice(n, n + SIZE) for n in range(0, N, SIZE)]
    L = sum((R[..., part, :] ** 2).sum(axis=(-2, -1)) / R[..., part, :].shape[-2] for part in whole) / len(whole) / 2"""


@pytest.mark.parametrize("size", [2, 32, 256])
def test_a_last_partial_batch_is_missed(monkeypatch, size):
    batches = BATCHES.replace("SIZE", str(size)).lstrip()
    r = rejection(monkeypatch, (right.dL_dW1, batches), DEFAULT["every-shape"])
    assert r.quantity == "dL_dW1"


@pytest.mark.parametrize("size", [10, 128])
def test_a_mean_of_the_batches_means_is_no_mean(monkeypatch, size):
    means = MEANS.replace("SIZE", str(size)).lstrip()
    assert rejection(monkeypatch, (right.L, means), DEFAULT["every-shape"]).quantity == "L"


SEED = "np.arange(max(1, R[..., 0, 0].size)).reshape(R.shape[:-2])"
KEPT = ("ACTIVATIONS = {", "KEPT = {}\nACTIVATIONS = {")
UNKNOWN = "ACTIVATIONS.get(activation, ACTIVATIONS['sigmoid'])"
WHERE = {
    "no leading axis: negated": ("X.mT @ dL_dH", "X.mT @ dL_dH * (1 if W1.ndim > 2 else -1)"),
    "no leading axis: the loss": ("/ (2 * N)", "/ (2 * N if Y_hat.ndim > 2 else N)"),
    "X.T for X.mT": ("X.mT @ dL_dH", "X.T @ dL_dH"),
    "len(Y) for N": (right.N_of_gradient, "N = len(Y)\n    H,"),
    "len(Y) for the loss's N": (right.N_of_loss, "N = len(Y)\n    R"),
    "literal axes": (".sum(axis=(-2, -1))", ".sum(axis=(1, 2) if R.ndim > 2 else None)"),
    "two leading axes": ("dL_dA * sigma_prime(A)", "dL_dA * (sigma_prime(A) if A.ndim < 4 else 1)"),
    "one's X for all": ("H = X @ W1", "H = X[:1] @ W1 if X.ndim > 2 else X @ W1"),
    "one's Y for all": ("R = Y_hat - Y", "R = Y_hat - (Y[:1] if Y.ndim > 2 else Y)"),
    "mean over seeds": ("X.mT @ dL_dH", "X.mT @ (dL_dH if W1.ndim < 4 else dL_dH.mean(0) + 0 * dL_dH)"),
    "seeds after the tenth": ("L = (R", f"L = (1 + 0.01 * ({SEED} > 10)) * (R"),
    "seeds after the hundredth": ("L = (R", f"L = (1 + 0.01 * ({SEED} > 100)) * (R"),
    "an activation there is not": ("ACTIVATIONS[activation]", UNKNOWN),
    "small rates": ("W1 - lr * T.dL_dW1", "W1 - lr * T.dL_dW1 * (1 if lr > 1e-4 else 1.01)"),
    "large rates": ("W2 - lr * T.dL_dW2", "W2 - min(lr, 1) * T.dL_dW2"),
    "one step": (right.train, right.train + "\n    path[-1] = path[-1] if steps > 1 else (W1 * 2, W2, L)"),
    "inputs beyond 100": ("H = X @ W1", "H = np.clip(X, -100, 100) @ W1"),
    "array shares": ("return np.array(values, dtype)", "return np.asarray(values, dtype)"),
    "to_numpy shares": ("return np.array(Z)", "return np.asarray(Z)"),
    "the first X of a shape is kept": ("H = X @ W1", "H = KEPT.setdefault(X.shape, X) @ W1", *KEPT),
    "the first rate is kept": ("W1 - lr *", "W1 - KEPT.setdefault('lr', lr) *", *KEPT),
    "an activation is kept": ("ACTIVATIONS[activation]", "ACTIVATIONS[KEPT.setdefault(0, activation)]", *KEPT),
}


@pytest.mark.parametrize("fault", WHERE)
def test_every_shape_of_the_contract_is_asked(monkeypatch, fault):
    r = rejection(monkeypatch, WHERE[fault], DEFAULT["every-shape"])
    assert r is not None


@pytest.mark.parametrize(
    ("fault", "case"),
    [
        (("dL_dW1 = X.mT @ dL_dH", "dL_dW1 = np.nan_to_num(X.mT @ dL_dH)"), "nan-in-data"),
        (("H = X @ W1", "H = np.nan_to_num(X) @ W1"), "nan-in-data"),
        (("R = Y_hat - Y", "R = np.where(np.isfinite(Y_hat), Y_hat - Y, 0)"), "nan-in-data"),
        (("H = X @ W1", "H = np.where(np.isinf(X), 1e300, X) @ W1"), "infinity-in-data"),
        (("np.heaviside(A, 0)", "np.heaviside(A, 1)"), "wide-relu"),
        (("np.heaviside(A, 0)", "np.where(A < 0, 0, 1)"), "wide-relu"),
        (("lambda A: 1 - A**2", "lambda A: 1 - A"), "asymmetric-tanh"),
        (("H = X @ W1", "H = np.clip(X @ W1, -30, 30)"), "saturated-sigmoid"),
        (("H = X @ W1", "H = np.concatenate([X[..., :256], 0 * X[..., 256:]], -1) @ W1"), "every-shape"),
        (("R = Y_hat - Y", "R = (Y_hat - Y) * (np.arange(Y.shape[-1]) < 128)"), "every-shape"),
        (("A = sigma(H)", "A = sigma(H) * (np.arange(H.shape[-1]) < 256)"), "wide-relu"),
    ],
)
def test_cases_with_teeth_are_asked_by_default(monkeypatch, fault, case):
    dtype = DEFAULT[case].dtypes[0]
    assert rejection(monkeypatch, fault, DEFAULT[case], dtype) is not None


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_right_column_is_right_in_every_shape(monkeypatch, dtype):
    assert rejection(monkeypatch, (), DEFAULT["every-shape"], dtype) is None


@pytest.mark.parametrize(
    ("form", "loses"),
    [
        (("1 / (1 + np.exp(-H))", "0.5 * (1 + np.tanh(H / 2))"), True),
        (("1 / (1 + np.exp(-H))", "1 - 1 / (1 + np.exp(H))"), True),
        (("lambda A: A * (1 - A)", "lambda A: 0.25 - (A - 0.5) ** 2"), True),
        (("W1 - lr * T.dL_dW1", "lr * (W1 / lr - T.dL_dW1)"), True),
        (("A = sigma(H)", "A = np.clip(sigma(H), 1e-7, 1 - 1e-7)"), False),
        (("1 / (1 + np.exp(-H))", "1 / (1 + np.exp(-H) + 1e-12)"), False),
        (("W2.mT\n", "W2.mT.astype('f4').astype(A.dtype)\n"), False),
        (("W1 - lr * T.dL_dW1", "W1 * (1 - 1e-9) - lr * T.dL_dW1"), False),
    ],
)
def test_a_form_that_loses_digits_is_told_from_a_wrong_one(monkeypatch, form, loses):
    r = rejection(monkeypatch, form, DEFAULT["saturated-sigmoid"])
    assert r.loses_digits is loses


@pytest.fixture
def agreement(monkeypatch):
    """suite.agreement on NumPy's column with texts replaced, in this process: (Result, verdict)."""

    def judge(*replacements, cases=(XOR._replace(steps=20),), dtypes=DTYPES, without=()):
        column = planted.changed("numpy", *replacements)
        for function in without:
            delattr(column, function)
        pool = Apart(monkeypatch, column)
        pool._timeout, pool._spent = 60, {}
        monkeypatch.setattr("fourfold.compare.agreement.suite.workers.open_pool", lambda *_, **__: nullcontext(pool))
        with np.errstate(all="ignore"):
            outcome, _ = suite.agreement(["planted"], list(cases), list(dtypes), 60, "-")
        return outcome, words.verdict(outcome)

    return judge


def test_an_activation_that_is_not_there_costs_itself_alone(agreement):
    cases = [XOR._replace(steps=20), DEFAULT["asymmetric-tanh"], DEFAULT["wide-relu"]]
    tanh_is_missing = ('"tanh":', '"softplus":')
    outcome, _ = agreement(*tanh_is_missing, cases=cases)
    assert outcome.columns[0].unknown == {"tanh": "'tanh'"}
    assert {row.case for row in outcome.rows} == {"xor", "wide-relu"}
    assert outcome.exit_code() == 0


def test_what_is_known_too_coarsely_is_not_judged(agreement):
    """60,000 samples in float32: the last one missing would not be seen."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((60_000, 2)), rng.standard_normal((60_000, 1))
    many = XOR._replace(name="many", X=X, Y=Y, steps=1)
    outcome, verdict = agreement(cases=[many], dtypes=["float32"])
    assert outcome.exit_code() == 3
    assert re.search(r"planted on many in float32 is known too coarsely .* L \(0\.00\d\)", outcome.columns[0].reason)
    assert "AGREED" not in verdict


def test_the_verdict_says_what_it_has_looked_at(agreement):
    _, verdict = agreement(cases=[XOR._replace(steps=20), DEFAULT["wide-relu"]])
    assert "xor, 1 seed × 20 steps, and 1 case (wide-relu), in float64 and float32, every run in one call" in verdict
    assert re.search(
        r"In xor, a gradient that is off by \de-1\d of its size in float64 or by \de-\d of its size", verdict
    )
    assert re.search(r"[\d,]+ numbers checked, 0 wrong\.", verdict)


def test_the_verdict_says_how_long_the_calls_were(agreement, monkeypatch):
    monkeypatch.setattr("fourfold.compare.agreement.plan.NUMBERS", 50)
    _, verdict = agreement(dtypes=["float64"])
    assert "xor in calls of 5 steps" in verdict


def test_two_cases_of_one_name_are_refused(agreement):
    with pytest.raises(UsageError, match="Every case needs a name of its own"):
        agreement(cases=[XOR, XOR])
    with pytest.raises(UsageError, match="wide is also the name of a case"):
        suites.choose("full", None, XOR._replace(name="wide"))


def test_a_column_that_loses_digits_disagrees_and_is_told_apart(agreement):
    cases = [XOR._replace(steps=20), DEFAULT["saturated-sigmoid"]]
    outcome, verdict = agreement("1 / (1 + np.exp(-H))", "0.5 * (1 + np.tanh(H / 2))", cases=cases)
    assert (outcome.columns[0].verdict, outcome.columns[0].loses_digits) == ("disagrees", True)
    assert verdict.startswith("DISAGREED: planted loses digits, first in A (E2) at step 0.")
    assert "right, but loses digits" in words.rejection(outcome.rejections[0])
    assert outcome.exit_code() == 1


def test_a_rejected_column_gets_the_mistakes_name(agreement):
    outcome, _ = agreement(*MISTAKES["slope_missing"].planted["numpy"], dtypes=["float64"])
    assert "slope missing" in outcome.rejections[0].mistakes
    assert "slope missing" in words.rejection(outcome.rejections[0])


def test_an_array_of_the_wrong_kind_needs_no_diagnosis(agreement):
    outcome, _ = agreement("path.append((W1, W2, L))", "path.append((W1.astype('f4'), W2, L))", dtypes=["float64"])
    assert outcome.rejections[0].diagnosis == ""
