"""One entry of the catalogue."""

import re
from typing import NamedTuple


class Mistake(NamedTuple):
    """A mistake is text of a correct column and what stands there instead.

    `planted` maps a column to right, wrong, right, wrong ...: every right text is in that column's file, and is
    replaced.
    """

    name: str
    quantity: str  # the first one broken, in order of computation: of the trace, or every L, every W2, every W1
    equation: str  # the one violated, of E1 ... E26
    why: str  # people make it
    planted: dict[str, tuple[str, ...]]
    case: str = "asymmetric-sigmoid"  # of suites.TABLE, or of suites.DEEP: one where it shows
    alone: bool = False  # it changes its framework for the whole process
    row: str = "two_layer"  # of columns: impls.ROWS

    @property
    def slug(self):
        return slug(self.name)


def slug(name):
    """A name as part of a module's: lower-case letters, digits and underscores."""
    text = name.lower().translate(str.maketrans("σ₁₂′½²", "s12p22"))
    return re.sub("[^a-z0-9]+", "_", text).strip("_")
