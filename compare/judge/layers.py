"""Layers judged by themselves: every number of a trace against the exact one at the column's own numbers before it.

The limits of a whole pass grow from layer to layer. These do not: A_k is computed from the column's own H_k, dL_dW_k
from its own A_(k-1) and dL_dH_k, by the same formulas (truth.py) within the same limits (bounds.py), and so a fault is
found as well in the tenth of twenty layers as in the first. It is what is asked of the row of any depth, whose traces
therefore have to show the very numbers they were computed from.
"""

import numpy as np

from fourfold.compare.judge import bounds, judgement, truth


def judge(quantities, parameters, p):
    """A trace of the row of any depth, or some of it as {name: array}, at parameters (*S, ...): Judged.

    Certified are the numbers no operation on whose way can leave the format's range, each by itself; what is out of
    it is left to the limits of the whole pass. In the two-layer row nothing is judged.
    """
    if p.row != "deep":
        return []
    with np.errstate(all="ignore"):
        q, E, _ = judgement.exact_values(parameters, p._replace(exact=False), own=quantities)
        return [_judge(name, quantities[name], q[name], E[name], p) for name in q if name in quantities]


def _judge(name, value, exact, limit, p):
    reach = bounds.reaches(name, np.abs(truth.narrow(exact, limit.dtype.type)), limit, p.Y, p.dtype)
    in_range = judgement.below_overflow(reach, p)
    return judgement.judge(name, value, exact, limit, in_range, np.zeros_like(in_range), p)


def sharper(whole, layers):
    """The Judged of whole passes for the rows of a verdict, with what the layers say: shares of the narrower limit."""
    both = lambda a, b: a._replace(
        certified=a.certified | b.certified & ~a.no_number,
        wrong=a.wrong | b.wrong,
        ratio=np.maximum(a.ratio, b.ratio),
    )
    return [both(*pair) for pair in zip(whole, layers, strict=True)] if layers else whole


def first_wrong(whole, layers, quantities):
    """The first wrong entry as `agree.first_wrong`, by its layer where that says so; or None."""
    wrong = judgement.first_wrong([*layers, *whole])
    if wrong and any(wrong.judged is j for j in layers):
        points = wrong.judged.value.ndim - (0 if wrong.judged.quantity == "L" else 2)
        at = wrong.index[:points]
        return wrong._replace(own={name: Z[at] for name, Z in quantities.items()})
    return wrong
