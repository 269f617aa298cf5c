"""Which network somebody's loss is that of: every activation, loss and average people use is tried."""

from itertools import product

import numpy as np

from fourfold.compare.mistakes.anywhere.functions import HIDDEN, OUTPUT, OVER_ALL, OVER_SAMPLES, SOFTMAX, value
from fourfold.compare.mistakes.anywhere.losses import (
    BINARY,
    CATEGORICAL,
    EPSILON_LOSSES,
    OF_RESIDUALS,
    REDUCTIONS,
    RIGHT,
    SQUARED,
    WRONG,
)
from fourfold.compare.mistakes.anywhere.network import (
    ALL,
    CONSTANT,
    CONSTANT_OVER_N,
    WEIGHTS,
    AnyNetwork,
    forward,
    gradients,
    has_right_backward,
    has_right_gradients,
    loss,
    squares,
)

SAME = 1e-10
# These are tried first, and where the hidden layers' activations differ.
COMMON = HIDDEN[:12]
PROBABILITIES = {"sigmoid", SOFTMAX, OVER_SAMPLES, OVER_ALL}
SCORES = {"identity", "tanh", "sigmoid"}


def recognised(seens):
    """The AnyNetwork whose loss is the one given at all points, or None; one whose gradients are right comes first."""
    networks = fitting(seens)
    for network in networks:
        if has_right_gradients(network, seens):
            return network
    for network in networks:
        if network.mistakes and has_right_backward(network, seens):
            return network
    return networks[0] if networks else None


def fitting(seens):
    """Every AnyNetwork whose loss is the one given, without mistakes first."""
    if not all(np.isfinite(seen.L) for seen in seens):
        return []
    seens = _unlike_first(seens)
    with np.errstate(all="ignore"):
        depth = len(seens[0].weights)
        networks = []
        for group in (COMMON, HIDDEN[len(COMMON) :]) if depth > 1 else (HIDDEN[:1],):
            networks = networks or _searched(seens, [(hidden,) * (depth - 1) for hidden in group])
        if not networks and depth > 2:
            mixed = [names for names in product(COMMON, repeat=depth - 1) if len({*names}) > 1]
            networks = _plain(seens, _sums(seens, mixed, RIGHT[:3]))
    single = all(len(seen.X) == 1 for seen in seens)
    return sorted(networks, key=lambda network: _oddity(network, single))


def _oddity(network, single):
    """Whom people use least comes last; of two classes both cross-entropies are the same, but for a factor."""
    unusual = {(BINARY, SOFTMAX), (CATEGORICAL, "sigmoid")}
    of_no_mean = single and "mean" in network.reduction  # of one sample it is a sum
    return len(network.mistakes), (network.loss, network.activations[-1]) in unusual, of_no_mean


def _unlike_first(seens):
    """The first point, one with another number of samples if there is one, and the others: 1/N shows at once."""
    first, *rest = seens
    return [first, *sorted(rest, key=lambda seen: len(seen.X) == len(first.X))]


def _searched(seens, candidates):
    """The networks with one of these tuples of hidden activations: plain, or else with a penalty or a constant."""
    sums = _sums(seens, candidates, (*RIGHT, *WRONG))
    return (
        _plain(seens, sums)
        or _with_penalty(seens, sums)
        or _with_constant(seens, sums)
        or _plain(seens, _sums(seens, candidates, EPSILON_LOSSES))
    )


class _Sums:
    """The sums of a loss over all entries at the first two points, by the network's activations."""

    def __init__(self, networks, totals):
        self.networks, self.totals = networks, totals  # (activations, loss) and an array (networks, points)


def _sums(seens, candidates, losses):
    networks, totals = [], []
    for hidden in candidates:
        last = [_last(hidden, seen) for seen in seens[:2]]
        for name in OUTPUT:
            P = [value(name, H) for H in last]
            for function in losses:
                if _belongs(function, name):
                    networks.append(((*hidden, name), function))
                    totals.append([function.total(Z, seen.Y) for Z, seen in zip(P, seens, strict=False)])
    return _Sums(networks, np.array(totals, dtype=float))


def _belongs(function, output):
    """Whether people use a loss on top of an activation."""
    meant = function.intended or function.name
    if meant in {BINARY, CATEGORICAL}:
        return output in PROBABILITIES
    if output in {OVER_SAMPLES, OVER_ALL}:
        return False
    if output in SCORES:
        return True
    usual = OF_RESIDUALS if output in OUTPUT[:5] else (SQUARED,)
    return meant in usual and not function.mistake


def _last(hidden, seen):
    """The output's pre-activation."""
    A = forward(hidden, seen)[1][-1]
    return A @ seen.weights[-1] + (seen.biases[-1] if seen.biases else 0)


