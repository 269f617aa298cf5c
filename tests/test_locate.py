"""From a wrong number to what is said of it: every way an examination can go."""

import numpy as np
import pytest

from fourfold.compare.agreement import locate, reproduce
from fourfold.compare.agreement.rejections import Point, Where, malformed, rejection
from fourfold.compare.cases.case import DTYPES, make_case
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement, layers
from fourfold.compare.judge.referee import JudgeError
from fourfold.compare.mistakes import planted
from fourfold.impls.deep import numpy_impl as deep
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import asymmetric

WHERE = Where("planted", "asymmetric", "float64")


class Examiner:
    """Answers as a module does, but for the calls that are given otherwise: {call: function of the right answer}."""

    name = "planted"

    def __init__(self, module, **changed):
        self._right, self._changed = InProcess("planted", module), changed

    def ask(self, question):
        change = self._changed.get(question.call, lambda answer: answer)
        return change(self._right.ask(question))


def fails(answer):
    raise ColumnError("broken down")


def flat(answer):
    return {name: Z.ravel() for name, Z in answer.items()}


def moved(answer, name="W2"):
    return answer | {name: answer[name] + 1}


def located(examiner, case, wrong_quantity="W2", seed=1, step=3, dtype="float64"):
    """The Rejection of a run of which one entry of one quantity was moved."""
    p = judgement.problem(case, dtype)
    _, _, *weights = case.cast(dtype)
    module = InProcess("right", deep if case.row == "deep" else numpy_impl)
    answer = module.ask(about(p, "trajectory", weights, case.lr, case.steps))
    path = [Z.copy() for Z in answer.values()]
    before = form.before_each_step(weights, path)
    names = [*answer]
    path[names.index(wrong_quantity)][step, seed] += 1
    wrong = judgement.first_wrong(judgement.judge_steps(before, path, p))
    return locate.in_run(examiner, WHERE, wrong, before, 0, case, p)


def test_a_fault_of_the_trace_is_named_by_its_first_wrong_quantity():
    r = located(Examiner(planted.load("numpy", "slope missing")), asymmetric())
    assert (r.quantity, r.step, r.seed) == ("dL_dH", 3, 1)
    assert r.certificate.startswith("confirmed in ball arithmetic")
    assert "column.trace(X, Y, W1, W2, 'sigmoid')\nvalue = column.to_numpy(T.dL_dH)" in r.reproduce


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({}, "`trace` at these weights is right"),
        ({"trace": fails}, "`trace` cannot be run at these weights"),
        ({"trace": flat}, "`trace` gives the wrong kind of array at these weights"),
    ],
)
@pytest.mark.parametrize(
    ("step", "end"),
    [
        (moved, "and one step of `train` from them is wrong: the update is at fault"),
        (None, "and so is one step of `train` from them: something is carried from step to step"),
        (fails, "something is carried from step to step"),
        (flat, "something is carried from step to step"),
    ],
)
def test_what_is_wrong_in_the_run_alone(changed, start, step, end):
    changed = changed | ({"trajectory": step} if step else {})
    r = located(Examiner(numpy_impl, **changed), asymmetric())
    assert r.note.startswith(start)
    assert r.note.endswith(end)
    assert "column = impls.load('planted')\n" in r.reproduce
    steps = 1 if "update" in end else 4
    assert f"column.train(X, Y, W1, W2, 0.1, {steps}, 'sigmoid')\nvalue = column.to_numpy(path[1])[-1]" in r.reproduce


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_carried_is_shown_from_the_seed_s_own_weights(dtype):
    """Also of a seed beyond the number of samples."""
    case = asymmetric(seeds=range(9))
    r = located(Examiner(numpy_impl), case, "W1", seed=8, dtype=dtype)
    assert (r.quantity, r.seed) == ("W1", 8)
    assert float(case.W1.astype(dtype)[8, 0, 0]).hex() in r.reproduce
    assert "value = column.to_numpy(path[0])[-1]" in r.reproduce


@pytest.mark.parametrize(
    ("function", "quantity", "call", "place"),
    [
        ("trace", "dL_dA1", "trace", "(T.named()['dL_dA1'])"),
        ("step", "b2", "step", "(outputs[1][1])"),
        ("step", "W2", "step", "(outputs[0][1])"),
        ("step", "L", "step", "(outputs[-1])"),
        ("forward and loss", "H2", "forward", "(outputs[0][1])"),
        ("forward and loss", "A1", "forward", "(outputs[1][0])"),
        ("forward and loss", "Y_hat", "forward", "(outputs[-1])"),
        ("forward and loss", "R", "loss", "(column.loss(Y_hat, Y)[0])"),
        ("forward and loss", "L", "loss", "(column.loss(Y_hat, Y)[-1])"),
    ],
)
def test_a_script_shows_where_a_quantity_of_any_depth_is(function, quantity, call, place):
    case = make_case("xor", "tanh", 0.1, 2, 3, range(2), layers=[2, 3, 1], bias=True)
    p, parameters = judgement.problem(case, "float64"), [Z[1] for Z in case.weights]
    exact = np.ones(2) if quantity == "L" else np.ones((2, 4, 1))
    judged = judgement.judge(quantity, exact + 1, exact, exact / 2, *np.ones((2, 2), bool), p)
    wrong = judgement.first_wrong([judged])
    if function != "step":  # layers are judged by themselves in a trace alone
        wrong = wrong._replace(own={"H1": np.zeros((4, 3))})
    without = [Z * np.nan for Z in parameters]  # no exact value is to be had, and so nothing to confirm
    r = locate.in_function(InProcess("numpy"), WHERE, function, wrong, Point(0, 0, (), without), p)
    assert f"column.{call}(" in r.reproduce
    assert place in r.reproduce
    assert "(W1, W2,), (b1, b2,)" in r.reproduce
    assert "column = impls.load('planted', 'deep')\n" in r.reproduce
    assert r.certificate == ""
    assert ("called by itself" in r.note) == (function != "trace")
    by_its_layer = "is at fault: exact and limit are for the column's own inputs to it"
    assert r.note.endswith(by_its_layer) == (function != "step")


