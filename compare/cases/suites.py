"""The cases of the agreement suite. A case is an entry in a table; what each has teeth for stands beside it."""

import difflib
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, Case, draw_weights, xor
from fourfold.compare.errors import UsageError

SUITES = ("quick", "default", "full")
SEEDS = range(3)


class Entry(NamedTuple):
    """`data` and `weights` name functions below; `scale` multiplies the weights."""

    name: str
    data: str
    hidden: int
    activation: str
    weights: str = "normal"
    scale: float = 1
    lr: float = 0.1
    steps: int = 200
    dtypes: tuple = DTYPES
    exact: bool = False


# XOR alone is weak: its row (0, 0) gives W1 no gradient and hides relu'(0), its targets are symmetric under reversing
# the samples, and one output cannot tell a mean from a sum.
TABLE = (
    # no two sizes equal, two outputs: transposes, N from the wrong axis, mean over all entries, products in wrong order
    *(Entry(f"asymmetric-{a}", "asymmetric", 4, a) for a in ("sigmoid", "tanh", "relu", "identity")),
    # all sizes equal: only numbers can tell a transpose that shapes would not
    Entry("square-relu", "square", 4, "relu"),
    Entry("square-tanh", "square", 4, "tanh"),
    Entry("square-sigmoid", "square", 4, "sigmoid"),
    # one output, and residuals beyond 1: flat targets, clipped gradients, robust losses
    Entry("one-output-sigmoid", "one output", 2, "sigmoid"),
    Entry("xnor", "xnor", 3, "tanh"),
    Entry("one-of-each", "single", 1, "sigmoid"),
    Entry("wide", "xor", 64, "relu", lr=0.01),
    # H is exactly 0: relu'(0), σ(0), and zeros that are zero for structural reasons
    Entry("zero-first-layer-relu", "asymmetric", 4, "relu", "zero first layer"),
    Entry("zero-first-layer-sigmoid", "asymmetric", 4, "sigmoid", "zero first layer"),
    Entry("all-zero", "xor", 3, "tanh", "zero"),
    # hidden units that cannot be told apart have to stay so
    Entry("equal-weights", "xor", 3, "sigmoid", "equal"),
    # σ near 0 and 1: clipped or cancelling activations, slopes of h instead of σ(h)
    Entry("saturated-sigmoid", "asymmetric", 4, "sigmoid", scale=20, lr=0.01),
    Entry("saturated-tanh", "asymmetric", 4, "tanh", scale=20, lr=0.01),
    Entry("huge-sigmoid", "asymmetric", 4, "sigmoid", scale=1000, lr=1e-6),
    Entry("huge-relu", "asymmetric", 4, "relu", scale=1000, lr=1e-9),
    # at and below the smallest normal number: flushing to zero is allowed, more is not
    Entry("subnormal-tanh", "asymmetric", 4, "tanh", scale=1e-310, dtypes=("float64",)),
    Entry("subnormal-relu", "asymmetric", 4, "relu", scale=1e-310, dtypes=("float64",)),
    Entry("subnormal-float32", "asymmetric", 4, "relu", scale=1e-40, dtypes=("float32",)),
    Entry("underflow", "asymmetric", 4, "identity", scale=1e-160, dtypes=("float64",)),
    Entry("underflow-float32", "asymmetric", 4, "identity", scale=1e-22, dtypes=("float32",)),
    # rates at which trajectories jump, become chaotic, or leave the format's range
    Entry("rate-1.5", "xor", 3, "sigmoid", lr=1.5, steps=1000),
    Entry("chaotic", "asymmetric", 4, "tanh", lr=4),
    Entry("diverging", "asymmetric", 4, "identity", lr=1),
    Entry("diverging-relu", "asymmetric", 4, "relu", lr=5),
    # what is no number must come out as none, not hidden
    Entry("nan-in-data", "nan", 4, "sigmoid", steps=5),
    Entry("infinity-in-data", "infinity", 4, "tanh", steps=5),
    # small integers and halves: no operation rounds in either precision, so the very bits are demanded
    Entry("dyadic-relu", "dyadic", 3, "relu", "halves", lr=0.25, steps=2, exact=True),
    Entry("dyadic-identity", "dyadic", 3, "identity", "halves", lr=0.25, steps=2, exact=True),
)


