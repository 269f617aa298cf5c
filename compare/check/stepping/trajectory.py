"""The trajectory of parameters, with its gradients, and what a step may be called."""

from typing import NamedTuple

import numpy as np

PLAIN, MOMENTUM = "plain descent", "momentum"
SAME = 1e-9  # relative to the largest entry of a parameter's step
NOISE = 1e-13  # of a gradient that is zero but for rounding, relative to the largest of all
WRITTEN = 1e-7  # relative: a coefficient that is solved for is the one somebody wrote


class Update(NamedTuple):
    """What a step does, in words: "momentum, 0.9"."""

    words: str
    kind: str  # PLAIN, MOMENTUM, "rate decay" ...
    coefficient: float = 0.0
    is_as_usual: bool = True  # its sign and its rate are

    @property
    def is_plain(self):
        """Whether it is W - rate ∂L/∂W."""
        return self.kind == PLAIN and self.is_as_usual


class Trajectory(NamedTuple):
    """Parameters (steps + 1, D) and gradients (steps, D), flat; `places`: {name: slice of D}."""

    parameters: np.ndarray
    gradients: np.ndarray
    steps: np.ndarray  # (steps, D): by how much the parameters change
    limits: np.ndarray  # of an error in `steps`
    rate: float | None
    places: dict
    shapes: dict

    @classmethod
    def made(cls, parameters, gradients, rate):
        """The Trajectory of {name: array} twice; parameters without a gradient are left out."""
        names = [name for name in parameters if name in gradients]
        P = [_flat(parameters[name]) for name in names]
        G = [_flat(gradients[name]) for name in names]
        ends = np.cumsum([0, *(Z.shape[1] for Z in P)])
        places = {name: slice(ends[k], ends[k + 1]) for k, name in enumerate(names)}
        shapes = {name: np.shape(parameters[name])[1:] for name in names}
        P, G = np.concatenate(P, axis=1), np.concatenate(G, axis=1)
        steps = np.diff(P, axis=0)
        limits = 4 * np.finfo(float).eps * (np.abs(P[1:]) + np.abs(P[:-1])) + NOISE * _largest(steps)
        for place in places.values():
            limits[:, place] += SAME * _largest(steps[:, place])
        return cls(P, G, steps, limits, rate, places, shapes)

    def is_finite(self):
        return bool(np.isfinite(self.parameters).all() and np.isfinite(self.gradients).all())

    def gives(self, steps, first=0):
        """Whether these are the steps from step `first` on."""
        return bool((np.abs(steps - self.steps[first:]) <= self.limits[first:]).all())

    def gives_one(self, t, step):
        """Whether this is step t."""
        return bool((np.abs(step - self.steps[t]) <= self.limits[t]).all())

    def head(self, number):
        """The first steps alone."""
        return self._replace(steps=self.steps[:number], limits=self.limits[:number])

    def fitted(self, *regressors, first=0):
        """The coefficients with which arrays like `steps[first:]` add up to the steps, or None where they do not."""
        A = np.stack([Z.ravel() for Z in regressors], axis=1)
        sizes = np.linalg.norm(A, axis=0)
        if not np.isfinite(A).all() or not sizes.all():
            return None
        coefficients, _, rank, _ = np.linalg.lstsq(A / sizes, self.steps[first:].ravel(), rcond=1e-12)
        coefficients = coefficients / sizes
        if rank < len(regressors):
            return None
        fit = sum(c * Z for c, Z in zip(coefficients, regressors, strict=True))
        return [float(c) for c in coefficients] if self.gives(fit, first) else None

    def factor(self, c):
        """c as a multiple of the rate, where that is known."""
        return c / self.rate if self.rate else c


def _flat(Z):
    Z = np.asarray(Z, float)
    return Z.reshape(len(Z), -1)


def _largest(Z):
    return np.abs(Z).max(axis=1, keepdims=True, initial=0)


def near(a, b):
    return bool(abs(a - b) <= WRITTEN * max(abs(a), abs(b)))


def number(c):
    """A coefficient as somebody wrote it: 0.9, and not 0.9000000001."""
    return f"{c:.6g}"


def rate_words(trajectory, factor, samples):
    """What is odd about steps that are `factor` times as large as the rate says, or ""."""
    if factor < 0:
        return " and ".join(filter(None, ["the opposite sign", rate_words(trajectory, -factor, samples)]))
    if trajectory.rate is None or near(factor, 1):
        return ""
    known = [(2, "twice the rate"), (0.5, "half the rate")]
    if samples and samples > 1:
        known = [(1 / samples, "the rate divided by N"), (samples, "the rate times N"), *known]
        known += [(2 / samples, "twice the rate, divided by N"), (0.5 / samples, "half the rate, divided by N")]
    known += [(trajectory.rate, "the rate multiplied in twice"), (1 / trajectory.rate, "no rate")]
    for value, words in known:
        if near(factor, value):
            return words
    return f"another rate, {number(factor * trajectory.rate)}"


def with_rate(trajectory, words, kind, c, samples, coefficient=0.0):
    """The Update whose steps are c times what its words say; `c` should be the rate."""
    odd = rate_words(trajectory, trajectory.factor(c), samples)
    return Update(f"{words}, with {odd}" if odd else words, kind, coefficient, not odd)
