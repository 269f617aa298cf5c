"""Negative controls: honest ways to compute other bits are accepted, and one that drops NaN is not.

Every one changes what is computed on the machines it was tried on: other kernels, other vector widths, other orders
of summation. Frameworks that take their settings from different variables share a process start.
"""

import json

import pytest

from fourfold.compare.columns import workers
from tests.test_cli import command, said

HONOUR = " ".join(f"--xla_cpu_fast_math_honor_{what}=true" for what in ("nans", "infs", "division", "functions"))


def on(cases, *args, **environment):
    return command("agree", "--seeds", 3, "--steps", 50, "--json", "-", "--case", cases, *args, **environment)


def skip_without(package):
    return pytest.mark.skipif(not workers.package_installed(package), reason=f"{package} is not installed")


@pytest.mark.parametrize(
    ("columns", "environment"),
    [
        ("numpy,numpy-tiled", {"OPENBLAS_CORETYPE": "Prescott"}),
        pytest.param("torch", {"ATEN_CPU_CAPABILITY": "default"}, marks=skip_without("torch")),
        pytest.param(
            "jax",
            {"XLA_FLAGS": f"--xla_cpu_enable_fast_math=true {HONOUR}"},
            marks=[skip_without("jax"), pytest.mark.xdist_group("jax")],
        ),
        pytest.param(
            "jax,tf",
            {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2", "TF_ENABLE_ONEDNN_OPTS": "0"},
            marks=[skip_without("jax"), skip_without("tensorflow"), pytest.mark.xdist_group("tf")],
        ),
    ],
)
def test_other_kernels_are_no_disagreement(columns, environment):
    done = on("asymmetric-sigmoid,asymmetric-tanh", "--impl", columns, **environment)
    assert said(done, 0) == ""
    found = json.loads(done.stdout)
    assert [column["verdict"] for column in found["columns"]] == ["agrees"] * len(columns.split(","))
    assert sum(row["checked"] for row in found["rows"]) > 10_000


@skip_without("jax")
@pytest.mark.xdist_group("jax")
def test_fast_math_that_may_ignore_nan_is_found_out():
    """exp(-h) = inf is on its way to σ(h) = 0: without it jax.nn.sigmoid's gradient is NaN (float32, h < -88)."""
    flags = f"--xla_cpu_enable_fast_math=true {HONOUR.replace('true', 'false')}"
    done = on("saturated-sigmoid", "--impl", "jax", "--dtype", "float32", XLA_FLAGS=flags)
    assert said(done, 1) == ""
    first, *_ = json.loads(done.stdout)["rejections"]
    assert (first["case"], first["dtype"]) == ("saturated-sigmoid", "float32")
    assert first["value"] == "nan"
