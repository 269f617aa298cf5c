"""Whether code that is right on paper loses digits in float64: it is run where units saturate and numbers are small.

Rounding is no loss: a difference counts only beyond what one rounding of the inputs changes, and in relation to the
largest entry there is, saturated or not. 1 − a² of a saturated unit is 0 and should be 1e-20, and nobody is harmed.
"""

import math
import warnings
from typing import NamedTuple

import numpy as np

from fourfold.compare.exact.parts import changed, copies, is_one

LOST = 1e-6  # relative
CONDITION = 1000  # times what one rounding of the inputs changes
# What is scaled, and by what: the most natural first.
SCALES = (
    ("as given", 1.0, 1.0),
    ("weights × 30", 30.0, 1.0),
    ("data × 30", 1.0, 30.0),
    ("weights × 0.001", 1e-3, 1.0),
    ("data × 0.001", 1.0, 1e-3),
    ("weights × 1000", 1000.0, 1.0),
    ("data × 1000", 1.0, 1000.0),
)


class LostDigits(NamedTuple):
    """The worst entry, where digits are lost first."""

    scale: str  # "weights × 30"
    name: str  # of the gradient, or of the loss
    index: tuple
    got: float  # in float64: nan where it ended with an error
    exact: float
    error: str = ""  # what it ended with

    def words(self):
        """A sentence."""
        where = "at the example" if self.scale == "as given" else f"with {self.scale}"
        if self.error:
            return f"{where}, float64 ends with {self.error}"
        entry = f"{self.name}[{', '.join(map(str, self.index))}]" if self.index else self.name
        return f"{where}, {entry} is {self.got:.6g} in float64, but exactly {self.exact:.6g}"


def lost(run, inputs, exact, parameters=()):
    """The LostDigits of code, None where it loses none.

    run(inputs) and exact(inputs) give {name: array}, of gradients and the loss: by the code in float64, and the exact
    values rounded once. `parameters` are the inputs that are weights. Where exact(...) raises, nothing is judged.
    """
    largest = {}
    for scale, of_weights, of_data in SCALES:
        scaled = _scaled(inputs, parameters, of_weights, of_data)
        truth = _tried(exact, scaled)
        if truth is None:
            continue
        for name, Z in truth.items():
            magnitude = np.max(np.abs(Z), initial=0)
            if math.isfinite(magnitude):
                largest[name] = max(magnitude, largest.get(name, 0))
        worst = _worst(scale, run, scaled, exact, truth, largest)
        if worst:
            return worst
    return None


def _scaled(inputs, parameters, of_weights, of_data):
    """Labels, probabilities and single numbers stay as they are."""

    def change(name, Z):
        is_weight = is_one(name, parameters)
        if np.ndim(Z) == 0 or (not is_weight and _is_target(Z)):
            return np.array(Z)[()]
        return np.array(Z) * (of_weights if is_weight else of_data)

    return changed(inputs, change)


def _is_target(Z):
    """Labels, one-hot rows, and what lies between 0 and 1."""
    return bool(np.all((Z >= 0) & (Z <= 1)) or np.all(np.round(Z) == Z))


def _tried(exact, inputs):
    try:
        return {name: np.asarray(Z, float) for name, Z in exact(copies(inputs)).items()}
    except Exception:  # where there is no exact value, there is nothing to judge by
        return None


def _worst(scale, run, inputs, exact, truth, largest):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            got = run(copies(inputs))
        except (ArithmeticError, ValueError) as error:  # math.exp(1000), math.log(0)
            return LostDigits(scale, "", (), math.nan, math.nan, f"{type(error).__name__}: {error}")
    candidates = {}
    for name, Z in truth.items():
        off = _off(got.get(name), Z)
        if off is not None and np.max(off, initial=0) > LOST * largest.get(name, 0):
            candidates[name] = off
    if not candidates:
        return None
    allowance = _conditions(exact, inputs, truth)
    worst, size = None, 0.0
    for name, off in candidates.items():
        beyond = off - allowance[name]
        index = np.unravel_index(np.argmax(beyond), beyond.shape)
        relative = beyond[index] / (largest[name] or 1)
        if beyond[index] > LOST * largest[name] and relative > size:
            value = np.asarray(got[name], float).reshape(beyond.shape)[index]
            worst, size = (name, index, value), relative
    if worst is None:
        return None
    name, index, value = worst
    return LostDigits(scale, name, tuple(int(i) for i in index), float(value), float(truth[name][index]))


def _off(got, truth):
    """How far off each entry is: infinitely, where it is no finite number and should be. None: not to be compared."""
    Z = None if got is None else np.asarray(got)
    if Z is None or Z.size != truth.size or Z.dtype.kind not in "fiub":
        return None
    Z = Z.astype(float).reshape(truth.shape)
    off = np.where(np.isfinite(Z), np.abs(Z - truth), np.inf)
    return np.where(np.isfinite(truth), off, 0.0)


def _conditions(exact, inputs, truth):
    """{name: what roundings of the inputs may change}: infinite, where nobody knows."""
    allowance = {name: np.zeros(Z.shape) for name, Z in truth.items()}
    for seed in range(2):
        rng = np.random.default_rng(seed)
        rounded = changed(inputs, lambda _, Z, rng=rng: Z * (1 + rng.choice([-1, 1], np.shape(Z)) * 2.0**-52))
        other = _tried(exact, rounded)
        for name, Z in truth.items():
            change = np.abs(other[name] - Z) if other else np.full(Z.shape, np.inf)
            change = np.where(np.isfinite(Z), change, 0.0)
            # A sum rounds as its largest terms do: entries share what the most sensitive of them is allowed.
            largest = np.max(change, initial=0)
            allowance[name] = np.maximum(allowance[name], CONDITION * largest)
    return allowance
