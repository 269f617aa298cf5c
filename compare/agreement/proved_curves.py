"""The proved loss curve of the seed that is drawn, and how far from it rounding can carry a column."""

from functools import partial

import numpy as np

from fourfold.compare.judge import trajectory
from fourfold.compare.results.arrays import drawn_seed

MARKS = 40  # about as many steps at which the limit is computed


def curves(report, case, side_by_side=lambda jobs: [job() for job in jobs]):
    """({(case name, dtype): arrays}, reason): what is proved of a case, and why no more is, or "".

    step, L, L_rest, radius: the exact loss is L + L_rest, give or take the radius, at the steps that columns record.
    limit_step, limit: how far from it the loss of a column may be that is within every step's limit. `side_by_side`
    gives what functions without arguments do, in their order; they can be pickled.
    """
    proved, by_dtype = {}, report.by_dtype(case)
    if not by_dtype:
        return proved, ""
    wrong = {rejection.column for rejection in report.result.rejections}
    seed, jobs = drawn_seed(next(iter(by_dtype.values()))), []
    for dtype, arrays in by_dtype.items():
        right = [kept for name, kept in arrays.items() if name not in wrong]
        paths = [(kept["W1"][:, seed], kept["W2"][:, seed]) for kept in right if case.row == "two_layer"]
        jobs.append(partial(_curve, case, seed, dtype, next(iter(arrays.values()))["step"], paths))
    for dtype, (curve, reason) in zip(by_dtype, side_by_side(jobs), strict=True):
        if reason:
            return proved, reason
        proved[case.name, dtype] = curve
    return proved, ""


def _curve(case, seed, dtype, step, paths):
    """(arrays, reason) of one precision, from the weights of right columns at some steps."""
    try:
        curve = trajectory.proved(case, seed, dtype)
    except trajectory.NotProved as reason:
        return {}, str(reason)
    apart = [trajectory.apart(curve, step, *weights) for weights in paths]
    within = np.full(case.steps, np.inf)
    if apart:
        within[step] = np.max(apart, axis=0)
    marks = np.unique([*step[:: max(1, len(step) // MARKS)], step[-1]])
    arrays = {
        "step": step,
        "L": curve.L[step],
        "L_rest": curve.L_rest[step],
        "radius": curve.radius[step],
        "limit_step": marks,
        "limit": trajectory.limits(case, curve, dtype, marks, within),
    }
    return arrays, ""
