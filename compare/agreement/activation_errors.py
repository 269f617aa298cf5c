"""What the libraries' sigmoid and tanh really cost: the measurement behind `bounds.C_ACTIVATION`."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import DTYPES
from fourfold.compare.columns import calls, workers
from fourfold.compare.judge import bounds, truth

FUNCTIONS = ("sigmoid", "tanh")
POINTS = 40_000
SHORT, CALLS = 3, 300


class Cost(NamedTuple):
    """The largest error of one function of one library in one precision, beyond what underflow is allowed."""

    column: str
    function: str
    dtype: str
    eps: float  # relative to the exact result
    at: float  # the input
    how: str  # evaluated in long arrays, in short ones, or inside the compiled training loop

    def headroom(self):
        return bounds.C_ACTIVATION / self.eps if self.eps else float("inf")


def inputs(dtype):
    """Where an implementation may change its method: subnormal, tiny, moderate, saturated, huge, of either sign."""
    f = np.finfo(dtype)
    rng = np.random.default_rng(5772)
    largest = -np.log(float(f.smallest_subnormal))  # σ(-h) underflows beyond
    magnitudes = np.concatenate(
        [
            10.0 ** rng.uniform(np.log10(float(f.smallest_subnormal)), np.log10(float(f.max)) - 0.01, POINTS // 4),
            10.0 ** rng.uniform(-9, 2, POINTS // 4),
            rng.uniform(0, 25, POINTS // 4),
            rng.uniform(0, 1.05 * largest, POINTS // 4),
            [0.0, float(f.smallest_subnormal), float(f.tiny), float(f.max)],
        ]
    )
    return np.concatenate([magnitudes, -magnitudes]).astype(dtype)


def measure(columns, timeout):
    """Yields a Cost for every column, function and precision. Raises ColumnError."""
    with workers.open_pool(timeout) as pool:
        for column in columns:
            for function in FUNCTIONS:
                for dtype in DTYPES:
                    yield _cost(pool, column, function, dtype)


def _cost(pool, column, function, dtype):
    h = inputs(dtype)
    with np.errstate(all="ignore"):
        a = truth.ACTIVATIONS[function][0](truth.widen(h, truth.wide_dtype(dtype)))
        found: list[tuple] = [_in_trace(pool, column, function, h, a, "long arrays")]
        some = slice(None, None, len(h) // (SHORT * CALLS))
        for n in range(CALLS):
            few = slice(n * SHORT, (n + 1) * SHORT)
            found.append(_in_trace(pool, column, function, h[some][few], a[some][few], "short arrays"))
        found.append(_in_training(pool, column, function, h, a))
    eps, at, how = max(found)
    return Cost(column, function, dtype, eps, at, how)


def _in_trace(pool, column, function, h, a, how):
    one, layers = np.ones((1, 1), h.dtype), (function, "identity")
    A = pool.call(column, calls.trace, "two_layer", h[:, None], 0 * h[:, None], (one, one), layers)["A"][:, 0]
    error = truth.narrow(np.abs(truth.widen(A, truth.wide_dtype(h.dtype)) - a))
    return *_largest(error, a, h), how


def _in_training(pool, column, function, h, a):
    """A network a number: x = 1, W1 = h, y = 0, so that L = (W2 a)²/2, with W2 a power of 2 that keeps it in range.

    Half the relative error of L is that of a, less or more the rounding of the square.
    """
    one, size, layers = np.ones((1, 1), h.dtype), (len(h), 1, 1), (function, "identity")
    f = bounds.format_of(h.dtype)
    magnitude = truth.narrow(np.abs(a))
    scale = np.exp2(-np.clip(np.floor(np.log2(np.where(magnitude > 0, magnitude, 1))), np.finfo(h.dtype).minexp, 60))
    W2 = scale.astype(h.dtype).reshape(size)
    *_, L = pool.call(column, calls.train, "two_layer", one, 0 * one, (h.reshape(size), W2), 0.5, 1, layers)
    wide = truth.wide_dtype(h.dtype)
    exact = truth.widen(scale, wide) * a
    relative = truth.narrow(np.abs(truth.widen(L[0], wide) * 2 / (exact * exact) - 1)) / 2
    normal = (magnitude >= 4 * f.eta) & np.isfinite(relative)
    rounding = np.where(relative > 0, f.u / 2, 0)  # of the square; half of it
    return *_largest(np.where(normal, (relative - rounding) * magnitude, 0), a, h), "training loop"


def _largest(error, a, h):
    """(eps, where): what C_ACTIVATION has to cover, where the limits have 2 η for underflow besides."""
    f = bounds.format_of(h.dtype)
    beyond = np.maximum(error - 2 * f.eta, 0)
    eps = np.where(beyond > 0, beyond / (2 * f.u * truth.narrow(np.abs(a))), 0)
    eps = np.nan_to_num(eps, nan=np.inf, posinf=np.inf)
    worst = int(eps.argmax())
    return float(eps[worst]), float(h[worst])
