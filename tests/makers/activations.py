"""`make activations`, or python -m tests.makers.activations: what the libraries' sigmoid and tanh really cost.

It is the measurement behind `bounds.C_ACTIVATION`.
"""

from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import DTYPES
from fourfold.compare.columns import workers
from fourfold.compare.columns.questions import Question
from fourfold.compare.commands import cli
from fourfold.compare.commands.options import Json, Timeout
from fourfold.compare.commands.terminal import out, write_json
from fourfold.compare.judge import bounds, truth
from fourfold.compare.results import result
from tests.makers.programs import program

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
    quarter = POINTS // 4
    everywhere = 10.0 ** rng.uniform(np.log10(float(f.smallest_subnormal)), np.log10(float(f.max)) - 0.01, quarter)
    usual = 10.0 ** rng.uniform(-9, 2, quarter)
    moderate, until_underflow = rng.uniform(0, 25, quarter), rng.uniform(0, 1.05 * largest, quarter)
    extreme = [0.0, float(f.smallest_subnormal), float(f.tiny), float(f.max)]
    magnitudes = np.concatenate([everywhere, usual, moderate, until_underflow, extreme])
    return np.concatenate([magnitudes, -magnitudes]).astype(dtype)


def cost(pool, column, function, dtype):
    """The Cost of one function. Raises ColumnError."""
    h = inputs(dtype)
    with np.errstate(all="ignore"):
        a = truth.ACTIVATIONS[function][0](truth.widen(h, truth.wide_dtype(dtype)))
        errors = [(*_in_trace(pool, column, function, h, a), "long arrays")]
        every_so_many = len(h) // (SHORT * CALLS)
        few_h, few_a = h[::every_so_many], a[::every_so_many]
        for start in range(0, SHORT * CALLS, SHORT):
            few = slice(start, start + SHORT)
            errors.append((*_in_trace(pool, column, function, few_h[few], few_a[few]), "short arrays"))
        errors.append((*_in_training(pool, column, function, h, a), "training loop"))
    return Cost(column, function, dtype, *max(errors))


def _in_trace(pool, column, function, h, a):
    """(eps, where) of a network of one hidden unit with X = h and W1 = 1."""
    X, one = h[:, None], np.ones((1, 1), h.dtype)
    question = Question("trace", "two_layer", (function, "identity"), X, 0 * X, {"W1": one, "W2": one})
    A = pool.ask(column, question)["A1"][:, 0]
    error = truth.narrow(np.abs(truth.widen(A, truth.wide_dtype(h.dtype)) - a))
    return _largest(error, a, h)


def _in_training(pool, column, function, h, a):
    """(eps, where) of a network a number: x = 1, W1 = h, y = 0, so that L = (W2 a)²/2.

    W2 is a power of 2 that keeps it in range. Half the relative error of L is that of a, less or more the rounding of
    the square.
    """
    f, wide = bounds.format_of(h.dtype), truth.wide_dtype(h.dtype)
    magnitude = truth.narrow(np.abs(a))
    exponent = np.floor(np.log2(np.where(magnitude > 0, magnitude, 1)))
    scale = np.exp2(-np.clip(exponent, np.finfo(h.dtype).minexp, 60))
    one, size = np.ones((1, 1), h.dtype), (len(h), 1, 1)
    weights = {"W1": h.reshape(size), "W2": scale.astype(h.dtype).reshape(size)}
    question = Question("trajectory", "two_layer", (function, "identity"), one, 0 * one, weights, lr=0.5, steps=1)
    L = pool.ask(column, question)["L"][0]
    exact = truth.widen(scale, wide) * a
    relative = truth.narrow(np.abs(truth.widen(L, wide) * 2 / (exact * exact) - 1)) / 2
    normal = (magnitude >= 4 * f.eta) & np.isfinite(relative)
    rounding = np.where(relative > 0, f.u / 2, 0)  # of the square; half of it
    return _largest(np.where(normal, (relative - rounding) * magnitude, 0), a, h)


def _largest(error, a, h):
    """(eps, where): what C_ACTIVATION has to cover, where the limits have 2 η for underflow besides."""
    f = bounds.format_of(h.dtype)
    beyond = np.maximum(error - 2 * f.eta, 0)
    eps = np.where(beyond > 0, beyond / (2 * f.u * truth.narrow(np.abs(a))), 0)
    eps = np.nan_to_num(eps, nan=np.inf, posinf=np.inf)
    worst = int(eps.argmax())
    return float(eps[worst]), float(h[worst])


def activations(*, json: Json = None, timeout: Timeout = 120):
    """Measure the error of each library's sigmoid and tanh, for which the limits allow a constant.

    Example: make activations

    Parameters
    ----------
    json
        Write the errors as JSON to this file; - is standard output.
    timeout
        Seconds a column may take, in all.
    """
    costs = []
    with workers.open_pool(timeout) as pool:
        for column in filter(workers.installed, impls.FRAMEWORKS):
            for function in FUNCTIONS:
                for dtype in DTYPES:
                    costs.append(cost(pool, column, function, dtype))
    worst = max(costs, key=lambda cost: cost.eps)
    if json != "-":
        out.print("column    function  precision  largest error, at h")
        for c in costs:
            line = f"{c.column:<9} {c.function:<9} {c.dtype:<9} {c.eps:6.2f} eps   {c.at:<12.6g} in {c.how}"
            out.print(line, markup=False)
        allowed = f"allowed {bounds.C_ACTIVATION} eps, {worst.headroom():.2g} times the largest"
        out.print(f"{allowed}: {worst.column} {worst.function} {worst.dtype}", style="bold", markup=False)
    write_json(json, result.encode([c._asdict() | {"eps": result.number(c.eps)} for c in costs]))
    return 0 if worst.eps <= bounds.C_ACTIVATION else 1


app = program("python -m tests.makers.activations", activations)

if __name__ == "__main__":
    cli.main(app)
