"""Optimisers in every column: each rule is certified, by the convention that its framework has."""

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.columns import calls
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import updates
from tests.conftest import each_column
from tests.test_optimizer_judge import STEPS, asked, fitting, run

# What each framework's numbers say, where rules differ: the first choice that is not the papers' is named here.
OWN = {
    ("torch", "momentum"): ("rate-at", "outside"),
    ("torch", "nesterov"): ("rate-at", "outside"),
    ("jax", "momentum"): ("rate-at", "outside"),
    ("jax", "nesterov"): ("rate-at", "outside"),
    ("torch", "rmsprop"): ("eps-at", "outside"),
    ("tf", "adam"): ("eps-at", "before"),
    ("tf", "adamw"): ("eps-at", "before"),
}


def of_numpy():
    return [np.power], [(np.sqrt, 1)]


def of_torch():
    import torch

    tensor = torch.tensor
    power = lambda b, t: torch.pow(tensor(b), tensor(t)).numpy()
    return [power], [(lambda x: torch.sqrt(tensor(x)).numpy(), 1), (lambda x: torch.rsqrt(tensor(x)).numpy(), -1)]


def of_jax():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    return [jax.jit(jnp.power)], [(jax.jit(jnp.sqrt), 1), (jax.jit(jax.lax.rsqrt), -1)]


def of_tf():
    import tensorflow as tf

    compiled = lambda f: tf.function(f, jit_compile=True)
    roots = [(tf.sqrt, 1), (tf.math.rsqrt, -1), (compiled(tf.sqrt), 1), (compiled(tf.math.rsqrt), -1)]
    return [tf.pow, compiled(tf.pow)], roots


# Their powers, and their roots with the exponents of those of x
LIBRARIES = {"numpy": of_numpy, "torch": of_torch, "jax": of_jax, "tf": of_tf}
# Every rule in float64, and one of each kind in float32 too: TensorFlow and JAX compile each anew
RULES = [*((rule, "float64") for rule in updates.RULES), ("momentum", "float32"), ("adam", "float32")]


@pytest.mark.parametrize(("rule", "dtype"), RULES)
@pytest.mark.parametrize("column_name", each_column(impls.FRAMEWORKS))
def test_every_rule_is_certified_by_the_convention_of_its_framework(column_name, rule, dtype):
    text = f"{rule},eps=1e-3" if updates.RULES[rule][1].get("eps") else rule
    fits = fitting(*run(column_name, text, dtype))
    point, choice = OWN.get((column_name, rule), ("", ""))
    assert len(fits) == 1
    for own, chosen in fits[0].items():
        if own == point:
            assert chosen == choice
        else:
            assert chosen == updates.papers_choice(own, fits[0])


def error_in_eps(value, exact, dtype):
    return (np.abs(np.asarray(value, np.longdouble) - exact) / exact).max() / np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("column_name", each_column(impls.FRAMEWORKS))
def test_powers_and_roots_are_as_near_as_is_allowed(column_name, dtype):
    powers, roots = LIBRARIES[column_name]()
    t = np.arange(1, 801).astype(dtype)
    x = np.exp(np.linspace(-60, 60, 20_001)).astype(dtype)
    for beta in np.array([0.9, 0.99, 0.999], dtype):
        exact = beta.astype(np.longdouble) ** t.astype(np.longdouble)
        for power in powers:
            allowed = updates.C_POWER + t.astype(float) / 2  # as the limits have it: t products do too
            error = np.abs(np.asarray(power(np.full_like(t, beta), t), np.longdouble) - exact) / exact
            assert (error <= allowed * np.finfo(dtype).eps).all()
    for root, exponent in roots:
        exact = np.sqrt(x.astype(np.longdouble)) ** exponent
        assert error_in_eps(root(x), exact, dtype) <= updates.C_ROOT


@pytest.mark.parametrize("column_name", each_column(impls.FRAMEWORKS))
def test_any_depth_is_certified_too_with_both_decays(column_name):
    text = "adamw,decay=0.1" if column_name == "torch" else "adam,l2=0.1,decay=0.1"
    assert fitting(*run(column_name, text, "float64", STEPS, (2, 3, 2, 1)))


@pytest.mark.parametrize("name", ["torch", "jax", "tf"])
def test_a_run_goes_on_where_it_has_ended(name):
    pytest.importorskip(impls.FRAMEWORKS[name].package)
    case, p = asked("adam,lr=0.01")
    _, _, path, kept = run(name, "adam,lr=0.01")
    half = {quantity: Z[5] for quantity, Z in kept.items()}
    on = about(p, "trajectory", [Z[5] for Z in path[:-1]], case.lr, STEPS - 6)._replace(kept=half, done=6)
    answer = calls.InProcess(name).ask(on)
    for Z, whole in zip(answer.values(), [*path, *kept.values()], strict=True):
        np.testing.assert_array_equal(Z, whole[6:])


def test_torch_says_what_it_has_not():
    pytest.importorskip("torch")
    with pytest.raises(ColumnError, match="decay for AdamW alone"):
        run("torch", "momentum,decay=0.1")
