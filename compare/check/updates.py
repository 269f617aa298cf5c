"""What a `train` does with its gradients, found out from the trajectory of its parameters."""

import math
from typing import NamedTuple

import numpy as np

from fourfold.compare.check.stepping import adaptive, rates, rules
from fourfold.compare.check.stepping.orders import Orders
from fourfold.compare.check.stepping.trajectory import MOMENTUM, PLAIN, Trajectory
from fourfold.compare.errors import UsageError

FEWEST = 5  # steps
UNKNOWN = "not plain descent, nor any other step that is known"
# The simplest first: of two that fit it is the one that is meant.
RULES = (
    rules.plain,
    rules.each_its_own,
    rates.clipped,
    rates.every_step_its_own,
    rates.clipped_each_norm,
    rules.stale,
    rules.momentum,
    rules.nesterov,
    rules.averaged,
    rules.decay,
)


class Stepping(NamedTuple):
    """The step that is asked for: PLAIN, or MOMENTUM with its coefficient."""

    kind: str
    coefficient: float = 0.0

    def words(self):
        return f"{self.kind}, {self.coefficient:g}" if self.kind == MOMENTUM else self.kind


def kind_of_update(parameters, gradients, rate=None, samples=None, gradients_at=None):
    """The Update that makes these steps, or None where none that is known does.

    parameters: {name: array (steps + 1, ...)}, gradients: {name: array (steps, ...)}, at least FEWEST steps; rate:
    None where it is not known; samples: N; gradients_at: as stepping.orders.Orders takes it. Raises ValueError where
    there are too few steps.
    """
    trajectory = Trajectory.made(parameters, gradients, rate)
    if len(trajectory.steps) < FEWEST:
        raise ValueError(f"{FEWEST} steps are needed to tell updates apart, not {len(trajectory.steps)}")
    if not trajectory.is_finite():
        return None
    with np.errstate(all="ignore"):
        for rule in RULES:
            if update := rule(trajectory, samples):
                return update
        if gradients_at is not None and (update := Orders(trajectory, samples, gradients_at).update()):
            return update
        return adaptive.update(trajectory, samples)


def demanded(text):
    """The Stepping in "sgd" or "momentum=0.9". Raises UsageError."""
    name, equals, number = text.strip().partition("=")
    if name == "sgd" and not equals:
        return Stepping(PLAIN)
    try:
        coefficient = float(number)
    except ValueError:
        coefficient = math.nan
    if name != "momentum" or not 0 <= coefficient < 1:
        raise UsageError(f"--update is sgd, or momentum=0.9 with a number of at least 0 and below 1, not {text!r}.")
    return Stepping(MOMENTUM, coefficient) if coefficient else Stepping(PLAIN)


def unlike(asked, update):
    """How an Update, or None, is otherwise than a Stepping that is asked for: a sentence, or ""."""
    if update is not None and update.is_as_usual and update.kind == asked.kind:
        matches = asked.kind == PLAIN or math.isclose(asked.coefficient, update.coefficient, rel_tol=1e-6)
        if matches:
            return ""
    return f"Its step is {update.words if update else UNKNOWN}; you asked for {asked.words()}."
