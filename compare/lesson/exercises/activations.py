"""Exercise 1: identity, ReLU, tanh and sigmoid on XOR: where each ends, how often and how soon it learns."""

from fractions import Fraction
from functools import partial

import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, make_case
from fourfold.compare.cases.data import xor
from fourfold.compare.lesson import numbers
from fourfold.compare.lesson.examinee import DTYPE
from fourfold.compare.lesson.exercises import success, training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, answered

SEEDS = range(100)
STEPS, LR, HIDDEN = 10_000, 0.1, 3
# What the least-squares solution predicts, without biases and with
OPTIMA = {
    False: (Fraction(0), Fraction(1, 3), Fraction(1, 3), Fraction(2, 3)),
    True: (Fraction(1, 2),) * 4,
}
REACHED = 1e-6  # how near to the optimum's predictions counts as there


def answer(columns, seeds):
    """Answered: the four activations trained without biases, and the identity with them too."""
    cases = [make_case("xor", name, LR, STEPS, HIDDEN, seeds) for name in ACTIVATIONS]
    cases.append(make_case("xor", "identity", LR, STEPS, HIDDEN, seeds, bias=True))
    train_all = partial(training.train_all, cases=cases)
    runs, blocked = columns.each(train_all, partial(nothing_passes_relu_at_zero, seeds=seeds))
    by_activation, without, with_biases = {}, [], []
    for name, trained in runs.items():
        by_activation[name] = trained[:4]
        without.append(trained[3])
        with_biases.append(trained[4])
    claims, ends = [], []
    for biased, identities in ((False, without), (True, with_biases)):
        of_these, line = _identity(biased, identities)
        claims += of_these
        ends.append(line)
    claims += [success.ranking(ACTIVATIONS, by_activation), _kink(blocked)]
    tables = [
        success.table("Seeds that reach L < 0.001, and their median step", ACTIVATIONS, by_activation),
        Table(
            "The identity's end: largest distance of a prediction from the optimum, over all seeds",
            ["network", *columns.names],
            ends,
        ),
    ]
    figure = Figure(
        "1-curves",
        "Training error by activation",
        f"Loss over the steps, {len(seeds)} seeds of {columns.names[0]}: the median as a line, the middle four fifths "
        "as a band. The dashed line is 1/6, where the identity ends.",
    )
    setting = f"XOR, 2-{HIDDEN}-1, learning rate {LR:g}, {STEPS:,} steps, {training.named(seeds)}, {DTYPE}"
    arrays = _curves(by_activation[columns.names[0]])
    return answered(1, columns, setting, claims, tables, training.CERTIFICATE, [figure], arrays)


def _identity(biased, trained):
    """Claims on where an identity network ends, and a table's line."""
    optimum = OPTIMA[biased]
    least, is_optimum = _least(biased)
    far = distances(biased, trained)
    below = False
    for t in trained:
        lowest = float(least) - t.L_limit - np.spacing(float(least))
        below |= bool((t.losses[-1] < lowest).any())
    what = "With biases" if biased else "Without biases"
    predicts = "½ everywhere" if biased else f"({', '.join(map(str, optimum))})"
    claims = [
        Claim(
            f"{what} a network of identities is a linear function, and the best one predicts {predicts} with L = "
            f"{least}: its residuals are orthogonal to every input{' and to 1' * biased}, checked in fractions.",
            is_optimum,
        ),
        Claim(
            f"That is where it ends, in every column and from all seeds: the farthest prediction is {max(far):.1e} "
            f"away. No last loss is below {least}.",
            max(far) <= REACHED and not below,
        ),
    ]
    return claims, [f"{what.lower()}, L → {least}", *map("{:.1e}".format, far)]


def _least(biased):
    """L of the optimum as a Fraction, and whether its residuals are orthogonal to every input, and to 1 for biases."""
    X, Y = xor()
    inputs = np.hstack([X, np.ones((len(X), 1))]) if biased else X
    inputs, y = inputs.astype(int).astype(object), Y[:, 0].astype(int).astype(object)
    residuals = np.array(OPTIMA[biased]) - y
    return residuals @ residuals / (2 * len(X)), not (inputs.T @ residuals).any()


def distances(biased, trained):
    """How far each column's predictions of an identity network are at most from the optimum's, over all seeds."""
    optimum = np.array(OPTIMA[biased], float)
    return [float(np.abs(t.Y_hat[..., 0] - optimum).max()) for t in trained]


def _kink(blocked):
    return Claim(
        "ReLU's slope at 0 is 0 in every column: the sample (0, 0) has H = 0 exactly, a gradient reaches it, and "
        f"none passes ({len(blocked)} of {len(blocked)} columns).",
        all(blocked.values()),
    )


def nothing_passes_relu_at_zero(column, seeds):
    """Whether no gradient passes ReLU where H = 0, on the sample (0, 0), though one reaches it."""
    _, Y = xor()
    case = make_case("xor", "relu", LR, 1, HIDDEN, seeds)._replace(Y=1 - Y)  # XOR's own residual at (0, 0) is 0
    judged = column.trace(case)
    H, dL_dA, dL_dH = (judged[name].value[:, 0] for name in ("H1", "dL_dA1", "dL_dH1"))
    return bool((H == 0).all() and (dL_dA != 0).all() and (dL_dH == 0).all())


def _curves(trained):
    """{"step": (T,), activation: (3, T)}: the tenth, the median and the ninetieth percentile of the seeds' losses."""
    steps = np.array(numbers.recorded(STEPS, 200))
    arrays = {"step": steps}
    for name, t in zip(ACTIVATIONS, trained, strict=True):
        losses = np.nan_to_num(t.losses[steps], nan=np.inf)
        arrays[name] = np.quantile(losses, (0.1, 0.5, 0.9), axis=1)
    return arrays
