"""The cases of the agreement suite. A case is a recipe in a table; what each has teeth for stands beside it."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import DTYPES, PRECISIONS, Case, draw_weights
from fourfold.compare.cases.data import xor
from fourfold.compare.errors import UsageError, nearest

SUITES = ("quick", "default", "full")
SEEDS = range(3)


class CaseRecipe(NamedTuple):
    """How a Case is made. `data` and `weights` name functions below."""

    name: str
    data: str
    hidden: tuple  # widths within
    activations: tuple  # a name a layer
    weights: str = "normal"
    scale: float = 1  # multiplies the weights
    biases: float | None = None  # multiplies normal ones; None: there are none
    lr: float = 0.1
    steps: int = 200
    dtypes: tuple = PRECISIONS
    exact: bool = False
    row: str = "two_layer"
    seeds: range = SEEDS
    shapes: bool = False


def two_layer(name, data, hidden, activation, weights="normal", **more):
    """The CaseRecipe of a network with one hidden layer of this width."""
    return CaseRecipe(name, data, (hidden,), (activation, "identity"), weights, **more)


def deep(name, data, hidden, activations, biases: float | None = 1, steps=20, **more):
    """The CaseRecipe of a network of any depth. Steps are few: JAX takes longer to compile than to train."""
    return CaseRecipe(name, data, hidden, activations, biases=biases, steps=steps, row="deep", **more)


# XOR alone is weak: its row (0, 0) gives W1 no gradient and hides relu'(0), its targets are symmetric under reversing
# the samples, and one output cannot tell a mean from a sum.
TABLE = (
    # no two sizes equal, two outputs: transposes, N from the wrong axis, mean over all entries, products in wrong order
    two_layer("asymmetric-sigmoid", "asymmetric", 4, "sigmoid"),
    two_layer("asymmetric-tanh", "asymmetric", 4, "tanh"),
    two_layer("asymmetric-relu", "asymmetric", 4, "relu"),
    two_layer("asymmetric-identity", "asymmetric", 4, "identity"),
    # all sizes equal: only numbers can tell a transpose that shapes would not
    two_layer("square-relu", "square", 4, "relu"),
    two_layer("square-tanh", "square", 4, "tanh"),
    two_layer("square-sigmoid", "square", 4, "sigmoid"),
    # one output, and residuals beyond 1: flat targets, clipped gradients, robust losses
    two_layer("one-output-sigmoid", "one output", 2, "sigmoid"),
    two_layer("xnor", "xnor", 3, "tanh"),
    two_layer("one-of-each", "single", 1, "sigmoid"),
    two_layer("wide", "xor", 64, "relu", lr=0.01),
    # H is exactly 0: relu'(0), σ(0), and zeros that are zero for structural reasons
    two_layer("zero-first-layer-relu", "asymmetric", 4, "relu", "zero first layer"),
    two_layer("zero-first-layer-sigmoid", "asymmetric", 4, "sigmoid", "zero first layer"),
    two_layer("all-zero", "xor", 3, "tanh", "zero"),
    # every function in every shape of its contract; more seeds, at a smaller rate, than anybody writes a constant for
    two_layer("every-shape", "asymmetric", 4, "sigmoid", lr=1e-5, steps=5, seeds=range(263), shapes=True),
    # samples and hidden units, inputs and outputs above 256, none a power of two, inputs beyond ±100: batches, blocks
    two_layer("large", "many samples", 271, "tanh", scale=1 / 4, lr=0.01, steps=2, seeds=range(1)),
    two_layer("broad", "many inputs", 3, "sigmoid", scale=1 / 16, lr=0.01, steps=3, seeds=range(2)),
    two_layer("wide-relu", "asymmetric", 271, "relu", scale=1 / 4, lr=0.01, steps=5),
    # hidden units that cannot be told apart have to stay so
    two_layer("equal-weights", "xor", 3, "sigmoid", "equal"),
    # σ near 0 and 1: clipped or cancelling activations, slopes of h instead of σ(h)
    two_layer("saturated-sigmoid", "asymmetric", 4, "sigmoid", scale=20, lr=0.01),
    two_layer("saturated-tanh", "asymmetric", 4, "tanh", scale=20, lr=0.01),
    two_layer("huge-sigmoid", "asymmetric", 4, "sigmoid", scale=1000, lr=1e-6),
    two_layer("huge-relu", "asymmetric", 4, "relu", scale=1000, lr=1e-9),
    # h near 0: what cancels there
    two_layer("small-tanh", "asymmetric", 4, "tanh", scale=1e-6),
    # at and below the smallest normal number: flushing to zero is allowed, more is not
    two_layer("subnormal-tanh", "asymmetric", 4, "tanh", scale=1e-310, dtypes=("float64",)),
    two_layer("subnormal-relu", "asymmetric", 4, "relu", scale=1e-310, dtypes=("float64",)),
    two_layer("subnormal-float32", "asymmetric", 4, "relu", scale=1e-40, dtypes=("float32",)),
    two_layer("underflow", "asymmetric", 4, "identity", scale=1e-160, dtypes=("float64",)),
    two_layer("underflow-float32", "asymmetric", 4, "identity", scale=1e-22, dtypes=("float32",)),
    # rates at which trajectories jump, become chaotic, or leave the format's range
    two_layer("rate-1.5", "xor", 3, "sigmoid", lr=1.5, steps=1000),
    two_layer("chaotic", "asymmetric", 4, "tanh", lr=4),
    two_layer("diverging", "asymmetric", 4, "identity", lr=1),
    two_layer("diverging-relu", "asymmetric", 4, "relu", lr=5),
    # what is no number must come out as none, not hidden
    two_layer("nan-in-data", "nan", 4, "sigmoid", lr=0.01),
    two_layer("infinity-in-data", "infinity", 4, "tanh"),
    # small integers and halves: no operation rounds in either precision, so the very bits are demanded
    two_layer("dyadic-relu", "dyadic", 3, "relu", "halves", lr=0.25, steps=2, exact=True),
    two_layer("dyadic-identity", "dyadic", 3, "identity", "halves", lr=0.25, steps=2, exact=True),
)

DEEP = (
    # no two sizes equal, biases that are not zero, a chain through a layer in the middle
    deep("deep-tanh", "asymmetric", (4, 3), ("tanh", "tanh", "identity")),
    deep("deep-identity", "asymmetric", (4, 3), ("identity",) * 3),
    # all sizes equal: transposes; the output's own slope
    deep("deep-square-relu", "square", (4, 4), ("relu",) * 3),
    # biases that start at 0, as everywhere: H is 0 in the row (0, 0), and their gradients have to move them
    deep("deep-zero-biases", "xnor", (4, 4), ("relu", "relu", "identity"), biases=0),
    # σ near 0 and 1, and far beyond, in the output layer too
    deep("deep-saturated", "asymmetric", (4, 3), ("sigmoid",) * 3, scale=20, lr=0.01),
    deep("deep-huge", "asymmetric", (4, 3), ("sigmoid",) * 3, scale=1000, lr=1e-6),
    deep("deep-nan", "nan", (4, 3), ("sigmoid", "relu", "identity"), steps=5),
    deep("deep-xor", "xor", (8, 8), ("tanh", "tanh", "identity"), steps=200),
    deep("deep-every-shape", "asymmetric", (4, 3), ("tanh", "relu", "tanh"), lr=1e-5, seeds=range(263), shapes=True),
    deep(
        "deep-large",
        "many samples",
        (271, 5),
        ("tanh", "relu", "identity"),
        scale=1 / 4,
        lr=0.01,
        steps=2,
        seeds=range(1),
    ),
    deep("deep-broad", "many inputs", (3, 263), ("sigmoid", "tanh", "sigmoid"), scale=1 / 16, lr=0.01, steps=3),
    # every activation, one after the other, without biases
    deep("deep-mixed", "asymmetric", (4, 3, 4, 3), ("tanh", "relu", "sigmoid", "identity", "tanh"), biases=None),
)
QUICK = ("asymmetric-sigmoid", "saturated-sigmoid", "dyadic-relu")
# With the default case, by row: what XOR alone would let pass. Those of one shape and activation share a compilation.
WITH_TEETH = {
    "two_layer": (
        "saturated-sigmoid",
        "nan-in-data",
        "every-shape",
        "asymmetric-tanh",
        "infinity-in-data",
        "wide-relu",
    ),
    "deep": ("deep-zero-biases", "deep-saturated", "deep-every-shape"),
}
# there with its seeds, steps and rate: what frameworks compile for it they use again
LIKE_EVERY_SHAPE = {"saturated-sigmoid", "nan-in-data", "asymmetric-tanh", "infinity-in-data"}


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


def _many(samples, inputs, outputs):
    rng = np.random.default_rng(1729)
    X, Y = rng.standard_normal((samples, inputs)), rng.standard_normal((samples, outputs))
    X[::50] *= 100
    return X, Y


def _tall():
    rng = np.random.default_rng(1732)
    X, Y = rng.standard_normal((263, 3)), rng.standard_normal((263, 2))
    X[::5, 1] *= 100  # beyond ±200
    return X, Y


def _broad():
    rng = np.random.default_rng(2236)
    return rng.standard_normal((2, 271)), rng.standard_normal((2, 269))


def _tiny_targets():
    X, Y = _asymmetric()
    return X, 1e-6 * Y


def _learnt():
    return np.ones((3, 1)), 2 + np.array([[1e-5], [-2e-5], [3e-5]])


def _with(value):
    X, Y = _asymmetric()
    X[3, 1] = value
    return X, Y


def _dyadic():
    """|x| <= 2 and |y| <= 2, integers, 4 samples: with weights in halves up to 2, bounds.roundless holds in float32."""
    X = np.array([[0, 0], [-1, 2], [2, 1], [1, -1]], np.float64)
    Y = np.array([[1], [-2], [0], [2]], np.float64)
    return X, Y


def _unchanged(*weights):
    return weights


def _zero_first_layer(W1, W2):
    return 0 * W1, W2


def _zero(W1, W2):
    return 0 * W1, 0 * W2


def _equal(W1, W2):
    return 0 * W1 + W1[:, :1, :1], 0 * W2 + W2[:, :1, :1]


def _last_tiny(*weights):
    return *weights[:-1], 1e-23 * weights[-1]


def _of_learnt(A):
    """Weights that give 2 for an input of 1, by an activation that gives A there."""
    return lambda W1, W2: (0 * W1 + 1, 0 * W2 + 2 / A)


def _halves(*weights):
    return [np.clip(np.round(2 * W) / 2, -2, 2) for W in weights]


DATA = {
    "xor": xor,
    "xnor": _xnor,
    "asymmetric": _asymmetric,
    "square": _square,
    "one output": _one_output,
    "single": _single,
    "many samples": lambda: _many(269, 3, 2),
    "many inputs": lambda: _many(5, 263, 257),
    "tall": _tall,
    "broad": _broad,
    "tiny targets": _tiny_targets,
    "learnt": _learnt,
    "nan": lambda: _with(np.nan),
    "infinity": lambda: _with(np.inf),
    "dyadic": _dyadic,
}
WEIGHTS = {
    "normal": _unchanged,
    "zero first layer": _zero_first_layer,
    "zero": _zero,
    "equal": _equal,
    "halves": _halves,
    "last tiny": _last_tiny,
    "learnt sigmoid": _of_learnt(1 / (1 + np.exp(-1))),
    "learnt tanh": _of_learnt(np.tanh(1)),
    "learnt relu": _of_learnt(1),
    "learnt identity": _of_learnt(1),
}


def build(recipe, seeds=None):
    """The Case of a CaseRecipe, with its own seeds or these."""
    seeds = seeds or recipe.seeds
    X, Y = DATA[recipe.data]()
    depth = len(recipe.activations)
    widths = (X.shape[1], *recipe.hidden, Y.shape[1])
    drawn = draw_weights(seeds, widths, recipe.biases is not None)
    weights = [recipe.scale * W for W in WEIGHTS[recipe.weights](*drawn[:depth])]
    for b in drawn[depth:]:
        weights.append(recipe.biases * b)
    return Case(
        name=recipe.name,
        X=X,
        Y=Y,
        weights=tuple(weights),
        activations=recipe.activations,
        lr=recipe.lr,
        steps=recipe.steps,
        seeds=seeds,
        exact=recipe.exact,
        dtypes=recipe.dtypes,
        row=recipe.row,
        shapes=recipe.shapes,
    )


def choose(suite, names, default, deep=False, dtypes=DTYPES):
    """The Cases of a suite, or those named: `default` is the Case made from the options, and comes first.

    quick: the default case cut to 200 steps of 3 seeds, and three more; default: the default case, and those
    WITH_TEETH, each in one of the precisions asked for; full: it and the whole table, with `deep` that of the row of
    any depth too. Raises UsageError for an unknown suite or case, and where the default case has the name of another.
    """
    check_names("suite", [suite], SUITES)
    table = by_name(*TABLE, *(DEEP if deep else ()))
    if default.name in table:
        raise UsageError(f"{default.name} is also the name of a case: write ./{default.name} for the file.")
    if names is not None:
        check_names("case", names, [default.name, *table])
        return [default if name == default.name else build(table[name]) for name in dict.fromkeys(names)]
    if suite == "quick":
        cut = default.first_seeds(3)._replace(steps=min(200, default.steps))
        return [cut, *(build(table[name]) for name in QUICK)]
    if suite == "full":
        return [default, *map(build, table.values())]
    cases, recipes = [default], by_name(*TABLE, *DEEP)
    for name in WITH_TEETH[default.row]:
        recipe = recipes[name]
        if name in LIKE_EVERY_SHAPE:
            alike = recipes["every-shape"]
            recipe = recipe._replace(seeds=alike.seeds, steps=alike.steps, lr=alike.lr)
        cases.append(build(recipe)._replace(dtypes=(dtypes[0],)))
    return cases


def by_name(*recipes):
    """{name: CaseRecipe}."""
    return {recipe.name: recipe for recipe in recipes}


def curves(case, activations):
    """The case's first seed with other activations, one Case each."""
    if case.row != "two_layer":
        return []
    cases = []
    for activation in activations:
        if activation != case.activation:
            name = f"{case.name}, {activation}"
            other = case.first_seeds(1)._replace(name=name, activations=(activation, "identity"), exact=False)
            cases.append(other)
    return cases


def check_names(what, names, known):
    """Raises UsageError for a name that is not known, with the one that may be meant."""
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else f"choose from {', '.join(known)}."
            raise UsageError(f"There is no {what} {name!r}: {hint}")