class Deep(NamedTuple):
    """The same for the row of any depth; `hidden` are the widths within, `biases` multiplies normal ones."""

    name: str
    data: str
    hidden: tuple
    activations: tuple
    biases: float | None = 1  # None: there are none
    scale: float = 1
    lr: float = 0.1
    steps: int = 20  # few: JAX takes longer to compile than to train
    dtypes: tuple = DTYPES


DEEP = (
    # no two sizes equal, biases that are not zero, a chain through a layer in the middle
    Deep("deep-tanh", "asymmetric", (4, 3), ("tanh", "tanh", "identity")),
    Deep("deep-identity", "asymmetric", (4, 3), ("identity",) * 3),
    # all sizes equal: transposes; the output's own slope
    Deep("deep-square-relu", "square", (4, 4), ("relu",) * 3),
    # biases that start at 0, as everywhere: H is 0 in the row (0, 0), and their gradients have to move them
    Deep("deep-zero-biases", "xor", (4, 4), ("relu", "relu", "identity"), biases=0),
    # σ near 0 and 1, and far beyond, in the output layer too
    Deep("deep-saturated", "asymmetric", (4, 3), ("sigmoid",) * 3, scale=20, lr=0.01),
    Deep("deep-huge", "asymmetric", (4, 3), ("sigmoid",) * 3, scale=1000, lr=1e-6),
    Deep("deep-nan", "nan", (4, 3), ("sigmoid", "relu", "identity"), steps=5),
    Deep("deep-xor", "xor", (8, 8), ("tanh", "tanh", "identity"), steps=200),
    # every activation, one after the other, without biases
    Deep("deep-mixed", "asymmetric", (4, 3, 4, 3), ("tanh", "relu", "sigmoid", "identity", "tanh"), biases=None),
)
# What `check` asks an implementation of any depth: with biases or without, as it has them, and with the activations
# given here where it takes any. The first four are the quick ones, the first nine the default.
LAYERED = (
    Deep("xor", "xor", (4, 3), ("tanh", "sigmoid", "identity")),
    Deep("asymmetric", "asymmetric", (4, 3), ("tanh", "relu", "sigmoid")),
    Deep("saturated", "asymmetric", (4, 3), ("sigmoid", "tanh", "sigmoid"), scale=20, lr=0.01),
    Deep("dyadic", "dyadic", (3, 3), ("relu", "identity", "relu")),
    Deep("square", "square", (4, 4), ("relu", "tanh", "identity")),
    Deep("zero-biases", "xor", (4, 4), ("relu", "relu", "identity"), biases=0),
    Deep("two-layers", "asymmetric", (4,), ("sigmoid", "identity")),
    Deep("five-layers", "asymmetric", (4, 3, 4, 3), ("tanh", "relu", "sigmoid", "identity", "tanh")),
    Deep("one-of-each", "single", (1, 1), ("sigmoid", "sigmoid", "sigmoid")),
    Deep("huge", "asymmetric", (4, 3), ("sigmoid", "sigmoid", "sigmoid"), scale=1000, lr=1e-6),
    Deep("identity", "asymmetric", (4, 3), ("identity", "identity", "identity")),
    Deep("one-output", "one output", (2, 2), ("tanh", "tanh", "identity")),
    Deep("nan-in-data", "nan", (4, 3), ("sigmoid", "relu", "identity")),
)
QUICK = ("asymmetric-sigmoid", "saturated-sigmoid", "dyadic-relu")
# without their activations; the first four are the quick ones
SITUATIONS = ("xor", "asymmetric", "saturated", "dyadic", "square", "zero-first-layer", "one-of-each", "wide")


