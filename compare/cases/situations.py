"""What `check` asks: the cases of the table by other names, more of its own, and those of any depth."""

from itertools import cycle, islice

from fourfold.compare.cases.case import check_activations, one_a_layer
from fourfold.compare.cases.suites import SUITES, TABLE, build, by_name, check_names, deep, two_layer
from fourfold.compare.errors import UsageError

# Runs of `train` in one call, and in how many steps a call they are made beside it. `slow` moves little at a time, so
# that limits grow little over all its steps. In `standstill` the last weights are so small, and the rate too, that the
# loss is tiny and keeps every bit while they move: what waits for it to get small, or to get smaller, waits no longer.
SHORT_CALLS = {"slow": 20, "standstill": 25}
# Where an implementation may refuse: this costs nothing but itself, unless it is asked for by name.
MAY_BE_REFUSED = ("nan-in-data", "infinity-in-data", "tall", "broad")


def _own(activation):
    """Recipes of two layers that only `check` has. No size is from 8 to 256, which is where people write constants."""
    return by_name(
        two_layer("xor", "xor", 3, activation),
        two_layer("near-zero", "asymmetric", 4, activation, scale=1e-5),
        two_layer("learnt", "learnt", 1, activation, f"learnt {activation}"),
        two_layer("wide", "xor", 257, activation, lr=0.01),
        two_layer("tall", "tall", 5, activation, lr=1e-5),
        two_layer("broad", "broad", 3, activation, scale=0.1),
        two_layer("slow", "xor", 3, activation, lr=0.003, steps=1_100),
        two_layer("standstill", "tiny targets", 3, activation, "last tiny", lr=1e-19, steps=1_000),
    )


# Without their activations; the first four are the quick ones, and all of these the default.
SITUATIONS = (
    *("xor", "asymmetric", "saturated", "dyadic", "square", "zero-first-layer", "one-of-each", "rate-1.5"),
    *("near-zero", "learnt", "nan-in-data", "infinity-in-data", "wide", "tall", "broad", *SHORT_CALLS),
)
# What an implementation of any depth is asked: with biases or without, as it has them, and with the activations given
# here where it takes any. The first four are the quick ones, the first of DEEP_DEFAULT the default.
LAYERED = (
    deep("xor", "xor", (4, 3), ("tanh", "sigmoid", "identity")),
    deep("asymmetric", "asymmetric", (4, 3), ("tanh", "relu", "sigmoid")),
    deep("saturated", "asymmetric", (4, 3), ("sigmoid", "tanh", "sigmoid"), scale=20, lr=0.01),
    deep("dyadic", "dyadic", (3, 3), ("relu", "identity", "relu")),
    deep("square", "square", (4, 4), ("relu", "tanh", "identity")),
    deep("zero-biases", "xnor", (4, 4), ("relu", "relu", "identity"), biases=0),
    deep("two-layers", "asymmetric", (4,), ("sigmoid", "identity")),
    deep("five-layers", "asymmetric", (4, 3, 4, 3), ("tanh", "relu", "sigmoid", "identity", "tanh")),
    deep("one-of-each", "single", (1, 1), ("sigmoid", "sigmoid", "sigmoid"), lr=1.5),
    deep("near-zero", "asymmetric", (4, 3), ("tanh", "sigmoid", "identity"), biases=1e-5, scale=1e-5),
    deep("nan-in-data", "nan", (4, 3), ("sigmoid", "relu", "identity")),
    deep("infinity-in-data", "infinity", (4, 3), ("tanh", "sigmoid", "identity")),
    deep("wide", "xor", (257, 3), ("tanh", "sigmoid", "identity"), lr=0.01),
    deep("tall", "tall", (5, 3), ("relu", "tanh", "identity"), lr=1e-5),
    deep("broad", "broad", (3, 4), ("sigmoid", "tanh", "identity"), scale=0.1),
    deep("slow", "xor", (4, 3), ("tanh", "sigmoid", "identity"), lr=0.003, steps=1_100),
    deep("standstill", "tiny targets", (4, 3), ("tanh", "relu", "identity"), 0, 1_000, weights="last tiny", lr=1e-19),
    deep("huge", "asymmetric", (4, 3), ("sigmoid", "sigmoid", "sigmoid"), scale=1000, lr=1e-6),
    deep("identity", "asymmetric", (4, 3), ("identity", "identity", "identity")),
    deep("one-output", "one output", (2, 2), ("tanh", "tanh", "identity")),
)
DEEP_DEFAULT = 17
# Names in both: what a course's test is run on.
COURSE = ("xor", "asymmetric", "saturated", "dyadic", *MAY_BE_REFUSED, *SHORT_CALLS)


def situations(activation, suite, names, dtype, seeds):
    """Cases for an implementation of one activation, whatever the table has them for, by their names without it.

    quick: XOR and the cases of the quick suite; default: those, and what is of ordinary size; full: all. Raises
    UsageError for an unknown activation, suite or name.
    """
    check_activations([activation])
    recipes = _own(activation)
    for recipe in TABLE:
        if not recipe.shapes and recipe.data != "large":  # tall and broad ask the same in fewer numbers
            recipes.setdefault(recipe.name.removesuffix(f"-{recipe.activations[0]}"), recipe)
    cases = []
    for name in _chosen(suite, names, dict.fromkeys((*SITUATIONS, *recipes)), len(SITUATIONS)):
        recipe = recipes[name]
        if names or dtype in recipe.dtypes:
            cases.append(build(recipe._replace(name=name, activations=(activation, "identity")), seeds))
    return cases


def layered(activations, hidden, biases, suite, names, dtype, seeds):
    """Cases for an implementation of any depth, by the names of LAYERED.

    activations: None, where it takes any; one name, of all hidden layers, with a linear output; or one a layer, which
    also says how many there are. hidden: the widths within, or None for those of the table. Raises UsageError for an
    unknown activation, suite or name, or where activations and widths do not fit.
    """
    activations = tuple(activations or ())
    check_activations(activations)
    depth = len(activations)
    if hidden is not None and depth > 1 and depth != len(hidden) + 1:
        raise UsageError(
            f"--activation has {depth} names and --layers {len(hidden) + 1} layers: give one for each layer."
        )
    table = by_name(*LAYERED)
    cases = []
    for name in _chosen(suite, names, table, DEEP_DEFAULT):
        recipe = table[name]
        if hidden is not None:
            recipe = recipe._replace(hidden=tuple(hidden), activations=_repeated(recipe.activations, len(hidden) + 1))
        if depth > 1:
            recipe = recipe._replace(hidden=_repeated(recipe.hidden, depth - 1))
        if activations:
            recipe = recipe._replace(activations=one_a_layer(activations, len(recipe.hidden) + 1))
        cases.append(build(recipe._replace(biases=recipe.biases if biases else None), seeds))
    return cases


def _repeated(entries, number):
    """So many of them, from the first on and over again."""
    return tuple(islice(cycle(entries), number))


def _chosen(suite, names, known, default):
    """Names of a table: those given, or as many of its first as a suite has."""
    check_names("suite", [suite], SUITES)
    check_names("case", names or (), known)
    many = {"quick": 4, "default": default, "full": None}
    return dict.fromkeys(names or [*known][: many[suite]])
