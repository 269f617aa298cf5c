"""Updates that are seen in a trajectory and its gradients alone."""

import numpy as np

from fourfold.compare.check.stepping.trajectory import MOMENTUM, PLAIN, Update, near, number, rate_words, with_rate
from fourfold.compare.results.words import listed


def plain(trajectory, samples):
    """W - rate ∂L/∂W, or another multiple."""
    if not trajectory.steps.any() and trajectory.gradients.any():
        return Update("none: the parameters do not change", "none", is_as_usual=False)
    fit = trajectory.fitted(-trajectory.gradients)
    return with_rate(trajectory, PLAIN, PLAIN, fit[0], samples) if fit else None


def each_its_own(trajectory, samples):
    """Some parameters are not updated, or with another rate."""
    oddities, usual = {}, []
    for name, place in trajectory.places.items():
        G, steps = trajectory.gradients[:, place], trajectory.steps[:, place]
        if not G.any():
            continue
        c = -float((G * steps).sum() / (G * G).sum())
        if (np.abs(-c * G - steps) > trajectory.limits[:, place]).any():
            return None
        if not steps.any():
            oddities.setdefault("never updated", []).append(name)
        elif odd := rate_words(trajectory, trajectory.factor(c), samples):
            oddities.setdefault(f"updated with {odd}", []).append(name)
        else:
            usual.append(name)
    if not usual or not oddities:
        return None
    clauses = [f"{listed(names)} {'is' if len(names) == 1 else 'are'} {odd}" for odd, names in oddities.items()]
    return Update(f"{PLAIN}, but {' and '.join(clauses)}", PLAIN, is_as_usual=False)


def stale(trajectory, samples):
    """The gradient of the step before."""
    fit = trajectory.fitted(-trajectory.gradients[:-1], first=1)
    return with_rate(trajectory, "the gradients of the step before", "stale", fit[0], samples) if fit else None


def momentum(trajectory, samples):
    """Heavy ball, v = μ v + ∂L/∂W; averaged, v = μ v + (1 - μ) ∂L/∂W; dampened after the first step."""
    G = trajectory.gradients
    fit = trajectory.fitted(trajectory.steps[:-1], -G[1:], first=1)
    first = trajectory.head(1).fitted(-G[:1])
    if not fit or not first:
        return None
    (mu, c), (c_first,) = fit, first
    words = f"{MOMENTUM}, {number(mu)}"
    if near(mu, 1):
        return with_rate(trajectory, "gradients that add up from step to step", "adding up", c, samples)
    if not 0 < abs(mu) < 1:
        return None
    if not near(c_first, c):
        dampened = Update(f"{words}, dampened by {number(1 - trajectory.factor(c))}", "dampened", mu)
        return dampened if trajectory.rate and near(c_first, trajectory.rate) else None
    if trajectory.rate and near(c, trajectory.rate * (1 - mu)):
        v = f"v = {number(mu)} v + {number(1 - mu)} ∂L/∂W"
        return Update(f"{words}, of averaged gradients: {v}", "averaged", mu)
    return with_rate(trajectory, words, MOMENTUM, c, samples, mu)


def nesterov(trajectory, samples):
    """W - rate (∂L/∂W + μ v), v = μ v + ∂L/∂W: the form without a look ahead."""
    G, steps = trajectory.gradients, trajectory.steps
    fit = trajectory.fitted(steps[:-1], -G[1:], G[:-1], first=1)
    if not fit or not 0 < fit[0] < 1:
        return None
    mu, ahead, behind = fit
    rate = behind / mu
    if near(ahead, rate * (1 + mu)) and np.allclose(steps[0], -ahead * G[0], 1e-6, 1e-12):
        return with_rate(trajectory, f"Nesterov momentum, {number(mu)}", "nesterov", rate, samples, mu)
    return None


def averaged(trajectory, samples):
    """Averaged gradients, divided by 1 - μ^t as Adam's are."""
    if not trajectory.rate:
        return None
    G, U = trajectory.gradients, -trajectory.steps / trajectory.rate
    wide = (U[1] - G[0]).ravel()
    mu = float(wide @ (G[1] - U[1]) / (wide @ wide)) if wide.any() else 0
    if not 0 < mu < 1:
        return None
    m, predicted = np.zeros_like(G[0]), []
    for t, g in enumerate(G, start=1):
        m = mu * m + (1 - mu) * g
        predicted.append(-trajectory.rate * m / (1 - mu**t))
    words = f"{MOMENTUM}, {number(mu)}, of averaged gradients divided by 1 - {number(mu)}^t"
    return Update(words, "averaged", mu) if trajectory.gives(np.stack(predicted)) else None


def decay(trajectory, samples):
    """A penalty in the step: λ W, or λ sign(W); of all parameters or of the weights alone; with momentum too."""
    P, G, steps = trajectory.parameters[:-1], trajectory.gradients, trajectory.steps
    for whose, penalised in _penalised(trajectory):
        for name, R, of_what in (("weight decay", P, "W"), ("L1 penalty", np.sign(P), "sign(W)")):
            R = R * penalised
            if fit := trajectory.fitted(-G, -R):
                return _decayed(trajectory, name, of_what, whose, fit, samples)
            fit = trajectory.fitted(steps[:-1], -G[1:], -R[1:], first=1)
            if fit and 0 < fit[0] < 1:
                first = trajectory.head(1).fitted(-G[:1], -R[:1])
                if first and near(first[0], fit[1]):
                    return _with_momentum(trajectory, name, whose, fit, first, samples)
    return None


def _decayed(trajectory, name, of_what, whose, fit, samples):
    c, b = fit
    if trajectory.rate and near(c, trajectory.rate * (1 - b)):
        return Update(f"{name}{whose}, {number(b)}, after the step: W - {number(b)} W", name, b)
    words = f"{name}{whose}, {number(b / c)}: W - rate (∂L/∂W + {number(b / c)} {of_what})"
    return with_rate(trajectory, words, name, c, samples, b / c)


def _with_momentum(trajectory, name, whose, fit, first, samples):
    mu, c, b = fit
    if not near(first[1], b):  # the penalty is not in the velocity
        mu = mu / (1 - first[1])
    words = f"{MOMENTUM}, {number(mu)}, and {name}{whose}, {number(first[1] / c)}"
    return with_rate(trajectory, words, f"{MOMENTUM} and {name}", c, samples, mu)


def _penalised(trajectory):
    """Yields (words, mask of D): all parameters, then the weights alone, then each alone."""
    names = [*trajectory.places]
    weights = [name for name in names if len(trajectory.shapes[name]) > 1 or name[:1] in "Ww"]
    yield "", _mask(trajectory, names)
    if 0 < len(weights) < len(names):
        yield " of the weights", _mask(trajectory, weights)
    for name in names if len(names) > 1 else ():
        yield f" of {name}", _mask(trajectory, [name])


def _mask(trajectory, names):
    mask = np.zeros(trajectory.parameters.shape[1])
    for name in names:
        mask[trajectory.places[name]] = 1
    return mask
