"""The NumPy column with a common mistake planted in it: how it trains, what the judge says, what a tolerance says."""

from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, make_case
from fourfold.compare.columns import calls, workers
from fourfold.compare.lesson.numbers import observe
from fourfold.compare.lesson.stories import STORIES, TWENTY
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find

COLUMN = "numpy"
COMPARED = ("L", "dL_dW1", "dL_dW2")


class Broken(NamedTuple):
    """T recorded steps; `...` is the shape of one quantity."""

    slug: str  #      as an address has it: slope-missing
    name: str
    equation: str  #  "E16"
    quantity: str  #  the first one broken
    why: str  #       people make it
    story: str  #     how, and what is seen
    edits: list  #    planted.Edits of the column's file
    values: dict  #   quantity -> (T, ...) float64
    marks: dict  #    quantity -> (T, ...) uint8, as in numbers.Lesson
    usual: np.ndarray  # (T,) bool: np.allclose sees no difference from the right column at the same weights


class _Pool(NamedTuple):
    """A pool in which the planted columns run in the process of the right one, one after the other."""

    pool: workers.Pool

    def begin(self, module, question):
        return self.pool.submit(COLUMN, _answer, module, question)

    def result(self, module, future):
        return self.pool.result(COLUMN, future)

    def ask(self, module, question):
        return self.result(module, self.begin(module, question))


def _answer(_, module, question):
    return calls.answer(module, question)


def record_broken(seed, steps, lr, kept, timeout, advance=lambda steps: None, names=TWENTY):
    """A Broken of every mistake, in a pool of their own: see `broken_in`."""
    with workers.open_pool(timeout) as pool:
        return broken_in(pool, kept, seed, steps, lr, advance, names)


def broken_in(pool, kept, seed, steps, lr, advance=lambda steps: None, names=TWENTY):
    """A Broken of every mistake, trained on XOR with the sigmoid and judged like any column.

    Raises ColumnError where a column cannot be run.
    """
    case = make_case("xor", ACTIVATIONS[0], lr, steps, 3, range(seed, seed + 1))
    return [_record(name, _Pool(pool), case, kept, advance) for name in names]


def _record(name, pool, case, kept, advance):
    mistake = find(name)
    nowhere = np.zeros((1, case.X.shape[1]))  # the page draws its own boundary
    before = [n - 1 for n in kept if n]  # what a step started from
    positions = sorted({*kept, *before})
    run = observe(pool, planted.module_name(COLUMN, name), case, positions, [0], nowhere, advance)
    shown = np.searchsorted(positions, kept)
    values, marks = {}, {}
    for quantity in run.marks:
        if quantity != "losses":
            values[quantity] = run.values[quantity][0, shown]
            marks[quantity] = run.marks[quantity][0, shown]
    started = [run.values[W][0, np.searchsorted(positions, before)] for W in ("W1", "W2")]
    return Broken(
        slug=mistake.slug.replace("_", "-"),
        name=name,
        equation=mistake.equation,
        quantity=mistake.quantity,
        why=mistake.why,
        story=STORIES[name],
        edits=planted.edits(COLUMN, *mistake.planted[COLUMN]),
        values=values,
        marks=marks,
        usual=usual_verdicts(values, started, case),
    )


@np.errstate(all="ignore")
def usual_verdicts(values, started, case):
    """(T,) bool: what np.allclose says of {quantity: (T, ...)}, recorded from step 0 on.

    It compares loss and gradients with the right column's at the same weights, and the weights with those after a
    right step. `started`: the W1 and W2 (T - 1, ...) before the last step to each position but the first.
    """
    right = impls.load(COLUMN)
    X, Y, *_ = case.cast("float64")
    expected = right.trace(X, Y, values["W1"], values["W2"], case.activation)._asdict()
    W1, W2, *_ = right.step(X, Y, *started, case.lr, case.activation)
    verdicts = []
    for i in range(len(values["L"])):
        same = all(np.allclose(values[name][i], expected[name][i]) for name in COMPARED)
        if i:
            same = same and np.allclose(values["W1"][i], W1[i - 1]) and np.allclose(values["W2"][i], W2[i - 1])
        verdicts.append(same)
    return np.array(verdicts)