def _same(number, L):
    return abs(number - L) <= SAME * max(abs(number), abs(L))


def _is_loss_of(network, seens):
    return all(_same(loss(network, seen), seen.L) for seen in seens)


def _factors(seens, reductions):
    """(points, reductions)."""
    factors = [reduction.factor(*seen.sizes) for seen, reduction in product(seens, reductions)]
    return np.reshape(factors, (len(seens), len(reductions)))


def _plain(seens, sums):
    """Networks without a penalty."""
    reductions = [*REDUCTIONS.values()]
    factors = _factors(seens[:1], reductions)[0]
    L = sums.totals[:, :1] * factors
    networks = []
    for n, m in np.argwhere(abs(L - seens[0].L) <= SAME * abs(seens[0].L)):
        activations, function = sums.networks[n]
        network = AnyNetwork(activations, function.name, reductions[m].name)
        if _is_loss_of(network, seens):
            networks.append(network)
    return networks


def _with_penalty(seens, sums):
    """Networks whose loss is more than their data's by the same multiple of ΣW² at all points."""
    if len(seens) < 2:
        return []
    depth, pair = len(seens[0].weights), seens[:2]
    reductions = [reduction for reduction in REDUCTIONS.values() if not reduction.mistake]
    kinds = [WEIGHTS, *([ALL] if seens[0].biases else []), *(f"W{k + 1}" for k in range(depth) if depth > 1)]
    L, N = np.array([seen.L for seen in pair]), np.array([len(seen.X) for seen in pair])
    data = sums.totals[:, :, None] * _factors(pair, reductions)  # networks, points, reductions
    norms = np.reshape([squares(kind, seen) for seen, kind in product(pair, kinds)], (len(pair), len(kinds)))
    c = (L[:, None] - data)[..., None] / norms[:, None, :]  # networks, points, reductions, kinds
    networks = []
    for over_n in (False, True) if N[0] != N[1] else (False,):
        scaled = c * N[:, None, None] if over_n else c
        fits = abs(scaled[:, 0] - scaled[:, 1]) <= 1e-6 * abs(scaled[:, 0])
        for n, m, k in np.argwhere(fits):
            activations, function = sums.networks[n]
            l2 = float(scaled[n, 0, m, k])
            network = AnyNetwork(activations, function.name, reductions[m].name, l2, kinds[k], over_n)
            if _is_loss_of(network, seens):
                networks.append(_rounded(network, seens))
    return networks


def _rounded(network, seens):
    """The coefficient that somebody wrote: the shortest decimal that gives the same losses."""
    for digits in range(1, 11):
        rounded = network._replace(l2=float(f"{network.l2:.{digits}g}"))
        if _is_loss_of(rounded, seens):
            return rounded
    return network


def _with_constant(seens, sums):
    """Networks whose data's loss is multiplied with a constant of its own."""
    if len(seens) < 2:
        return []
    ratios = np.array([seen.L for seen in seens[:2]]) / sums.totals
    N = np.array([len(seen.X) for seen in seens[:2]])
    networks = []
    for name, constants in ((CONSTANT, ratios), (CONSTANT_OVER_N, ratios * N)):
        fits = abs(constants[:, 0] - constants[:, 1]) <= SAME * abs(constants[:, 0])
        for n in np.flatnonzero(fits):
            activations, function = sums.networks[n]
            network = AnyNetwork(activations, function.name, name, constant=float(constants[n, 0]))
            if not function.mistake and _is_loss_of(network, seens):
                networks.append(network)
        if networks:
            return networks
    return []


def differentiated(seens):
    """The AnyNetwork whose gradients are the ones given, whatever L is; or None."""
    with np.errstate(all="ignore"):
        depth = len(seens[0].weights)
        for hidden, output in product(HIDDEN if depth > 1 else HIDDEN[:1], OUTPUT[:5]):
            for function in (RIGHT[0], RIGHT[1], RIGHT[2], RIGHT[3]):
                if _belongs(function, output):
                    activations = (*(hidden,) * (depth - 1), output)
                    network = _by_gradients(activations, function.name, seens)
                    if network is not None:
                        return network
    return None


def _by_gradients(activations, name, seens):
    """The network of this loss, averaged so that its gradients are the ones given."""
    summed = AnyNetwork(activations, name, "sum")
    right, given = gradients(summed, seens[0])[0][0], seens[0].dL_dW[0]
    if given is None or given.shape != right.shape or not np.vdot(right, right):
        return None
    ratio = np.vdot(given, right) / np.vdot(right, right)
    for reduction in REDUCTIONS.values():
        if not reduction.mistake and abs(reduction.factor(*seens[0].sizes) - ratio) <= 1e-9 * abs(ratio):
            network = summed._replace(reduction=reduction.name)
            if has_right_gradients(network, seens):
                return network
    return None
