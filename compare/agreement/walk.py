"""Weights along a run by exact gradients: where columns are asked that cannot train, and how far a precision learns."""

import numpy as np

from fourfold.compare.judge import formats, judgement, truth
from fourfold.compare.judge.quantities import gradient, parameter_names
from fourfold.compare.results.arrays import SHOWN_SEEDS


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


def standstills(case, dtypes):
    """{dtype: `standstill` of the first seeds}, where half precision is among them; else {}."""
    if not {*dtypes} & {*formats.HALF}:
        return {}
    some = case.first_seeds(SHOWN_SEEDS)
    return {dtype: standstill(some, dtype) for dtype in dtypes}


def standstill(case, dtype):
    """Per seed the first step of a run by exact gradients that leaves every weight as it is; `case.steps` without one.

    w - λ g rounds to w where λ g is below half a unit in w's last place: from there on nothing is learnt. A run whose
    gradient is 0 is not counted.
    """
    p = judgement.problem(case, dtype)
    X, Y, *parameters = (truth.widen(Z, p.wide) for Z in case.cast(dtype))
    names = parameter_names(len(case.activations), len(parameters))
    first = np.full(len(case.seeds), case.steps)
    moving = np.arange(len(first))
    for step in range(case.steps):
        with np.errstate(all="ignore"):
            network = judgement.network_of(parameters, p, p.wide)
            q = truth.evaluate(X, Y, network)
            slopes = [q[gradient(name)] for name in names]
            after = [formats.rounded(Z - p.lr * g, dtype) for Z, g in zip(parameters, slopes, strict=True)]
        stays, slope = np.ones(len(moving), bool), np.zeros(len(moving), bool)
        for Z, new, g in zip(parameters, after, slopes, strict=True):
            stays &= (new == Z).all(axis=(-2, -1))
            slope |= (g != 0).any(axis=(-2, -1))
        first[moving[stays & slope]] = step
        moving = moving[~stays]
        if not len(moving):
            break
        parameters = [truth.widen(Z[~stays], p.wide) for Z in after]
    return first
