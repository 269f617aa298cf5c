"""Who is timed, at what. A subject is a Contender in a table."""

from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from fourfold import impls
from fourfold.compare.bench.record import Work
from fourfold.compare.cases.case import build_case
from fourfold.compare.cases.data import xor
from fourfold.compare.columns import workers
from fourfold.compare.errors import UsageError, nearest

LIMIT, STRICT = "C", "C strict"
ONE, MANY, WIDE = "one seed", "1,000 seeds", "64 wide, 1,024 samples"
WORKS = (Work(ONE, 1, 10_000, 4, 3), Work(MANY, 1000, 10_000, 4, 3), Work(WIDE, 1, 1000, 1024, 64))
SAMPLES = "1,024 samples"  # WIDE, for a network that has its own widths
# Steps that `train` is asked for at once, and numbers in the trajectory it gives: 1,000 seeds and all steps would be
# 800 MB.
PIECES, LARGEST_TRAJECTORY = {ONE: 10_000, MANY: 250, WIDE: 500, SAMPLES: 500}, 2_500_000
# Ways to run a column that are there to be fast; the eager ones take milliseconds a step.
FAST_MODES = ("torch:compile", "torch:func", "jax:vmap", "tf:xla", "tf:no-xla")
ALONE = (ONE, WIDE)  # what a library without an axis for seeds is timed at
GROWTH = {
    "steps": (2500, 5000, 10_000, 20_000),
    "seeds": (500, 1000, 2000, 4000),
    "samples": (512, 1024, 2048, 4096),
    "width": (2, 4, 16, 64, 256),
    "depth": (1, 2, 4, 8),
}


class Contender(NamedTuple):
    """What is known of a subject before it is timed."""

    name: str
    kind: str  # as in record.Subject
    column: str  # its name, or that of the column whose framework a peer is built on
    packages: tuple = ()  # what it needs, beside the column's framework
    function: str = ""  # of a peer: module and function in compare/bench/peers
    environment: tuple = ()  # (name, value) of variables set before anything is imported
    works: tuple = (ONE, MANY, WIDE, SAMPLES)

    def needs(self):
        """The packages it cannot do without."""
        framework = impls.framework(self.column)
        return [framework, *self.packages] if framework else [*self.packages]

    def missing(self):
        return [package for package in self.needs() if not workers.package_installed(package)]


def _contenders():
    yield Contender(LIMIT, "limit", "")
    yield Contender(STRICT, "limit", "")
    for name in impls.ROWS["two_layer"]:
        yield Contender(name, "column", name)
    for name in FAST_MODES:
        yield Contender(name, "mode", name, works=(ONE, MANY))
    for name in impls.ROWS["deep"]:
        yield Contender(f"deep {name}", "deep", name)
    yield Contender("scikit-learn", "peer", "numpy", ("sklearn",), "sklearn_mlp.trainer", works=ALONE)
    yield Contender("autograd", "peer", "numpy", ("autograd",), "hips_autograd.trainer", works=ALONE)
    yield Contender("micrograd", "peer", "numpy", ("micrograd",), "micrograd_values.trainer", works=(ONE,))
    yield Contender("torch nn", "peer", "torch", (), "torch_module.trainer", works=ALONE)
    yield Contender("optax", "peer", "jax", ("optax",), "optax_sgd.trainer", works=ALONE)
    for column in ("torch", "jax", "tf"):
        # without the second variable Keras on JAX computes in float32, whatever it is asked for
        environment = ("KERAS_BACKEND", impls.framework(column)), ("JAX_ENABLE_X64", "1")
        keras = Contender(f"keras-{column}", "peer", column, ("keras",), "", environment, ALONE)
        yield keras._replace(name=f"{keras.name} fit", function="keras_model.by_fit")
        yield keras._replace(name=f"{keras.name} train_on_batch", function="keras_model.by_batch")


TABLE = {contender.name: contender for contender in _contenders()}


def choose(names, quick, deep=False):
    """The Contenders that are named, or all; with `quick` no deep ones and no peers. Raises UsageError.

    `deep`: only those that train a network of any depth.
    """
    kinds = {"limit", "column", "mode", "deep", "peer"}
    if deep:
        kinds = {"deep"}
    elif quick and names is None:
        kinds = {"limit", "column"}
    eligible = {name: contender for name, contender in TABLE.items() if contender.kind in kinds}
    if names is None:
        return [*eligible.values()]
    for name in names:
        if name not in eligible:
            near = nearest(name, eligible)
            hint = f"did you mean {near}?" if near else f"choose from {', '.join(eligible)}."
            what = f"{name} only has two layers and no biases" if name in TABLE else f"There is no subject {name!r}"
            raise UsageError(f"{what}: {hint}")
    return [eligible[name] for name in dict.fromkeys(names)]


def deep_works(layers, bias, activation):
    """Works of a network of any depth, from 2 inputs to 1 target. Raises UsageError."""
    layers = tuple(layers or (2, 3, 1))
    more = {"hidden": 0, "layers": layers, "bias": bias, "activation": activation}
    one, many, wide = WORKS
    works = replace(one, **more), replace(many, **more), replace(wide, **more, name=SAMPLES)
    case(replace(many, **more))  # may be refused
    return works


def grown(axis, size):
    """The Work that has this size, of an axis of GROWTH. Depth is that of layers of 16 units, before one output."""
    one, many, wide = WORKS
    if axis == "steps":
        return replace(one, steps=size)
    if axis == "seeds":
        return replace(many, seeds=size, steps=100)
    if axis == "samples":
        return replace(wide, samples=size, steps=50)
    if axis == "width":
        return replace(wide, hidden=size, steps=50)
    layers = (*[16] * (size + 1), 1)
    return Work("16 wide, 64 samples", 1, 200, 64, 0, layers)


def case(work):
    """The Case of a Work: XOR, or random samples and the sign of the product of two inputs.

    The arrays of one seed have no axis for seeds.
    """
    X, Y = xor()
    if work.samples != len(X):
        inputs = work.layers[0] if len(work.layers) > 2 else 2
        X = np.random.default_rng(0).standard_normal((work.samples, inputs))
        Y = (X[:, :2].prod(axis=1, keepdims=True) < 0).astype(np.float64)
    deep = {"layers": work.layers, "bias": work.bias} if work.layers else {}
    seeds, hidden = range(work.seeds), work.hidden or 1
    made = build_case("xor", X, Y, work.activation, 0.1, work.steps, hidden, seeds, **deep)
    if work.seeds > 1:
        return made
    return made._replace(weights=tuple(Z[0] for Z in made.weights))


def piece(work):
    """How many of its steps are trained at once."""
    numbers = sum(Z.size for Z in case(work).weights)
    return max(1, min(PIECES[work.name], LARGEST_TRAJECTORY // numbers))
