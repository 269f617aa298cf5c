"""How far every column is from the exact values, beside how far the columns are from each other."""

from itertools import combinations

import numpy as np

from fourfold.compare.judge import formats, judgement, truth
from fourfold.compare.judge.quantities import anatomy, internal, shown, shown_shapes
from fourfold.compare.results.arrays import SHOWN_SEEDS
from fourfold.compare.results.diff import share_of, ulps_apart
from fourfold.compare.results.distance import ALONG, EXACT, START, Distance


def distances(report):
    """The Distances in a Report's first case: at the initial weights and over training, in every precision it has."""
    setting = report.result.settings[0]
    by_dtype = report.by_dtype(setting)
    measured = []
    for dtype, arrays in by_dtype.items():
        measured += _at_start(report.inputs, setting, arrays, dtype)
    for dtype, arrays in by_dtype.items():
        measured += _along(setting, arrays, dtype)
    return measured


def _at_start(inputs, s, arrays, dtype):
    """Every quantity of the Setting's trace, at the initial weights of the recorded seeds of {column: its arrays}.

    Two columns that are right are at most 2 limits apart, and each at most 1 from the exact value. What is not
    certified is left out.
    """
    row = s.row()
    parameters = [formats.rounded(inputs[name][:SHOWN_SEEDS], dtype) for name in _parameters(s)]
    problem = judgement.Problem(
        X=formats.rounded(inputs["X"], dtype),
        Y=formats.rounded(inputs["Y"], dtype),
        activations=tuple(s.activations) or (s.activation, "identity"),
        lr=s.lr,
        dtype=dtype,
        wide=truth.wide_dtype(dtype),
        exact=False,
        row=row,
    )
    names = list(shown_shapes(row, (), s.samples, s.widths, s.biases))
    for column, kept in arrays.items():
        trace = {internal(name, row): kept[f"trace_{name}"] for name in names}
        for judged in judgement.judge_trace(trace, parameters, problem):
            name = shown(judged.quantity, row)
            limit = kept[f"limit_{name}"]
            share = share_of(judged.error, np.zeros(judged.error.shape), limit)
            ulps = judged.ulps[~np.isnan(limit)]
            yield Distance(START, dtype, name, EXACT, column, _largest(share), _largest(ulps))
    for (a, kept_a), (b, kept_b) in combinations(arrays.items(), 2):
        for name in names:
            one, other, limit = kept_a[f"trace_{name}"], kept_b[f"trace_{name}"], kept_a[f"limit_{name}"]
            ulps = ulps_apart(one, other, dtype)[~np.isnan(limit)]
            share = share_of(one, other, limit)
            yield Distance(START, dtype, name, a, b, _largest(share), _largest(ulps))


def _along(s, arrays, dtype):
    """Over training: of every column's losses and parameters from the exact ones at its own parameters, and of the
    columns' losses from each other, which say nothing of who is right."""
    for column, kept in arrays.items():
        for name in ("L", *_parameters(s)):
            yield Distance(ALONG, dtype, name, EXACT, column, _largest(kept[f"ratio_{name}"]), np.nan)
    for (a, kept_a), (b, kept_b) in combinations(arrays.items(), 2):
        limit = np.fmax(kept_a["L_limit"], kept_b["L_limit"])
        share = share_of(kept_a["L"], kept_b["L"], limit)
        ulps = ulps_apart(kept_a["L"], kept_b["L"], dtype)
        yield Distance(ALONG, dtype, "L", a, b, _largest(share), _largest(ulps))


def _parameters(s):
    return anatomy(s.row(), s.depth(), s.biases).parameters


def _largest(Z):
    return float(np.max(np.nan_to_num(Z, nan=np.inf, posinf=np.inf), initial=0))
