"""Derivatives of code that takes no exact numbers, estimated, with the size of the error.

The complex step (W. Squire and G. Trapp, SIAM Review 40, 1998) where the code is analytic and takes complex numbers;
else central differences, extrapolated to step 0 (C. Ridders, Advances in Engineering Software 4, 1982).
"""

import math
import warnings
from typing import NamedTuple

import numpy as np

from fourfold.compare.exact.parts import changed, is_one, parts

COMPLEX_STEP, DIFFERENCES = "complex step", "central differences"
TINY = 1e-150  # the complex step: nothing cancels, so it may be as small
FIRST, RATIO, STEPS = 2.0**-6, 2.0, 9  # of central differences, relative to an entry's size
CONSISTENT = 1e-6
EPS = float(np.finfo(float).eps)
MOST = 15  # digits float64 can agree to
BEYOND = 100  # times the estimated error: a disagreement that is none of the estimate


class Estimate(NamedTuple):
    """A derivative's entries, and how far off each may be."""

    value: np.ndarray
    error: np.ndarray
    how: str


class Agreement(NamedTuple):
    """How far a gradient agrees with an Estimate. `index` is the entry furthest off, in terms of the error."""

    digits: int
    disagrees: bool
    index: tuple = ()
    how: str = DIFFERENCES

    def words(self):
        """No more than is known."""
        if self.disagrees:
            return f"disagrees after {self.digits} digits (by {self.how})"
        return f"agrees to {self.digits} digits (by {self.how})"


def by_differences(f, inputs, parameters):
    """{name: Estimate} of the derivatives of f(inputs), a number, with respect to every array of the parameters.

    Parts of lists and dicts are called W[0], params["W1"]. Raises what f raises.
    """
    names = []
    for name, value in inputs.items():
        names += [part for part in parts(name, value) if is_one(part[0], parameters)]
    estimates = {}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_steps = _by_complex_steps(f, inputs, names)
        for name, Z in names:
            estimates[name] = by_steps[name] if by_steps else _by_central_differences(f, inputs, name, Z)
    return estimates


def digits(estimate, gradient):
    """The Agreement of a gradient with an Estimate. What has another number of entries disagrees."""
    Z, truth = np.asarray(gradient, float), estimate.value
    if Z.size != truth.size:
        return Agreement(0, True, (), estimate.how)
    Z = Z.reshape(truth.shape)
    scale = np.max(np.abs(truth), initial=0) or np.max(np.abs(Z), initial=0) or 1.0
    off = np.where(np.isfinite(Z), np.abs(Z - truth), np.inf)
    ratio = off / np.maximum(estimate.error, EPS * scale)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(ratio), ratio.shape)) if Z.size else ()
    disagrees = bool(np.max(ratio, initial=0) > BEYOND)
    worst = np.max(off, initial=0) if disagrees else np.max(np.maximum(off, estimate.error), initial=0)
    return Agreement(_digits(worst / scale), disagrees, index, estimate.how)


def _digits(relative):
    if not math.isfinite(relative):
        return 0
    return max(0, min(MOST, math.floor(-math.log10(max(relative, 10.0**-MOST)) + 1e-9)))


def _moved(f, inputs, name, index, step):
    """f where one entry is moved."""

    def change(part, Z):
        if part != name:
            return np.array(Z) if isinstance(Z, np.ndarray) else Z
        if not isinstance(Z, np.ndarray):
            return Z + step
        moved = Z.astype(complex if isinstance(step, complex) else float)
        moved[index] += step
        return moved

    result = f(changed(inputs, change))
    return result.item() if isinstance(result, np.ndarray | np.generic) else result


def _by_complex_steps(f, inputs, names):
    """{name: Estimate}, {} where the code takes no complex numbers, or is not analytic."""
    rng, estimates = np.random.default_rng(0), {}
    beside = changed(inputs, lambda _, Z: Z * (1 + EPS * rng.choice([-1.0, 1.0], np.shape(Z))))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            for name, Z in names:
                value, other = _complex_steps(f, inputs, name, Z), _complex_steps(f, beside, name, Z)
                noise = 4 * np.abs(value - other) + 8 * EPS * np.max(np.abs(value), initial=0)
                estimates[name] = Estimate(value, noise, COMPLEX_STEP)
                if not _is_consistent(f, inputs, name, Z, value):
                    return {}
    except Exception:  # whatever a stranger's code does with complex numbers
        return {}
    return estimates


def _complex_steps(f, inputs, name, Z):
    value = np.empty(np.shape(Z))
    for index in np.ndindex(value.shape):
        value[index] = complex(_moved(f, inputs, name, index, TINY * 1j)).imag / TINY
    return value


def _is_consistent(f, inputs, name, Z, value):
    """Whether central differences give the same, along a direction in which every entry moves."""
    direction = np.random.default_rng(1).uniform(0.5, 1, np.shape(Z)) * np.where(value < 0, -1, 1)

    def along(t):
        moved = changed(inputs, lambda part, Z: Z + t * direction if part == name else np.array(Z)[()])
        return float(np.real(f(moved)))

    slope, error = _extrapolated(along, FIRST)
    expected = float(np.sum(value * direction))
    return abs(slope - expected) + error <= CONSISTENT * (abs(expected) + abs(along(0.0)))


def _by_central_differences(f, inputs, name, Z):
    value, error = np.empty(np.shape(Z)), np.empty(np.shape(Z))
    for index in np.ndindex(value.shape):
        step = FIRST * max(1.0, abs(float(np.asarray(Z)[index])))

        def along(t, index=index):
            return float(np.real(_moved(f, inputs, name, index, t)))

        value[index], error[index] = _extrapolated(along, step)
    return Estimate(value, error, DIFFERENCES)


def _extrapolated(f, step):
    """(the derivative at 0, its error), from central differences with ever smaller steps."""
    here, jumps = f(0.0), []
    before, best, least, rounding = [], math.nan, math.inf, 0.0
    for k in range(STEPS):
        up, down = f(step), f(-step)
        row = [(up - down) / (2 * step)]
        rounding = EPS * max(abs(up), abs(down)) / step
        jumps.append(abs(up - 2 * here + down) / step)
        for j in range(k):
            weight = RATIO ** (2 * (j + 1))
            row.append((weight * row[j] - before[j]) / (weight - 1))
            error = max(abs(row[j + 1] - row[j]), abs(row[j + 1] - before[j])) + 4 * rounding
            if error < least:
                best, least = row[j + 1], error
        before, step = row, step / RATIO
    # The slopes on both sides come together as the step does, but for a kink.
    is_kink = jumps[-1] > max(0.75 * jumps[-2], BEYOND * rounding)
    return best, max(least, jumps[-1]) if is_kink else least
