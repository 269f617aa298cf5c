"""The first steps of a column by several optimisers, in one call."""

from fourfold import impls
from fourfold.compare.columns import calls

# Compiling would take a thousand times as long as the steps
UNCOMPILED = {"tf": "tf:eager"}


def first_steps(name, question, rules):
    """[{name: NumPy array}] of a "trajectory" Question, one an UpdateRule: the last that a process is asked.

    What is uncompiled stays so.
    """
    if name in UNCOMPILED:
        impls.load(UNCOMPILED[name])
    return [calls.answer(name, question._replace(update=rule)) for rule in rules]
