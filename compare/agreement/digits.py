"""Tells a right formula that loses digits from a wrong one, by asking in both precisions."""

import numpy as np

from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError, Misfit
from fourfold.compare.judge import bounds, digits, judgement, truth
from fourfold.compare.judge.quantities import gradient, parameter_names

PRECISIONS = ("float64", "float32")


@np.errstate(all="ignore")
def loses_digits(examiner, call, quantity, parameters, p, steps=1):
    """Whether all that is wrong with a quantity is rounding: in both precisions its error shrinks with the roundoff.

    examiner: whatever has `ask(question)`; call: "trace", "forward", "step", "trajectory" ("train" of a user's) or
    "gradients"; parameters: one network's, without leading axes, at which the quantity is wrong. It is asked there,
    and at the same numbers rounded to float32, in float32 and in float64. What cannot be asked, or is not wrong when
    it is asked again, does not lose digits.
    """
    beyond_limit = False
    asked = [(p, parameters)]
    for dtype in PRECISIONS:
        rounded = [Z.astype(np.float32).astype(dtype) for Z in (p.X, p.Y, *parameters)]
        same = p._replace(X=rounded[0], Y=rounded[1], dtype=dtype, wide=truth.wide_dtype(dtype))
        asked.append((same, rounded[2:]))
    for problem, own in asked:
        problem = problem._replace(exact=False)
        try:
            answer = examiner.ask(about(problem, call, own, problem.lr, steps))
        except (ColumnError, Misfit):
            return False
        if quantity not in answer:
            return False
        exact, limit = _exact(quantity, own, problem)
        value = answer[quantity]
        if value.size != exact.size or value.dtype != problem.dtype:
            return False
        error = truth.narrow(np.abs(value.reshape(exact.shape) - exact))
        if not (error <= digits.allowed(quantity, own, problem)).all():
            return False
        beyond_limit |= bool((error > limit).any())
    return beyond_limit


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
