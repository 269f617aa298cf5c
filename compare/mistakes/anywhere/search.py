"""The ways through a backward pass, with one mistake or several, that end at the gradients somebody gave.

A layer's gradients rule out most ways before the next layer is tried.
"""

from collections import Counter
from itertools import chain, product
from typing import NamedTuple

import numpy as np

from fourfold.compare.mistakes.anywhere import entries, scales
from fourfold.compare.mistakes.anywhere.faults import Pass
from fourfold.compare.mistakes.anywhere.kinds import Kind, known, of_biases, of_penalty
from fourfold.compare.mistakes.anywhere.network import near, smallest
from fourfold.compare.mistakes.anywhere.scales import NONE, Scale

# A search that has compared so many layers ends; so do all together.
LAYERS, ALL_LAYERS = 1200, 2400
PENALTY_MISSING = of_penalty(
    "penalty missing from W{k}'s gradient",
    "Regularisation is added to the loss, but not to the gradients.",
    "dL_dW{k} = {B}.T @ dL_dH{k}",
    everywhere="penalty missing from the gradients",
)
PENALTY_ADDED = known(
    "L2 penalty in one gradient",
    "∂L/∂W{k} = {B}ᵀ ∂L/∂H{k}, without a penalty in L",
    f"{scales.DATA} + lam * W{{k}}",
    scales.DATA,
    everywhere="penalty on every layer's weights",
)
ON_BIASES = of_biases(
    "penalty on the biases too",
    "Weights are penalised in L, but biases are not.",
    "dL_db{k} = dL_dH{k}.sum(axis=0) + lam * b{k}",
)
BIAS_PENALTY_MISSING = ON_BIASES._replace(
    name="penalty missing from the bias gradients", why="The loss penalises the biases as well."
)


class Choice(NamedTuple):
    """What stands at a step in place of the right thing."""

    step: str  # error, output, hidden, scale, weights, biases, back, updated, penalty ...
    k: int
    kind: Kind | None = None
    nth: int = 0  # of the options with this kind
    scale: Scale = NONE
    value: float = 0.0  # a rate, or a penalty's coefficient


class Fit(NamedTuple):
    """How a parameter's gradient comes about: an option, times a constant, and a part of the penalty."""

    kind: Kind | None
    nth: int
    scale: Scale = NONE
    penalty: Choice | None = None
    penalty_kinds: tuple = ()


def numbered(options):
    """(kind, how many of its kind were before, array)."""
    seen = Counter()
    for kind, Z in options:
        yield kind, seen[kind], Z
        seen[kind] += 1


def chosen(options, choice):
    """The array of a Choice, or of the right step; None where it is not there."""
    kind, nth = (choice.kind, choice.nth) if choice else (None, 0)
    for other, number, Z in numbered(options):
        if other == kind and number == nth:
            return Z
    return None


def walked(p, choices):
    """(dL_dW, dL_db) of a Pass with these Choices; None for what cannot be computed."""
    by_step = {(choice.step, choice.k): choice for choice in choices}
    K = p.depth
    dL_dW, dL_db, deltas = [None] * K, [None] * K, []
    error = by_step.get(("error", K))
    G = chosen(p.errors, error)
    D = None if G is None else chosen(p.outputs(G, error is None), by_step.get(("output", K)))
    for k in range(K, 0, -1):
        if D is None:
            break
        scale = by_step.get(("scale", k))
        if scale:
            c = scale.scale.at(p.seen.sizes)
            G, D = c * G, c * D
        dL_dW[k - 1] = _parameter(p, p.weights(k, D, G, None), "W", k, by_step)
        if p.seen.biases:
            dL_db[k - 1] = _parameter(p, p.biases(k, D, G, deltas), "b", k, by_step)
        if k == 1:
            break
        deltas.append(D)
        updated = by_step.get(("updated", k))
        G = _updated(p, k, D, updated) if updated else chosen(p.backs(k, D, G, deltas[0]), by_step.get(("back", k)))
        D = None if G is None else chosen(p.hidden(k - 1, G), by_step.get(("hidden", k - 1)))
    return tuple(dL_dW), tuple(dL_db)


