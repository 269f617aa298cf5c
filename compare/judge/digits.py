"""Whether an error is no more than rounding in numbers of the size that go into a quantity.

½(1 + tanh(h/2)) is σ(h), and yet without a right digit where σ is small: it rounds a number near 1. Such an error is
beyond the limits of bounds.py, and shrinks with the unit roundoff; that of a wrong formula does not. The limits here
are normwise (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., SIAM 2002, section 3.5): the unit
roundoff, times the largest a quantity could be if nothing cancelled and no activation were flat.
"""

import numpy as np

from fourfold.compare.judge import bounds
from fourfold.compare.judge.quantities import gradient, parameter_names

# Roundings that a form may have for every operation of ours.
ROUNDINGS = 16


def allowed(quantity, parameters, p):
    """How large an error of a quantity of a trace, or of a parameter after one step, may be and still be rounding.

    parameters: one network's, without leading axes. Inside `bounds` is all that is allowed to a column that agrees:
    this only tells a form that loses digits from a wrong one.
    """
    return ROUNDINGS * _operations(parameters, p) * bounds.format_of(p.dtype).u * _scales(parameters, p)[quantity]


def _operations(parameters, p):
    """At least as many as lie on the way to any quantity."""
    return p.Y.size + len(p.Y) + sum(sum(Z.shape) for Z in parameters)


def _scales(parameters, p):
    """{name: the largest entry}, were every term positive and every slope 1."""
    depth = len(p.activations)
    magnitudes = [np.abs(np.asarray(Z, np.float64)) for Z in parameters]
    W, b = magnitudes[:depth], magnitudes[depth:] or [0.0] * depth
    scales, A = {}, [np.abs(np.asarray(p.X, np.float64))]
    with np.errstate(all="ignore"):
        for k in range(1, depth + 1):
            H = A[-1] @ W[k - 1] + b[k - 1]
            bounded = p.activations[k - 1] in bounds.RANGE
            A.append(np.maximum(np.ones_like(H), 0) if bounded else H)
            scales |= {f"H{k}": H, f"A{k}": A[-1]}
        R = A[-1] + np.abs(np.asarray(p.Y, np.float64))
        dA = R / len(p.Y)
        scales |= {"Y_hat": A[-1], "R": R, "L": (R * R).sum() / (2 * len(p.Y)), "dL_dY_hat": dA}
        for k in range(depth, 0, -1):
            scales |= {f"dL_dH{k}": dA, f"dL_dW{k}": A[k - 1].T @ dA, f"dL_db{k}": dA.sum(axis=0)}
            dA = dA @ W[k - 1].T
            scales[f"dL_dA{k - 1}"] = dA
        for name, Z in zip(parameter_names(depth, len(parameters)), magnitudes, strict=True):
            scales[name] = Z + abs(p.lr) * scales[gradient(name)]
    return {name: float(np.max(Z, initial=0)) for name, Z in scales.items()}
