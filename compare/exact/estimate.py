"""What can be said of code that takes no exact numbers, and of the digits of code that does."""

import math

import numpy as np

from fourfold.compare.exact import differences, digits
from fourfold.compare.exact.examine import by_name, evaluate
from fourfold.compare.exact.examined import OPEN, RIGHT, WRONG, Examined, Proven
from fourfold.compare.exact.parts import copies
from fourfold.compare.exact.prove import fitted, in_floats


def estimate(theirs, namespace, why):
    """The Examined on a Code by differences of its loss in float64; `why` it was not proved, a sentence."""
    recipe = theirs.recipe
    inputs = recipe.example(np.random.default_rng(0), 0)

    def loss(given):
        return recipe.run(namespace, given)[0]

    notes = [f"Not proved: {why}."]
    L, gradients = recipe.run(namespace, copies(inputs))
    first, second = np.asarray(L).item(), np.asarray(loss(copies(inputs))).item()
    if not math.isfinite(first):
        notes.append("Its loss is not finite at the example's point.")
        return Examined(OPEN, recipe.words, differences.DIFFERENCES, notes=notes)
    if first != second:
        again = (
            "The same inputs give a different loss the second time: draw no random numbers, "
            "or set the seed on every call."
        )
        return Examined(OPEN, recipe.words, differences.DIFFERENCES, notes=[*notes, again])
    estimates = differences.by_differences(loss, inputs, recipe.parameters)
    given, proven = by_name(inputs, gradients), []
    for name, one in estimates.items():
        proven.append(_agreement(name, one, given.get(name)))
    how = next(iter(estimates.values())).how if estimates else differences.DIFFERENCES
    right = all(one.right for one in proven)
    return Examined(RIGHT if right else WRONG, recipe.words, how, gradients=proven, notes=notes)


def _agreement(name, one, gradient):
    if gradient is None:
        return Proven(name, False, why="there is none", digits=0)
    Z = fitted(in_floats(gradient), one.value.shape)
    if Z is None:
        shapes = f"its shape is {np.shape(in_floats(gradient))}, not {one.value.shape}"
        return Proven(name, False, why=shapes, digits=0)
    agreement = differences.digits(one, Z)
    index = agreement.index or (0,) * one.value.ndim
    got, exact = float(Z[index]), float(one.value[index])
    return Proven(name, not agreement.disagrees, list(index), got, exact, digits=agreement.digits, shape=list(Z.shape))


def varies(theirs, namespace):
    """Whether the same inputs give another loss the second time."""
    inputs = theirs.recipe.example(np.random.default_rng(0), 0)
    losses = []
    for _ in range(2):
        L, _ = theirs.recipe.run(namespace, copies(inputs))
        losses.append(np.asarray(L, float))
    return not np.array_equal(*losses, equal_nan=True)


def lost_digits(theirs, namespace):
    """A sentence on the digits that right code loses in float64; "" where it loses none."""
    recipe = theirs.recipe

    def run(inputs):
        L, gradients = recipe.run(namespace, inputs)
        values = {"L": np.asarray(L, float)}
        for name, gradient in by_name(inputs, gradients).items():
            values[name] = in_floats(gradient)
        return values

    def exact(inputs):
        evaluation = evaluate(theirs, inputs)
        values = {"L": np.asarray(evaluation.loss)}
        for name, one in evaluation.compared.items():
            values[name] = one.given
        return values

    lost = digits.lost(run, recipe.example(np.random.default_rng(0), 0), exact, recipe.parameters)
    return f"{lost.words()}." if lost else ""
