"""Tells a right formula that loses digits from a wrong one, by asking in both precisions."""

import numpy as np

from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError, Misfit
from fourfold.compare.judge import bounds, digits, formats, judgement, truth
from fourfold.compare.judge.quantities import gradient, parameter_names

PRECISIONS = ("float64", "float32")
# It is asked at these multiples of the parameters: that a rounding error happens to be small says nothing.
NEARBY = (1.0, 63 / 64, 65 / 64)
# In float64 with all their bits: numbers as short as float32's would be multiplied exactly.
ALL_BITS = {"float64": 1 + 1e-9 * np.pi}
# How many times as large the error is in one precision as in the other, in limits, if it comes from rounding.
ALIKE = 256
# So few limits are roundings too many in one precision, and may be none in another: λ(w/λ) is w for many a λ.
FEW = 16
# So small a part of what rounding may do: float32 may have no numbers there to be wrong by.
NEXT_TO_NOTHING = 2.0**-30


@np.errstate(all="ignore")
def loses_digits(examiner, call, quantity, parameters, p, steps=1):
    """Whether all that is wrong with a quantity is rounding: in both precisions its error shrinks with the roundoff.

    examiner: whatever has `ask(question)`; call: "trace", "forward", "step", "trajectory" ("train" of a user's) or
    "gradients"; parameters: one network's, without leading axes, at which the quantity is wrong. It is asked there
    and nearby, in float32 and in float64, and in half precision if it is wrong there; where float32 cannot hold the
    numbers, or is not taken, in float64 alone. What cannot be asked, or is not wrong when it is asked again, does not
    lose digits.
    """
    if p.dtype == formats.MIXED:  # nobody else computes so
        return False
    exact, _ = _exact(quantity, parameters, p)
    held = _held_by_float32(p.X, p.Y, *parameters, truth.narrow(exact))
    precisions = dict.fromkeys((p.dtype, *PRECISIONS)) if held else (p.dtype,)
    worst = dict.fromkeys(precisions, 0.0)  # error in limits
    asked = [(p, parameters)]
    for dtype in precisions if len(precisions) > 1 else ():
        X, Y = (_near(Z, 1.0, dtype) for Z in (p.X, p.Y))
        same = p._replace(X=X, Y=Y, dtype=dtype, wide=truth.wide_dtype(dtype))
        for factor in NEARBY:
            asked.append((same, [_near(Z, factor, dtype) for Z in parameters]))
    for problem, own in asked:
        problem = problem._replace(exact=False)
        try:
            answer = examiner.ask(about(problem, call, own, problem.lr, steps))
        except (ColumnError, Misfit):
            if problem.dtype == p.dtype:
                return False
            worst.pop(problem.dtype, None)  # it is not taken, and says nothing
            continue
        if quantity not in answer:
            return False
        exact, limit = _exact(quantity, own, problem)
        value = answer[quantity]
        if value.size != exact.size or not formats.holds(problem.dtype, value):
            return False
        error = truth.narrow(np.abs(value.reshape(exact.shape) - exact))
        allowed = digits.allowed(quantity, own, problem)
        if not (error <= allowed).all():
            return False
        in_limits = np.where(error > 0, error / limit, 0.0)
        in_limits = float(np.max(np.where(error > NEXT_TO_NOTHING * allowed, in_limits, np.minimum(in_limits, FEW))))
        worst[problem.dtype] = max(worst[problem.dtype], in_limits)
    more = max(worst.values())
    return more > 1 and (more <= FEW or min(worst.values()) >= min(1, more / ALIKE))


def _near(Z, factor, dtype):
    return formats.rounded(factor * ALL_BITS.get(dtype, 1.0) * Z.astype(np.float64), dtype)


def _held_by_float32(*arrays):
    """Whether rounding makes neither 0 nor infinity of a number."""
    return all((np.isfinite(Z.astype(np.float32)) & ((Z.astype(np.float32) != 0) | (Z == 0))).all() for Z in arrays)


def _exact(quantity, parameters, p):
    """The exact value of a quantity, or of a parameter after one step, in wide numbers; and its limit."""
    q, E, _ = judgement.exact_values(parameters, p)
    names = parameter_names(len(p.activations), len(parameters))
    if quantity not in names:
        return np.asarray(q[quantity]), np.asarray(E[quantity])
    old, slope = parameters[names.index(quantity)], gradient(quantity)
    exact = old - p.lr * q[slope]
    known = truth.narrow(q[slope])
    return exact, bounds.step_limit(p.lr, known, E[slope], old, truth.narrow(exact), p.dtype, p.wide)
