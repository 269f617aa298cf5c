"""What a `train` does with its gradients, found out from the trajectory of its parameters."""

import math
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.update import parse
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
    """The step that is asked for: PLAIN, MOMENTUM with its coefficient, or an optimiser as it would be named."""

    kind: str
    coefficient: float = 0.0
    named: str = ""  # how the words of an Update begin: "Adam, β = 0.9 and 0.999, ε = 1e-08"

    def words(self):
        return self.named or (f"{self.kind}, {self.coefficient:g}" if self.kind == MOMENTUM else self.kind)


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
    """The Stepping in "sgd", "momentum=0.9", or an optimiser as cases.update has it. Raises UsageError."""
    name, equals, number = text.strip().partition("=")
    if not equals or name != "momentum":
        return _optimiser(text)
    try:
        coefficient = float(number)
    except ValueError:
        coefficient = math.nan
    if not 0 <= coefficient < 1:
        raise UsageError(f"--update momentum=0.9 takes a number of at least 0 and below 1, not {text!r}.")
    return Stepping(MOMENTUM, coefficient) if coefficient else Stepping(PLAIN)


def _optimiser(text):
    """The Stepping of an optimiser. Raises UsageError."""
    rule, lr = parse(text)
    s = dict(rule.settings)
    if lr is not None or rule.demanded or s["l2"] or (s["decay"] and rule.name != "adamw"):
        raise UsageError(f"--update here takes {rule.name} and its own numbers alone, not {text!r}.")
    if rule.name == "sgd":
        return Stepping(PLAIN)
    if rule.name == "momentum":
        return Stepping(MOMENTUM, s["momentum"])
    if rule.name == "nesterov":
        return Stepping(rule.name, named=f"Nesterov momentum, {s['momentum']:g}")
    if rule.name == "rmsprop":
        return Stepping("RMSprop", named=f"RMSprop, {s['rho']:g}, ε = {s['eps']:g}")
    return Stepping("Adam", named=f"Adam, β = {s['beta1']:g} and {s['beta2']:g}, ε = {s['eps']:g}")


def unlike(asked, update):
    """How an Update, or None, is otherwise than a Stepping that is asked for: a sentence, or ""."""
    if update is not None and update.is_as_usual and update.kind == asked.kind:
        matches = asked.kind == PLAIN or math.isclose(asked.coefficient, update.coefficient, rel_tol=1e-6)
        matches = update.words.startswith(asked.named) if asked.named else matches
        if matches:
            return ""
    return f"Its step is {update.words if update else UNKNOWN}; you asked for {asked.words()}."
