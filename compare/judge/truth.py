"""The same formulas in more precision: the value every column is judged against.

Written once, for any depth, with or without biases, over NumPy arrays of whatever numbers are wide enough: float64
for float32 columns and narrower ones, long double for float64 columns, and ball arithmetic (python-flint's `arb`, as an
array of objects) where long double is no wider than double. Balls are also the referee's numbers (referee.py).
Equation numbers E1 ... E19 are the lesson's.
"""

import threading
from contextlib import contextmanager
from typing import NamedTuple

import flint
import numpy as np

from fourfold.compare.judge.formats import format_of
from fourfold.compare.judge.products import matmul

BALL = np.dtype(object)
BALL_BITS = 192
flint.ctx.prec = BALL_BITS  # also for what callers do with balls; more is asked for with `precision` alone
_precision = threading.RLock()  # that setting is one for all threads


@contextmanager
def precision(bits):
    """Balls are computed with `bits` bits inside, by this thread alone."""
    with _precision, flint.ctx.workprec(bits):
        yield


class Network(NamedTuple):
    """Layer k has weights[k] (*S, d_in, d_out), biases[k] (*S, 1, d_out) or None, and activations[k]."""

    weights: tuple
    biases: tuple
    activations: tuple


def wide_dtype(dtype):
    """The numbers that judge `dtype`: what is narrower than float64 by float64."""
    if format_of(dtype).bits < format_of("float64").bits:
        return np.dtype(np.float64)
    # 2^-11 of the judged rounding is the least extra precision the derivation in bounds.py is content with
    if np.finfo(np.longdouble).eps <= np.finfo(np.float64).eps * 2.0**-11:
        return np.dtype(np.longdouble)
    return BALL


def unit_roundoff(wide):
    return 2.0**-BALL_BITS if wide == BALL else float(np.finfo(wide).eps) / 2


def widen(Z, wide):
    """Z exactly, in wide numbers."""
    return np.asarray(_ball(Z) if wide == BALL else Z, wide)


def narrow(Z, number: type = np.float64):
    """Z rounded to `number`, float64 as a rule: good for magnitudes and for differences taken, not for values."""
    return np.asarray(_middle(Z) if Z.dtype == BALL else Z, number)


_ball = np.frompyfunc(flint.arb, 1, 1)
_middle = np.frompyfunc(lambda x: float(x.mid()) if x.is_finite() else float("nan"), 1, 1)
_ball_finite = np.frompyfunc(lambda x: x.is_finite(), 1, 1)
_ball_positive = np.frompyfunc(
    lambda x: flint.arb(1) if x > 0 else flint.arb(0) if x <= 0 else flint.arb(0.5, 0.5), 1, 1
)
_ball_relu = np.frompyfunc(lambda x: flint.arb(0) if x <= 0 else x.nonnegative_part(), 1, 1)
# exp of what is negative: a ball has no room for exp(1e60)
_ball_sigmoid = np.frompyfunc(lambda x: x.exp() / (1 + x.exp()) if x < 0 else 1 / (1 + (-x).exp()), 1, 1)


def _sigmoid(Z):
    return _ball_sigmoid(Z) if Z.dtype == BALL else 1 / (1 + np.exp(-Z))


def _relu(Z):
    return _ball_relu(Z) if Z.dtype == BALL else np.maximum(Z, 0)


def finite(Z):
    """Where Z holds numbers: not NaN, and not infinite in the wide format itself."""
    return _ball_finite(Z).astype(bool) if Z.dtype == BALL else np.isfinite(Z)


def _positive(Z):
    return _ball_positive(Z) if Z.dtype == BALL else (Z > 0).astype(np.int8)


# φ(h), and φ'(h) from a = φ(h)
ACTIVATIONS = {
    "sigmoid": (_sigmoid, lambda A: A * (1 - A)),
    "tanh": (np.tanh, lambda A: 1 - A * A),
    "relu": (_relu, _positive),
    "identity": (lambda H: H, lambda A: np.ones_like(A, np.int8)),
}


def evaluate(X, Y, network, bits=BALL_BITS, own=None):
    """Every quantity of one forward and backward pass, by name.

    X (N, d_in), Y (N, d_out) and the network's arrays hold wide numbers. For K layers the names are, in order:
    H1 A1 ... HK Y_hat R L dL_dY_hat dL_dHK dL_dWK dL_dbK dL_dA(K-1) ... dL_dW1 dL_db1, and slope1 ... slopeK for
    φ'(H1) ... φ'(HK), which no column reports. `bits` is the precision of balls; a ball encloses the exact value.
    With `own`, what a column has for some or all of them by these names in wide numbers, each is computed from those
    instead of from the exact ones before it.
    """
    with np.errstate(all="ignore"):
        if X.dtype != BALL:
            return _evaluate(X, Y, network, own or {})
        with precision(bits):
            return _evaluate(X, Y, network, own or {})


def _evaluate(X, Y, network, own):
    K = len(network.weights)
    N = Y.shape[-2]
    q, A = {}, [X]
    used = lambda name: own.get(name, q[name])
    for k, (W, b, activation) in enumerate(zip(*network, strict=True), start=1):
        phi, phi_prime = ACTIVATIONS[activation]
        name = "Y_hat" if k == K else f"A{k}"
        q[f"H{k}"] = matmul(A[-1], W) if b is None else matmul(A[-1], W) + b
        q[name] = phi(used(f"H{k}"))
        q[f"slope{k}"] = phi_prime(q[name])
        A.append(used(name))
    q["R"] = A[-1] - Y
    R = used("R")
    q["L"] = (R * R).sum(axis=(-2, -1)) / (2 * N)
    q["dL_dY_hat"] = R / N
    dA = used("dL_dY_hat")
    for k in range(K, 0, -1):
        q[f"dL_dH{k}"] = dA * q[f"slope{k}"]
        dH = used(f"dL_dH{k}")
        q[f"dL_dW{k}"] = matmul(A[k - 1].mT, dH)
        if network.biases[k - 1] is not None:
            q[f"dL_db{k}"] = dH.sum(axis=-2, keepdims=True)
        if k > 1:
            q[f"dL_dA{k - 1}"] = matmul(dH, network.weights[k - 1].mT)
            dA = used(f"dL_dA{k - 1}")
    return q