def _parameter(p, options, letter, k, by_step):
    step = {"W": "weights", "b": "biases"}[letter]
    choice = by_step.get((step, k))
    Z = chosen(options, choice)
    if Z is None:
        return None
    Z = choice.scale.at(p.seen.sizes) * Z if choice else Z
    own = (p.seen.weights if letter == "W" else p.seen.biases)[k - 1]
    multiple = p.penalised(f"{letter}{k}")
    penalty = by_step.get((f"penalty {letter}", k))
    if penalty:
        times = penalty.scale.at(p.seen.sizes)
        multiple = penalty.value / p.penalty_over if penalty.scale == NONE else multiple * times
    return Z + multiple * own if multiple else Z


def _moves(p, k, D):
    """dL_dA's change for a rate of 1: where the whole gradient is subtracted before, or each sample's."""
    moves = []
    given = p.seen.dL_dW[k - 1]
    if given is not None and given.shape == p.seen.weights[k - 1].shape:
        moves.append(D @ given.T)
    n = p.N if "mean" in p.meant.reduction else 1
    moves.append(n * (D * D).sum(axis=1, keepdims=True) * p.A[k - 1])
    return moves


def _updated(p, k, D, choice):
    moves = _moves(p, k, D)
    return D @ p.seen.weights[k - 1].T - choice.value * moves[choice.nth] if choice.nth < len(moves) else None


