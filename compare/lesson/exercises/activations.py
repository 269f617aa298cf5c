"""Exercise 1: identity, ReLU, tanh and sigmoid on XOR: where each ends, how often and how soon it learns."""

from fractions import Fraction

import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, make_case, xor
from fourfold.compare.judge import judgement
from fourfold.compare.lesson import numbers
from fourfold.compare.lesson.exercises import success, training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, found

SEEDS = range(100)
STEPS, LR, HIDDEN = 10_000, 0.1, 3
# What the least-squares solution predicts, without biases and with
OPTIMA = {
    False: (Fraction(0), Fraction(1, 3), Fraction(1, 3), Fraction(2, 3)),
    True: (Fraction(1, 2),) * 4,
}
REACHED = 1e-6  # how near to the optimum's predictions counts as there


def answer(columns, seeds):
    """Found: the four activations trained without biases, and the identity with them too."""
    made = [make_case("xor", name, LR, STEPS, HIDDEN, seeds) for name in ACTIVATIONS]
    made.append(make_case("xor", "identity", LR, STEPS, HIDDEN, seeds, bias=True))

    def ask(name):
        return [training.train(columns, name, case) for case in made], _kink(columns, name, seeds)

    by_column = columns.each(ask)
    runs = {name: of for name, (of, _) in by_column.items()}
    kinks = [kink for _, kink in by_column.values()]
    table = success.table(
        "Seeds that reach L < 0.001, and their median step", ACTIVATIONS, {n: of[:4] for n, of in runs.items()}
    )
    optima = [_identity(biased, [of[n] for of in runs.values()]) for biased, n in ((False, 3), (True, 4))]
    claims = [
        *(claim for of in optima for claim in of[0]),
        success.ranking(ACTIVATIONS, {n: of[:4] for n, of in runs.items()}),
        Claim(
            "ReLU's slope at 0 is 0 in every column: the sample (0, 0) has H = 0 exactly, a gradient reaches it, and "
            f"none passes ({len(kinks)} of {len(kinks)} columns).",
            all(zero for zero, _ in kinks),
        ),
    ]
    ends = Table(
        "The identity's end: largest distance of a prediction from the optimum, over all seeds",
        ["network", *columns.names],
        [row for _, row in optima],
    )
    counts = [*(t.count for of in runs.values() for t in of), *(count for _, count in kinks)]
    setting = f"XOR, 2-{HIDDEN}-1, learning rate {LR:g}, {STEPS:,} steps, {training.named(seeds)}, {training.DTYPE}"
    figure = Figure(
        "1-curves",
        "Training error by activation",
        f"Loss over the steps, {len(seeds)} seeds of {columns.names[0]}: the median as a line, the middle four fifths "
        "as a band. The dashed line is 1/6, where the identity ends.",
    )
    certificate = training.CERTIFICATE
    return found(1, columns, setting, claims, [table, ends], counts, certificate, [figure], _arrays(runs))


def _identity(biased, trained):
    """Claims on where an identity network ends, and a table's row."""
    optimum, (X, Y) = OPTIMA[biased], xor()
    exact_y = [Fraction(int(y)) for y in Y[:, 0]]
    residuals = [o - y for o, y in zip(optimum, exact_y, strict=True)]
    inputs = [*X.T.astype(int).tolist(), *([[1] * 4] if biased else [])]
    is_optimum = all(sum(x * r for x, r in zip(xs, residuals, strict=True)) == 0 for xs in inputs)
    least = sum(r * r for r in residuals) / 8
    far = distances(biased, trained)
    below = [bool((t.losses[-1] < float(least) - t.L_limit - np.spacing(float(least))).any()) for t in trained]
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
            max(far) <= REACHED and not any(below),
        ),
    ]
    return claims, [f"{what.lower()}, L → {least}", *(f"{d:.1e}" for d in far)]


def distances(biased, trained):
    """How far each column's predictions of an identity network are at most from the optimum's, over all seeds."""
    return [float(np.abs(t.Y_hat[..., 0] - np.array(OPTIMA[biased], float)).max()) for t in trained]


def _kink(columns, name, seeds):
    """Whether no gradient passes ReLU at H = 0 though one reaches it; and the Count of that trace."""
    _, Y = xor()
    case = make_case("xor", "relu", LR, 1, HIDDEN, seeds)._replace(Y=1 - Y)  # XOR's own residual at (0, 0) is 0
    p = judgement.problem(case, training.DTYPE)
    judged = training.trace(columns, name, case.cast(training.DTYPE)[2:], p)
    T = {j.quantity: j.value[:, 0] for j in judged if j.value.ndim > 1}
    zero = (T["H"] == 0).all() and (T["dL_dA"] != 0).all() and (T["dL_dH"] == 0).all()
    return bool(zero), training.counted(name, judged)


def _arrays(runs):
    first = next(iter(runs.values()))[:4]
    at = np.array(numbers.recorded(STEPS, 200))
    quantiles = lambda t: np.quantile(np.nan_to_num(t.losses[at], nan=np.inf), (0.1, 0.5, 0.9), axis=1)
    return {"step": at, **{name: quantiles(t) for name, t in zip(ACTIVATIONS, first, strict=True)}}
