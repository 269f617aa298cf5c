"""The checker is checked: planted faults are rejected and located, equal rewritings are not."""

import warnings

import numpy as np
import pytest

from compare import agree, cases, show
from compare.certify import certify
from compare.mistakes import planted
from compare.mistakes.rewritings import REWRITINGS
from impls.two_layer import numpy_impl
from tests.conftest import Here, asymmetric


def case(activation="sigmoid"):
    return asymmetric(activation, steps=12)


def evidence(monkeypatch, module, dtype="float64", of=None):
    with warnings.catch_warnings():  # a wrong column may overflow
        warnings.simplefilter("ignore", RuntimeWarning)
        return certify(Here(monkeypatch, module), "planted", of or case(), dtype, lambda steps: None)


@pytest.mark.parametrize("dtype", cases.DTYPES)
@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_an_equal_rewriting_is_accepted(monkeypatch, rewriting, dtype):
    found = evidence(monkeypatch, planted.changed("numpy", *REWRITINGS[rewriting]), dtype)
    assert found.rejection is None, show.rejection(found.rejection)
    assert {row.rejected for row in found.rows} == {0}


@pytest.mark.parametrize(
    ("fault", "step", "quantity"),
    [
        ("sign of the residual", 0, "R"),
        ("1/N missing", 0, "dL_dY_hat"),
        ("slope missing", 0, "dL_dH"),
        ("one entry off by 1e-12", 0, "dL_dW1"),
        ("one step skipped", 3, "every W2"),
        ("momentum", 1, "every W2"),
        ("loss after the update", 0, "every L"),
        ("W2 updated before W1's gradient", 0, "every W1"),
    ],
)
def test_the_first_wrong_step_and_quantity_are_named(monkeypatch, fault, step, quantity):
    r = evidence(monkeypatch, planted.load("numpy", fault)).rejection
    assert (r.step, r.quantity.removeprefix("every ")) == (step, quantity.removeprefix("every "))
    assert float(r.error) > float(r.limit)
    text = show.rejection(r)
    assert repr(r.value) in text
    assert repr(r.truth) in text
    assert ("the update is at fault" in text) == (fault in {"loss after the update", "W2 updated before W1's gradient"})
    assert ("something is carried from step to step" in text) == quantity.startswith("every W2")
    assert "certified in ball arithmetic" in text


def test_one_entry_off_by_a_few_ulps_is_found():
    W1, W2 = case().W1, case().W2
    p = agree.problem(case(), "float64")
    right = numpy_impl.trace(p.X, p.Y, W1, W2, "sigmoid")
    wrong = right._replace(dL_dW2=right.dL_dW2.copy())
    wrong.dL_dW2[1, 2, 0] *= 1 + 1e-13
    found = agree.first_wrong(agree.judge_trace(wrong, W1, W2, p))
    assert (found.judged.quantity, found.index) == ("dL_dW2", (1, 2, 0))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_wrong(value):
    p = agree.problem(case(), "float64")
    right = numpy_impl.trace(p.X, p.Y, case().W1, case().W2, "sigmoid")
    right.L[1] = value
    found = agree.first_wrong(agree.judge_trace(right, case().W1, case().W2, p))
    assert (found.judged.quantity, found.index) == ("L", (1,))
    assert found.judged.ratio[1] == np.inf


def test_a_float32_run_passed_off_as_float64_is_rejected(monkeypatch):
    leak = planted.changed(
        "numpy", "path.append((W1, W2, L))", "path.append((W1.astype('f4'), W2.astype('f4'), L.astype('f4')))"
    )
    assert "W1 is float32, not float64" in evidence(monkeypatch, leak).rejection.note


def test_a_float64_run_passed_off_as_float32_is_rejected(monkeypatch):
    leak = planted.changed("numpy", "W1 - lr * T.dL_dW1", "W1 - np.float64(lr) * T.dL_dW1")
    assert "W1 is float64, not float32" in evidence(monkeypatch, leak, "float32").rejection.note


def test_wrong_shapes_are_rejected(monkeypatch):
    flat = planted.changed("numpy", "return Trace(H", "L = L[..., None]\n    return Trace(H")
    note = evidence(monkeypatch, flat).rejection.note
    assert "train" in note
    assert "L has shape" in note


def test_a_run_that_overflows_is_certified_up_to_there(monkeypatch):
    """Beyond the format's range nothing is certified, but a column must not come back with numbers."""
    wild = cases.make("xor", "identity", 8, 300, 3, range(3))
    found = evidence(monkeypatch, numpy_impl, of=wild)
    rows = {row.quantity: row for row in found.rows}
    assert found.rejection is None
    assert rows["every W1"].checked > 50
    assert rows["every W1"].no_number > 1000
    assert evidence(monkeypatch, planted.load("numpy", "infinite weights hidden"), of=wild).rejection is not None


def test_many_pieces_are_certified_like_one(monkeypatch):
    whole = evidence(monkeypatch, numpy_impl)
    monkeypatch.setattr("compare.certify.PIECE", 15)  # 3 seeds: 5 steps at a time
    pieces = evidence(monkeypatch, numpy_impl)
    assert pieces.rows == whole.rows
    assert all((pieces.arrays[key] == whole.arrays[key]).all() for key in whole.arrays)
    r = evidence(monkeypatch, planted.load("numpy", "momentum")).rejection
    assert (r.step, r.quantity) == (1, "W2")
