"""Pure judgement: NumPy arrays of one column in, what agrees and what does not out.

Each column is judged against the exact value at its own inputs, so that no error is carried from step to step: the
first wrong step is the first one rejected.
"""

from typing import Any, NamedTuple

import numpy as np

from fourfold.compare.judge import bounds, formats, truth
from fourfold.compare.judge.products import side_by_side
from fourfold.compare.judge.quantities import (
    anatomy_at,
    gradient,
    kind_of,
    layer_of,
    of_every_step,
    parameter_kept_for,
)

# Entries of the widest array judged together, small enough for the cache: 8192 points (one seed at one step) of XOR.
BLOCK = 98_304


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
    update: Any = None  # an updates.UpdateRule, where steps are not plain descent

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
    lr, wide = formats.rounded_number(case.lr, dtype), wide or truth.wide_dtype(dtype)
    return Problem(X, Y, case.activations, lr, dtype, wide, case.exact, case.row, case.update)


def judge_trace(values, parameters, p):
    """A column's trace {name: array}, or some of it, at parameters (*S, ...): Judged, in order of computation."""
    with np.errstate(all="ignore"):
        exact, limits, in_range = exact_values(parameters, p)
        shows = showing(exact, limits, p)
        judged = []
        for name in exact:
            if name in values:
                shown_here = shows[_layers_before(name, p)]
                judged.append(judge(name, values[name], exact[name], limits[name], in_range, shown_here, p))
        return judged