def _asymmetric():
    rng = np.random.default_rng(2718)
    X, Y = rng.standard_normal((7, 5)), rng.standard_normal((7, 2))
    X[2] = 0  # H = 0 in a row where the loss has a gradient
    return X, Y


def _xnor():
    X, Y = xor()
    return X, 1 - Y


def _square():
    rng = np.random.default_rng(1618)
    return rng.standard_normal((4, 4)), rng.standard_normal((4, 4))


def _one_output():
    rng = np.random.default_rng(1414)
    return rng.standard_normal((6, 3)), 10 * rng.standard_normal((6, 1))


def _single():
    return np.array([[0.75]]), np.array([[-0.3]])


def _with(value):
    X, Y = _asymmetric()
    X[3, 1] = value
    return X, Y


def _dyadic():
    """|x| <= 2 and |y| <= 2, integers, 4 samples: with weights in halves up to 2, bounds.roundless holds in float32."""
    X = np.array([[0, 0], [-1, 2], [2, 1], [1, -1]], np.float64)
    Y = np.array([[1], [-2], [0], [2]], np.float64)
    return X, Y


DATA = {
    "xor": xor,
    "xnor": _xnor,
    "asymmetric": _asymmetric,
    "square": _square,
    "one output": _one_output,
    "single": _single,
    "nan": lambda: _with(np.nan),
    "infinity": lambda: _with(np.inf),
    "dyadic": _dyadic,
}
WEIGHTS = {
    "normal": lambda W1, W2: (W1, W2),
    "zero first layer": lambda W1, W2: (0 * W1, W2),
    "zero": lambda W1, W2: (0 * W1, 0 * W2),
    "equal": lambda W1, W2: (0 * W1 + W1[:, :1, :1], 0 * W2 + W2[:, :1, :1]),
    "halves": lambda W1, W2: tuple(np.clip(np.round(2 * W) / 2, -2, 2) for W in (W1, W2)),
}


def build(entry, seeds=SEEDS):
    """The Case of an entry of the table."""
    X, Y = DATA[entry.data]()
    if isinstance(entry, Deep):
        return _deep(entry, X, Y, seeds)
    W1, W2 = (
        entry.scale * W for W in WEIGHTS[entry.weights](*draw_weights(seeds, (X.shape[1], entry.hidden, Y.shape[1])))
    )
    return Case(
        name=entry.name,
        X=X,
        Y=Y,
        weights=(W1, W2),
        activations=(entry.activation, "identity"),
        lr=entry.lr,
        steps=entry.steps,
        seeds=seeds,
        exact=entry.exact,
        dtypes=entry.dtypes,
    )


def _deep(entry, X, Y, seeds):
    drawn, K = (
        draw_weights(seeds, (X.shape[1], *entry.hidden, Y.shape[1]), entry.biases is not None),
        len(entry.activations),
    )
    weights = (*(entry.scale * W for W in drawn[:K]), *((entry.biases or 0) * b for b in drawn[K:]))
    more = {"dtypes": entry.dtypes, "row": "deep"}
    return Case(entry.name, X, Y, weights, entry.activations, entry.lr, entry.steps, seeds, **more)


def choose(suite, names, default, deep=False):
    """The Cases of a suite, or those named: `default` is the Case made from the options, and comes first.

    quick: the default case cut to 200 steps of 3 seeds, and three more; default: the default case; full: it and the
    whole table, with `deep` that of the row of any depth too. Raises UsageError for an unknown suite or case.
    """
    if suite not in SUITES:
        raise UsageError(f"There is no suite {suite!r}: {_nearest(suite, SUITES)}")
    entries = {entry.name: entry for entry in (*TABLE, *(DEEP if deep else ()))}
    if names is not None:
        known = [default.name, *entries]
        for name in names:
            if name not in known:
                raise UsageError(f"There is no case {name!r}: {_nearest(name, known)}")
        return [default if name == default.name else build(entries[name]) for name in dict.fromkeys(names)]
    if suite == "quick":
        few = slice(min(3, len(default.seeds)))
        cut = {"weights": tuple(Z[few] for Z in default.weights), "seeds": default.seeds[few]}
        return [default._replace(steps=min(200, default.steps), **cut), *(build(entries[name]) for name in QUICK)]
    return [default] if suite == "default" else [default, *map(build, entries.values())]


