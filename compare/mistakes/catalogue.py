"""Every known mistake, by group, in order of computation. Text only: no framework is imported here."""

from itertools import chain

from fourfold.compare.errors import UsageError, nearest
from fourfold.compare.mistakes.backward import HIDDEN, OUTPUT
from fourfold.compare.mistakes.batches import BATCHES
from fourfold.compare.mistakes.deep import BACK, TRAINING
from fourfold.compare.mistakes.deep_forward import ONWARD
from fourfold.compare.mistakes.digits import LOSES_DIGITS, PRECISION
from fourfold.compare.mistakes.forward import FORWARD, LOSSES
from fourfold.compare.mistakes.mistake import slug
from fourfold.compare.mistakes.optimizers import DECAYS, MOMENTA, MOMENTS, RUNS, SQUARED
from fourfold.compare.mistakes.schedules import DEEP_SCHEDULES, SCHEDULES
from fourfold.compare.mistakes.shapes import DEEP_SHAPES, SHAPES
from fourfold.compare.mistakes.training import LOOPS, UPDATES

GROUPS = {
    "forward pass": FORWARD,
    "loss": LOSSES,
    "backward pass, output layer": OUTPUT,
    "backward pass, hidden layer": HIDDEN,
    "update": UPDATES,
    "training loop": LOOPS,
    "schedules, and what only a run shows": SCHEDULES,
    "batches and sizes": BATCHES,
    "leading axes and what the contract says": SHAPES,
    "precision": PRECISION,
    "loses digits: right on paper, and no mistake": LOSES_DIGITS,
    "layers and biases, forward pass": ONWARD,
    "layers and biases, backward pass": BACK,
    "layers and biases, training": TRAINING,
    "layers and biases, schedules": DEEP_SCHEDULES,
    "layers and biases, leading axes": DEEP_SHAPES,
    "optimisers, momentum": MOMENTA,
    "optimisers, RMSProp": SQUARED,
    "optimisers, Adam": MOMENTS,
    "optimisers, decay": DECAYS,
    "optimisers, from step to step": RUNS,
}
MISTAKES = {mistake.slug: mistake for mistake in chain(*GROUPS.values())}


def losing_digits():
    """Those that are no mistakes: right on paper, and with fewer digits than there are to be had."""
    return [mistake for mistake in MISTAKES.values() if mistake.loses_digits]


def of_row(row):
    """The mistakes that are planted in a row of columns."""
    return [mistake for mistake in MISTAKES.values() if mistake.row == row]


def find(name):
    """The Mistake of a name. Raises UsageError, with the nearest name, where there is none."""
    if slug(name) in MISTAKES:
        return MISTAKES[slug(name)]
    near = nearest(slug(name), MISTAKES, cutoff=0.4)
    hint = f"did you mean {MISTAKES[near].name!r}?" if near else "fourfold mistakes lists them."
    raise UsageError(f"There is no mistake {name!r}: {hint}")
