"""Every column, alone: the contract of impls/model.py."""

import ast
import inspect
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES
from fourfold.compare.judge import form, judgement
from fourfold.compare.judge.quantities import internal
from fourfold.impls.model import ChainRule, DeepModel, Model, Optimizer, Trace
from tests.conftest import asymmetric, each_column, named, path, trace

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "impls").rglob("*_impl.py"))
PACKAGES = {framework.package for framework in impls.FRAMEWORKS.values()}
MAIN = 'if __name__ == "__main__":\n'
CONTRACTS = {"two_layer": Model, "deep": DeepModel, "chain_rule": ChainRule, "optimizers": Optimizer}
dtypes = pytest.mark.parametrize("dtype", DTYPES)
activations = pytest.mark.parametrize("activation", ACTIVATIONS)
TRAINING = [(row, name) for row in ("two_layer", "deep") for name in impls.ROWS[row]]


def functions(module):
    return [name for name, f in vars(module).items() if callable(f) and getattr(f, "__module__", "") == module.__name__]


def test_same_functions_in_the_same_order_with_the_same_parameters(name):
    for row, model in CONTRACTS.items():
        if name in impls.ROWS[row]:
            column = impls.load(name, row)
            protocol = [f for f in vars(model) if not f.startswith("_")]
            assert [f for f in functions(column) if f in protocol] == protocol
            for f in protocol:
                parameters = list(inspect.signature(getattr(column, f)).parameters)
                assert ["self", *parameters] == list(inspect.signature(getattr(model, f)).parameters), (row, f)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_column_fits_on_a_wall(file):
    assert len(file.read_text().splitlines()) <= 80


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_column_imports_nothing_of_ours_but_the_contract(file):
    imports = re.findall(r"^\s*(?:from|import) (\w+)[\w.]*", file.read_text(), re.MULTILINE)
    ours = re.findall(r"\b(?:fourfold|impls|compare|reports)\b[\w.]*", file.read_text())
    assert set(ours) == (set() if file.parent.name == "optimizers" else {"fourfold.impls.model"})
    framework = impls.framework(file.stem.split("_")[0])
    assert set(imports) <= {"functools", "numpy", "fourfold", framework, "optax" if framework == "jax" else framework}


@pytest.mark.parametrize("row", impls.ROWS)
def test_every_file_of_jax_asks_for_float64_itself(row):
    assert 'jax.config.update("jax_enable_x64", True)' in impls.path_of("jax", row).read_text()


