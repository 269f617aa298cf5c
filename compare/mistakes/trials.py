"""What is tried on what: every mistake and every rewriting in every column, on cases of the suite and in whole runs."""

from typing import NamedTuple

from fourfold.compare.cases import suites
from fourfold.compare.cases.case import DTYPES
from fourfold.compare.mistakes import rewritings
from fourfold.compare.mistakes.catalogue import MISTAKES

# Long enough for all that is carried from step to step; uncompiled, these two take 80 ms and 10 ms a step.
STEPS, FEW_STEPS = 40, {"jax": 1, "tf": 3}
# Longer than any step of a schedule, and until little is left of the loss.
LONG = (
    suites.two_layer("whole-run", "xor", 3, "sigmoid", lr=1, steps=1_200, seeds=range(4), dtypes=("float64",)),
    suites.deep(
        "deep-whole-run", "xor", (3, 3), ("tanh", "tanh", "identity"), steps=1_200, seeds=range(2), dtypes=("float64",)
    ),
)
WHOLE_RUNS = {recipe.name for recipe in LONG}
# Numbers of one network above which a case is tried only where it has to be.
LARGE = 10_000


class Planting(NamedTuple):
    """Something to be planted in a column."""

    name: str
    column: str
    row: str
    case: str = ""  # the one that a mistake shows on; a rewriting has none
    alone: bool = False  # it needs a process of its own
    rewritten: bool = False  # it is no mistake
    loses_digits: bool = False


def plantings(columns):
    """A Planting of everything that can be planted in these columns."""
    for mistake in MISTAKES.values():
        for column in mistake.planted:
            if column in columns:
                yield Planting(
                    mistake.name, column, mistake.row, mistake.case, mistake.alone, loses_digits=mistake.loses_digits
                )
    if "numpy" in columns:
        for row, named in rewritings.OF_ROW.items():
            for name in named:
                yield Planting(f"rewritten {name}", "numpy", row, rewritten=True)


def runs(planting, cases):
    """The (case, dtype) that it is tried on: those that take long only where it shows there, or must not."""
    chosen = []
    for case in cases:
        here = planting.rewritten or case.name == planting.case or not takes_long(case)
        if case.row == planting.row and here:
            chosen += [(case, dtype) for dtype in DTYPES if dtype in case.dtypes]
    return chosen


def takes_long(case):
    """Whether every mistake on it would take longer than all there is to see."""
    return case.shapes or case.name in WHOLE_RUNS or is_large(case)


def is_large(case):
    return len(case.X) * sum(case.widths()) + case.parameters() > LARGE


def cut(case, column):
    """The Case with as many steps as a column is tried for."""
    return case if case.name in WHOLE_RUNS else case._replace(steps=min(case.steps, FEW_STEPS.get(column, STEPS)))
