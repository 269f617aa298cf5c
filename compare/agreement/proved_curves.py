"""The proved loss curve of the seed that is drawn, and how far from it rounding can carry a column."""

import numpy as np

from fourfold.compare.judge import trajectory
from fourfold.compare.results.arrays import drawn_seed

MARKS = 40  # about as many steps at which the limit is computed


def curves(report, case):
    """({(case name, dtype): arrays}, reason): what is proved of a case, and why no more is, or "".

    step, L, L_rest, radius: the exact loss is L + L_rest, give or take the radius, at the steps that columns record.
    limit_step, limit: how far from it the loss of a column may be that is within every step's limit.
    """
    proved, seed = {}, None
    wrong = {rejection.column for rejection in report.result.rejections}
    for dtype, arrays in report.by_dtype(case).items():
        seed = drawn_seed(arrays) if seed is None else seed
        try:
            curve = trajectory.proved(case, seed, dtype)
        except trajectory.NotProved as reason:
            return proved, str(reason)
        step = next(iter(arrays.values()))["step"]
        right = [kept for name, kept in arrays.items() if name not in wrong]
        apart = [trajectory.apart(curve, step, kept["W1"][:, seed], kept["W2"][:, seed]) for kept in right]
        within = np.full(case.steps, np.inf)
        if apart:
            within[step] = np.max(apart, axis=0)
        marks = np.unique([*step[:: max(1, len(step) // MARKS)], step[-1]])
        proved[case.name, dtype] = {
            "step": step,
            "L": curve.L[step],
            "L_rest": curve.L_rest[step],
            "radius": curve.radius[step],
            "limit_step": marks,
            "limit": trajectory.limits(case, curve, dtype, marks, within),
        }
    return proved, ""
