"""Exercise 4: H = X W + b. The gradient of a bias, and what biases do to training."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, Case, draw_weights, make_case
from fourfold.compare.judge import judgement, truth
from fourfold.compare.lesson.exercises import activations, success, training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, found

SEEDS = range(100)
STEPS, LR, HIDDEN = 10_000, 0.1, 3


def answer(columns, seeds):
    """Found: every dL_db against the column sum of dL_dH, and training with biases and without."""
    made = {
        f"{activation}, {'with' if bias else 'without'}": make_case(
            "xor", activation, LR, STEPS, HIDDEN, seeds, bias=bias
        )
        for activation in ACTIVATIONS
        for bias in (False, True)
    }
    sums = [case(name, seeds) for name in ACTIVATIONS]
    by_column = columns.each(
        lambda name: (
            [training.train(columns, name, c) for c in made.values()],
            [column_sums(columns, name, c) for c in sums],
        )
    )
    runs = {name: of for name, (of, _) in by_column.items()}
    checks = {name: of for name, (_, of) in by_column.items()}
    total, apart = sum(s.entries for of in checks.values() for s in of), [s for of in checks.values() for s in of]
    same = {name: sum(s.same_bits for s in of) / sum(s.entries for s in of) for name, of in checks.items()}
    claims = [
        Claim(
            "A bias reaches every sample with slope 1, so ∂L/∂b is the sum of ∂L/∂H over the samples, column by "
            f"column. In every column, {total:,} gradients of biases are that sum of the column's own ∂L/∂H to within "
            f"what rounding allows of both (largest share: {max(s.ratio for s in apart):.2f}). Bit for bit they are "
            f"the sum that NumPy makes of it in {', '.join(f'{share:.0%} ({name})' for name, share in same.items())}.",
            all(s.ratio <= 1 for s in apart),
        ),
        _identity([*made], runs),
        success.ranking([*made], runs),
    ]
    tables = [
        success.table(f"Seeds that reach L < {success.LEARNED:g}, and their median step", [*made], runs),
        Table(
            "∂L/∂b against the column sum of ∂L/∂H: largest difference as a share of what rounding allows",
            ["network", *columns.names],
            [[c.name, *(f"{of[n].ratio:.2f}" for of in checks.values())] for n, c in enumerate(sums)],
        ),
    ]
    figure = Figure(
        "4-success",
        "Training with biases and without",
        f"Share of {len(seeds)} seeds of {columns.names[0]} whose loss has been below {success.LEARNED:g}, over the "
        "steps: dashed without biases, solid with them.",
    )
    counts = [*(t.count for of in runs.values() for t in of), *(s.count for s in apart)]
    setting = f"XOR, 2-{HIDDEN}-1, learning rate {LR:g}, {STEPS:,} steps, {training.named(seeds)}, {training.DTYPE}"
    arrays = success.curves([*made], next(iter(runs.values())), STEPS)
    return found(4, columns, setting, claims, tables, counts, training.CERTIFICATE, [figure], arrays)


def case(activation, seeds):
    """A network of three layers with biases and two outputs, on data without zeros or symmetry."""
    rng, widths = np.random.default_rng(4), (5, 4, 3, 2)
    X, Y = rng.standard_normal((7, 5)), rng.standard_normal((7, 2))
    by_layer = (activation, activation, "identity")
    name = f"{'-'.join(map(str, widths))}, {activation}"
    return Case(name, X, Y, draw_weights(seeds, widths, True), by_layer, LR, 1, seeds, row="deep")


def _identity(labels, runs):
    """What biases change where no seed can learn XOR."""
    of = lambda what: [trained[labels.index(f"identity, {what}")] for trained in runs.values()]
    without, with_ = (max(activations.distances(*case)) for case in ((False, of("without")), (True, of("with"))))
    return Claim(
        "The identity stays linear, and biases move its best predictions from (0, 1/3, 1/3, 2/3), L = 1/6, to ½ "
        f"everywhere, L = 1/8. There it ends in every column: the farthest prediction is {without:.1e} away without "
        f"biases and {with_:.1e} with them.",
        max(without, with_) <= activations.REACHED,
    )


class Sums(NamedTuple):
    entries: int  # gradients of biases compared
    same_bits: int  # how many of them are the very number that NumPy's sum gives
    ratio: float  # largest difference as a share of the limit; infinite where it is no number
    count: training.Count


def column_sums(columns, name, c):
    """The Sums of a column: its dL_db against sums of its dL_dH.

    Both enclose the exact gradient within their limits, and so are no farther apart than these add up to.
    """
    p = judgement.problem(c, training.DTYPE)
    judged = training.trace(columns, name, c.cast(training.DTYPE)[2:], p)
    of = {j.quantity: j for j in judged}
    pairs = [(of[f"dL_db{k}"], of[f"dL_dH{k}"]) for k in range(1, len(c.activations) + 1)]
    total = lambda Z: Z.sum(axis=-2, keepdims=True)
    apart = [truth.narrow(abs(truth.widen(b.value, p.wide) - total(truth.widen(H.value, p.wide)))) for b, H in pairs]
    with np.errstate(all="ignore"):  # what has no limit is exact
        ratios = [np.where(d == 0, 0, d / (b.limit + total(H.limit))) for d, (b, H) in zip(apart, pairs, strict=True)]
    return Sums(
        sum(b.value.size for b, _ in pairs),
        sum(int((b.value == total(H.value)).sum()) for b, H in pairs),
        float(np.nan_to_num(max(r.max() for r in ratios), nan=np.inf)),
        training.counted(name, judged),
    )
