"""Pure judgement: NumPy arrays of one column in, what agrees and what does not out.

Each column is judged against the exact value at its own inputs, so that no error is carried from step to step: the
first wrong step is the first one rejected.
"""

from itertools import accumulate
from operator import and_
from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import bounds, truth
from fourfold.compare.judge.quantities import TRUTH_NAMES, parameter_names, trace_shapes

# Entries of the widest array judged together, small enough for the cache: 4096 points (one seed at one step) of XOR.
BLOCK = 49_152


class Problem(NamedTuple):
    """What a column was asked to do, in the numbers it was given."""

    X: np.ndarray  # (N, d_in)
    Y: np.ndarray  # (N, d_out)
    activations: tuple  # a name a layer
    lr: float
    dtype: str
    wide: np.dtype
    exact: bool  # also demand the very bits, wherever no operation can round
    row: str = "two_layer"

    @property
    def activation(self):
        """The hidden layer's, of a network of two layers."""
        return self.activations[0]


class Judged(NamedTuple):
    """One quantity, entry by entry, all arrays of the shape of `value`; leading axes are steps or seeds."""

    quantity: str
    value: np.ndarray  # the column's
    exact: np.ndarray  # the truth, rounded to float64
    error: np.ndarray  # |value - truth|
    limit: np.ndarray
    ratio: np.ndarray  # error / limit; 0 where nothing is certified
    ulps: np.ndarray  # error in units in the last place of the truth
    certified: np.ndarray  # bool: within range, so that the limit holds
    no_number: np.ndarray  # bool: the truth is NaN, infinite or out of range, and so must the value be
    wrong: np.ndarray  # bool


def problem(case, dtype, wide=None):
    """Data and rate rounded to the working precision; `wide` forces the numbers that judge."""
    X, Y, *_ = case.cast(dtype)
    lr, wide = float(np.dtype(dtype).type(case.lr)), wide or truth.wide_dtype(dtype)
    return Problem(X, Y, case.activations, lr, dtype, wide, case.exact, case.row)


def malformed(name, value, shape, dtype):
    """A sentence on what is wrong with the form of an array, or None: dtype first, then shape."""
    if value.dtype != dtype:
        return f"{name} is {value.dtype}, not {dtype}"
    if value.shape != shape:
        return f"{name} has shape {value.shape}, not {shape}"
    return None


def malformed_trace(quantities, parameters, p):
    """What is wrong with the form of a trace, or of {name: array}, at parameters (*S, ...); or None."""
    found, K, (N, d_out) = _named(quantities), len(p.activations), p.Y.shape
    W1, *_ = parameters
    widths = (*(W.shape[-2] for W in parameters[:K]), d_out)
    shapes = trace_shapes(W1.shape[:-2], N, widths, p.row, len(parameters) > K).named()
    for name in {**shapes, **found}:
        if name not in found or name not in shapes:
            return f"{name} is {'missing' if name in shapes else 'there, and is no quantity of this network'}"
    return next(filter(None, (malformed(name, found[name], shapes[name], p.dtype) for name in shapes)), None)


def malformed_path(path, parameters, steps, p):
    W1, *_ = parameters
    shapes = [*((steps, *Z.shape) for Z in parameters), (steps, *W1.shape[:-2])]
    names = [*parameter_names(parameters, p), "L"]
    found = (malformed(*row, p.dtype) for row in zip(names, path, shapes, strict=True))
    return next(filter(None, found), None)


def _named(quantities):
    return quantities if isinstance(quantities, dict) else quantities.named()


def judge_trace(quantities, parameters, p):
    """A column's trace, or some of it as {name: array}, at parameters (*S, ...): Judged, in order of computation."""
    with np.errstate(all="ignore"):
        q, E, in_range = exact_values(parameters, p)
        shows = _shows(q, E, p)
        given = {TRUTH_NAMES.get(name, name): (name, Z) for name, Z in _named(quantities).items()}
        return [judge(*given[t], q[t], E[t], in_range, shows[_layers_before(t, p)], p) for t in q if t in given]


