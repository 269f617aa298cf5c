"""How far every column is from the exact values, beside how far the columns are from each other."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import judgement, truth
from fourfold.compare.judge.quantities import parameter_shapes, trace_shapes
from fourfold.compare.results.arrays import SHOWN_SEEDS
from fourfold.compare.results.diff import share_of, ulps_apart

EXACT = "exact"


class Distance(NamedTuple):
    """The largest over the entries of one quantity; `a` is "exact" or a column."""

    quantity: str
    a: str
    b: str
    share: float  # of the limit, of what rounding allows to one column
    ulps: float


def at_start(inputs, s, arrays, dtype):
    """The Distances at the initial weights of the recorded seeds: every quantity of the first Setting's trace.

    `arrays`: {column: its arrays}. Two columns that are right are at most 2 limits apart, and each at most 1 from the
    exact value. Nothing is said of what is not certified.
    """
    weights = [inputs[name][:SHOWN_SEEDS].astype(dtype) for name in parameter_shapes(s.seeds, s)]
    activations = tuple(s.activations) or (s.activation, "identity")
    p = judgement.Problem(
        inputs["X"].astype(dtype),
        inputs["Y"].astype(dtype),
        activations,
        s.lr,
        dtype,
        truth.wide_dtype(dtype),
        False,
        s.row(),
    )
    names = list(trace_shapes((), s.samples, s.widths, s.row(), s.biases).named())
    found = []
    for column, a in arrays.items():
        for j in judgement.judge_trace({name: a[f"trace_{name}"] for name in names}, weights, p):
            limit = a[f"limit_{j.quantity}"]
            share = _largest(share_of(j.error, np.zeros(j.error.shape), limit))
            found.append(Distance(j.quantity, EXACT, column, share, _largest(j.ulps[~np.isnan(limit)])))
    for (a, of_a), (b, of_b) in combinations(arrays.items(), 2):
        for name in names:
            one, other, limit = of_a[f"trace_{name}"], of_b[f"trace_{name}"], of_a[f"limit_{name}"]
            ulps = ulps_apart(one, other)[~np.isnan(limit)]
            found.append(Distance(name, a, b, _largest(share_of(one, other, limit)), _largest(ulps)))
    return found


def along(arrays):
    """The Distances over training: of every column's losses and weights from the exact ones at its own weights, and
    of the columns' losses from each other, which say nothing of who is right."""
    found = []
    for column, a in arrays.items():
        for name in (name.removeprefix("ratio_") for name in sorted(a) if name.startswith("ratio_")):
            found.append(Distance(name, EXACT, column, _largest(a[f"ratio_{name}"]), np.nan))
    for (a, of_a), (b, of_b) in combinations(arrays.items(), 2):
        limit = np.fmax(of_a["L_limit"], of_b["L_limit"])
        share = share_of(of_a["L"], of_b["L"], limit)
        found.append(Distance("L", a, b, _largest(share), _largest(ulps_apart(of_a["L"], of_b["L"]))))
    return found


def _largest(Z):
    return float(np.max(np.nan_to_num(Z, nan=np.inf, posinf=np.inf), initial=0))
