"""Exercise 4: H = X W + b. The gradient of a bias, and what biases do to training."""

from functools import partial
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, Case, draw_weights, make_case
from fourfold.compare.judge import truth
from fourfold.compare.judge.quantities import DEEP, anatomy
from fourfold.compare.lesson.examinee import DTYPE
from fourfold.compare.lesson.exercises import activations, success, training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, answered, table
from fourfold.compare.results.words import percent

SEEDS = range(100)
STEPS, LR, HIDDEN = 10_000, 0.1, 3


def answer(columns, seeds):
    """Answered: every dL_db against the column sum of dL_dH, and training with biases and without."""
    labels, cases = [], []
    for activation in ACTIVATIONS:
        for bias in (False, True):
            labels.append(f"{activation}, {'with' if bias else 'without'}")
            cases.append(make_case("xor", activation, LR, STEPS, HIDDEN, seeds, bias=bias))
    deep = [case(activation, seeds) for activation in ACTIVATIONS]
    runs, sums = training.train_all(columns, cases, partial(column_sums, cases=deep))
    claims = [_column_sums(sums), _identity(labels, runs)]
    cells = {name: map(percent, of_column.ratios) for name, of_column in sums.items()}
    tables = [
        success.table("Biases", labels, runs),
        table(
            "∂L/∂b against the column sum of ∂L/∂H: largest difference, in percent of what rounding allows",
            {"network": [c.name for c in deep]},
            cells,
        ),
    ]
    figure = Figure(
        "4-success",
        "Training with biases and without",
        f"The share of {len(seeds)} seeds ({columns.names[0]}) whose loss has been below {success.LEARNED:g} by that "
        "step: dashed without biases, solid with them.",
    )
    tried = (
        f"XOR on a 2-{HIDDEN}-1 network with each of the four activations, with biases and without; learning rate "
        f"{LR:g}, {STEPS:,} steps, {training.named(seeds)}, {DTYPE}. And one evaluation of a 5-4-3-2 network with "
        "biases, whose ∂L/∂b is compared with the sum of its ∂L/∂H over the samples."
    )
    return answered(
        4,
        columns,
        short=_short(success.shares(labels, runs)),
        tried=tried,
        claims=claims,
        means="A bias is a weight whose input is 1 for every sample, and so X in ∂L/∂W = Xᵀ ∂L/∂H is a column of ones. "
        "It moves a unit's threshold, and no number of thresholds bends a linear function. Without biases the input "
        "(0, 0) gives h = 0 whatever the weights are: with tanh, ReLU and the identity its prediction is always 0, "
        "which XOR happens to ask for and XNOR does not.",
        certificate=training.CERTIFICATE,
        tables=tables,
        figures=[figure],
        arrays=success.curves(labels, runs[columns.names[0]], STEPS),
    )


def _short(learned):
    changes = []
    for activation in ACTIVATIONS:
        without, with_biases = learned[f"{activation}, without"], learned[f"{activation}, with"]
        changes.append(f"{activation} {without:.0%} → {with_biases:.0%}")
    return (
        "A bias's gradient is the sum of ∂L/∂H over the samples. The identity stays linear with biases: it ends at "
        f"L = 1/8 instead of 1/6. Seeds that learn, without biases → with them: {', '.join(changes)}."
    )


def case(activation, seeds):
    """A network of three layers with biases and two outputs, on data without zeros or symmetry."""
    rng, widths = np.random.default_rng(4), (5, 4, 3, 2)
    X, Y = rng.standard_normal((7, 5)), rng.standard_normal((7, 2))
    by_layer = (activation, activation, "identity")
    name = f"{'-'.join(map(str, widths))}, {activation}"
    return Case(name, X, Y, draw_weights(seeds, widths, True), by_layer, LR, 1, seeds, row=DEEP)


class Sums(NamedTuple):
    """Gradients of biases against sums over the samples, in one column: a number a network."""

    entries: list  # compared
    same_bits: list  # how many of them are the very number that NumPy's sum gives
    ratios: list  # largest difference as a share of the limit; infinite where it is no number


def column_sums(column, cases):
    """The Sums of an Examinee: its dL_db against sums of its dL_dH.

    Both enclose the exact gradient within their limits, and so are no farther apart than these add up to.
    """
    sums, wide = Sums([], [], []), truth.wide_dtype(DTYPE)
    for c in cases:
        judged = column.trace(c)
        entries, same_bits, ratios = 0, 0, []
        for quantity in anatomy(DEEP, len(c.activations), True).trace.values():
            if quantity.kind == "dL_db":
                (dL_dH,) = quantity.inputs
                b, H = judged[quantity.name], judged[dL_dH]
                entries += b.value.size
                same_bits += int((b.value == _total(H.value)).sum())
                ratios.append(_ratio(b, H, wide))
        sums.entries.append(entries)
        sums.same_bits.append(same_bits)
        sums.ratios.append(max(ratios))
    return sums


def _ratio(b, H, wide):
    apart = truth.narrow(abs(truth.widen(b.value, wide) - _total(truth.widen(H.value, wide))))
    with np.errstate(all="ignore"):  # what has no limit is exact
        ratios = np.where(apart == 0, 0, apart / (b.limit + _total(H.limit)))
    return float(np.nan_to_num(ratios.max(), nan=np.inf))


def _total(Z):
    """The sum over the samples."""
    return Z.sum(axis=-2, keepdims=True)


def _column_sums(sums):
    entries, largest, shares = 0, 0.0, []
    for name, of_column in sums.items():
        compared = sum(of_column.entries)
        shares.append(f"{sum(of_column.same_bits) / compared:.0%} ({name})")
        entries += compared
        largest = max(largest, *of_column.ratios)
    return Claim(
        "A bias reaches every sample with slope 1, so ∂L/∂b is the sum of ∂L/∂H over the samples. All "
        f"{entries:,} gradients of biases are that sum of the column's own ∂L/∂H, within rounding: the largest "
        f"difference is {percent(largest)} of what rounding allows. How many have the very bits of NumPy's sum: "
        f"{', '.join(shares)}.",
        largest <= 1,
    )


def _identity(labels, runs):
    """What biases change where no seed can learn XOR."""
    farthest = []
    for biased, what in ((False, "without"), (True, "with")):
        n = labels.index(f"identity, {what}")
        trained = [of_column[n] for of_column in runs.values()]
        farthest.append(max(activations.distances(biased, trained)))
    without, with_biases = farthest
    return Claim(
        "With biases the identity's best predictions move from (0, 1/3, 1/3, 2/3), L = 1/6, to ½ everywhere, "
        f"L = 1/8. That is where training ends in every column: the farthest prediction is {without:.1e} away without "
        f"biases, {with_biases:.1e} with them.",
        max(farthest) <= activations.REACHED,
    )
