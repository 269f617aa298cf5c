"""Layers judged by themselves: every number of a trace against the exact one at the column's own numbers before it.

The limits of a whole pass grow from layer to layer. These do not: A_k is computed from the column's own H_k, dL_dW_k
from its own A_(k-1) and dL_dH_k, by the same formulas (truth.py) within the same limits (bounds.py), and so a fault is
found as well in the tenth of twenty layers as in the first. It is what is asked of the row of any depth, whose traces
therefore have to show the very numbers they were computed from.
"""

import numpy as np

from fourfold.compare.judge import bounds, judgement, truth
from fourfold.compare.judge.quantities import DEEP


def judge(values, parameters, p):
    """A trace of the row of any depth, or some of it as {name: array}, at parameters (*S, ...): Judged.

    Certified are the numbers no operation on whose way can leave the format's range, each by itself; what is out of
    it is left to the limits of the whole pass. In the two-layer row nothing is judged.
    """
    if p.row != DEEP:
        return []
    judged = []
    with np.errstate(all="ignore"):
        exact, limits, _ = judgement.exact_values(parameters, p._replace(exact=False), own=values)
        for name in exact:
            if name in values:
                judged.append(_judge(name, values[name], exact[name], limits[name], p))
    return judged


def _judge(name, value, exact, limit, p):
    reach = bounds.reaches(name, np.abs(truth.narrow(exact, limit.dtype.type)), limit, p.Y, p.dtype)
    in_range = judgement.below_overflow(reach, p)
    return judgement.judge(name, value, exact, limit, in_range, np.zeros_like(in_range), p)


def sharper(whole, layers):
    """The Judged of whole passes, with what the layers say: shares of the narrower limit."""
    if not layers:
        return whole
    sharpened = []
    for a, b in zip(whole, layers, strict=True):
        certified = a.certified | b.certified & ~a.no_number
        ratio = np.maximum(a.ratio, b.ratio)
        limit = np.where(b.certified, np.minimum(a.limit, b.limit), a.limit)
        sharpened.append(a._replace(certified=certified, wrong=a.wrong | b.wrong, ratio=ratio, limit=limit))
    return sharpened


def first_wrong(whole, layers, values):
    """The first wrong entry as `judgement.first_wrong`, by its layer where that says so; or None."""
    wrong = judgement.first_wrong([*layers, *whole])
    if not wrong or not any(wrong.judged is j for j in layers):
        return wrong
    axes_before = wrong.judged.value.ndim - (0 if wrong.judged.quantity == "L" else 2)
    point = wrong.index[:axes_before]
    own = {name: Z[point] for name, Z in values.items()}
    return wrong._replace(own=own)
