"""The checker is checked: planted faults are rejected and located, equal rewritings are not."""

import inspect
import types
import warnings

import numpy as np
import pytest

from fourfold.compare.agreement.certify import certify
from fourfold.compare.cases.case import DTYPES, draw_weights, make_case, two_layer_case
from fourfold.compare.columns import calls
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement
from fourfold.compare.mistakes import loops, planted
from fourfold.compare.mistakes.rewritings import REWRITINGS
from fourfold.compare.results import words
from fourfold.compare.results.words import measure
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import Here, asymmetric, named


def case(activation="sigmoid"):
    return asymmetric(activation, steps=12)


def evidence(monkeypatch, module, dtype="float64", of=None):
    with warnings.catch_warnings():  # a wrong column may overflow
        warnings.simplefilter("ignore", RuntimeWarning)
        return certify(Here(monkeypatch, module), "planted", of or case(), dtype, lambda steps: None)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_an_equal_rewriting_is_accepted(monkeypatch, rewriting, dtype):
    found = evidence(monkeypatch, planted.changed("numpy", *REWRITINGS[rewriting]), dtype)
    assert found.rejection is None, words.rejection(found.rejection)
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
    text = words.rejection(r)
    assert repr(r.value) in text
    assert repr(r.truth) in text
    assert ("the update is at fault" in text) == (fault == "W2 updated before W1's gradient")
    assert ("what it gives for the loss is at fault" in text) == (fault == "loss after the update")
    assert ("something is carried from step to step" in text) == quantity.startswith("every W2")
    assert "confirmed in ball arithmetic" in text


@pytest.mark.parametrize("quantity", ["H", "A", "Y_hat", "R", "L", "dL_dY_hat", "dL_dW2", "dL_dA", "dL_dH", "dL_dW1"])
@pytest.mark.parametrize("where", ["", "[..., -1:, :]"])  # everywhere, or in the last row alone
def test_a_fault_in_any_quantity_is_named(monkeypatch, quantity, where):
    if quantity == "L":
        wrong = planted.changed("numpy", "/ (2 * N)", "/ (2 * N) * (1 + 1e-9)")
    else:
        line = next(x for x in planted.right_source("numpy").splitlines() if x.strip().startswith(f"{quantity} = "))
        wrong = planted.changed(
            "numpy", line, f"{line}\n    {quantity} = {quantity}.copy()\n    {quantity}{where} *= 1 + 1e-9"
        )
    r = evidence(monkeypatch, wrong).rejection
    assert (r.step, r.quantity) == (0, quantity)
    assert "confirmed in ball arithmetic" in r.certificate


@pytest.mark.parametrize(
    ("function", "quantity", "fault"),
    [
        ("forward", "Y_hat", ("    return H, A, Y_hat", "    return H, A, Y_hat * (1 + 1e-9)")),
        ("loss", "L", ("    return R, L", "    return R, L * (1 + 1e-9)")),
        ("step", "W2", ("lr * T.dL_dW2, T.L", "lr * T.dL_dW2 * (1 + 1e-9), T.L")),
    ],
)
def test_functions_that_train_and_trace_do_not_use_are_judged_too(monkeypatch, capsys, function, quantity, fault):
    """As in a column whose `train` and `trace` have lines of their own."""
    module, right = planted.changed("numpy", *fault), types.ModuleType("right")
    exec(inspect.getsource(numpy_impl), right.__dict__)
    module.__dict__.update(trace=right.trace, train=right.train)
    r = evidence(monkeypatch, module).rejection
    assert (r.step, r.quantity) == (0, quantity)
    assert f"`{function}` gives this, called by itself" in r.note
    exec(r.reproduce, {})
    got, exact = (float(line.split()[1]) for line in capsys.readouterr().out.splitlines())
    assert (got, exact) == (r.value, r.truth)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_that_are_no_numbers_are_wrong(monkeypatch, value, dtype):
    """Also infinite ones: a limit that grew with what the column gives would let them pass."""
    module = planted.changed("numpy", *loops.after_counted_step("W1 = np.where(t == 5, value, W1).astype(L.dtype)"))
    module.__dict__["value"] = value
    r = evidence(monkeypatch, module, dtype).rejection
    assert (r.step, r.quantity, measure(r.value)) == (5, "W1", pytest.approx(value, nan_ok=True))
    assert "'" not in words.rejection(r).split("got")[1].splitlines()[0]