class Search:
    """All ways with at most `most` kinds of mistakes."""

    def __init__(self, passes, most, layers=LAYERS):
        self.passes, self.most, self.ways, self.left = passes, most, [], layers
        self._p = passes[0]
        self._smallest = smallest(passes[0].seen)

    def run(self):
        """Tuples of Choices that give all gradients at all points."""
        p = self._p
        for e, e_nth, G in numbered(p.errors):
            first = self._with(frozenset(), e)
            if first is None or not np.isfinite(G).all():
                continue
            path = () if e is None else (Choice("error", p.depth, e, e_nth),)
            for kind, nth, D in numbered(p.outputs(G, e is None)):
                used = self._with(first, kind)
                if used is not None and np.isfinite(D).all():
                    output = () if kind is None else (Choice("output", p.depth, kind, nth),)
                    self._layer(p.depth, D, G, [], path + output, used)
        return self.ways

    def _with(self, used, *kinds):
        """The kinds used with these; None where there are too many."""
        used = used | {kind for kind in kinds if kind is not None}
        return used if len(used) <= self.most else None

    def _layer(self, k, D, G, deltas, path, used):
        """Layer k's gradients from D = dL_dHk and G = dL_dAk; then the layer before."""
        self.left -= 1
        if self.left < 0:
            return
        p = self._p
        level = scales.ERROR if k == p.depth else scales.BACK
        for fit in self._fits(p.seen.dL_dW[k - 1], lambda: p.weights(k, D, G, None), "W", k, used, path):
            self._biases(k, D, G, deltas, path + self._chosen(fit, "W", k), self._used(used, fit, scales.WEIGHTS), fit)
            if fit.scale != NONE:  # or all that comes here is off by it
                kinds = scales.kinds_of(fit.scale, level, p.meant)
                more = self._with(used, *kinds, fit.kind, *fit.penalty_kinds)
                if more is not None:
                    c = fit.scale.at(p.seen.sizes)
                    choices = (Choice("scale", k, scale=fit.scale), *self._chosen(fit._replace(scale=NONE), "W", k))
                    scaled = c * D
                    self._biases(k, scaled, scaled if G is D else c * G, deltas, path + choices, more, fit)

    def _used(self, used, fit, level):
        return self._with(used, fit.kind, *scales.kinds_of(fit.scale, level, self._p.meant), *fit.penalty_kinds)

    def _chosen(self, fit, letter, k):
        choices = []
        if fit.kind is not None or fit.scale != NONE:
            choices.append(Choice({"W": "weights", "b": "biases"}[letter], k, fit.kind, fit.nth, fit.scale))
        if fit.penalty is not None:
            choices.append(fit.penalty)
        return tuple(choices)

    def _biases(self, k, D, G, deltas, path, used, fit):
        p = self._p
        if used is None:
            return
        if not p.seen.biases or not p.seen.dL_db or p.seen.dL_db[k - 1] is None:
            self._before(k, D, G, deltas, path, used)
            return
        for other in self._fits(p.seen.dL_db[k - 1], lambda: p.biases(k, D, G, deltas), "b", k, used, path):
            more = self._used(used, other, scales.BIASES)
            if more is not None:
                self._before(k, D, G, deltas, path + self._chosen(other, "b", k), more)

    def _before(self, k, D, G, deltas, path, used):
        if k == 1:
            self._ended(path)
            return
        p, deltas = self._p, [*deltas, D]
        for kind, nth, dL_dA in numbered(p.backs(k, D, G, deltas[0])):
            back = self._with(used, kind)
            if back is None:
                continue
            backwards = path if kind is None else (*path, Choice("back", k, kind, nth))
            for slope, number, dL_dH in numbered(p.hidden(k - 1, dL_dA)):
                more = self._with(back, slope)
                if more is not None:
                    choices = backwards if slope is None else (*backwards, Choice("hidden", k - 1, slope, number))
                    self._layer(k - 1, dL_dH, dL_dA, deltas, choices, more)
        self._before_updated(k, D, deltas, path, used)

    def _before_updated(self, k, D, deltas, path, used):
        """The same with weights that have been updated already, by a rate that is solved for."""
        p, back = self._p, self._with(used, entries.UPDATED)
        target = p.seen.dL_dW[k - 2]
        if back is None or target is None or target.shape != p.seen.weights[k - 2].shape:
            return
        target = target - p.penalised(f"W{k - 1}") * p.seen.weights[k - 2]
        right = D @ p.seen.weights[k - 1].T
        one = np.ones_like(right)
        for slope, number, S in numbered(chain([(None, next(iter(p.hidden(k - 1, one)))[1])], p.slopes(k - 1))):
            more = self._with(back, slope)
            if more is None:
                continue
            start = p.A[k - 2].T @ (right * S)
            for nth, move in enumerate(_moves(p, k, D)):
                by_rate = p.A[k - 2].T @ (move * S)
                rate = _ratio(start - target, by_rate)
                if abs(rate) > 1e-9 and near(start - rate * by_rate, target):
                    choices = (*path, Choice("updated", k, entries.UPDATED, nth, value=rate))
                    if slope is not None:
                        choices = (*choices, Choice("hidden", k - 1, slope, number))
                    dL_dA = right - rate * move
                    self._layer(k - 1, dL_dA * S, dL_dA, deltas, choices, more)

    def _ended(self, path):
        """A way to the end, kept if it gives the gradients at all points."""
        if any(path == way for way in self.ways):
            return
        for p in self.passes[1:]:
            dL_dW, dL_db = walked(p, path)
            given = (*p.seen.dL_dW, *(p.seen.dL_db if p.seen.biases else ()))
            for Z, own in zip(given, (*dL_dW, *dL_db), strict=False):
                if Z is not None and (own is None or not near(Z, own, smallest(p.seen))):
                    return
        self.ways.append(path)

    def _fits(self, given, options, letter, k, used, path):
        """Fits of a parameter's gradient."""
        p = self._p
        if given is None:
            return [Fit(None, 0)]
        own = (p.seen.weights if letter == "W" else p.seen.biases)[k - 1]
        right = p.penalised(f"{letter}{k}")
        target = given - right * own if right and given.shape == own.shape else given
        size = max(np.max(np.abs(given), initial=0), self._smallest)
        fits = []
        for kind, nth, Z in numbered(options()):
            more = self._with(used, kind)
            if more is None or Z.shape != target.shape:
                continue
            if np.max(np.abs(target - Z), initial=0) <= 1e-9 * size:
                fits.append(Fit(kind, nth))
            elif len(used) < self.most or used:
                fits += self._scaled(kind, nth, Z, target, size)
                if given.shape == own.shape:
                    fits += self._penalised(kind, nth, Z, given, own, right, letter, k, path)
        return fits

    def _scaled(self, kind, nth, Z, target, size):
        ratio = _ratio(target, Z)
        if abs(ratio) < 1e-9 or np.max(np.abs(target - ratio * Z), initial=0) > 1e-9 * size or abs(ratio - 1) < 1e-9:
            return []
        return [Fit(kind, nth, scale) for scale in scales.scales(ratio, self._p.seen.sizes)]

    def _penalised(self, kind, nth, Z, given, own, right, letter, k, path):
        """Fits with another multiple of the parameter than the right one."""
        if kind is not None and not (right and self.most > 1):
            return []
        ratio, multiple = _two_ratios(given, Z, own) if given.size > 2 else (1.0, _ratio(given - Z, own))
        none = abs(multiple) < 1e-12 * max(abs(right), 1) and not right
        if none or not near(ratio * Z + multiple * own, given) or abs(ratio) < 1e-12:
            return []
        sizes = self._p.seen.sizes
        of_data = [NONE] if abs(ratio - 1) < 1e-8 else scales.scales(ratio, sizes)
        step = f"penalty {letter}"
        if not right:
            added = PENALTY_ADDED if letter == "W" else ON_BIASES
            parts = [(Choice(step, k, added, value=multiple * self._p.penalty_over), (added,))]
        elif abs(multiple) < 1e-9 * abs(right):
            missing = PENALTY_MISSING if letter == "W" else BIAS_PENALTY_MISSING
            parts = [(Choice(step, k, missing, value=0.0), (missing,))]
        else:
            parts = []
            for scale in scales.scales(multiple / right, sizes):
                kinds = scales.kinds_of(scale, scales.PENALTY, self._p.meant)
                parts.append((Choice(step, k, scale=scale), kinds))
        fits = []
        for scale, (choice, kinds) in product(of_data, parts):
            before = {one.scale for one in path if one.step == "scale"}
            whole = choice.scale != NONE and choice.scale in {scale, *before}  # data and penalty alike: one mistake
            fits.append(Fit(kind, nth, scale, choice, () if whole else kinds))
        return fits


def _ratio(target, Z):
    length = np.vdot(Z, Z)
    return float(np.vdot(target, Z) / length) if length else 0.0


def _two_ratios(given, Z, own):
    """The multiples of Z and of the parameter that come nearest."""
    a, b, c = np.vdot(Z, Z), np.vdot(Z, own), np.vdot(own, own)
    determinant = a * c - b * b
    if determinant <= 1e-12 * a * c:
        return 0.0, 0.0
    u, v = np.vdot(given, Z), np.vdot(given, own)
    return float((c * u - b * v) / determinant), float((a * v - b * u) / determinant)


def ways(networks, seens, most=3):
    """(network, ways, how many kinds) for the networks that fit with the fewest kinds of mistakes."""
    passes = []
    for network in networks:
        passes.append((network, [Pass(network, seen) for seen in seens]))
    layers = ALL_LAYERS
    for kinds in range(most + 1):
        fitting = []
        for network, points in passes if kinds else ():
            if kinds >= len(network.mistakes):
                search = Search(points, kinds - len(network.mistakes), min(LAYERS, layers))
                fitting += [(network, way) for way in search.run()]
                layers -= min(LAYERS, layers) - max(search.left, 0)
        if fitting:
            return fitting
    return []
