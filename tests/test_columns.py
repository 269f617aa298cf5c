"""Every column, alone: the contract of impls/model.py."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES
from fourfold.compare.judge import judgement
from fourfold.impls.model import ChainRule, DeepModel, Model, Trace
from tests.conftest import asymmetric, each_column, path, trace

FILES = sorted(Path("impls").rglob("*_impl.py"))
FRAMEWORKS = {"numpy", "torch", "jax", "tensorflow"}
dtypes = pytest.mark.parametrize("dtype", DTYPES)
activations = pytest.mark.parametrize("activation", ACTIVATIONS)


def functions(module):
    return [name for name, f in vars(module).items() if callable(f) and getattr(f, "__module__", "") == module.__name__]


def test_same_functions_in_the_same_order_with_the_same_parameters(name):
    for row, model in (("two_layer", Model), ("deep", DeepModel), ("chain_rule", ChainRule)):
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
    ours = re.findall(r"\b(?:impls|compare|reports)\b[\w.]*", file.read_text())
    assert set(ours) == {"impls.model"}
    assert set(imports) <= {"functools", "numpy", "impls", impls.framework(file.stem.split("_")[0])}


@pytest.mark.parametrize("column_name", each_column())
def test_a_column_imports_no_other_column_and_no_other_framework(column_name):
    own = {"numpy", impls.framework(column_name)}
    script = (
        "import sys; known = set(sys.modules)\n"
        f"import {', '.join(sorted(own))}\n"
        "own = set(sys.modules)\n"
        f"from fourfold import impls; impls.load({column_name!r})\n"
        "print(*sorted(set(sys.modules) - own))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    ours = {m for m in told if m.startswith(("impls", "compare", "reports"))}
    stem = column_name.replace("-", "_")
    assert ours == {"impls", "impls.model", "impls.two_layer", f"impls.two_layer.{stem}_impl"}
    assert not {m.split(".")[0] for m in told} & (FRAMEWORKS - own)


@dtypes
@activations
@pytest.mark.parametrize("quantity", Trace._fields)
def test_every_quantity_is_what_exact_arithmetic_gives(column, quantity, activation, dtype):
    case = asymmetric(activation)
    p = judgement.problem(case, dtype)
    found = trace(column, case, dtype)
    assert judgement.malformed_trace(found, (case.W1, case.W2), p) is None
    judged = {j.quantity: j for j in judgement.judge_trace(found, (case.W1.astype(dtype), case.W2.astype(dtype)), p)}
    j = judged[quantity]
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
        for j, both in zip(judgement.judge_trace(alone, (W1, W2), p), together, strict=True):
            assert (abs(j.value - both[s]) <= 2 * j.limit).all(), j.quantity


def test_two_leading_axes(column):
    case = asymmetric(seeds=range(6))
    W1, W2 = case.W1.reshape(2, 3, 5, 4), case.W2.reshape(2, 3, 4, 2)
    found = trace(column, case, "float64", W1, W2)
    assert all(Z.shape[:2] == (2, 3) for Z in found)
    assert judgement.first_wrong(judgement.judge_trace(found, (W1, W2), judgement.problem(case, "float64"))) is None


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
        judgement.first_wrong(judgement.judge_trace(mapped, (case.W1, case.W2), judgement.problem(case, "float64")))
        is None
    )
