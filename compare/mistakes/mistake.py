"""One entry of the catalogue."""

import re
from typing import NamedTuple

from fourfold.compare.judge.quantities import DEEP, TWO_LAYER, anatomy, internal

# Of the cases that mistakes show on: the one they do unless another is named, and how many layers they have.
OPTIMIZERS = "optimizers"
CASES = {TWO_LAYER: "asymmetric-sigmoid", DEEP: "deep-tanh", OPTIMIZERS: "asymmetric-sigmoid"}
DEPTHS = {TWO_LAYER: 2, DEEP: 3}


class Mistake(NamedTuple):
    """A mistake is text of a correct column and what stands there instead."""

    name: str
    quantity: str  # the first one broken, in order of computation: of the trace, or every L, every W2, every W1
    equation: str  # the one violated, of E1 ... E26 or U1 ... U11
    why: str  # people make it
    planted: dict[str, tuple[str, ...]]  # of a column: right, wrong, right, wrong ...; its file has every right text
    case: str  # one where it shows: of suites.TABLE or suites.DEEP, or a trial of trials.py
    alone: bool  # it changes its framework for the whole process
    row: str  # of columns: impls.ROWS
    loses_digits: bool = False  # it is no mistake: right on paper, and rounds more than it needs
    update: str = ""  # of the row of the optimisers: what --update asks for, where it shows

    @property
    def slug(self):
        return slug(self.name)


def mistake(
    name,
    quantity,
    *,
    why,
    case=None,
    equation=None,
    alone=False,
    row=TWO_LAYER,
    loses_digits=False,
    update="",
    **planted,
):
    """A Mistake. Its equation is that of the quantity, unless it is made elsewhere."""
    if not equation:
        network = anatomy(row, DEPTHS[row], biases=row == DEEP)
        equation = network.all[internal(quantity, row)].equation
    return Mistake(name, quantity, equation, why, planted, case or CASES[row], alone, row, loses_digits, update)


def edited(text, old, new):
    """(right, wrong): a text, and what becomes of it with `new` for `old`."""
    return text, text.replace(old, new)


def slug(name):
    """A name as part of a module's: lower-case letters, digits and underscores."""
    text = name.lower().translate(str.maketrans("σ₁₂′½²", "s12p22"))
    return re.sub("[^a-z0-9]+", "_", text).strip("_")
