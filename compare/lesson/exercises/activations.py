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
    runs, blocked = training.train_all(columns, cases, partial(nothing_passes_relu_at_zero, seeds=seeds))
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
    claims.append(_kink(blocked))
    tables = [
        success.table("Activations", ACTIVATIONS, by_activation),
        Table(
            "Where the identity ends: largest distance of a prediction from the best one, over all seeds",
            ["network", *columns.names],
            ends,
        ),
    ]
    figure = Figure(
        "1-curves",
        "Training error by activation",
        f"The loss of {len(seeds)} seeds ({columns.names[0]}) at every step: each line is the median, and the band "
        "around it has four fifths of the seeds. The thin line at 1/6 is where the identity ends.",
    )
    tried = (
        f"XOR on a 2-{HIDDEN}-1 network without biases, with each of the four activations, and with biases for the "
        f"identity; learning rate {LR:g}, {STEPS:,} steps, {training.named(seeds)}, {DTYPE}."
    )
    return answered(
        1,
        columns,
        short=_short(by_activation),
        tried=tried,
        claims=claims,
        means="Linear functions of linear functions are linear, and no line separates XOR's two classes. Any slope "
        "that changes with h is enough to bend the boundary. A ReLU unit whose input is never above 0 passes no "
        "gradient and stays as it is: a network of too many of those does not learn.",
        certificate=training.CERTIFICATE,
        tables=tables,
        figures=[figure],
        arrays=_curves(by_activation[columns.names[0]]),
    )


def _short(by_activation):
    learned = success.shares(ACTIVATIONS, by_activation)
    stuck = learned.pop("identity")
    return (
        f"The identity learns XOR from {f'{stuck:.0%}' if stuck else 'none'} of the seeds, since it stays linear: it "
        f"ends at L = {_least(False)[0]}. Of the others, {success.most_first(learned)} of the seeds. ReLU's slope at 0 "
        "is 0."
    )


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
            f"{what}, a network of identities is a linear function. The best one predicts {predicts}, with L = "
            f"{least}: its residuals are orthogonal to every input{' and to 1' * biased}, checked in exact fractions.",
            is_optimum,
        ),
        Claim(
            f"That is where training ends, in every column and from every seed: the farthest prediction is "
            f"{max(far):.1e} away, and no final loss is below {least}.",
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
        "ReLU's slope at 0 is 0 in every column: the input (0, 0) has h = 0 exactly in every unit, a gradient reaches "
        "it, and none gets through.",
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