@cache
def alone(name):
    """What a process prints that imports a framework and then its column, and runs both rows' scripts as -m does.

    {"": the modules that the column brings, row: what it prints}; the framework is imported once for all.
    """
    own = {"numpy", impls.framework(name)}
    rows = [row for row, one in TRAINING if one == name]
    script = (
        f"import runpy, sys, {', '.join(sorted(own))}\n"
        "own = set(sys.modules)\n"
        f"from fourfold import impls; impls.load({name!r})\n"
        "print(*sorted(set(sys.modules) - own))\n"
        f"for row in {rows}:\n"
        "    print('---')\n"
        f"    runpy.run_module(f'impls.{{row}}.{impls.path_of(name).stem}', run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return dict(zip(("", *rows), done.stdout.split("---\n"), strict=True))


@pytest.mark.parametrize("column_name", each_column())
def test_a_column_imports_no_other_column_and_no_other_framework(column_name):
    own = {"numpy", impls.framework(column_name)}
    imported = alone(column_name)[""].split()
    ours = {m for m in imported if m.startswith(("fourfold.", "impls", "compare", "reports"))}
    here = ["", ".model", ".two_layer", f".two_layer.{impls.path_of(column_name).stem}"]
    assert ours == {f"fourfold.impls{module}" for module in here}
    assert not {m.split(".")[0] for m in imported} & (PACKAGES - own)


def test_a_column_s_file_is_where_it_is_loaded_from(name):
    for row, names in impls.ROWS.items():
        if name in names:
            assert impls.load(name, row).__file__ == str(impls.path_of(name, row))
    assert sorted(FILES) == sorted(impls.path_of(n, row) for row, names in impls.ROWS.items() for n in names)


def script(row, name):
    """What a column does when it is run by itself."""
    _, main, block = impls.path_of(name, row).read_text().partition(MAIN)
    return main + block


@pytest.mark.parametrize("row", ["two_layer", "deep"])
def test_the_script_is_the_same_text_in_every_column_of_a_row(row):
    block = script(row, "numpy")
    assert 2 <= len(block.splitlines()) <= 7
    for name in impls.ROWS[row]:
        assert script(row, name) == block


def printed_by(module, folder=ROOT):
    done = subprocess.run([sys.executable, "-m", module], capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def losses_and_predictions(printed):
    *lines, last = printed.splitlines()
    losses = []
    for t, line in enumerate(lines):
        assert line.startswith(f"step {1000 * t:5,}  loss 0.")
        losses.append(float(line.split()[-1]))
    return np.array(losses), np.array(last.removeprefix("predictions [").removesuffix("]").split(), float)


@pytest.mark.parametrize("column_name", each_column())
def test_a_column_runs_by_itself(column_name):
    losses_of_numpy, predictions_of_numpy = losses_and_predictions(alone("numpy")["two_layer"])
    _, *rows = alone(column_name)
    assert [(row, column_name) for row in rows] == [entry for entry in TRAINING if entry[1] == column_name]
    for row in rows:
        losses, predictions = losses_and_predictions(alone(column_name)[row])
        assert len(losses) == 10
        assert (np.diff(losses) < 0).all()
        assert [*predictions.round()] == [0, 1, 1, 0]
        assert np.allclose(losses, losses_of_numpy, rtol=0, atol=1.5e-6)  # the last digit may be rounded otherwise
        assert np.allclose(predictions, predictions_of_numpy, rtol=0, atol=1e-6)


def test_an_installed_column_runs_from_any_folder(tmp_path):
    installed = printed_by("fourfold.impls.two_layer.numpy_impl", tmp_path)
    assert installed == printed_by("impls.two_layer.numpy_impl")


NUMBERED = r"  # [EU]\d+(?:(?:, |-)[EU]\d+)*(?:; .*)?$"
MATHEMATICS = re.compile(r" @ |\*\*|grad(?:ient|ients)?\(|sigma\(|sigma_prime\(| - lr \* |jacobian\(|jacrev\(|np\.kron")


@pytest.mark.parametrize("file", [f for f in FILES if f.parent.name != "optimizers"], ids=str)
def test_mathematics_carries_the_number_of_its_equation(file):
    body, *_ = file.read_text().split(MAIN)
    _, _, functions = body.partition("\ndef forward" if "def forward" in body else "\ndef jacobians")
    lines = [line for line in functions.splitlines() if MATHEMATICS.search(line)]
    assert len(lines) >= 6
    for line in lines:
        assert re.search(NUMBERED, line) or "E13 is a row" in line or "def " in line, line


@pytest.mark.parametrize("file", [f for f in FILES if f.parent.name == "optimizers"], ids=str)
def test_an_optimizer_carries_the_numbers_of_all_its_equations(file):
    numbers = set()
    for first, last in re.findall(r"U(\d+)(?:-U(\d+))?", file.read_text()):
        numbers |= {*range(int(first), int(last or first) + 1)}
    assert numbers == {*range(1, 12)}
    assert "# E23" in file.read_text()


def test_the_numbers_are_left_out_of_a_column_s_source(name):
    for row, names in impls.ROWS.items():
        if name in names:
            text, source = impls.path_of(name, row).read_text(), impls.source(name, row)
            assert not re.search(NUMBERED.replace("(?:; .*)?", ""), source, re.MULTILINE)
            assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(text))
            assert len(source.splitlines()) == len(text.splitlines())
    assert "# R**2 would be" in impls.source("tf")


@cache
def judged(column, activation, dtype):
    """{quantity: how it was judged} of a column's trace."""
    case = asymmetric(activation)
    p = judgement.problem(case, dtype)
    found = named(trace(column, case, dtype))
    assert form.malformed_trace(found, (case.W1, case.W2), p) is None
    weights = (case.W1.astype(dtype), case.W2.astype(dtype))
    return {j.quantity: j for j in judgement.judge_trace(found, weights, p)}


@dtypes
@activations
@pytest.mark.parametrize("quantity", Trace._fields)
def test_every_quantity_is_what_exact_arithmetic_gives(column, quantity, activation, dtype):
    j = judged(column, activation, dtype)[internal(quantity, "two_layer")]
    assert j.certified.all()
    assert (j.error <= j.limit).all(), f"{j.value}\n{j.exact}\nerror {j.error}\nlimit {j.limit}"


@dtypes
@activations
def test_train_is_step_repeated(column, activation, dtype):
    case = asymmetric(activation, steps=7)
    arrays = [column.array(Z.astype(dtype), dtype) for Z in (case.X, case.Y)]
    W = [column.array(Z.astype(dtype), dtype) for Z in (case.W1, case.W2)]
    trained = path(column, case, dtype)
    p, old = judgement.problem(case, dtype), (case.W1.astype(dtype), case.W2.astype(dtype))
    for t in range(case.steps):
        *W, L = column.step(*arrays, *W, case.lr, activation)
        stepped = [column.to_numpy(Z) for Z in (*W, L)]
        now = [Z[t] for Z in trained]
        limits = [j.limit[0] for j in judgement.judge_steps([Z[None] for Z in old], [Z[None] for Z in now], p)]
        for one, other, limit in zip(stepped, now, (limits[2], limits[1], limits[0]), strict=True):
            assert (abs(one - other) <= 2 * limit).all()
        # the compiled loop may round otherwise; go on from its weights, so that nothing adds up
        old = now[:2]
        W = [column.array(Z, dtype) for Z in old]


@dtypes
def test_many_seeds_at_once_are_the_single_ones(column, dtype):
    case = asymmetric("tanh", seeds=range(4))
    p = judgement.problem(case, dtype)
    together = trace(column, case, dtype)
    for s in range(4):
        W1, W2 = case.W1[s].astype(dtype), case.W2[s].astype(dtype)
        alone = trace(column, case, dtype, W1, W2)
        for j, both in zip(judgement.judge_trace(named(alone), (W1, W2), p), together, strict=True):
            assert (abs(j.value - both[s]) <= 2 * j.limit).all(), j.quantity


def test_two_leading_axes(column):
    case = asymmetric(seeds=range(6))
    W1, W2 = case.W1.reshape(2, 3, 5, 4), case.W2.reshape(2, 3, 4, 2)
    found = trace(column, case, "float64", W1, W2)
    assert all(Z.shape[:2] == (2, 3) for Z in found)
    assert (
        judgement.first_wrong(judgement.judge_trace(named(found), (W1, W2), judgement.problem(case, "float64"))) is None
    )


@dtypes
def test_no_array_is_shared_with_the_caller(column, dtype):
    # 64-byte alignment is what makes some conversions alias
    given = np.empty(1024, dtype)[: 8 * 6].reshape(8, 6)
    given[:] = 1
    native = column.array(given, dtype)
    given[:] = 2
    back = column.to_numpy(native)
    assert back.dtype == dtype
    assert (back == 1).all()
    back[:] = 3
    assert (column.to_numpy(native) == 1).all()


@dtypes
def test_the_slope_of_relu_at_zero_is_zero(column, dtype):
    case = asymmetric("relu")._replace(Y=np.full((7, 2), 5.0))
    found = trace(column, case, dtype)
    assert (found.H[:, 2] == 0).all()
    assert (found.dL_dA[:, 2] != 0).all()
    assert (found.dL_dH[:, 2] == 0).all()


def test_an_unknown_activation_is_a_key_error(column):
    case = asymmetric()._replace(activations=("softplus", "identity"))
    with pytest.raises(KeyError, match="softplus"):
        trace(column, case, "float64")


@pytest.mark.parametrize("name", each_column(["jax", "torch"]))
def test_leading_axes_are_what_vmap_gives(name):
    case, column = asymmetric("tanh"), impls.load(name)
    X, Y, W1, W2 = (column.array(Z, "float64") for Z in (case.X, case.Y, case.W1, case.W2))
    if name == "jax":
        import jax

        mapped = jax.vmap(lambda W1, W2: column.trace(X, Y, W1, W2, "tanh"))(W1, W2)
    else:
        import torch

        # autograd.grad does not nest in vmap; its own transform of the same loss does
        L = lambda W1, W2: column.loss(column.forward(X, W1, W2, "tanh")[-1], Y)[1]
        gradients = torch.func.vmap(torch.func.grad(L, argnums=(0, 1)))(W1, W2)
        T = column.trace(X, Y, W1, W2, "tanh")
        mapped = T._replace(dL_dW1=gradients[0], dL_dW2=gradients[1])
    mapped = Trace(*(column.to_numpy(Z) for Z in mapped))
    assert (
        judgement.first_wrong(
            judgement.judge_trace(named(mapped), (case.W1, case.W2), judgement.problem(case, "float64"))
        )
        is None
    )
