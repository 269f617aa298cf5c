"""Who is timed, at what. A subject is an entry in a table."""

import difflib
from typing import NamedTuple

import numpy as np

import impls
from compare import cases, run
from compare.bench.record import Work
from compare.errors import UsageError

LIMIT = "C"
ONE, MANY, WIDE = "one seed", "1,000 seeds", "64 wide, 1,024 samples"
WORKS = (Work(ONE, 1, 10_000, 4, 3), Work(MANY, 1000, 10_000, 4, 3), Work(WIDE, 1, 1000, 1024, 64))
# Steps that `train` is asked for at once: a path of 1,000 seeds and all steps would be 800 MB.
PIECES = {ONE: 10_000, MANY: 250, WIDE: 500}


ALONE = (ONE, WIDE)  # what a library without an axis for seeds is timed at


class Entry(NamedTuple):
    name: str
    kind: str  # as in record.Subject
    column: str  # its name, or that of the column whose framework a peer is built on
    packages: tuple = ()  # what it needs, beside the column's framework
    function: str = ""  # of a peer: module and function in compare/bench/peers
    environment: tuple = ()  # (name, value) of variables set before anything is imported
    works: tuple = (ONE, MANY, WIDE)

    def needs(self):
        framework = impls.framework(self.column)
        return (*((framework,) if framework else ()), *self.packages)

    def missing(self):
        return [package for package in self.needs() if not run.found(package)]


def _keras(column):
    # without the variable Keras on JAX computes in float32, whatever it is asked for
    environment = ("KERAS_BACKEND", impls.FRAMEWORKS[column]), ("JAX_ENABLE_X64", "1")
    for name, function in (("fit", "by_fit"), ("train_on_batch", "by_batch")):
        yield Entry(f"keras-{column} {name}", "peer", column, ("keras",), f"keras_model.{function}", environment, ALONE)


TABLE = (
    Entry(LIMIT, "limit", ""),
    *(Entry(name, "column", name) for name in impls.ROWS["two_layer"]),
    *(Entry(f"deep {name}", "deep", name) for name in impls.ROWS["deep"]),
    Entry("scikit-learn", "peer", "numpy", ("sklearn",), "sklearn_mlp.trainer", works=ALONE),
    Entry("autograd", "peer", "numpy", ("autograd",), "hips_autograd.trainer", works=ALONE),
    Entry("micrograd", "peer", "numpy", ("micrograd",), "micrograd_values.trainer", works=(ONE,)),
    Entry("torch nn", "peer", "torch", (), "torch_module.trainer", works=ALONE),
    Entry("optax", "peer", "jax", ("optax",), "optax_sgd.trainer", works=ALONE),
    *(entry for column in ("torch", "jax", "tf") for entry in _keras(column)),
)


def choose(names, quick):
    """Entries of the table: those named, or all; with `quick` no deep ones and no peers. Raises UsageError."""
    known = {entry.name: entry for entry in TABLE}
    for name in names or ():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}."
            raise UsageError(f"There is no subject {name!r}: {hint}")
    if names:
        return [known[name] for name in dict.fromkeys(names)]
    return [entry for entry in TABLE if not quick or entry.kind in {"limit", "column"}]


def case(work, seeds=None, samples=None):
    """The Case of a Work, or of one with other sizes: XOR, or random samples and the sign of their product.

    One seed has no axis for it.
    """
    seeds, samples = range(seeds or work.seeds), samples or work.samples
    X, Y = cases.xor()
    if samples != len(X):
        X = np.random.default_rng(0).standard_normal((samples, 2))
        Y = (X.prod(axis=1, keepdims=True) < 0).astype(np.float64)
    W1, W2 = cases.draw(seeds, (2, work.hidden, 1))
    if len(seeds) == 1:
        W1, W2 = W1[0], W2[0]
    return cases.two_layer(work.name, X, Y, W1, W2, "sigmoid", 0.1, work.steps, seeds)
