"""Rates that change from step to step: decay, and gradients that are clipped."""

import numpy as np

from fourfold.compare.check.stepping.trajectory import WRITTEN, Update, near, number, with_rate


def clipped(trajectory, samples):
    """Gradients clipped by value, or their signs."""
    G = trajectory.gradients
    for c in [trajectory.rate] if trajectory.rate else []:
        v = float(np.abs(trajectory.steps).max() / c)
        if trajectory.gives(-c * np.clip(G, -v, v)):
            return Update(f"gradients clipped by value, {number(v)}", "clipping", v)
    fit = trajectory.fitted(-np.sign(G))
    return with_rate(trajectory, "the signs of the gradients", "signs", fit[0], samples) if fit else None


def every_step_its_own(trajectory, samples):
    """The rate changes from step to step; or gradients are clipped by their norm."""
    if trajectory.steps.shape[1] < 2:
        return None  # one number fits any rate
    G = trajectory.gradients
    squares = (G * G).sum(axis=1)
    c = -(G * trajectory.steps).sum(axis=1) / np.where(squares, squares, 1)
    if not squares.all() or not trajectory.gives(-c[:, None] * G):
        return None
    factors = trajectory.factor(c)
    if trajectory.rate is None:
        factors = factors / factors[0]
    return clipped_norm(factors, np.sqrt(squares)) or schedule(trajectory, factors)


def clipped_each_norm(trajectory, samples):
    """Every parameter's gradient is clipped by its own norm."""
    if not trajectory.rate:
        return None
    factors, norms = [], []
    for place in trajectory.places.values():
        G = trajectory.gradients[:, place]
        squares = (G * G).sum(axis=1)
        c = -(G * trajectory.steps[:, place]).sum(axis=1) / np.where(squares, squares, 1)
        if (np.abs(-c[:, None] * G - trajectory.steps[:, place]) > trajectory.limits[:, place]).any():
            return None
        factors.append(c / trajectory.rate)
        norms.append(np.sqrt(squares))
    return clipped_norm(np.concatenate(factors), np.concatenate(norms), ", each parameter's alone")


def clipped_norm(factors, norms, more=""):
    """The Update where gradients of these norms are multiplied by min(1, most / norm)."""
    shortened = factors < 1 - WRITTEN
    for epsilon in (0, 1e-6, 1e-8):  # that is added to the norm
        length = factors * (norms + epsilon)
        if not shortened.any():
            break
        if _same(length, length[0]):
            return Update(f"gradients brought to one norm, {number(length[0])}{more}", "clipping", float(length[0]))
        most = float(length[shortened].mean())
        kept = np.where(shortened, most, length)
        if _same(factors[~shortened], 1) and _same(length, kept) and (norms[~shortened] <= most).all():
            return Update(f"gradients clipped by norm, {number(most)}{more}", "clipping", most)
    return None


def schedule(trajectory, factors):
    """The Update whose rate is multiplied by these, a number a step; `trajectory.rate` is the first."""
    kind = "rate decay"
    for start in (0, 1):  # that t begins with
        t, later = np.arange(start, start + len(factors)), float(factors[1 - start])
        k, fall, begun = 1 / later - 1, 1 - later, ", from t = 1" * start
        forms = (
            (1 / (1 + k * t), f"1/(1 + {number(k)} t)", k),
            (later**t, f"times {number(later)} a step", later),
            (np.cumprod(1 / (1 + k * t)), f"1/(1 + {number(k)} t), multiplied in again at every step", k),
            (1 - fall * t, f"1 - {number(fall)} t", fall),
            (1 / np.sqrt(1 + t), "1/√(1 + t)", 0.5),
        )
        for predicted, words, coefficient in forms:
            if _same(factors, predicted):
                return Update(f"{kind}, {words}{begun}", kind, coefficient)
    return _in_stairs(factors, kind) or Update(f"a rate that changes: {_listed_rates(trajectory, factors)}", kind)


def _same(factors, others):
    return np.allclose(factors, others, WRITTEN, 0)


def _in_stairs(factors, kind):
    """The Update of a rate that stays for some steps, and then is multiplied by the same number again."""
    drops = [t for t in range(1, len(factors)) if not near(factors[t], factors[t - 1])]
    ratios = [factors[t] / factors[t - 1] for t in drops]
    lengths = np.diff([0, *drops])
    if not drops or not near(factors[0], 1) or not (near(min(ratios), max(ratios)) and len(set(lengths)) == 1):
        return None
    return Update(f"{kind} in stairs, times {number(ratios[0])} every {lengths[0]} steps", kind, float(ratios[0]))


def _listed_rates(trajectory, factors):
    shown = [number(c * (trajectory.rate or 1)) for c in factors[:4]]
    return f"{', '.join(shown)} ..."
