"""How sharp the judge is: the smallest relative fault in one number that is sure to be rejected."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import bounds, judgement
from fourfold.compare.judge.quantities import internal
from fourfold.impls.model import Trace


class Threshold(NamedTuple):
    """limit / |value| over the entries and seeds of one quantity that are certified and not zero, in eps."""

    case: str
    dtype: str
    quantity: str  # a field of Trace; "W1, every step" is of the gradient in w - λ g, as weights alone show it
    least: float
    median: float


def thresholds(case, dtype):
    """The Thresholds of one case at its first weights, in order of computation.

    A column's own rounding adds to a fault or takes from it; what is stated is for a column without any.
    """
    p = judgement.problem(case, dtype)
    *_, W1, W2 = case.cast(dtype)
    with np.errstate(all="ignore"):
        q, E, in_range = judgement.exact_values((W1, W2), p)
        values = {name: np.abs(judgement.truth.narrow(Z)) for name, Z in q.items()}
        rows = [(name, values[t], E[t]) for name in Trace._fields for t in [internal(name, "two_layer")]]
        for name, old in (("W2", W2), ("W1", W1)):
            rows.append((f"{name}, every step", *_of_step(old, q[f"dL_d{name}"], E[f"dL_d{name}"], p)))
        found = [_threshold(case.name, dtype, name, v, limit, in_range) for name, v, limit in rows]
    return [t for t in found if t is not None]


def _of_step(old, gradient, E_gradient, p):
    """Magnitude of λ g, and the limit of w - λ g."""
    change = judgement.truth.widen(p.lr, p.wide) * gradient
    exact = judgement.truth.widen(old, p.wide) - change
    known = judgement.truth.narrow(gradient)
    limit = bounds.step_limit(p.lr, known, E_gradient, old, judgement.truth.narrow(exact), p.dtype, p.wide)
    return np.abs(judgement.truth.narrow(change)), limit


def _threshold(case, dtype, quantity, value, limit, in_range):
    counts = np.broadcast_to(bounds.per_point(in_range, value), value.shape) & (value > 0) & np.isfinite(limit)
    if not counts.any():
        return None
    relative = limit[counts] / value[counts] / float(np.finfo(dtype).eps)
    return Threshold(case, dtype, quantity, float(relative.min()), float(np.median(relative)))