def situations(activation, suite, names, dtype, seeds):
    """Cases for an implementation of one activation, whatever the table has them for, by their names without it.

    quick: XOR and the cases of the quick suite; default: those, and what is of ordinary size; full: all. Raises
    UsageError for an unknown activation, suite or name.
    """
    if activation not in ACTIVATIONS:
        raise UsageError(f"There is no activation {activation!r}: choose one of {', '.join(ACTIVATIONS)}.")
    known = {"xor": Entry("xor", "xor", 3, activation)}
    for entry in TABLE:
        known.setdefault(entry.name.removesuffix(f"-{entry.activation}"), entry)
    chosen = _chosen(suite, names, dict.fromkeys((*SITUATIONS, *known)), len(SITUATIONS))
    entries = [known[name]._replace(name=name, activation=activation) for name in chosen]
    return [build(entry, seeds) for entry in entries if names or dtype in entry.dtypes]


def layered(activations, hidden, biases, suite, names, dtype, seeds):
    """Cases for an implementation of any depth, by the names of LAYERED.

    activations: None, where it takes any; one name, of all hidden layers, with a linear output; or one a layer, which
    also says how many there are. hidden: the widths within, or None for those of the table. Raises UsageError for an
    unknown activation, suite or name, or where activations and widths do not fit.
    """
    for name in activations or ():
        if name not in ACTIVATIONS:
            raise UsageError(f"There is no activation {name!r}: choose one of {', '.join(ACTIVATIONS)}.")
    known, depth = {entry.name: entry for entry in LAYERED}, len(activations or ())
    if hidden is not None and depth > 1 and depth != len(hidden) + 1:
        raise UsageError(f"--activation has {depth} names and --layers {len(hidden) + 1} layers: give one a layer.")
    chosen = _chosen(suite, names, known, 9)

    def built(entry):
        widths = entry.hidden if hidden is None else tuple(hidden)
        if depth > 1:
            widths = tuple(widths[k % len(widths)] for k in range(depth - 1))
        own = entry.activations if hidden is None else [entry.activations[k % 3] for k in range(len(widths) + 1)]
        given = (*activations * len(widths), "identity") if depth == 1 else tuple(activations or own)
        some = (entry.biases or 0.0) if biases else None
        return build(entry._replace(hidden=widths, activations=given, biases=some), seeds)

    return [built(known[name]) for name in chosen]


def _chosen(suite, names, known, default):
    """Names of a table: those given, or as many of its first as a suite has."""
    if suite not in SUITES:
        raise UsageError(f"There is no suite {suite!r}: {_nearest(suite, SUITES)}")
    for name in names or ():
        if name not in known:
            raise UsageError(f"There is no case {name!r}: {_nearest(name, known)}")
    many = {"quick": 4, "default": default, "full": None}
    return dict.fromkeys(names or [*known][: many[suite]])


def curves(case, activations):
    """The case's first seed with other activations, one Case each."""
    one = {"weights": tuple(Z[:1] for Z in case.weights), "seeds": case.seeds[:1]}
    others = [a for a in activations if a != case.activation and case.row == "two_layer"]
    return [case._replace(name=f"{case.name}, {a}", activations=(a, "identity"), exact=False, **one) for a in others]


def _nearest(word, words):
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]}?" if near else f"choose from {', '.join(words)}."
