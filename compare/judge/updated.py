"""Judges the steps of a run whose gradients an optimiser turns into steps, by every convention there is.

What a column keeps beside its weights, where it shows it, is judged like them; its names are "m_W1", "v_W1" ...
"""

from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import bounds, judgement, truth, updates
from fourfold.compare.judge.quantities import anatomy_at, gradient, kept_name, of_every_step
from fourfold.compare.judge.updates import Known


class Carried(NamedTuple):
    """What is known between two steps, by one convention."""

    convention: dict
    kept: dict  # {parameter: a tuple of Known (S, ...)}
    in_range: np.ndarray  # (S,) bool


class Along(NamedTuple):
    """Exact gradients along a piece of a run; leading axes are (T, S)."""

    L: judgement.Judged
    gradients: dict  # {parameter: Known}
    in_range: np.ndarray  # (T, S)
    shows: np.ndarray


def begin(parameters, p):
    """The Carried of every convention before the first step; `parameters` (S, ...) are the first weights."""
    names = anatomy_at(parameters, p).parameters
    carried = []
    for convention in updates.conventions(p.update, p.dtype):
        kept = {}
        for name, Z in zip(names, parameters, strict=True):
            zero = Known(truth.widen(np.zeros(Z.shape), p.wide), np.zeros(Z.shape))
            kept[name] = (zero,) * len(p.update.kept)
        carried.append(Carried(convention, kept, np.ones(len(parameters[0]), bool)))
    return carried


def going_on(convention, kept, parameters, p):
    """The Carried of a convention from what a column itself kept: {name: array (S, ...)}, for parameters (S, ...)."""
    own = {}
    for name in anatomy_at(parameters, p).parameters:
        own[name] = tuple(_as_input(kept[kept_name(letter, name)], p) for letter in p.update.kept)
    return Carried(convention, own, np.ones(len(parameters[0]), bool))


def slopes(before, losses, p):
    """The Along at weights (T, S, ...)."""
    names = anatomy_at(before, p).parameters
    at_once = max(1, judgement.BLOCK // judgement.entries(p, before) // before[0].shape[1])
    blocks = []
    with np.errstate(all="ignore"):
        for start in range(0, len(losses), at_once):
            part = slice(start, start + at_once)
            exact, limits, in_range = judgement.exact_values([Z[part] for Z in before], p)
            *_, shows = judgement.showing(exact, limits, p)
            L = judgement.judge("L", losses[part], exact["L"], limits["L"], in_range, shows, p)
            each = {name: Known(exact[gradient(name)], truth.narrow(limits[gradient(name)])) for name in names}
            blocks.append((L, each, in_range, shows))
    Ls, gradients, in_range, shows = zip(*blocks, strict=True)
    together = {}
    for name in names:
        parts = [each[name] for each in gradients]
        together[name] = Known(*(np.concatenate(Z) for Z in zip(*parts, strict=True)))
    L = judgement.concatenate([[L] for L in Ls])[0]
    return Along(L, together, np.concatenate(in_range), np.concatenate(shows))


def judge_piece(carried, first, before, after, shown, along, p):
    """Judges steps first + 1 ... by one convention: ([Judged], the Carried after them).

    `before` and `after` are all weights (T, S, ...); `shown` {name: array} what the column says it keeps after each
    step, or {}; `along` the Along.
    """
    network = anatomy_at(before, p)
    old = dict(zip(network.parameters, before, strict=True))
    new = dict(zip(network.parameters, after, strict=True))
    c, letters = updates.constants(p.update, carried.convention, p), p.update.kept
    exact, own, fits = {}, {}, along.in_range
    with np.errstate(all="ignore"):
        for name in network.parameters:
            own[name] = [shown.get(kept_name(letter, name)) for letter in letters]
            every_step = _carried_along if any(Z is None for Z in own[name]) else _from_own
            at = c, old[name], along.gradients[name], carried.kept[name], own[name]
            exact[name] = every_step(carried.convention, first, p, *at)
            _, weights, largest = exact[name]
            here = judgement.below_overflow(largest, p) & np.isfinite(weights.error)
            fits = fits & here.all(axis=(-2, -1))
        fits = np.logical_and.accumulate(fits, axis=0) & carried.in_range
        judged, of_kept, goes_on = [along.L], [], {}
        for name in map(of_every_step, [*network.run][1:]):
            kept, weights, _ = exact[name]
            judged.append(judgement.judge(name, new[name], weights.value, weights.error, fits, along.shows, p))
            last = []
            for letter, one, Z in zip(letters, kept, own[name], strict=True):
                if Z is not None:
                    kept_here = kept_name(letter, name), Z, one.value, one.error
                    of_kept.append(judgement.judge(*kept_here, fits, along.shows, p))
                last.append(Known(one.value[-1], one.error[-1]) if Z is None else _as_input(Z[-1], p))
            goes_on[name] = tuple(last)
    return judged + of_kept, Carried(carried.convention, goes_on, fits[-1])


def _as_input(Z, p):
    """A column's own number: exact, unless it is subnormal and read as zero."""
    f = bounds.format_of(p.dtype)
    size = np.abs(Z).astype(np.float64)
    return Known(truth.widen(Z, p.wide), np.where((size > 0) & (size < f.eta), f.eta, 0.0))


def _from_own(convention, first, p, c, w, g, kept, own):
    """All steps at once, each from what the column itself kept before it."""
    before = []
    for start, Z in zip(kept, own, strict=True):
        inputs = _as_input(Z[:-1], p)
        before.append(Known(*(np.concatenate([a[None], b]) for a, b in zip(start, inputs, strict=True))))
    t = first + 1 + np.arange(len(w)).reshape(-1, *(1,) * (w.ndim - 1))
    return updates.advance(p.update.name, convention, c, truth.widen(w, p.wide), g, before, t, p)


def _carried_along(convention, first, p, c, w, g, kept, own):
    """Step after step: what is kept is exact, and how far a column may be from it grows as it is carried on."""
    w, every = truth.widen(w, p.wide), []
    for n in range(len(w)):
        here = Known(g.value[n], g.error[n])
        kept, new, largest = updates.advance(p.update.name, convention, c, w[n], here, kept, first + 1 + n, p)
        every.append((*kept, new, largest))
    *known, largest = zip(*every, strict=True)
    stacked = []
    for one in known:
        stacked.append(Known(*(np.stack(Z) for Z in zip(*one, strict=True))))
    *kept, new = stacked
    return tuple(kept), new, np.stack(largest)
