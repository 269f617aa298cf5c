"""Exercise 3: learning rate, width and epochs: whose doing it is how large the loss is in the end."""

from itertools import product
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import xor
from fourfold.compare.lesson.exercises import training, variance
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, found
from fourfold.compare.sweep import chunk
from fourfold.compare.sweep.grid import Configuration

SEEDS = range(100)
WIDTHS = (2, 3, 4, 8, 16)
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
EPOCHS = (100, 300, 1_000, 3_000, 10_000)  # of the same runs: a shorter one is the beginning of a longer one
FACTORS = ("width", "learning rate", "epochs")
FLOOR = float(np.finfo(np.float64).eps ** 2)  # what predictions beside their targets by one unit come to
RESAMPLED = 200
CERTIFICATE = (
    f"the steps of {chunk.SEEDS} seeds of every run, {chunk.STEPS} at the beginning, {chunk.STEPS} in between and the "
    f"last {chunk.STEPS}"
)


class Losses(NamedTuple):
    first: np.ndarray  # (widths, rates, 1, seeds), at the initial weights
    last: np.ndarray  #  (widths, rates, epochs, seeds)
    count: training.Count

    def diverged(self):
        """Bool: what is no number, or larger than it was at the initial weights."""
        return ~(self.last <= self.first)

    def counted(self):
        """What is ranked: a run that diverged counts as one that learned nothing."""
        return np.maximum(np.where(self.diverged(), self.first, self.last), FLOOR)

    def logs(self):
        return np.log10(self.counted())

    def ranks(self):
        _, place, many = np.unique(self.counted(), return_inverse=True, return_counts=True)
        return (many.cumsum() - many / 2)[place].reshape(self.last.shape)


def answer(columns, seeds):
    """Found: the shares of the variance of log L by analysis of variance, in every column."""
    by_column = columns.each(lambda name: losses(columns, name, seeds))
    shares = {name: variance.shares(of.logs()) for name, of in by_column.items()}
    first, *_ = by_column.values()
    own, *others = shares.values()
    apart = max((abs(of[key] - own[key]) for of in others for key in own), default=0)
    ahead = _resampled(first.logs(), len(seeds))
    best, second, _ = (FACTORS[axis] for axis in order(own))
    by_total = lambda axis: variance.total(own, axis)
    same = f" The order is the same in all columns, and their shares are at most {100 * apart:.1g} % apart."
    claims = [
        Claim(
            "The measure is the share of the variance of log L that the averages over everything else explain (η², the "
            f"first-order Sobol index): of the logarithm, since losses here are spread over {np.ptp(first.logs()):.0f} "
            "powers of ten, and without it all that are small would be the same."
        ),
        Claim(
            f"By themselves they explain: {_listed(lambda axis: own[axis,])}. The largest effect is that of {best}, "
            f"ahead of {second} in {ahead:.0%} of {RESAMPLED} resamplings of the seeds.{same * bool(others)}",
            len({order(of) for of in shares.values()}) == 1,
        ),
        Claim(
            "Much of it cannot be put down to one of them: interactions explain "
            f"{sum(share for of, share in own.items() if len(of) > 1):.0%}. With those it has a part in, each "
            f"explains: {_listed(by_total)}. Rate and epochs together are how far gradient descent goes, and how large "
            f"a rate may be depends on the width. What is left, {own[variance.SEEDS]:.0%}, is the initial weights."
        ),
        Claim(_diverged(first)),
        Claim(_elsewhere(first)),
    ]
    named = lambda of: " × ".join(FACTORS[axis] for axis in of) or "initial weights (seeds)"
    keys = [*(of for of in own if of), variance.SEEDS]
    tables = [
        Table(
            "Share of the variance of log L",
            ["explained by", *columns.names],
            [[named(of), *(f"{100 * each[of]:.1f} %" for each in shares.values())] for of in keys],
        ),
        Table(
            f"Share of {len(seeds)} seeds that diverged within {EPOCHS[-1]:,} epochs ({columns.names[0]})",
            ["width", *(f"rate {lr:g}" for lr in RATES)],
            [
                [str(width), *(f"{share:.0%}" for share in of)]
                for width, of in zip(WIDTHS, first.diverged()[:, :, -1].mean(axis=-1), strict=True)
            ],
        ),
    ]
    figure = Figure(
        "3-losses",
        "Loss by learning rate, width and epochs",
        f"Median of log₁₀ L over {len(seeds)} seeds of {columns.names[0]}, a map for every number of epochs; darker is "
        "smaller. Runs that diverged count as their first loss.",
    )
    setting = (
        f"XOR, one hidden layer, sigmoid, {len(RATES)} learning rates × {len(WIDTHS)} widths × {len(EPOCHS)} numbers "
        f"of epochs × {training.named(seeds)}, {training.DTYPE}"
    )
    medians = np.median(first.logs(), axis=-1)
    arrays = {"width": np.array(WIDTHS), "rate": np.array(RATES), "epochs": np.array(EPOCHS), "median": medians}
    counts = [of.count for of in by_column.values()]
    return found(3, columns, setting, claims, tables, counts, CERTIFICATE, [figure], arrays)


