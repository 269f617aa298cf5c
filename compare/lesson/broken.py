"""The NumPy column with a common mistake planted in it: how it trains, what the judge says, what a tolerance says."""

from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, make_case
from fourfold.compare.columns import workers
from fourfold.compare.lesson.numbers import observe
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find

COLUMN = "numpy"

# The twenty commonest, in the order of computation: how people come to make it, and what is seen.
STORIES = {
    "activation forgotten": "The line was to be filled in later. The slope is still the sigmoid's, of numbers it "
    "was not made for: the weights run away.",
    "sign of the residual": "Somebody thinks of an error as target minus prediction. The loss is the same, every "
    "gradient points uphill, and the loss grows.",
    "1/N for 1/(2N)": "The loss is written from memory and its gradient copied from a book. Training is perfect; "
    "only the number that is reported is twice as large.",
    "1/N missing": "With four samples the steps are four times as long. XOR is learned, even sooner: nobody looks "
    "again until the batch has 1,000 samples. At the end the gradients are so small that a tolerance passes them.",
    "factor 2 left over": "The square brings down a 2. The steps are twice as long, and the loss falls, as it should.",
    "½ counted twice": "Half the steps, half the speed. Nothing looks wrong; it only takes longer.",
    "sign of the gradient": "One minus is lost. The loss grows from the first step on: the mistake that is found first.",
    "slope at the output too": "The backward pass is copied from a network that ends in a sigmoid. Where a "
    "prediction is above 1 or below 0 that slope is negative, and the weights run away.",
    "float32 leak in the gradient": "One array came from a file or a GPU. Seven digits are left of sixteen, and every "
    "usual tolerance is too wide to see it.",
    "H for A in W2's gradient": "The two arrays stand side by side and have the same shape. The last layer learns "
    "from what has not been through the activation.",
    "only the last sample counts for W2": "In a loop over the samples, = stands where += was meant. The last layer "
    "learns one sample by heart.",
    "W2 forgotten on the way back": "The residual is handed to every hidden unit alike, whatever it counted for. The "
    "loss falls to a third and no further.",
    "slope missing": "The chain rule is one factor short. The loss falls at first, so it looks like training, and "
    "then it stays where it is.",
    "slope of σ(A), not of A": "The slope is written for h and is given a. All slopes come out alike, near 0.23, and "
    "training gets stuck.",
    "slope of H, not of A": "a(1 - a) is a formula in a. With h in it most slopes are negative: uphill, faster and "
    "faster.",
    "tanh's slope for sigmoid's": "The activation is swapped in the forward pass alone, or the wrong line of a table "
    "is copied.",
    "1/N twice in W1's gradient": "N was divided by in the first line, and once more in the last. The hidden layer "
    "learns four times too slowly.",
    "W2 updated before W1's gradient": "Each layer is updated as soon as its gradient is there, and W1's gradient is "
    "computed with the new W2. It trains, and a tolerance passes it at one step and not at the next.",
    "ascent": "A plus for a minus in the update: uphill, faster and faster.",
    "gradients not zeroed": "PyTorch adds to .grad until it is told to forget. Every step repeats all the steps "
    "before it.",
}
TWENTY = tuple(STORIES)
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


def record_broken(names, seed, steps, lr, kept, timeout, advance=lambda steps: None):
    """A Broken of every mistake's name, trained on XOR with the sigmoid and judged like any column.

    Raises ColumnError where a column cannot be run.
    """
    case = make_case("xor", ACTIVATIONS[0], lr, steps, 3, range(seed, seed + 1))
    modules = {planted.module_name(COLUMN, name): name for name in names}
    with workers.open_pool(timeout) as pool:
        recorded = workers.each(pool, [*modules], lambda module: _record(modules[module], pool, case, kept, advance))
    return [*recorded.values()]


def _record(name, pool, case, kept, advance):
    mistake = find(name)
    nowhere = np.zeros((1, case.X.shape[1]))  # the page draws its own boundary
    run = observe(pool, planted.module_name(COLUMN, name), case, kept, [0], nowhere, advance)
    values, marks = {}, {}
    for quantity in run.marks:
        if quantity != "losses":
            values[quantity] = run.values[quantity][0]
            marks[quantity] = run.marks[quantity][0]
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
        usual=usual_verdicts(planted.load(COLUMN, name), case, kept),
    )


def usual_verdicts(column, case, kept):
    """(T,) bool: what np.allclose says of a column's module after these steps.

    It compares loss and gradients with the right column's at the same weights, and the last step with a right one.
    """
    right = impls.load(COLUMN)
    X, Y, W1, W2 = case.cast("float64")
    start = W1[0], W2[0]
    verdicts = []
    with np.errstate(all="ignore"):
        W1s, W2s, _ = column.train(X, Y, *start, case.lr, case.steps, case.activation)
        path = [start, *zip(W1s, W2s, strict=True)]
        for n in kept:
            trace, expected = (module.trace(X, Y, *path[n], case.activation) for module in (column, right))
            same = all(np.allclose(getattr(trace, name), getattr(expected, name)) for name in COMPARED)
            if n:
                stepped = right.step(X, Y, *path[n - 1], case.lr, case.activation)[:2]
                same = same and all(map(np.allclose, path[n], stepped))
            verdicts.append(same)
    return np.array(verdicts)