def test_a_column_proved_wrong_stays_wrong_when_it_breaks_down_later(monkeypatch):
    """`trace` cannot be called at all, and `train` fails after the first call."""
    monkeypatch.setattr("fourfold.compare.agreement.plan.NUMBERS", 50)  # five steps a call
    module = planted.load("numpy", "weight decay of 1e-9")
    honest, made = module.step, []

    def step(*args):
        made.append(args)
        if len(made) > 8:
            raise ColumnError("broken down")
        return honest(*args)

    def broken(*args):
        raise ColumnError("broken down")

    monkeypatch.setitem(calls.ANSWERS, "trace", broken)
    monkeypatch.setattr(module, "step", step)
    r = evidence(monkeypatch, module).rejection
    assert (r.step, r.quantity) == (0, "W2")
    assert "`trace` cannot be run at these weights (broken down)" in r.note


def test_one_entry_off_by_a_few_ulps_is_found():
    W1, W2 = case().W1, case().W2
    p = judgement.problem(case(), "float64")
    right = numpy_impl.trace(p.X, p.Y, W1, W2, "sigmoid")
    wrong = right._replace(dL_dW2=right.dL_dW2.copy())
    wrong.dL_dW2[1, 2, 0] *= 1 + 1e-13
    found = judgement.first_wrong(judgement.judge_trace(named(wrong), (W1, W2), p))
    assert (found.judged.quantity, found.index) == ("dL_dW2", (1, 2, 0))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_wrong(value):
    p = judgement.problem(case(), "float64")
    right = numpy_impl.trace(p.X, p.Y, case().W1, case().W2, "sigmoid")
    right.L[1] = value
    found = judgement.first_wrong(judgement.judge_trace(named(right), (case().W1, case().W2), p))
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
    wild = make_case("xor", "identity", 8, 300, 3, range(3))
    found = evidence(monkeypatch, numpy_impl, of=wild)
    rows = {row.quantity: row for row in found.rows}
    assert found.rejection is None
    assert rows["every W1"].checked > 50
    assert rows["every W1"].no_number > 1000
    assert evidence(monkeypatch, planted.load("numpy", "infinite weights hidden"), of=wild).rejection is not None


def test_many_pieces_are_certified_like_one(monkeypatch):
    whole = evidence(monkeypatch, numpy_impl)
    monkeypatch.setattr("fourfold.compare.agreement.certify.PIECE", 15)  # 3 seeds: 5 steps at a time
    pieces = evidence(monkeypatch, numpy_impl)
    assert pieces.rows == whole.rows
    assert all((pieces.arrays[key] == whole.arrays[key]).all() for key in whole.arrays)
    r = evidence(monkeypatch, planted.load("numpy", "momentum")).rejection
    assert (r.step, r.quantity) == (1, "W2")


@pytest.mark.parametrize("block", [1, 100, 300])
def test_many_blocks_are_judged_like_one(monkeypatch, block):
    """Large data are judged a few seeds at a time, and seeds a few steps at a time."""
    of = case()
    p, W, path = (
        judgement.problem(of, "float64"),
        (of.W1, of.W2),
        numpy_impl.train(*of.cast("float64"), 0.1, 7, "sigmoid"),
    )
    before = form.before_each_step(W, path)
    whole = judgement.judge_steps(before, path, p)
    monkeypatch.setattr("fourfold.compare.judge.judgement.BLOCK", block)
    for one, other in zip(whole, judgement.judge_steps(before, path, p), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one[1:], other[1:], strict=True))


def test_pieces_and_blocks_of_a_wide_network_on_many_samples_are_small(monkeypatch):
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((5000, 8)), rng.standard_normal((5000, 1))
    W1, W2 = draw_weights(range(2), (8, 512, 1))
    large = two_layer_case("large", X, Y, W1, W2, "tanh", 0.1, 10**6, range(2))
    held = []

    def watched(before, path, p):
        held.append(before[0][..., 0, 0].size * judgement.entries(p, before))
        raise OverflowError

    def streamed(pool, name, questions, lengths):
        held.append(lengths[0])
        given = {
            key: np.broadcast_to(W, (lengths[0], *W.shape))
            for key, W in zip(("W1", "W2"), (W1[:1], W2[:1]), strict=True)
        }
        yield 0, 0, given | {"L": np.ones((lengths[0], 1))}

    monkeypatch.setattr("fourfold.compare.judge.judgement._judge_block", watched)
    monkeypatch.setattr("fourfold.compare.agreement.certify.workers.trajectories", streamed)
    with pytest.raises(OverflowError):
        certify(Here(monkeypatch, numpy_impl), "numpy", large, "float64", lambda n: None)
    piece, block = held
    assert piece * large.parameters() <= 8_000_000
    assert block == 5000 * 512
