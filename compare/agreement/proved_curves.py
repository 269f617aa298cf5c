"""The proved loss curve of the seed that is drawn, and how far from it rounding can carry a column."""

import numpy as np

from fourfold.compare.judge import trajectory


def columns(report, case, dtype):
    """{column: its arrays} for a case's name."""
    return {column: a for (column, c, d), a in report.arrays.items() if (c, d) == (case, dtype) and a}


def drawn_seed(arrays):
    """Position, among the recorded seeds, of the one with the smallest final loss in the first column."""
    final = next(iter(arrays.values()))["L"][-1]
    return int(np.argmin(np.nan_to_num(final, nan=np.inf)))


def curves(report, case):
    """({(case name, dtype): arrays}, reason): what is proved of a case, and why no more is, or "".

    step, L, L_rest, radius: the exact loss is L + L_rest, give or take the radius, at the steps that columns record.
    limit_step, limit: how far from it the loss of a column may be that is within every step's limit.
    """
    found, seed = {}, None
    wrong = {r.column for r in report.result.rejections}
    for dtype in case.dtypes:
        arrays = columns(report, case.name, dtype)
        if not arrays:
            continue
        seed = drawn_seed(arrays) if seed is None else seed
        try:
            curve = trajectory.proved(case, seed, dtype)
        except trajectory.NotProved as reason:
            return found, str(reason)
        step = next(iter(arrays.values()))["step"]
        right = [a for name, a in arrays.items() if name not in wrong]
        apart = [trajectory.apart(curve, step, a["W1"][:, seed], a["W2"][:, seed]) for a in right]
        within = np.full(case.steps, np.inf)
        within[step] = np.max(apart, axis=0) if apart else np.inf
        at = np.unique([*step[:: max(1, len(step) // 40)], step[-1]])
        limit = trajectory.limits(case, curve, dtype, at, within)
        loss = {"L": curve.L[step], "L_rest": curve.L_rest[step], "radius": curve.radius[step]}
        found[case.name, dtype] = {"step": step, **loss, "limit_step": at, "limit": limit}
    return found, ""
