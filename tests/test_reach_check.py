"""`fourfold check` asks what faults hide behind: whole runs, float32, sizes, rates, data that are no numbers, state.

Each fault is a change to a right function, which is right without it.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.compare.check import check, here, words
from fourfold.compare.check.checked import first_rejection

CASES = ["xor", "asymmetric", "rate-1.5", "tall", "slow", "standstill"]
SMALL = ["xor", "asymmetric", "saturated", "dyadic", "near-zero", "tall", "standstill"]


# What is asked, not what the mistake is called, is tested here.
@pytest.fixture(autouse=True)
def without_diagnosis(monkeypatch):
    monkeypatch.setattr(check, "_diagnosis", lambda *given: "")


SOURCE = """
def activate(H):
    return 1 / (1 + np.exp(-H))

def slope(A):
    return A * (1 - A)

def gradients(X, Y, W1, W2):
    N = len(X)
    H = X @ W1
    A = activate(H)
    R = A @ W2 - Y
    L = (R**2).sum() / (2 * N)
    dL_dY_hat = R / N
    dL_dW2 = A.T @ dL_dY_hat
    dL_dH = dL_dY_hat @ W2.T * slope(A)
    dL_dW1 = X.T @ dL_dH
    return L, dL_dW1, dL_dW2

def train(X, Y, W1, W2, lr, steps):
    losses = []
    for t in range(steps):
        L, dL_dW1, dL_dW2 = gradients(X, Y, W1, W2)
        W1, W2 = W1 - lr * dL_dW1, W2 - lr * dL_dW2
        losses.append(L)
    return W1, W2, losses
