"""How to call somebody's code: what was recognised in a file."""

from collections.abc import Callable
from typing import NamedTuple


class Roles(NamedTuple):
    """What the inputs are in a layered network, by name, in the order of its layers."""

    X: str
    Y: str
    weights: tuple[str, ...]
    biases: tuple[str, ...] = ()  # none, or one a layer
    columns: bool = False  # a sample is a column: X (d, N), weights (out, in)
    labels: str = "values"  # or "integers": Y (N,) of classes
    augmented: bool = False  # biases are the last row, or column, of the weights
    first: bool = False  # or the first


class Recipe(NamedTuple):
    """`run(namespace, inputs)` gives (L, {parameter: gradient or exact.Updated}) of the functions in a namespace.

    It computes nothing itself: inputs may be float64 arrays, or object arrays of exact numbers.
    """

    words: str  # what was recognised, in a line
    example: Callable  # example(rng, n) -> {name: array or number}: the inputs of point n = 0, 1, ...
    parameters: tuple[str, ...]  # those of the inputs that have a gradient
    run: Callable
    roles: Roles | None = None
    parts: tuple = ()  # Recipes of less: where the whole is wrong, the first that is wrong says more