def losses(columns, name, seeds):
    """The Losses of a column; all rates of a width are trained as one."""
    data, there = ("xor", *xor()), []
    for n, width in enumerate(WIDTHS):
        configurations = tuple(Configuration(None, width, "sigmoid", False, lr) for lr in RATES)
        one = chunk.Chunk(n, name, training.DTYPE, data, configurations, 0, EPOCHS, seeds)
        there.append(columns.workers.call(name, chunk.compute, one))
        columns.advance(len(RATES) * EPOCHS[-1])
    rejections = [r for of in there for r in of.rejections]
    training.formed(name, next((r.note for r in rejections if r.value is None), None))
    off = lambda r: f"off by {float(r.error):.3g}, {float(r.limit):.3g} is allowed"  # JSON has no infinity
    wrong = [f"{name}'s {r.quantity}{r.index} is {off(r)}" for r in rejections]
    L = np.array([of.losses for of in there])
    return Losses(L[:, :, :1], L[:, :, 1:], training.Count(sum(sum(of.certified) for of in there), wrong[:1]))


def order(found):
    """The factors' axes, the one that explains most by itself first."""
    return tuple(sorted(range(len(FACTORS)), key=lambda axis: -found[axis,]))


def _resampled(logs, seeds):
    """In what share of resamplings the first factor is still ahead of the second."""
    (first, second, _), rng = order(variance.shares(logs)), np.random.default_rng(3)
    drawn = (variance.shares(logs[..., rng.integers(seeds, size=seeds)]) for _ in range(RESAMPLED))
    return np.mean([found[first,] > found[second,] for found in drawn])


def _listed(share):
    in_order = sorted(range(len(FACTORS)), key=lambda axis: -share(axis))
    return ", ".join(f"{FACTORS[axis]} {share(axis):.0%}" for axis in in_order)


def _diverged(of):
    """What became of the runs that went wrong, and whether the answer hangs on it."""
    there, no_number = of.diverged(), ~np.isfinite(of.last)
    by_rank = ", ".join(FACTORS[axis] for axis in order(variance.shares(of.ranks())))
    where = [lr for n, lr in enumerate(RATES) if there[:, n].any()]
    at = f", none with a learning rate below {where[0]:g}" if where else ""
    return (
        f"{there.sum():,} of {there.size:,} losses are of runs that diverged{at}: {no_number.sum():,} no numbers, the "
        "others larger than at the initial weights. They count as the loss they began with, as if nothing had been "
        f"learned. Ranks need neither a logarithm nor such a number; by their variance the order is {by_rank}."
    )


def _elsewhere(of):
    """How much the answer is one on the values that were tried."""
    logs, wins = of.logs(), dict.fromkeys(FACTORS, 0)
    for axis, end in product(range(len(FACTORS)), (0, -1)):
        part = np.delete(logs, end, axis=axis)
        wins[FACTORS[order(variance.shares(part))[0]]] += 1
    said = ", ".join(f"{name} in {n}" for name, n in wins.items() if n)
    return (
        "Shares are those of the values tried, and a wider range explains more. Where the lowest or the highest value "
        f"of one of the three is left out, the largest effect is that of {said} of {sum(wins.values())} such grids."
    )