"""
UPDATE = "        W1, W2 = W1 - lr * dL_dW1, W2 - lr * dL_dW2\n"
LOSSES = "        losses.append(L)\n"
BEGIN = "    losses = []\n"


def made(*changes, source=SOURCE):
    """The functions of a source with the changes made."""
    for right, wrong in changes:
        assert right in source
        source = source.replace(right, wrong)
    names = {"np": np}
    exec(source, names)
    return names


def checked(*changes, source=SOURCE, training=False, **how):
    functions = made(*changes, source=source)
    return here.check(functions["gradients"], functions["train"] if training else None, hint=True, **how)


def test_what_is_right_is_right():
    found = checked(training=True)
    assert found.verdict() == "right"
    assert "train in calls of 1 to 1,100 steps" in words.text(found)
    assert [f.wrong for f in found.functions] == [0, 0]
    assert found.dtype == "float64,float32"


# Functions of a whole run: (text, what stands there instead)
RUNS = {
    "rate × 0.1 after 1,000 steps": (UPDATE, "        lr = 0.1 * lr if t == 1000 else lr\n" + UPDATE),
    "rate × 0.9 every 100 steps": (UPDATE, "        lr = 0.9 * lr if t and t % 100 == 0 else lr\n" + UPDATE),
    "rate × 0.999999 every step": (UPDATE, "        lr = 0.999999 * lr\n" + UPDATE),
    "rate along a cosine": (UPDATE, UPDATE.replace("lr *", "lr * (0.5 + 0.5 * np.cos(np.pi * t / steps)) *")),
    "rate falls in the second half": (UPDATE, "        lr = lr / 2 if 2 * t == steps else lr\n" + UPDATE),
    "rate warms up over 100 steps": (UPDATE, UPDATE.replace("lr *", "lr * min(1, (t + 1) / 100) *")),
    "plateau": (
        UPDATE,
        "        waits = 0 if t == 0 or L < best * (1 - 1e-4) else waits + 1\n"
        "        best = L if t == 0 else min(L, best)\n"
        "        lr = 0.1 * lr if waits and waits % 10 == 0 else lr\n" + UPDATE,
    ),
    "patience of 200 steps": (
        UPDATE,
        "        best, since = (L, t) if t == 0 or L < best else (best, since)\n"
        "        lr = 0.0 if t - since > 200 else lr\n" + UPDATE,
    ),
    "stops where the loss is small": (
        UPDATE,
        "        if L < 1e-8:\n            return W1, W2, losses + [L] * (steps - t)\n" + UPDATE,
    ),
    "stops where the loss stays": (
        UPDATE,
        "        if t > 50 and abs(L - losses[-1]) < 1e-9:\n            lr = 0\n" + UPDATE,
    ),
    "losses of every 100th step": (LOSSES, "        losses.append(L if t % 100 == 0 else losses[-1])\n"),
    "only losses of every 100th step": (LOSSES, "        if t % 100 == 0:\n            losses.append(L)\n"),
    "losses rounded after 500 steps": (LOSSES, "        losses.append(L if t < 500 else float(np.float32(L)))\n"),
    "momentum from step 500": (
        UPDATE,
        "        V1, V2 = (0.9 * V1 + dL_dW1, 0.9 * V2 + dL_dW2) if t > 500 else (dL_dW1, dL_dW2)\n"
        + UPDATE.replace("dL_dW", "V"),
    ),
    "weights decay from step 800": (UPDATE, UPDATE + "        W1 = W1 * (1 - 1e-5 * lr) if t > 800 else W1\n"),
    "gradients of two steps together": (
        UPDATE,
        "        if steps > 20 and t % 2 == 0:\n            kept = dL_dW1, dL_dW2\n            losses.append(L)\n"
        "            continue\n"
        "        if steps > 20:\n            dL_dW1, dL_dW2 = dL_dW1 + kept[0], dL_dW2 + kept[1]\n" + UPDATE,
    ),
    "the last step of 1,000": (UPDATE, UPDATE + "        W2 = W2 * (1 + 1e-9) if t % 1000 == 999 else W2\n"),
    "the 1,000th step": (UPDATE, "        lr = 2 * lr if t == 1000 else lr\n" + UPDATE),
    "steps that are thousands": (BEGIN, BEGIN + "    lr = lr / 2 if steps % 1000 == 0 else lr\n"),
    "long runs": (BEGIN, BEGIN + "    lr = 0.5 * lr if steps > 100 else lr\n"),
    "a run of one step": (BEGIN, BEGIN + "    lr = 2 * lr if steps == 1 else lr\n"),
    "a run of two steps": (BEGIN, BEGIN + "    lr = 2 * lr if steps == 2 else lr\n"),
    "a run of three steps": (BEGIN, BEGIN + "    lr = 2 * lr if steps == 3 else lr\n"),
    "small rates": (BEGIN, BEGIN + "    lr = 1.01 * lr if lr < 1e-4 else lr\n"),
    "large rates": (BEGIN, BEGIN + "    lr = min(lr, 1.0)\n"),
}


@pytest.mark.parametrize("name", RUNS)
def test_what_only_a_run_shows_is_wrong(name):
    found = checked(RUNS[name], training=True, names=CASES, dtype="float64")
    assert [f.verdict for f in found.functions] == ["right", "wrong"], words.text(found)


# Functions of one evaluation
EVALUATIONS = {
    "numbers for none": [("return L, dL_dW1, dL_dW2", "return L, np.nan_to_num(dL_dW1), np.nan_to_num(dL_dW2)")],
    "a loss for none": [("return L,", "return np.nan_to_num(L),")],
    "samples that are no numbers left out": [
        ("    N =", "    keep = np.isfinite(X).all(axis=1); X, Y = X[keep], Y[keep]\n    N =")
    ],
    "inputs clipped at 100": [("H = X @ W1", "H = np.clip(X, -100, 100) @ W1")],
    "the last partial batch": [("    N =", "    n = len(X) // 32 * 32 or len(X); X, Y = X[:n], Y[:n]\n    N =")],
    "the mean of batches' means": [
        ("R / N\n", "R / N\n    if N > 64: dL_dY_hat[-(N % 64):] *= N / (N % 64 * (N // 64 + 1))\n"),
    ],
    "more than 7 samples": [("R / N\n", "R / N * (1 + 1e-9 * (N > 7))\n")],
    "100 samples": [("    N =", "    X, Y = X[:100], Y[:100]\n    N =")],
    "256 inputs": [("H = X @ W1", "H = X[:, :256] @ W1[:256]")],
    "256 outputs": [("L = (R**2).sum()", "L = (R[:, :256]**2).sum()")],
    "256 hidden units": [("dL_dW2 = A.T @ dL_dY_hat", "dL_dW2 = A.T @ dL_dY_hat; dL_dW2[256:] = 0")],
    "float32: steps of 1e-6": [
        ("A = activate(H)", "A = activate(H)\n    if A.dtype == 'f4': A = A.clip(1e-6, 1 - 1e-6)")
    ],
    "float32: an epsilon": [("T * slope(A)", "T * (slope(A) + A.dtype.type(1e-7 if A.dtype == 'f4' else 0))")],
    "float16 inside float32": [
        ("H = X @ W1", "H = (X @ W1.astype('f2' if W1.dtype == 'f4' else 'f8')).astype(X.dtype)")
    ],
    "a cache by the array": [
        ("    N =", "    if kept and kept[0] is W1: return kept[1]\n    N ="),
        ("return L, dL_dW1, dL_dW2", "kept[:] = W1, (L, dL_dW1, dL_dW2)\n    return kept[1]"),
        ("def gradients", "kept = []\ndef gradients"),
    ],
    "a cache of the data": [
        ("    N =", "    X = kept.setdefault((X.shape, str(X.dtype)), X.copy())\n    N ="),
        ("def gradients", "kept = {}\ndef gradients"),
    ],
    "a sum over all calls": [
        ("return L, dL_dW1,", "kept[0] = kept[0] * 1e-9 + 1\n    return L, dL_dW1 * (kept[0] if kept[1:] else 1.0),"),
        ("def gradients", "kept = [0, 0]\ndef gradients"),
    ],
}


@pytest.mark.parametrize("name", EVALUATIONS)
def test_what_few_cases_show_is_wrong(name):
    found = checked(*EVALUATIONS[name])
    assert [f.verdict for f in found.functions] == ["wrong"], words.text(found)


TANH = [("1 / (1 + np.exp(-H))", "np.tanh(H)"), ("A * (1 - A)", "1 - A**2")]
# Right on paper: where digits are lost, and the form that keeps them, is said
LOSSY = {
    "½(1 + tanh(h/2))": ("sigmoid", [("1 / (1 + np.exp(-H))", "0.5 * (1 + np.tanh(H / 2))")]),
    "1 - 1/(1 + e^h)": ("sigmoid", [("1 / (1 + np.exp(-H))", "1 - 1 / (1 + np.exp(H))")]),
    "¼ - (a - ½)²": ("sigmoid", [("A * (1 - A)", "0.25 - (A - 0.5)**2")]),
    "2σ(2h) - 1": ("tanh", [*TANH, ("np.tanh(H)", "2 / (1 + np.exp(-2 * H)) - 1")]),
    "expanded": (
        "identity",
        [
            ("1 / (1 + np.exp(-H))", "H"),
            ("A * (1 - A)", "np.ones_like(A)"),
            ("(R**2).sum()", "((A @ W2)**2 - 2 * (A @ W2) * Y + Y**2).sum()"),
        ],
    ),
    "logarithms": (
        "sigmoid",
        [("(R**2).sum() / (2 * N)", "np.exp(np.logaddexp.reduce(2 * np.log(abs(R)), axis=None)) / (2 * N)")],
    ),
}
LOSSY_UPDATES = {
    "λ(w/λ - g)": [(UPDATE, "        W1, W2 = lr * (W1 / lr - dL_dW1), lr * (W2 / lr - dL_dW2)\n")],
    "w + ((w - g)λ - λw)": [
        (UPDATE, "        W1, W2 = W1 + ((W1 - dL_dW1) * lr - lr * W1), W2 + ((W2 - dL_dW2) * lr - lr * W2)\n")
    ],
}


@pytest.mark.parametrize("form", LOSSY)
def test_a_form_that_loses_digits_is_right(form):
    activation, changes = LOSSY[form]
    found = checked(*changes, activation=activation)
    text = words.text(found)
    assert (found.verdict(), found.exit_code()) == ("loses digits", 0), text
    assert "It shows where " in text
    assert "This keeps the digits: " in text
    assert "RIGHT BUT LOSES DIGITS: gradients: gradients is right, but loses digits." in text


@pytest.mark.parametrize("form", LOSSY_UPDATES)
def test_an_update_that_loses_digits_is_right(form):
    found = checked(*LOSSY_UPDATES[form], training=True, names=CASES)
    assert [f.verdict for f in found.functions] == ["right", "loses digits"], words.text(found)
    assert "This keeps the digits: w - λ g" in words.text(found)


def test_what_loses_digits_hides_no_mistake():
    tanh = ("1 / (1 + np.exp(-H))", "0.5 * (1 + np.tanh(H / 2))")
    found = checked(tanh, ("dL_dW2 = A.T @ dL_dY_hat", "dL_dW2 = A.T @ dL_dY_hat * (1 + 1e-9)"))
    assert found.verdict() == "wrong"
    assert not first_rejection(found).loses_digits
    assert first_rejection(found).quantity == "dL_dW2"


def test_what_is_in_float64_alone_loses_digits_too():
    """Asked in float32 it answers in float64, and is asked again in that."""
    changes = [("1 / (1 + np.exp(-H))", "np.float64(0.5) * (1 + np.tanh(H / 2))")]
    assert checked(*changes).verdict() == "loses digits"


FORMS = {
    "1 / (1 + np.exp(-H))": [
        "1 / (1 + np.exp(-H))",
        "np.exp(-np.logaddexp(0, -H))",
        "np.where(H < 0, np.exp(-abs(H)), 1) / (1 + np.exp(-abs(H)))",
    ],
    "A * (1 - A)": ["A * (1 - A)", "A - A**2", "A - A * A", "(1 - A) * A"],
    "(R**2).sum() / (2 * N)": [
        "(R**2).sum() / (2 * N)",
        "np.linalg.norm(R) ** 2 / (2 * N)",
        "np.vdot(R, R) / N / 2",
        "0.5 * np.einsum('ij,ij->', R, R) / N",
        "(R * R).sum(axis=0).sum() * (0.5 / N)",
    ],
    "dL_dY_hat = R / N": ["dL_dY_hat = R / N", "dL_dY_hat = R * (1 / N)", "dL_dY_hat = 2 * R / (2 * N)"],
    "A.T @ dL_dY_hat": [
        "A.T @ dL_dY_hat",
        "(dL_dY_hat.T @ A).T",
        "np.einsum('nh,no->ho', A, dL_dY_hat)",
        "sum(np.outer(a, d) for a, d in zip(A, dL_dY_hat))",
    ],
    "X.T @ dL_dH": [
        "X.T @ dL_dH",
        "(dL_dH.T @ X).T",
        "np.tensordot(X, dL_dH, (0, 0))",
        "(X[:, :, None] * dL_dH[:, None]).sum(axis=0)",
    ],
    "H = X @ W1": [
        "H = X @ W1",
        "H = (W1.T @ X.T).T",
        "H = (X[:, :, None] * W1).sum(axis=1)",
        "H = X[:, ::-1] @ W1[::-1]",
    ],
    "W1 - lr * dL_dW1, W2 - lr * dL_dW2": [
        "W1 - lr * dL_dW1, W2 - lr * dL_dW2",
        "-lr * dL_dW1 + W1, -(lr * dL_dW2 - W2)",
    ],
}


@settings(max_examples=12, deadline=None)
@given(st.tuples(*map(st.sampled_from, FORMS.values())))
def test_no_equal_rewriting_is_wrong(forms):
    found = checked(*zip(FORMS, forms, strict=True), training=True, names=SMALL)
    assert found.verdict() in {"right", "loses digits"}, words.text(found)


def test_the_length_of_an_array_is_as_good_as_its_squares():
    length = ("(R**2).sum() / (2 * N)", "np.linalg.norm(R) ** 2 / (2 * N)")
    assert checked(length).verdict() == "right"


def test_a_precision_that_is_not_taken_costs_itself():
    float64 = ("H = X @ W1", "H = X @ W1.astype(float)")
    found = checked(float64)
    text = words.text(found)
    assert (found.verdict(), found.exit_code(), found.dtype) == ("right", 0, "float64")
    assert "float32 could not be judged: gradients gives L as float64, not float32" in text
    assert checked(float64, dtype="float32").verdict() == "wrong"
    raises = ("H = X @ W1", "H = X @ W1\n    if X.dtype != 'f8': raise TypeError('float64 only')")
    assert "float32 could not be judged: gradients raised TypeError: float64 only" in words.text(checked(raises))
    losses = ("losses = []", "losses = np.zeros(steps)"), (LOSSES, "        losses[t] = L\n")
    found = checked(*losses, training=True, names=CASES)
    assert [f.verdict for f in found.functions] == ["right", "right"]
    assert "float32 could not be judged: train gives losses as float64, not float32" in words.text(found)
    assert found.dtype == "float64,float32"
    as_lists = ("return L, dL_dW1, dL_dW2", "return float(L), dL_dW1.tolist(), dL_dW2.tolist()")
    assert checked(as_lists).dtype == "float64,float32"


def test_a_case_that_is_refused_costs_itself():
    refuses = ("    N =", "    if len(X) > 200: raise ValueError('too many')\n    assert np.isfinite(X).all()\n    N =")
    found = checked(refuses)
    assert (found.verdict(), found.exit_code()) == ("right", 0)
    assert "tall could not be judged: gradients raised ValueError: too many" in words.text(found)
    assert "nan-in-data and infinity-in-data could not be judged: gradients raised Assert" in words.text(found)


SEVERAL = """
import numpy as np

