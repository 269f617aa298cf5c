"""Adam and its relatives, with the constants that people use."""

from itertools import product

import numpy as np

from fourfold.compare.check.stepping.trajectory import near, number, with_rate

EPSILONS = (1e-8, 1e-7, 1e-10, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-12, 1e-15, 0.0)
BETAS = ((0.9, 0.999), (0.9, 0.99), (0.9, 0.9), (0.9, 0.95), (0.5, 0.999), (0.8, 0.999), (0.95, 0.999), (0.999, 0.9))
DECAYS = (0.9, 0.99, 0.95, 0.999, 0.8, 0.5)
STARTS = (0.0, 0.1, 1.0)  # of Adagrad's sum
# What Adam's two averages are divided by.
CORRECTED = {
    "": (True, True),
    ", without bias correction": (False, False),
    ", without bias correction of v": (True, False),
    ", without bias correction of m": (False, True),
}
LOOSE = 1e-2  # of a direction that another ε may make right


def update(trajectory, samples):
    """The Update that is one of them, or None."""
    for words, kind, direction in _directions(trajectory):
        if not np.isfinite(direction).all():
            continue
        if fit := trajectory.fitted(-direction):
            return with_rate(trajectory, words, kind, fit[0], samples)
        if not _is_near(trajectory, direction):
            continue
        fit = trajectory.fitted(-direction, -trajectory.parameters[:-1])
        if fit and (trajectory.rate is None or near(fit[0], trajectory.rate)):
            decay = fit[1] / fit[0]
            return with_rate(trajectory, f"{words}, and weight decay, {number(decay)}", kind, fit[0], samples, decay)
    return None


def _is_near(trajectory, direction):
    """Whether the steps go along it, but for a little."""
    along = abs((trajectory.steps * direction).sum())
    return along >= (1 - LOOSE) * np.linalg.norm(trajectory.steps) * np.linalg.norm(direction)


def _directions(trajectory):
    """Yields (words, kind, directions (steps, D)), the usual constants first."""
    G = trajectory.gradients
    for beta, (more, corrected), epsilon in product(BETAS, CORRECTED.items(), EPSILONS):
        m, v = _averages(G, beta[0], corrected[0]), _averages(G**2, beta[1], corrected[1])
        words = f"Adam{more}, β = {beta[0]:g} and {beta[1]:g}, ε = {epsilon:g}"
        yield words, "Adam", m / (np.sqrt(v) + epsilon)
        if epsilon:
            yield f"{words} inside the root", "Adam", m / np.sqrt(v + epsilon)
        if epsilon and more == "":
            raw = np.sqrt(_averages(G**2, beta[1], False)) + epsilon
            t = np.arange(1, len(G) + 1)[:, None]
            yield f"{words} before the correction", "Adam", m * np.sqrt(1 - beta[1] ** t) / raw
    for decay, epsilon in product(DECAYS, EPSILONS):
        v = _averages(G**2, decay, False)
        yield from _rooted(G, v, f"RMSprop, {decay:g}", "RMSprop", epsilon)
    for start, epsilon in product(STARTS, EPSILONS):
        begun = f", begun at {start:g}" if start else ""
        yield from _rooted(G, start + np.cumsum(G**2, axis=0), f"Adagrad{begun}", "Adagrad", epsilon)
    for decay, epsilon in product((0.95, 0.9, 0.99), EPSILONS):
        yield f"Adadelta, {decay:g}, ε = {epsilon:g}", "Adadelta", _adadelta(trajectory, decay, epsilon)


def _rooted(G, v, words, kind, epsilon):
    yield f"{words}, ε = {epsilon:g}", kind, G / (np.sqrt(v) + epsilon)
    if epsilon:
        yield f"{words}, ε = {epsilon:g} inside the root", kind, G / np.sqrt(v + epsilon)


def _averages(Z, beta, corrected):
    """m = β m + (1 - β) Z after every step, divided by 1 - β^t where it is corrected."""
    m, averages = np.zeros_like(Z[0]), []
    for t, z in enumerate(Z, start=1):
        m = beta * m + (1 - beta) * z
        averages.append(m / (1 - beta**t) if corrected else m)
    return np.stack(averages)


def _adadelta(trajectory, decay, epsilon):
    v, moved = np.zeros((2, trajectory.gradients.shape[1]))
    directions = []
    for g in trajectory.gradients:
        v = decay * v + (1 - decay) * g**2
        directions.append(np.sqrt(moved + epsilon) / np.sqrt(v + epsilon) * g)
        moved = decay * moved + (1 - decay) * directions[-1] ** 2
    return np.stack(directions)
