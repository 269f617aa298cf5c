"""What `check` asks: the cases of the table by other names, and those of any depth."""

from itertools import cycle, islice

from fourfold.compare.cases.case import check_activations, one_a_layer
from fourfold.compare.cases.suites import SUITES, TABLE, build, by_name, check_names, deep, two_layer
from fourfold.compare.errors import UsageError

# What `check` asks an implementation of any depth: with biases or without, as it has them, and with the activations
# given here where it takes any. The first four are the quick ones, the first nine the default.
LAYERED = (
    deep("xor", "xor", (4, 3), ("tanh", "sigmoid", "identity")),
    deep("asymmetric", "asymmetric", (4, 3), ("tanh", "relu", "sigmoid")),
    deep("saturated", "asymmetric", (4, 3), ("sigmoid", "tanh", "sigmoid"), scale=20, lr=0.01),
    deep("dyadic", "dyadic", (3, 3), ("relu", "identity", "relu")),
    deep("square", "square", (4, 4), ("relu", "tanh", "identity")),
    deep("zero-biases", "xor", (4, 4), ("relu", "relu", "identity"), biases=0),
    deep("two-layers", "asymmetric", (4,), ("sigmoid", "identity")),
    deep("five-layers", "asymmetric", (4, 3, 4, 3), ("tanh", "relu", "sigmoid", "identity", "tanh")),
    deep("one-of-each", "single", (1, 1), ("sigmoid", "sigmoid", "sigmoid")),
    deep("huge", "asymmetric", (4, 3), ("sigmoid", "sigmoid", "sigmoid"), scale=1000, lr=1e-6),
    deep("identity", "asymmetric", (4, 3), ("identity", "identity", "identity")),
    deep("one-output", "one output", (2, 2), ("tanh", "tanh", "identity")),
    deep("nan-in-data", "nan", (4, 3), ("sigmoid", "relu", "identity")),
)
# without their activations; the first four are the quick ones
SITUATIONS = ("xor", "asymmetric", "saturated", "dyadic", "square", "zero-first-layer", "one-of-each", "wide")


def situations(activation, suite, names, dtype, seeds):
    """Cases for an implementation of one activation, whatever the table has them for, by their names without it.

    quick: XOR and the cases of the quick suite; default: those, and what is of ordinary size; full: all. Raises
    UsageError for an unknown activation, suite or name.
    """
    check_activations([activation])
    recipes = {"xor": two_layer("xor", "xor", 3, activation)}
    for recipe in TABLE:
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
        raise UsageError(f"--activation has {depth} names and --layers {len(hidden) + 1} layers: give one a layer.")
    table = by_name(*LAYERED)
    cases = []
    for name in _chosen(suite, names, table, 9):
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