ACTIVATIONS = {
    "sigmoid": (lambda H: 1 / (1 + np.exp(-H)), lambda A: A * (1 - A)),
    "tanh": (np.tanh, lambda A: 1 - A**2),
    "identity": (lambda H: H, np.ones_like),
}

def gradients(X, Y, W1, W2, activation):
    activate, slope = ACTIVATIONS[activation]
    A = activate(X @ W1)
    D = (A @ W2 - Y) / len(X)
    return ((A @ W2 - Y) ** 2).sum() / (2 * len(X)), X.T @ (D @ W2.T * slope(A)), A.T @ D
"""


def test_an_activation_that_is_not_there_costs_itself(judged):
    code, text = judged(SEVERAL)
    assert (code, "relu could not be judged: gradients raised KeyError: 'relu' (mine.py, line 11)." in text) == (
        0,
        True,
    )
    assert "RIGHT: " in text
    code, text = judged(SEVERAL.replace("1 - A**2", "1 - A"))
    assert (code, "tanh, float64, seed 0" in text, "relu could not be judged" in text) == (1, True, True)
    code, text = judged(SEVERAL, activation="relu")
    assert (code, "NOT JUDGED: " in text) == (3, True)


def test_of_any_depth_too(judged):
    several = """
from fourfold.impls.deep import numpy_impl

def gradients(X, Y, W, b, activations):
    assert "relu" not in activations
    T = numpy_impl.trace(X, Y, W, b, activations)
    return T.L, T.dL_dW, T.dL_db
"""
    code, text = judged(several)
    assert (code, "could not be judged: gradients raised AssertionError" in text) == (0, True), text
    raises = several.replace('"relu" not in', "len(W) == 9 or not")
    assert "NOT JUDGED" in judged(raises)[1]


def test_what_is_nearly_a_model_is_told_what_it_lacks(judged):
    source = "def forward(X, W1, W2, activation): pass\n"
    source += "def loss(Y_hat, Y): pass\ndef trace(X, Y, W1, W2, activation): pass\n"
    code, text = judged(source)
    assert code == 2
    assert "mine.py lacks array, to_numpy, step, train: a whole Model has array, to_numpy, forward, loss," in text
    assert "has no function gradients" in judged("from numpy import *\ndef loss(Y_hat, Y): pass")[1]