def judge_steps(parameters, path, p):
    """Every step of a path: the loss and all parameters after it, those of the last layer first, as Judged.

    Time is the first axis; `parameters` (T, S, ...) are those before each step. Those after it are certified against
    w - λ g(w) with the exact g at the column's own w.
    """
    T, S, *_ = parameters[0].shape
    at_once = max(1, BLOCK // entries(p, parameters))
    blocks = []
    for steps in _slices(T, at_once // S):
        beside = []
        for seeds in _slices(S, at_once):
            before = [Z[steps, seeds] for Z in parameters]
            after = [Z[steps, seeds] for Z in path]
            beside.append(_judge_block(before, after, p))
        blocks.append(concatenate(beside, axis=1))
    return concatenate(blocks)


def entries(p, parameters):
    """How many entries the widest array has at one point."""
    most = p.X.size
    for Z in parameters:
        most = max(most, max(len(p.X), Z.shape[-2]) * Z.shape[-1])
    return most


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
    network = anatomy_at(parameters, p)
    *new, losses = end
    given = dict(zip(network.parameters, new, strict=True))
    weights = dict(zip(network.parameters, parameters, strict=True))
    within = {name: np.zeros(Z.shape) for name, Z in weights.items()}
    each_loss, in_range, shows = [], True, True
    with np.errstate(all="ignore"):
        for L in losses:
            exact, limits, fits = exact_values([*weights.values()], p._replace(exact=False), [*within.values()])
            in_range = in_range & fits & np.isfinite(limits["L"])
            shows = shows & showing(exact, limits, p)[-1]
            certain = in_range & _says_something(exact["L"], limits["L"])
            each_loss.append(judge("L", L, exact["L"], limits["L"], certain, shows, p))
            for name, old in weights.items():
                slope = gradient(name)
                weights[name], within[name] = _carry(old, within[name], exact[slope], limits[slope], p)
        judged = concatenate([[_with_first_axis(j)] for j in each_loss])
        for name in map(of_every_step, [*network.run][1:]):
            z, e = weights[name], within[name]
            fits = below_overflow((np.abs(truth.narrow(z)) + e).max(axis=(-2, -1)), p)
            certain = in_range & fits & _says_something(z, e)
            judged.append(judge(name, given[name], z, e, certain, shows, p))
    return judged


def _says_something(exact, limit):
    """Where (per point) an array is known to better than its own size."""
    axes = tuple(range(1, limit.ndim))
    return limit.max(axis=axes) <= np.abs(truth.narrow(exact)).max(axis=axes)


def _carry(old, E_old, slope, E_slope, p):
    """The exact weights after a step, and how far a correct run may be from them."""
    new, g = old - p.lr * slope, truth.narrow(slope)
    most = np.abs(truth.narrow(new)) + E_old
    step = bounds.step_limit(p.lr, g, E_slope, truth.narrow(old), most, p.dtype, p.wide)
    return new, bounds.slack(p.dtype, p.wide) * E_old + step


def _with_first_axis(judged):
    arrays = [Z[None] for Z in judged[1:]]
    return Judged(judged.quantity, *arrays)


def _judge_block(parameters, path, p):
    """L, then the parameters of the last layer first, as Judged."""
    network = anatomy_at(parameters, p)
    parameters = [side_by_side(Z) for Z in parameters]
    *new, L = [*[side_by_side(Z) for Z in path[:-1]], path[-1]]
    before = dict(zip(network.parameters, parameters, strict=True))
    after = dict(zip(network.parameters, new, strict=True))
    with np.errstate(all="ignore"):
        exact, limits, in_range = exact_values(parameters, p)
        *_, shows = showing(exact, limits, p)
        judged = [judge("L", L, exact["L"], limits["L"], in_range, shows, p)]
        for name in map(of_every_step, [*network.run][1:]):
            slope = gradient(name)
            update = name, before[name], after[name], exact[slope], limits[slope]
            judged.append(_judge_update(*update, in_range, shows, p))
    return judged


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
    v = bounds.magnitudes(q)
    E = bounds.limits(q, X, Y, network, p.dtype, p.wide, np.float64, E_weights, own, v)
    in_range = np.ones(E["L"].shape, bool)
    for name, limit in E.items():
        largest = bounds.reaches(name, v[name].max(), limit.max(), p.Y, p.dtype)
        if not below_overflow(largest, p):
            reach = bounds.reaches(name, v[name], limit, p.Y, p.dtype)
            in_range &= below_overflow(reach if name == "L" else reach.max(axis=(-2, -1)), p)
    if not in_range.all() and p.wide == np.longdouble:  # float64 cannot hold the limits out there
        E = bounds.limits(q, X, Y, network, p.dtype, p.wide, np.longdouble, E_weights, own)
    if p.exact:
        roundless = bounds.roundless(q, X, Y, network, p.dtype)
        for name, limit in E.items():
            if name != "L":  # a sum of squares may also be had by a root, which rounds
                E[name] = np.where(bounds.per_point(roundless, limit), 0.0, limit)
    return q, E, in_range


def network_of(parameters, p, wide):
    K, widened = len(p.activations), tuple(truth.widen(Z, wide) for Z in parameters)
    return truth.Network(widened[:K], widened[K:] or (None,) * K, p.activations)


def below_overflow(magnitude, p):
    return magnitude <= bounds.format_of(p.dtype).largest / 8


def showing(exact, limits, p):
    """Where (per point) what is out of range must show behind no layer, the first, the first two ... all: K + 1 arrays.

    Not where an H may overflow on the way to its sum: there it may come out infinite with the wrong sign, and an
    activation other than the identity makes a number of that.
    """
    shows = [np.ones(exact["H1"].shape[:-2], bool)]
    for k, activation in enumerate(p.activations, start=1):
        here = shows[-1]
        if activation != "identity":
            name = f"H{k}"
            reach = bounds.reaches(name, np.abs(truth.narrow(exact[name])), limits[name], p.Y, p.dtype)
            here = here & (below_overflow(reach, p) | ~truth.finite(exact[name])).all(axis=(-2, -1))
        shows.append(here)
    return shows


def _layers_before(name, p):
    """How many of the layers' H a quantity is computed from through their activations."""
    kind, layer = kind_of(name), layer_of(name)
    if kind == "H":
        return layer - 1
    return layer if kind == "A" else len(p.activations)


def judge(quantity, value, exact, limit, in_range, shows, p):
    error = np.abs(truth.narrow(value - exact))
    certified = np.broadcast_to(bounds.per_point(in_range, value), value.shape)
    if in_range.all():
        must_fail = np.zeros(value.shape, bool)
    else:
        overflows = truth.narrow(np.abs(exact), limit.dtype.type) - limit > bounds.format_of(p.dtype).largest
        must_fail = ~certified & (overflows | _no_number(quantity, exact, p)) & bounds.per_point(shows, value)
    exact, limit = truth.narrow(exact), truth.narrow(limit)
    wrong = np.where(certified, ~((error <= limit) & np.isfinite(value)), must_fail & np.isfinite(value))
    counts = certified & (error != 0)
    ulp = formats.spacing(np.abs(exact), p.dtype)
    ratio, ulps = _relative(error, limit, counts), _relative(error, ulp, counts)
    return Judged(quantity, value, exact, error, limit, ratio, ulps, certified, must_fail, wrong)


def _relative(error, unit, counts):
    """error / unit, infinite where that is no number; 0 where it does not count."""
    relative = np.where(counts, error / unit, 0.0)
    relative[np.isnan(relative)] = np.inf
    return relative


def _no_number(quantity, exact, p):
    """Where the truth is NaN or infinite, so that a column must not come out with a number.

    Not at or behind a ReLU's slope: at NaN it is 1 in PyTorch and 0 in JAX and TensorFlow, all by definition.
    """
    quantity = parameter_kept_for(quantity) or quantity
    kind, layer = kind_of(quantity), layer_of(quantity)
    if kind in {"dL_dA", "dL_dH", "dL_dW", "dL_db", "W", "b"}:
        behind = layer if kind == "dL_dA" else layer - 1
        if "relu" in p.activations[behind:]:
            return np.zeros(exact.shape, bool)
    return ~truth.finite(exact)


def concatenate(blocks, axis=0):
    """One list of Judged from several, which go on from each other along an axis."""
    if len(blocks) == 1:
        return blocks[0]
    together = []
    for parts in zip(*blocks, strict=True):
        quantities, *arrays = zip(*parts, strict=True)
        together.append(Judged(quantities[0], *(np.concatenate(Z, axis) for Z in arrays)))
    return together


class Wrong(NamedTuple):
    judged: Judged
    index: tuple
    own: dict | None = None  # the column's numbers at that point, where they are what it is judged by: layers.py


def first_wrong(judged):
    """The first wrong entry, first along the first axis (steps, or seeds) and then in order of computation; or None."""
    first = None
    for j in judged:
        if j.wrong.any():
            index = tuple(np.argwhere(j.wrong)[0])
            if first is None or index[:1] < first.index[:1]:
                first = Wrong(j, index)
    return first
