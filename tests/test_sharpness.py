"""What the limits allow: the libraries' activations with room to spare, and no more than a small fault."""

import re

import numpy as np
import pytest

from fourfold.compare.cases import suites
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, make_case
from fourfold.compare.judge import bounds, judgement, truth
from fourfold.compare.judge.quantities import internal
from fourfold.compare.mistakes import planted
from fourfold.impls.model import Trace
from tests.conftest import Here, asymmetric
from tests.makers import activations, thresholds
from tests.test_cli import command, said


def costs(monkeypatch, module, function, dtype="float64"):
    monkeypatch.setattr(activations, "POINTS", 4000)
    monkeypatch.setattr(activations, "CALLS", 10)
    with np.errstate(all="ignore"):
        return activations.cost(Here(monkeypatch, module), "planted", function, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", activations.FUNCTIONS)
def test_an_error_of_an_activation_is_measured_wherever_it_is(monkeypatch, function, dtype):
    """Found in long arrays, in short ones, in the training loop; at its input; as large as it is."""
    eps = float(np.finfo(dtype).eps)
    honest = "lambda H: (np.tanh(H) if {} else {}(H))".format(function == "tanh", "(lambda Z: 1 / (1 + np.exp(-Z)))")
    for where, condition in (
        ("long arrays", "(H.shape[-2] > 3) & (H > 3) & (H < 4)"),
        ("short arrays", "H.shape[-2] == 3"),
        ("training loop", "(H.ndim == 3) & (H > 3) & (H < 4)"),
    ):
        off = f'"{function}": (lambda H: ({honest})(H) * (1 + {20 * eps} * np.asarray({condition}, H.dtype)),'
        old = '"sigmoid": (sigmoid,' if function == "sigmoid" else '"tanh": (np.tanh,'
        found = costs(monkeypatch, planted.changed("numpy", old, off), function, dtype)
        assert found.how == where
        assert 17 < found.eps < 23
        assert found.headroom() < 0.5
        if where != "short arrays":
            assert 3 < found.at < 4


def test_flushing_a_subnormal_result_costs_nothing_and_losing_a_normal_one_everything(monkeypatch):
    flushed = planted.changed("numpy", '"tanh": (np.tanh,', '"tanh": (lambda H: np.tanh(H) * (abs(H) > 2.3e-308),')
    assert costs(monkeypatch, flushed, "tanh").eps < 2
    lost = planted.changed("numpy", '"tanh": (np.tanh,', '"tanh": (lambda H: np.tanh(H) * (abs(H) > 1e-300),')
    assert costs(monkeypatch, lost, "tanh").eps > 1e15


def test_inputs_reach_from_the_smallest_number_to_the_largest():
    for dtype in DTYPES:
        h, f = np.abs(activations.inputs(dtype)), np.finfo(dtype)
        assert h.min() == 0
        assert h.max() == f.max
        assert ((h > 0) & (h < f.tiny)).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_fault_as_small_as_the_threshold_is_rejected_and_a_smaller_one_is_not(activation, dtype):
    case = asymmetric(activation)
    p = judgement.problem(case, dtype)
    *_, W1, W2 = case.cast(dtype)
    q, E, _ = judgement.exact_values((W1, W2), p)
    exact = {internal(name, p.row): np.asarray(q[internal(name, p.row)]) for name in Trace._fields}
    eps = float(np.finfo(dtype).eps)
    for t in thresholds.of_case(case, dtype):
        if t.quantity not in Trace._fields:
            continue
        name = internal(t.quantity, p.row)
        value, limit = exact[name], E[name]
        with np.errstate(all="ignore"):
            at = np.unravel_index(np.nanargmin(np.where(value != 0, limit / np.abs(value), np.nan)), value.shape)
        for size, rejected in ((t.least + 1, True), (max(0, t.least - 1), False)):  # 1 eps for rounding to the format
            faulty = truth.narrow(value).astype(dtype)
            faulty[at] = np.asarray(value[at] * (1 + size * eps), dtype)
            trace = {other: truth.narrow(Z).astype(dtype) for other, Z in exact.items()} | {name: faulty}
            wrong = judgement.first_wrong(judgement.judge_trace(trace, (W1, W2), p))
            assert (wrong is not None and wrong.judged.quantity == name) == rejected, t


def test_gradients_of_the_ordinary_cases_are_certified_to_a_few_dozen_units_of_rounding():
    """XOR at 2→3→1, and 5→4→2: half of all entries to better than 2^7 eps or so; tanh costs most."""
    default = make_case("xor", "sigmoid", 0.1, 1, 3, range(10))
    few = suites.choose("full", ["xor", *(f"asymmetric-{a}" for a in ACTIVATIONS)], default)
    for t in (t for case in few for t in thresholds.of_case(case, "float64")):
        if t.quantity in {"dL_dW1", "dL_dW2"}:
            assert t.median < 140, t
            assert t.least < 40, t


def test_the_thresholds_are_printed():
    done = command(python=("-m", "tests.makers.thresholds"))
    assert said(done, 0) == ""
    assert re.search(r"asymmetric-tanh +float64( +\d[\d.]* / \d[\d.]*){5}", done.stdout)


def test_the_activations_are_measured():
    numpy_alone = "import importlib.util as u; real = u.find_spec\n"
    numpy_alone += "u.find_spec = lambda name, *a: None if name in {'torch', 'jax', 'tensorflow'} else real(name, *a)\n"
    program = "from fourfold.compare.commands.cli import main; from tests.makers.activations import app; main(app)"
    done = command(python=("-c", numpy_alone + program))
    assert said(done, 0) == ""
    assert len(re.findall(r"numpy +(?:sigmoid|tanh) +float\d\d +[01]\.\d\d eps", done.stdout)) == 4
    assert f"allowed {bounds.C_ACTIVATION} eps" in done.stdout
