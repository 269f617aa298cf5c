"""The judge on the row of any depth: planted faults are named, rewritings pass, and two layers are what they were."""

import types
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import settings

from fourfold.compare.agreement.certify import certify
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, Case, draw_weights, make_case
from fourfold.compare.columns import calls
from fourfold.compare.columns.questions import about
from fourfold.compare.commands import options
from fourfold.compare.commands.agree import agree as agree_verb
from fourfold.compare.commands.train import train as train_verb
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import form, judgement, quantities
from fourfold.compare.results import diff, report_folder, result
from fourfold.impls.deep import numpy_impl
from fourfold.impls.two_layer import numpy_impl as two_layer
from tests.conftest import Here
from tests.test_cli import command, said

CASES = {entry.name: suites.build(entry, range(2)) for entry in suites.DEEP}
SOURCE = Path(numpy_impl.__file__).read_text()


def changed(*replacements):
    source, module = SOURCE, types.ModuleType("changed")
    for right, wrong in zip(replacements[::2], replacements[1::2], strict=True):
        assert right in source
        source = source.replace(right, wrong)
    exec(compile(source, "changed", "exec"), module.__dict__)
    return module


def evidence(monkeypatch, module, case, dtype="float64"):
    with np.errstate(all="ignore"):
        return certify(Here(monkeypatch, module), "planted", case, dtype, lambda steps: None)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_numpy_agrees_on_every_case(monkeypatch, name, dtype):
    found = evidence(monkeypatch, numpy_impl, CASES[name], dtype)
    assert found.rejection is None, found.rejection
    assert any(row.checked or row.no_number for row in found.rows)


