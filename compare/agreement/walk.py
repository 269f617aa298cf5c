"""Weights along a run, for columns that cannot train: where they are asked, the exact gradients have led."""

import numpy as np

from fourfold.compare.judge import formats, truth
from fourfold.compare.judge.quantities import gradient, parameter_names


def points(case, p):
    """Yields (step, *parameters), in the precision of a Problem, at steps 0, 1, 10, 100 ... and the last.

    The gradients are right, and rounded as numbers of that precision are: nobody is judged by these weights, only at
    them.
    """
    X, Y, *parameters = case.cast(p.dtype)
    depth = len(case.activations)
    names = parameter_names(depth, len(parameters))
    ask_at = 1
    yield 0, *parameters
    for step in range(1, case.steps + 1):
        biases = tuple(parameters[depth:]) or (None,) * depth
        q = truth.evaluate(X, Y, truth.Network(tuple(parameters[:depth]), biases, case.activations))
        with np.errstate(all="ignore"):
            parameters = [Z - p.lr * q[gradient(name)] for name, Z in zip(names, parameters, strict=True)]
            parameters = [formats.rounded(Z, p.dtype) for Z in parameters]
        if step in {ask_at, case.steps}:
            yield step, *parameters
        if step == ask_at:
            ask_at *= 10