def judge_steps(parameters, path, p):
    """Every step of a path: the loss and all parameters after it, those of the last layer first, as Judged.

    Time is the first axis; `parameters` (T, S, ...) are those before each step. Those after it are certified against
    w - λ g(w) with the exact g at the column's own w.
    """
    W1, *_ = parameters
    T, S, *_ = W1.shape
    at_once = max(1, BLOCK // entries(p, parameters))
    steps, seeds = _slices(T, at_once // S), _slices(S, at_once)
    block = lambda t, s: _judge_block([Z[t, s] for Z in parameters], [Z[t, s] for Z in path], p)
    return _concatenate([_concatenate([block(t, s) for s in seeds], axis=1) for t in steps])


def entries(p, parameters):
    """How many entries the widest array has at one point."""
    return max(p.X.size, *(max(len(p.X), Z.shape[-2]) * Z.shape[-1] for Z in parameters))


def _slices(length, at_once):
    at_once = max(1, at_once)
    return [slice(n, n + at_once) for n in range(0, length, at_once)]


def judge_run(parameters, end, p):
    """A run that shows only its end, as Judged: every loss, and the last parameters, those of the last layer first.

    `parameters` (S, ...) are those before it; `end` is all of them after it and losses (steps, S). The truth is the
    exact run from the same weights. A correct one leaves it by at most the sum of the limits of its steps, each
    carried on through the steps that follow. Where that sum is larger than the numbers themselves it says nothing,
    and nothing is certified.
    """
    with np.errstate(all="ignore"):
        *new, losses = end
        rows = [*zip(parameter_names(parameters, p), parameters, new, strict=True)]
        known = {name: (Z, np.zeros(Z.shape)) for name, Z, _ in rows}
        judged, in_range, shows = [], True, True
        for L in losses:
            old, within = [z for z, _ in known.values()], [e for _, e in known.values()]
            q, E, fits = exact_values(old, p._replace(exact=False), within)
            in_range, shows = in_range & fits & np.isfinite(E["L"]), shows & _shows(q, E, p)[-1]
            judged.append(judge("L", L, q["L"], E["L"], in_range & _says_something(q["L"], E["L"]), shows, p))
            known = {name: _carry(*pair, q[f"dL_d{name}"], E[f"dL_d{name}"], p) for name, pair in known.items()}
        judged = _concatenate([[j._replace(**_first_axis(j))] for j in judged])
        for name, _, Z in sorted(rows, key=lambda row: _updated(row[0])):
            z, e = known[name]
            fits = below_overflow((np.abs(truth.narrow(z)) + e).max(axis=(-2, -1)), p)
            judged.append(judge(name, Z, z, e, in_range & fits & _says_something(z, e), shows, p))
        return judged


def _updated(name):
    """Parameters in the order in which their gradients are computed: W2 b2 W1 b1."""
    return -int(name[1:]), name[0] == "b"


def _says_something(exact, limit):
    """Where (per point) an array is known to better than its own size."""
    axes = tuple(range(1, limit.ndim))
    return limit.max(axis=axes) <= np.abs(truth.narrow(exact)).max(axis=axes)


def _carry(old, E_old, gradient, E_gradient, p):
    """The exact weights after a step, and how far a correct run may be from them."""
    new, g = old - p.lr * gradient, truth.narrow(gradient)
    most = np.abs(truth.narrow(new)) + E_old
    step = bounds.step_limit(p.lr, g, E_gradient, truth.narrow(old), most, p.dtype, p.wide)
    return new, bounds.slack(p.dtype, p.wide) * E_old + step


def _first_axis(judged):
    return {name: Z[None] for name, Z in judged._asdict().items() if name != "quantity"}


def _judge_block(parameters, path, p):
    *new, L = path
    with np.errstate(all="ignore"):
        q, E, in_range = exact_values(parameters, p)
        *_, shows = _shows(q, E, p)
        rows = zip(parameter_names(parameters, p), parameters, new, strict=True)
        both = {name: (before, after) for name, before, after in rows}
        order = [gradient.removeprefix("dL_d") for gradient in q if gradient.removeprefix("dL_d") in both]
        updates = [(name, *both[name], q[f"dL_d{name}"], E[f"dL_d{name}"]) for name in order]
        return [
            judge("L", L, q["L"], E["L"], in_range, shows, p),
            *(_judge_update(*update, in_range, shows, p) for update in updates),
        ]


def _judge_update(name, old, new, gradient, E_gradient, in_range, shows, p):
    exact = old - p.lr * gradient
    known = truth.narrow(gradient, E_gradient.dtype.type)
    limit = bounds.step_limit(p.lr, known, E_gradient, old, truth.narrow(exact, known.dtype.type), p.dtype, p.wide)
    if p.exact:
        limit = np.where(bounds.exact_step(p.lr, old, known, E_gradient, p.dtype), 0.0, limit)
    reach = (np.abs(old) + abs(p.lr) * (np.abs(known) + E_gradient)).max(axis=(-2, -1))
    return judge(name, new, exact, limit, in_range & below_overflow(reach, p), shows, p)


def exact_values(parameters, p, E_weights=None, own=None):
    """Exact quantities, their limits, and where (per point) all of them stay within the format's range.

    The limits hold for weights within `E_weights` (an array a parameter) of those given; without, for these alone.
    `own` is that of `truth.evaluate`.
    """
    network = network_of(parameters, p, p.wide)
    X, Y = truth.widen(p.X, p.wide), truth.widen(p.Y, p.wide)
    own = {name: truth.widen(Z, p.wide) for name, Z in (own or {}).items()}
    q = truth.evaluate(X, Y, network, own=own)
    E = bounds.limits(q, X, Y, network, p.dtype, p.wide, E_weights=E_weights, own=own)
    in_range = np.ones(E["L"].shape, bool)
    for name, limit in E.items():
        reach = bounds.reaches(name, np.abs(truth.narrow(q[name])), limit, p.Y, p.dtype)
        if not below_overflow(reach.max(), p):
            in_range &= below_overflow(reach if name == "L" else reach.max(axis=(-2, -1)), p)
    if not in_range.all() and p.wide == np.longdouble:  # float64 cannot hold the limits out there
        E = bounds.limits(q, X, Y, network, p.dtype, p.wide, np.longdouble, E_weights, own)
    if p.exact:
        roundless = bounds.roundless(q, X, Y, network, p.dtype)
        E = {name: np.where(bounds.per_point(roundless, limit), 0.0, limit) for name, limit in E.items()}
    return q, E, in_range


def network_of(parameters, p, wide):
    K, widened = len(p.activations), tuple(truth.widen(Z, wide) for Z in parameters)
    return truth.Network(widened[:K], widened[K:] or (None,) * K, p.activations)


def below_overflow(magnitude, p):
    return magnitude <= bounds.format_of(p.dtype).largest / 8


def _shows(q, E, p):
    """Where (per point) what is out of range must show behind no layer, the first, the first two ... all: K + 1 arrays.

    Not where an H may overflow on the way to its sum: there it may come out infinite with the wrong sign, and an
    activation other than the identity makes a number of that.
    """

    def shows(k, activation):
        name = f"H{k}"
        H = q[name]
        if activation == "identity":
            return np.ones(H.shape[:-2], bool)
        reach = bounds.reaches(name, np.abs(truth.narrow(H)), E[name], p.Y, p.dtype)
        return (below_overflow(reach, p) | ~truth.finite(H)).all(axis=(-2, -1))

    every = np.ones(q["H1"].shape[:-2], bool)
    return [*accumulate((shows(k, name) for k, name in enumerate(p.activations, start=1)), and_, initial=every)]


def _layers_before(name, p):
    """How many of the layers' H a quantity, by its name in truth.py, is computed from through their activations."""
    return int(name[1:]) - (name[0] == "H") if name.startswith(("H", "A")) else len(p.activations)


def judge(quantity, value, exact, limit, in_range, shows, p):
    error = truth.narrow(np.abs(value - exact))
    certified = np.broadcast_to(bounds.per_point(in_range, value), value.shape)
    overflows = truth.narrow(np.abs(exact), limit.dtype.type) - limit > bounds.format_of(p.dtype).largest
    must_fail = ~certified & (overflows | _no_number(quantity, exact, p))
    must_fail &= bounds.per_point(shows, value)
    exact, limit = truth.narrow(exact), truth.narrow(limit)
    wrong = np.where(certified, ~((error <= limit) & np.isfinite(value)), must_fail & np.isfinite(value))
    used = np.where(certified & (error != 0), error / limit, 0.0)
    ratio = np.nan_to_num(used, nan=np.inf, posinf=np.inf)
    ulp = np.spacing(np.abs(exact).astype(p.dtype))
    ulps = np.nan_to_num(np.where(certified, error / ulp, 0.0), nan=np.inf, posinf=np.inf)
    return Judged(quantity, value, exact, error, limit, ratio, ulps, certified, must_fail, wrong)


def _no_number(quantity, exact, p):
    """Where the truth is NaN or infinite, so that a column must not come out with a number.

    Not at or behind a ReLU's slope: at NaN it is 1 in PyTorch and 0 in JAX and TensorFlow, all by definition.
    """
    name: str = TRUTH_NAMES.get(quantity) or quantity
    if name.startswith(("dL_dA", "dL_dH", "dL_dW", "dL_db", "W", "b")):
        name = name.removeprefix("dL_d")
        if "relu" in p.activations[int(name[1:]) - (name[0] != "A") :]:
            return np.zeros(exact.shape, bool)
    return ~truth.finite(exact)


def _concatenate(blocks, axis=0):
    """One list of Judged from several, which go on from each other along an axis."""
    together = lambda *parts: parts[0] if isinstance(parts[0], str) else np.concatenate(parts, axis)
    return [Judged._make(map(together, *of)) for of in zip(*blocks, strict=True)]


class Wrong(NamedTuple):
    judged: Judged
    index: tuple
    own: dict | None = None  # the column's numbers at that point, where they are what it is judged by: layers.py


def first_wrong(judged):
    """The first wrong entry, first along the first axis (steps, or seeds) and then in order of computation; or None."""
    found = [Wrong(j, tuple(np.argwhere(j.wrong)[0])) for j in judged if j.wrong.any()]
    return min(found, key=lambda w: w.index[:1], default=None)
