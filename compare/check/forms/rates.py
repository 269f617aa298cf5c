"""How good a reading of a class is, and what rate its updates go along their gradients with."""

import re
from typing import NamedTuple

from fourfold.compare.check.forms import class_trials, constructing
from fourfold.compare.check.forms.constructing import Placeholder, Sizes
from fourfold.compare.check.forms.programs import Program

NAMES = ("lr", "learning_rate", "alpha", "eta", "learningRate", "learn_rate", "rate", "lrate", "step_size")


def rate(steps, thing):
    """What an update is multiplied with, by a method's argument or an attribute; None where neither says so."""
    for step in steps:
        for _, value in step.call.keywords:
            if value == constructing.RATE and not isinstance(value, Placeholder):
                return constructing.RATE
    for name in NAMES:
        value = getattr(thing, name, None)
        if isinstance(value, int | float) and value > 0:
            return float(value)
    return None


def written(text):
    """{word: number} of the rates that a text has as numbers: `learn_rate = 0.1`, `-= 0.1 *`."""
    known = {}
    for name, number in re.findall(r"\b(\w+) *= *(\d*\.\d+|1e-\d+)\b", text):
        if constructing.kind(name, constructing.KINDS) == "rate":
            known[name] = float(number)
    for number in re.findall(r"[-+]= *(\d*\.\d+|1e-\d+) *\*", text):
        known.setdefault(number, float(number))
    return known


def multiple(pairs, sizes, known):
    """(number, words) of what all updates are of their slopes, where a rate explains it: 2, 1/2, N, 1/N; or None.

    pairs: {parameter: (given, slope)}; sizes: how many samples and entries there are; known: rates that are written.
    """
    samples, entries = sizes
    counts = {"": 1.0, "N": samples, "1/N": 1 / samples, "N·d": entries, "1/(N·d)": 1 / entries}
    for count, size in counts.items():
        for factor, number in {"": 1.0, "2": 2.0, "1/2": 0.5}.items():
            for word, value in {"": 1.0, **known}.items():
                ratio = size * number * value
                if all(class_trials.agree(given, slope, ratio) for given, slope in pairs.values()):
                    return ratio, " · ".join(part for part in (word, factor, count) if part) or "1"
    return None


class Score(NamedTuple):
    """What speaks for a Usage, what counts most first: that gradients are right only settles ties."""

    fitting: float  # the share of gradients with their parameters' shapes
    declared: int  # whether the loss is theirs, and called so
    some: int  # whether any gradient is right
    own: int  # whether the loss is theirs
    share: float  # of right gradients
    direct: int  # whether gradients are given, not updates


class Usage(NamedTuple):
    """A Program that runs, with what speaks for it."""

    program: Program
    layout: object
    sizes: Sizes
    score: Score
    shapes: dict
    loss: str