@pytest.mark.parametrize(
    ("quantity", "place"), [("H1", "[0]"), ("A1", "[1]"), ("R", "[0]"), ("W1", "[0]"), ("W2", "[1]")]
)
def test_a_script_shows_where_a_quantity_of_two_layers_is(quantity, place):
    assert reproduce._place("forward", quantity, "two_layer") == place


def test_networks_without_biases_have_an_empty_tuple_of_them():
    case = make_case("xor", "tanh", 0.1, 2, 3, range(1), layers=[2, 3, 1])
    p = judgement.problem(case, "float64")
    text = reproduce.of_function("trace", "numpy", p, [Z[0] for Z in case.weights], "L", (), 0.0)
    assert "column.trace(X, Y, (W1, W2,), (), ('tanh', 'identity'))" in text


def test_what_is_too_long_to_look_at_has_no_script(monkeypatch):
    case = make_case("xor", "tanh", 0.1, 2, 3, range(1))
    p, parameters = judgement.problem(case, "float64"), [Z[0] for Z in case.weights]
    monkeypatch.setattr(reproduce, "LONGEST", 12 + 9)
    assert reproduce.of_function("trace", "numpy", p, parameters, "L", (), 0.0)
    monkeypatch.setattr(reproduce, "LONGEST", 12 + 8)
    assert reproduce.of_function("trace", "numpy", p, parameters, "L", (), 0.0) == ""


def test_a_script_shows_all_parameters_and_no_others():
    case = make_case("xor", "tanh", 0.1, 2, 3, range(1))
    p, (W1, W2) = judgement.problem(case, "float64"), [Z[0] for Z in case.weights]
    with pytest.raises(ValueError, match="zip"):
        reproduce.of_function("trace", "numpy", p, [W1, W2, W1], "L", (), 0.0)


def test_the_wrong_kind_of_array_is_no_number():
    complaint = form.Malformed("dL_dH1", "dL_dH has shape (3,), not (4, 3)")
    r = malformed(WHERE, 7, "trace", complaint, "two_layer")
    assert (r.column, r.case, r.dtype) == WHERE
    assert (r.quantity, r.step, r.seed, r.value) == ("dL_dH", 7, None, None)
    assert r.note == "trace gives the wrong kind of array: dL_dH has shape (3,), not (4, 3)"


def off_by_half(p):
    judged = judgement.judge("L", np.ones(3), np.full(3, 0.5), np.full(3, 0.1), *np.ones((2, 3), bool), p)
    return judgement.first_wrong([judged])


def test_a_rejection_without_weights_has_no_certificate():
    p = judgement.problem(asymmetric(), "float64")
    r = rejection(WHERE, off_by_half(p), Point(2, 5, (), None), p, "note", "script")
    assert (r.column, r.case, r.dtype) == WHERE
    assert (r.certificate, r.note, r.reproduce, r.value, r.truth) == ("", "note", "script", 1.0, 0.5)


@pytest.mark.parametrize("nan", ["X", "Y", "weights"])
def test_a_rejection_without_numbers_has_no_certificate(nan):
    case = asymmetric()
    p, weights = judgement.problem(case, "float64"), [Z[0] for Z in case.weights]
    if nan == "weights":
        weights = [Z * np.nan for Z in weights]
    else:
        p = p._replace(**{nan: getattr(p, nan) * np.nan})
    r = rejection(WHERE, off_by_half(p), Point(2, 5, (), weights), p)
    assert (r.certificate, r.note, r.reproduce) == ("", "", "")


def test_what_is_judged_by_its_own_inputs_is_confirmed_by_them():
    """R is what it should be by the exact Y_hat, and not by the column's own."""
    case = make_case("xor", "tanh", 0.1, 2, 3, range(1), layers=[2, 3, 1])
    p, weights = judgement.problem(case, "float64"), [Z[0] for Z in case.weights]
    own = InProcess("right", deep).ask(about(p, "trace", weights))
    own["Y_hat"] = own["Y_hat"] + 1
    wrong = layers.first_wrong([], layers.judge(own, weights, p), own)
    assert wrong.judged.quantity == "Y_hat"
    judged = [j for j in layers.judge(own, weights, p) if j.quantity == "R"]
    wrong = layers.first_wrong([], judged, own)
    r = rejection(WHERE, wrong, Point(0, 0, wrong.index, weights), p)
    assert r.certificate.startswith("confirmed in ball arithmetic, 192 bits: off by 1.00")
    own["R"] = own["R"] + 1  # right by its own inputs: ball arithmetic does not bear a rejection out
    with pytest.raises(JudgeError):
        rejection(
            WHERE,
            wrong._replace(own=own, judged=judged[0]._replace(value=own["R"])),
            Point(0, 0, wrong.index, weights),
            p,
        )
