"""Which quantities may be wrong first: what is shown, right or wrong, clears or accuses what is not.

A right number clears what it is computed from, as far as an error there would show in it. A wrong one accuses itself
and everything behind it that is not cleared. Behind the loss all is linear in what comes from it, and so it is known
whether one cause can have given all the numbers.
"""

from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import judgement, truth
from fourfold.compare.judge.bounds import format_of
from fourfold.compare.judge.quantities import is_of_every_step, kind_of

# An error has to be so many limits large to be missed where it does not show.
CLEARLY = 16


class Suspects(NamedTuple):
    """Names of the anatomy, in order of computation."""

    off: tuple = ()  # seen to be wrong, and computed from nothing that is seen to be wrong
    apart: tuple = ()  # for each of these, what may be wrong first on the way to it, itself included
    common: tuple = ()  # of several that are off: what alone can have spoiled them all

    @property
    def all(self):
        """Everything that is accused."""
        return set(self.common).union(*self.apart)


def suspects(views):
    """The Suspects, from what was shown at one or more points."""
    network = views[0].network
    wrong, seen = set(), set()
    for view in views:
        wrong |= view.wrong
        seen |= view.values.keys()
    off, right = [], seen - wrong
    for name in network.all:
        if name in wrong and not network.behind(name) & wrong:
            off.append(name)
    apart = []
    for name in off:
        behind = network.behind(name) - seen
        causes = [source for source in network.all if source in behind and _may_spoil(source, name, right, views)]
        apart.append((*causes, name))
    return Suspects(tuple(off), tuple(apart), _common(off, apart, views) if len(off) > 1 else ())


def _common(off, apart, views):
    """What alone can have spoiled all that is off."""
    common = []
    for source in views[0].network.all:
        if all(source in causes for causes in apart) and all(_fits(source, off, view) for view in views):
            common.append(source)
    gradients = [name for name in off if name != "L"]
    from_loss = "L" in off and not any(map(is_of_every_step, off))
    if from_loss and all(_fits("dL_dY_hat", gradients, view) for view in views):
        common.append("L")  # a framework differentiates the very loss it computes
    return tuple(common)


def _may_spoil(source, name, right, views):
    """Whether `source` can be wrong first on the way to a wrong quantity: nothing right was computed from it."""
    witnesses = set()
    for view in views:
        if name in view.wrong:
            here = {other for other in right & view.values.keys() if source in view.network.behind(other)}
            if here and not _is_hidden(source, name, here, view):
                witnesses |= here
    if witnesses == {"L"} and source == "R":  # which is the same for residuals with the other sign, or in another order
        return all(_fits(source, [name], view) for view in views if name in view.wrong)
    return not witnesses


def _is_hidden(source, name, witnesses, view):
    """Whether an error in `source` as large as that of a wrong quantity may show in none of the right ones."""
    if any(map(is_of_every_step, {name, *witnesses})):
        return False
    error = np.max(_errors(name, view))
    if not _is_linear(source):
        size = np.max(np.abs(view.exact[name]))
        relative = error / size if size else np.inf
        for other in witnesses:
            if relative * np.max(np.abs(view.exact[other])) > CLEARLY * np.max(view.limit[other]):
                return False
        return True
    effects = _effects(source, view)
    strength = np.abs(effects[name]).max(axis=1)
    hidden = strength > 0
    for other in witnesses:
        shows = np.abs(effects[other]) * error > CLEARLY * strength[:, None] * view.limit[other].ravel()
        hidden &= ~shows.any(axis=1)
    reached = (effects[name][hidden] != 0).any(axis=0)
    return bool(reached[_errors(name, view).ravel() > view.limit[name].ravel()].all())


def _errors(name, view):
    """Of a wrong quantity; of one that is no number, or has the wrong shape, beyond any."""
    value, exact = view.values[name], view.exact[name]
    errors = np.abs(value - exact) if value.shape == exact.shape else np.full(exact.shape, np.nan)
    return np.where(errors < 1e100, errors, 1e100)


def _is_linear(source):
    """Whether all that is computed from a quantity is linear in it."""
    return source.startswith("dL_") and kind_of(source) not in {"dL_dW", "dL_db"}


def _effects(source, view):
    """{name: (entries of the source, entries of the other)}: what 1 in an entry adds to what comes of it."""
    p, shape = view.p, view.exact[source].shape
    number = np.dtype(np.float64)
    ones = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    data = truth.widen(p.X.astype(number), number), truth.widen(p.Y.astype(number), number)
    network = judgement.network_of([Z.astype(number) for Z in view.parameters], p, number)
    given = truth.evaluate(*data, network, own={source: ones})
    effects = {}
    for name in view.network.trace:
        if source in view.network.behind(name):
            effects[name] = given[name].reshape(len(ones), -1)
    return effects


def _fits(source, off, view):
    """Whether an error in this quantity alone gives what is off, and all that is right, at one point.

    Where that cannot be computed it may.
    """
    from_loss = source == "R" or (source == "Y_hat" and view.p.activations[-1] == "identity")
    start = "dL_dY_hat" if from_loss else source
    if not _is_linear(start) or any(map(is_of_every_step, off)):
        return True
    effects, rows, values = _effects(start, view), [], []
    for name, value in view.values.items():
        if name in effects and (name in off or name not in view.wrong):
            if value.shape != view.exact[name].shape or not np.isfinite(value).all():
                return True
            allowed = CLEARLY * _allowed(name, view)
            rows.append(effects[name].T / allowed)
            values.append(value.ravel() / allowed)
    if not rows:
        return True
    M, given = np.concatenate(rows), np.concatenate(values)
    if not np.isfinite(M).all():
        return True
    U, strengths, _ = np.linalg.svd(M, full_matrices=False)
    strengths = strengths[strengths > 1e-12 * strengths[0]]
    parts = U.T[: len(strengths)] @ given  # of what is given, along each direction
    fits = bool((np.abs(U[:, : len(strengths)] @ parts - given) <= 1).all())
    if not fits or not from_loss or "L" not in view.values:
        return fits
    smallest, N = parts / strengths, len(view.p.Y)  # of all that give these numbers
    L, gap = N * (smallest @ smallest) / 2, 2 * np.sqrt(len(given)) / strengths
    tolerance = N * (np.abs(smallest) @ gap + gap @ gap) + CLEARLY * _allowed("L", view)
    may_be_larger = len(strengths) < M.shape[1]
    return bool(L - view.values["L"] <= tolerance and (may_be_larger or view.values["L"] - L <= tolerance))


def _allowed(name, view):
    """How far a quantity may be from what a wrong source gives: a limit as for the right one, scaled to its size."""
    size, limit, given = np.max(np.abs(view.exact[name])), np.max(view.limit[name]), np.max(np.abs(view.values[name]))
    rounding = format_of(view.p.dtype).u * given
    return max(limit, limit * given / size if size else 0.0, rounding, np.finfo(np.float64).tiny)
