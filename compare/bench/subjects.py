"""Who is timed, at what. A subject is an entry in a table."""

import difflib
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from fourfold import impls
from fourfold.compare.bench.record import Work
from fourfold.compare.cases.case import build_case, xor
from fourfold.compare.columns import workers
from fourfold.compare.errors import UsageError

LIMIT, STRICT = "C", "C strict"
ONE, MANY, WIDE = "one seed", "1,000 seeds", "64 wide, 1,024 samples"
WORKS = (Work(ONE, 1, 10_000, 4, 3), Work(MANY, 1000, 10_000, 4, 3), Work(WIDE, 1, 1000, 1024, 64))
SAMPLES = "1,024 samples"  # WIDE, for a network that has its own widths
# Steps that `train` is asked for at once, and numbers in the path it gives: 1,000 seeds and all steps would be 800 MB.
PIECES, LARGEST_PATH = {ONE: 10_000, MANY: 250, WIDE: 500, SAMPLES: 500}, 2_500_000
ALONE = (ONE, WIDE)  # what a library without an axis for seeds is timed at
GROWTH = {
    "steps": (2500, 5000, 10_000, 20_000),
    "seeds": (500, 1000, 2000, 4000),
    "samples": (512, 1024, 2048, 4096),
    "width": (2, 4, 16, 64, 256),
    "depth": (1, 2, 4, 8),
}


class Entry(NamedTuple):
    name: str
    kind: str  # as in record.Subject
    column: str  # its name, or that of the column whose framework a peer is built on
    packages: tuple = ()  # what it needs, beside the column's framework
    function: str = ""  # of a peer: module and function in compare/bench/peers
    environment: tuple = ()  # (name, value) of variables set before anything is imported
    works: tuple = (ONE, MANY, WIDE, SAMPLES)

    def needs(self):
        framework = impls.framework(self.column)
        return (*((framework,) if framework else ()), *self.packages)

    def missing(self):
        return [package for package in self.needs() if not workers.package_installed(package)]


def _keras(column):
    # without the variable Keras on JAX computes in float32, whatever it is asked for
    environment = ("KERAS_BACKEND", impls.framework(column)), ("JAX_ENABLE_X64", "1")
    for name, function in (("fit", "by_fit"), ("train_on_batch", "by_batch")):
        yield Entry(f"keras-{column} {name}", "peer", column, ("keras",), f"keras_model.{function}", environment, ALONE)


TABLE = (
    Entry(LIMIT, "limit", ""),
    Entry(STRICT, "limit", ""),
    *(Entry(name, "column", name) for name in impls.ROWS["two_layer"]),
    *(Entry(f"deep {name}", "deep", name) for name in impls.ROWS["deep"]),
    Entry("scikit-learn", "peer", "numpy", ("sklearn",), "sklearn_mlp.trainer", works=ALONE),
    Entry("autograd", "peer", "numpy", ("autograd",), "hips_autograd.trainer", works=ALONE),
    Entry("micrograd", "peer", "numpy", ("micrograd",), "micrograd_values.trainer", works=(ONE,)),
    Entry("torch nn", "peer", "torch", (), "torch_module.trainer", works=ALONE),
    Entry("optax", "peer", "jax", ("optax",), "optax_sgd.trainer", works=ALONE),
    *(entry for column in ("torch", "jax", "tf") for entry in _keras(column)),
)


def choose(names, quick, deep=False):
    """Entries of the table: those named, or all; with `quick` no deep ones and no peers. Raises UsageError.

    `deep`: of those that train a network of any depth.
    """
    table = [entry for entry in TABLE if not deep or entry.kind == "deep"]
    known = {entry.name: entry for entry in table}
    for name in names or ():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}."
            every = any(name == entry.name for entry in TABLE)
            what = f"{name} can only be two layers without biases" if every else f"There is no subject {name!r}"
            raise UsageError(f"{what}: {hint}")
    if names:
        return [known[name] for name in dict.fromkeys(names)]
    return [entry for entry in table if deep or not quick or entry.kind in {"limit", "column"}]


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
    return {
        "steps": replace(one, steps=size),
        "seeds": replace(many, seeds=size, steps=100),
        "samples": replace(wide, samples=size, steps=50),
        "width": replace(wide, hidden=size, steps=50),
        "depth": Work("16 wide, 64 samples", 1, 200, 64, 0, (*[16] * (size + 1), 1)),
    }[axis]


def case(work):
    """The Case of a Work: XOR, or random samples and the sign of the product of two inputs.

    One seed has no axis for it.
    """
    X, Y = xor()
    if work.samples != len(X):
        inputs = work.layers[0] if len(work.layers) > 2 else 2
        X = np.random.default_rng(0).standard_normal((work.samples, inputs))
        Y = (X[:, :2].prod(axis=1, keepdims=True) < 0).astype(np.float64)
    deep = {"layers": work.layers, "bias": work.bias} if work.layers else {}
    seeds, hidden = range(work.seeds), work.hidden or 1
    made = build_case("xor", X, Y, work.activation, 0.1, work.steps, hidden, seeds, **deep)
    return made._replace(weights=tuple(Z[0] for Z in made.weights)) if work.seeds == 1 else made


def piece(work):
    """How many of its steps are trained at once."""
    return max(1, min(PIECES[work.name], LARGEST_PATH // sum(W.size for W in case(work).weights)))