SUM = "dL_dH_k.sum(axis=-2, keepdims=True)"
H = "A[k] @ W_k + b[k] if b"
FAULTS = {
    "bias counted twice": ("deep-tanh", "H1", (H, "A[k] @ W_k + 2 * b[k] if b")),
    "last bias missing": ("deep-tanh", "H3", (H, f"{H} and k < len(W) - 1")),
    "bias of the layer before": ("deep-square-relu", "H1", (H, "A[k] @ W_k + b[k - 1] if b")),
    "bias gradient averaged": ("deep-tanh", "dL_db3", (SUM, SUM.replace("sum", "mean"))),
    "bias gradient of zero": ("deep-zero-biases", "dL_db3", (SUM, f"0 * {SUM}")),
    "summed over the wrong axis": ("deep-square-relu", "dL_db3", (SUM, "dL_dH_k.sum(axis=-1, keepdims=True).mT")),
    "no transpose": ("deep-square-relu", "dL_dA2", ("@ W[k].mT", "@ W[k]")),
    "slope of another layer": ("deep-mixed", "dL_dH5", ("(A_out[k])", "(A_out[k - 1][..., :1])")),
    "bias not updated": ("deep-tanh", "b3", ("b_k - lr * dL_db_k", "b_k")),
    "middle layer frozen": ("deep-tanh", "W2", ("W_k - lr * dL_dW_k", "W_k if W_k is W[1] else W_k - lr * dL_dW_k")),
    "output layer linear": ("deep-saturated", "Y_hat", ("sigma(H[k])", "sigma(H[k]) if k < len(W) - 1 else H[k]")),
    "σ clipped": ("deep-saturated", "A1", ("/ (1 + np.exp(-H))", "/ (1 + np.exp(-np.clip(H, -30, 30)))")),
    "NaN hidden": ("deep-nan", "H1", (H, "np.nan_to_num(A[k]) @ W_k + b[k] if b")),
    "NaN hidden by the loss": ("deep-nan", "L", ("L = (R**2)", "L = np.nan_to_num(R**2)")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_the_first_wrong_quantity(monkeypatch, capsys, fault):
    name, quantity, texts = FAULTS[fault]
    r = evidence(monkeypatch, changed(*texts), CASES[name]).rejection
    assert r is not None
    assert (r.step, r.quantity) == (0, quantity)
    assert ("the update is at fault" in r.note) == (quantity[0] in "Wb")
    if name == "deep-nan":
        return
    assert "confirmed in ball arithmetic" in r.certificate
    exec(r.reproduce, {})
    got, exact = (float(line.split()[1]) for line in capsys.readouterr().out.splitlines())
    assert (got, exact) == (r.value, r.truth)


@pytest.mark.parametrize(
    ("function", "quantity", "fault"),
    [
        ("forward", "A2", ("tuple(A[1:-1]), A[-1]", "(A[1], A[2] * (1 + 1e-9)), A[-1]")),
        ("loss", "R", ("    return R, L", "    return R * (1 + 1e-9), L")),
        ("step", "b2", ("    return W, b, T.L", "    return W, (b[0], b[1] * (1 + 1e-9), b[2]), T.L")),
    ],
)
def test_functions_are_judged_by_themselves(monkeypatch, capsys, function, quantity, fault):
    """As in a column whose `train` and `trace` have lines of their own."""
    module = changed(*fault)
    module.__dict__.update(trace=numpy_impl.trace, train=numpy_impl.train)
    r = evidence(monkeypatch, module, CASES["deep-tanh"]).rejection
    assert (r.step, r.quantity) == (0, quantity)
    assert f"`{function}` gives this, called by itself" in r.note
    exec(r.reproduce, {})
    got, exact = (float(line.split()[1]) for line in capsys.readouterr().out.splitlines())
    assert (got, exact) == (r.value, r.truth)


def test_momentum_shows_only_in_the_run_from_the_start(monkeypatch, capsys):
    carried = "W = (W[0] + 1e-9 * first[0], *W[1:]) if len(path) == 3 else W"
    path = "        path.append((*W,"
    module = changed("    path = []", "    path, first = [], W", path, f"        {carried}\n{path}")
    r = evidence(monkeypatch, module, CASES["deep-tanh"]).rejection
    assert (r.step, r.quantity) == (3, "W1")
    assert "something is carried from step to step" in r.note
    exec(r.reproduce, {})
    got, _ = (float(line.split()[1]) for line in capsys.readouterr().out.splitlines())
    assert got == r.value


def rewritten():
    """(case, precision): all there are, but by day what is large in the precision that has fewer digits."""
    night = settings.get_current_profile_name() == "nightly"
    for name, dtype in product(CASES, DTYPES):
        if night or dtype == "float32" or name not in {"deep-large", "deep-broad", "deep-every-shape"}:
            yield name, dtype


@pytest.mark.parametrize(("name", "dtype"), [*rewritten()])
@pytest.mark.parametrize(
    "rewriting",
    [
        (H, "b[k] + A[k] @ W_k if b"),
        (H, "(A[k][..., :1] @ W_k[..., :1, :] + b[k]) + A[k][..., 1:] @ W_k[..., 1:, :] if b"),
        (SUM, "np.ones((1, N), dL_dH_k.dtype) @ dL_dH_k"),
        (SUM, "dL_dH_k[..., ::-1, :].cumsum(axis=-2, dtype=dL_dH_k.dtype)[..., -1:, :]"),
        ("np.heaviside(A, 0)", "(A > 0).astype(A.dtype)"),  # 0 at NaN, as in JAX and TensorFlow
        ("np.heaviside(A, 0)", "1 - (A <= 0).astype(A.dtype)"),  # 1 at NaN, as in PyTorch
    ],
)
def test_rewritings_pass(monkeypatch, name, rewriting, dtype):
    r = evidence(monkeypatch, changed(*rewriting), CASES[name]._replace(steps=5), dtype).rejection
    assert r is None, r


def test_a_tuple_too_short_is_named(monkeypatch):
    for text, sentence in (
        ("dL_db if b else ()", r"trace gives a tuple of 2, not a tuple of 3: dL_db1, dL_db2, dL_db3"),
        ("dL_dA[:-1])", r"trace gives a tuple of 1, not a tuple of 2: dL_dA1, dL_dA2"),
    ):
        short = text.replace("dL_db if b", "dL_db[1:] if b").replace("[:-1]", "[:-2]")
        module = changed(text, short)
        module.__dict__.update(train=numpy_impl.train)
        with pytest.raises(ColumnError, match=sentence):
            evidence(monkeypatch, module, CASES["deep-tanh"])
    flat = SimpleNamespace(**vars(numpy_impl) | {"step": lambda *a: calls.flat(numpy_impl.step(*a))})
    with pytest.raises(
        ColumnError, match=r"step gives a list of 7, not a tuple of 3: \(W1, W2, W3\), \(b1, b2, b3\), L"
    ):
        evidence(monkeypatch, flat, CASES["deep-tanh"])
    monkeypatch.undo()
    case = CASES["deep-tanh"]
    p, (_, _, *weights) = judgement.problem(case, "float64"), case.cast("float64")
    values = calls.answer("numpy", about(p, "trace", weights))
    assert form.malformed_trace(values, weights, p) is None
    missing = {name: Z for name, Z in values.items() if name != "dL_db2"}
    assert form.malformed_trace(missing, weights, p).sentence == "dL_db2 is missing"
    assert "dL_db3 is there" in form.malformed_trace(values, weights[:3], p).sentence


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_two_layers_without_biases_are_judged_as_the_first_row(monkeypatch, activation, dtype):
    case = make_case("xor", activation, 0.1, 30, 3, range(3))
    deep = make_case("xor", activation, 0.1, 30, 3, range(3), layers=[2, 3, 1])
    assert (case.row, deep.row) == ("two_layer", "deep")
    assert all((a == b).all() for a, b in zip(case.weights, deep.weights, strict=True))
    rows = [evidence(monkeypatch, m, c, dtype).rows for m, c in ((two_layer, case), (numpy_impl, deep))]
    first, second = ({quantities.internal(r.quantity, "two_layer"): r for r in some} for some in rows)
    assert second.keys() - first.keys() == {"H2", "dL_dH2"}
    for name, row in first.items():
        assert (row.checked, row.worst_ulps) == (second[name].checked, second[name].worst_ulps), name
        # the second row's layers are judged by themselves as well, within narrower limits
        assert row.worst_ratio <= second[name].worst_ratio, name
        assert row.worst_ratio == second[name].worst_ratio or not name.startswith("every "), name


def test_what_overflows_in_a_layer_within_may_come_out_as_a_number_behind_it():
    """-1e309 + 1.9e309 is infinite in float64; with fused multiply-add it is -inf, and ReLU makes 0 of that."""
    one, weights = np.ones((1, 1)), (np.array([[1e155, 1e155]]), np.array([[-1e154], [1.9e154]]), np.ones((1, 1)))
    case = Case("", one, 0 * one, tuple(W[None] for W in weights), ("identity", "relu", "identity"), 0.1, 1,
                      range(1), row="deep")  # fmt: skip
    p = judgement.problem(case, "float64")
    with np.errstate(all="ignore"):
        values = calls.answer("numpy", about(p, "trace", case.weights))
    fused = {name: np.zeros_like(Z) if name not in {"H1", "A1"} else Z for name, Z in values.items()}
    fused = {name: np.nan_to_num(Z) for name, Z in fused.items()} | {"H2": np.full((1, 1, 1), -np.inf)}
    assert judgement.first_wrong(judgement.judge_trace(fused, case.weights, p)) is None
    hidden = fused | {"H2": np.zeros((1, 1, 1))}
    assert judgement.first_wrong(judgement.judge_trace(hidden, case.weights, p)).judged.quantity == "H2"
    identity = p._replace(activations=("identity",) * 3)
    assert judgement.first_wrong(judgement.judge_trace(fused, case.weights, identity)).judged.quantity == "A2"


def test_a_relu_excuses_what_is_behind_its_slope_and_nothing_else():
    p = judgement.problem(CASES["deep-mixed"], "float64")  # ReLU is the second of five
    nan = np.array([np.nan])
    excused = lambda name: not judgement._no_number(name, nan, p)[0]
    names = ["L", "Y_hat", "dL_dY_hat", *(f"{q}{k}" for q in ("H", "A", "dL_dA", "dL_dH", "dL_dW", "dL_db", "W", "b")
                                          for k in range(1, 6))]  # fmt: skip
    assert {name for name in names if excused(name)} == {
        "dL_dA1", *(f"{q}{k}" for q in ("dL_dH", "dL_dW", "dL_db", "W", "b") for k in (1, 2))
    }  # fmt: skip


def test_biases_leave_the_weights_what_they_are_without():
    with_biases, without = (draw_weights(range(3), (2, 8, 8, 1), biases) for biases in (True, False))
    assert all((a == b).all() for a, b in zip(with_biases, without, strict=False))
    assert [b.shape for b in with_biases[3:]] == [(3, 1, 8), (3, 1, 8), (3, 1, 1)]


def test_the_options():
    make = lambda **more: make_case("xor", **({"activation": "tanh", "lr": 0.1, "steps": 1, "hidden": 3} | more),
                                     seeds=range(1))  # fmt: skip
    assert make().row == "two_layer"
    assert make(bias=True).parameters() == 13
    assert make(layers=[2, 8, 8, 1], bias=True).parameters() == 105
    assert make(layers=[2, 8, 8, 1]).activations == ("tanh", "tanh", "identity")
    assert make(activation="tanh, sigmoid").activations == ("tanh", "sigmoid")
    for more, sentence in (
        ({"layers": [2, 8, 2]}, "xor has 2 inputs and 1 targets: --layers must begin and end with them"),
        ({"layers": [2]}, "must begin and end"),
        ({"layers": [2, 0, 1]}, "Every width must be at least 1"),
        ({"activation": "tanh,relu", "layers": [2, 3, 3, 1]}, "give one for all hidden layers, or 3"),
        ({"activation": "tanh,softplus"}, "no activation 'softplus'"),
    ):
        with pytest.raises(UsageError, match=sentence):
            make(**more)


DEEP = ["--layers", "2,4,4,1", "--bias", "--activation", "tanh", "--steps", 30, "--seeds", 2, "--case", "xor"]


def test_the_command(tmp_path):
    done = command("report", "--impl", "numpy,numpy-loop", *DEEP, "--out", tmp_path / "a")
    assert said(done, 0).splitlines() == [
        "Two layers without biases only, left out: numpy-loop.",
        "No proved loss curve of xor: only two-layer networks have one.",
    ]
    assert "layers 2-4-4-1 with biases (37 parameters), tanh,tanh,identity" in done.stdout
    assert "b3, every step" in done.stdout
    assert "AGREED: numpy; " in done.stdout
    report = report_folder.load(tmp_path / "a")
    assert set(report.inputs) == {"X", "Y", "W1", "W2", "W3", "b1", "b2", "b3", "grid"}
    same = diff.diff(report[::2], report[::2], ("A", "B"))
    assert same.exit_code() == 0
    assert len(same.movements) == 2 * (20 + 7)
    assert result.read(tmp_path / "a" / "result.json").settings[0].biases


def test_a_column_of_two_layers_is_refused_where_nobody_else_is_asked():
    sentence = "numpy-loop can only have two layers and no biases: choose from numpy, torch, jax, tf"
    deep = options.Begun(bias=True)
    with pytest.raises(UsageError, match=sentence):
        agree_verb(training=deep, suite_=options.Suite(impl="numpy-loop"))
    with pytest.raises(UsageError, match=sentence):
        train_verb("numpy-loop", training=deep)
    with pytest.raises(UsageError, match="--layers takes widths such as 2,8,8,1, not '2,x,1'"):
        agree_verb(training=options.Training(layers="2,x,1"))
