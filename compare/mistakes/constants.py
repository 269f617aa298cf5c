"""Plain descent and one thing more: which momentum, decay or rate gives a run, whatever its constant."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import judgement, truth
from fourfold.compare.judge.bounds import format_of
from fourfold.compare.judge.quantities import every, gradient

# Of a constant: people write short ones.
DIGITS = 6
# Smaller ones are something else, such as a rate that is a little off; all of a gradient and more is not momentum.
LEAST = 1e-6
# In units of rounding of the largest weight: a step is stored with one, subtracted with another, and computed.
ROUNDINGS = 16


class Constant(NamedTuple):
    """A mistake of the catalogue with another constant than there."""

    mistake: str  # its name
    value: float
    also: str = ""  # what is made with it, by name


class _Steps(NamedTuple):
    """What was subtracted from the parameters in every step of a run, and what a right step would have been."""

    d: np.ndarray  # (steps, entries)
    g: np.ndarray
    W: np.ndarray  # before each step
    allowed: np.ndarray  # (steps, entries) that rounding may have moved d by
    lr: float


def constant(views):
    """The Constant that explains all steps of the runs shown, or None."""
    runs = [_steps(view) for view in views]
    if not runs or not all(run is not None and len(run.d) > 2 for run in runs):
        return None
    for also, tried in (("", runs), ("rate in float32", [*map(_with_float32_rate, runs)])):
        for mistake, explain in EXPLANATIONS.items():
            value = _fitted([*map(explain, tried)])
            if value is not None and LEAST <= value < 1:
                return Constant(mistake, value, also)
    return None


def _steps(view):
    """The _Steps of a View; None where its run is not whole, or leaves the format's range."""
    names = view.network.parameters
    paths = [view.values.get(every(name)) for name in names]
    if any(Z is None or Z.shape[1:] != W.shape for Z, W in zip(paths, view.parameters, strict=True)):
        return None
    before = []
    for Z, W in zip(paths, view.parameters, strict=True):
        before.append(np.concatenate([W[None], Z[:-1]]))
    q, _, in_range = judgement.exact_values(before, view.p._replace(exact=False))
    if not np.all(in_range):
        return None
    W, after = _side_by_side(before), _side_by_side(paths)
    g = view.p.lr * _side_by_side([q[gradient(name)] for name in names])
    size = np.abs(W).max() + np.abs(g).max()
    return _Steps(W - after, g, W, ROUNDINGS * format_of(view.p.dtype).u * size + 0 * W, view.p.lr)


def _with_float32_rate(run):
    """A right step as Keras takes it, whose optimisers keep their numbers in float32, whatever the weights are in."""
    rate = float(np.float32(run.lr))
    return run._replace(g=run.g * (rate / run.lr), lr=rate)


def _side_by_side(paths):
    """Arrays (steps, ...) as one of (steps, all their entries)."""
    return np.concatenate([truth.narrow(np.asarray(Z)).reshape(len(Z), -1) for Z in paths], axis=1)


def _fitted(parts):
    """The shortest constant c with `left` = c `right` in all parts (left, right, allowed), within what is allowed.

    c may have been rounded to float32.
    """
    left, right, allowed = (np.concatenate([*map(np.ravel, column)]) for column in zip(*parts, strict=True))
    size = right @ right
    if not size or (np.abs(left) <= allowed).all():
        return None
    c = float(left @ right / size)
    for digits in range(1, DIGITS + 1):
        short = float(f"{c:.{digits}g}")
        for value in (short, float(np.float32(short))):
            if (np.abs(left - value * right) <= allowed * (1 + abs(value))).all():
                return short
    return None


def _momentum(run):
    return _behind_the_first(run, run.d - run.g)


def _nesterov(run):
    """v ← βv + g, and the step is g + βv: d - g is β times the last d and what g has changed by."""
    start = run.d[:1] - run.g[:1], run.g[:1], run.allowed[:1]
    after = run.d[1:] - run.g[1:], run.d[:-1] + run.g[1:] - run.g[:-1], run.allowed[1:]
    return tuple(np.concatenate(pair) for pair in zip(start, after, strict=True))


def _averaged(run):
    """v ← βv + (1 - β)g, from v = 0."""
    last = np.concatenate([0 * run.d[:1], run.d[:-1]])
    return run.d - run.g, last - run.g, run.allowed


def _dampened(run):
    """The same, but the first v is g."""
    return _behind_the_first(run, run.d - run.g, run.g[1:])


def _decay(run):
    return run.d - run.g, run.lr * run.W, run.allowed


def _behind_the_first(run, left, less=0.0):
    """A first step that is plain, and others that have something of the last."""
    right = np.concatenate([0 * run.d[:1], run.d[:-1] - less])
    return left, right, run.allowed


EXPLANATIONS = {
    "weight decay": _decay,
    "momentum": _momentum,
    "Nesterov's momentum": _nesterov,
    "momentum with dampening": _dampened,
    "momentum as an average of the gradients": _averaged,
}
