"""Exercise 3: learning rate, width and epochs: whose doing it is how large the loss is in the end."""

from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.data import xor
from fourfold.compare.errors import ColumnError
from fourfold.compare.lesson.examinee import DTYPE
from fourfold.compare.lesson.exercises import training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, answered, table
from fourfold.compare.sweep import chunk
from fourfold.compare.sweep.grid import Configuration

SEEDS = range(100)
WIDTHS = (2, 3, 4, 8, 16)
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
EPOCHS = (100, 300, 1_000, 3_000, 10_000)  # of the same runs: a shorter one is the beginning of a longer one
FACTORS = ("width", "learning rate", "epochs")
WITHIN: tuple[int, ...] = ()  # the key of the share that is left: the variance within the cells of the grid
FLOOR = float(np.finfo(np.float64).eps ** 2)  # what predictions beside their targets by one unit come to
RESAMPLED = 200
CERTIFICATE = (
    f"the steps of {chunk.SEEDS} seeds of every run, {chunk.STEPS} at the beginning, {chunk.STEPS} in between and the "
    f"last {chunk.STEPS}"
)


class Losses(NamedTuple):
    """The losses of one column."""

    first: np.ndarray  # (widths, rates, 1, seeds), at the initial weights
    last: np.ndarray  #  (widths, rates, epochs, seeds)

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
    """Answered: the shares of the variance of log L by analysis of variance, in every column."""

    def train(column):
        return losses(column, seeds)

    (by_column,) = columns.each(train)
    shared = {name: shares(of_column.logs()) for name, of_column in by_column.items()}
    first = by_column[columns.names[0]]
    claims = [
        _by_themselves(first, [*shared.values()], len(seeds)),
        _interactions(shared[columns.names[0]]),
        Claim(_diverged(first)),
        Claim(_elsewhere(first)),
    ]
    figure = Figure(
        "3-losses",
        "Loss by learning rate, width and epochs",
        f"The median of log₁₀ L over {len(seeds)} seeds ({columns.names[0]}), a map for every number of epochs. "
        "Brighter is a smaller loss, and better. Runs that diverged count as their first loss.",
    )
    tried = (
        f"XOR with one hidden layer of sigmoids: every combination of {len(RATES)} learning rates "
        f"({RATES[0]:g} to {RATES[-1]:g}), {len(WIDTHS)} widths ({WIDTHS[0]} to {WIDTHS[-1]}) and {len(EPOCHS)} "
        f"numbers of epochs ({EPOCHS[0]:,} to {EPOCHS[-1]:,}), {training.named(seeds)}, {DTYPE}. The measure of an "
        "effect is the share of the variance of log L that it explains by itself, averaged over everything else (η², "
        f"the first-order Sobol index). It takes the logarithm because losses here span {np.ptp(first.logs()):.0f} "
        "powers of ten."
    )
    tables = [_explained(shared), _divergence(first, columns.names[0], len(seeds))]
    medians = np.median(first.logs(), axis=-1)
    arrays = {"width": np.array(WIDTHS), "rate": np.array(RATES), "epochs": np.array(EPOCHS), "median": medians}
    return answered(
        3,
        columns,
        short=_short(shared[columns.names[0]]),
        tried=tried,
        claims=claims,
        means="Learning rate and epochs together are how far gradient descent goes, and how large a rate may be "
        "depends on the width. So tune them together: the best value of one is another where the others change. The "
        "shares hold for the values tried; a wider range of one explains more.",
        certificate=CERTIFICATE,
        tables=tables,
        figures=[figure],
        arrays=arrays,
    )


def _short(own):
    best, *_ = order(own)
    others = [f"{FACTORS[axis]} {alone(own, axis):.0%}" for axis in order(own)[1:]]
    return (
        f"The largest effect is that of {FACTORS[best]}: alone it explains {alone(own, best):.0%} of the variance of "
        f"log L, {' and '.join(others)}. The interactions of the three explain {_together(own):.0%}."
    )


def _together(own):
    """The share that no factor explains by itself."""
    return sum(share for axes, share in own.items() if len(axes) > 1)


def losses(column, seeds):
    """The Losses of an Examinee; all rates of a width are trained as one, and judged where they are trained."""
    data, complaints, arrays = ("xor", *xor()), [], []
    for n, width in enumerate(WIDTHS):
        configurations = tuple(Configuration(None, width, "sigmoid", False, lr) for lr in RATES)
        asked = chunk.Chunk(n, column.name, DTYPE, data, configurations, EPOCHS, seeds)
        result = column.call(chunk.compute, asked)
        column.advance(len(RATES) * EPOCHS[-1])
        for r in result.rejections:
            if r.value is None:
                raise ColumnError(f"{column.name}: {r.note}")
            off = f"off by {float(r.error):.3g}, {float(r.limit):.3g} is allowed"  # JSON has no infinity
            complaints.append(f"{column.name}'s {r.quantity}{r.index} is {off}")
        column.certified += sum(result.certified)
        arrays.append(result.losses)
    column.complaints += complaints[:1]
    L = np.array(arrays)
    return Losses(L[:, :, :1], L[:, :, 1:])


def shares(Z):
    """{axes: share of the variance of Z} of Z (factor, factor, ..., seed); they add up to 1.

    (0,) is what the means over all but the first factor explain by themselves (η², the first-order Sobol index),
    (0, 1) what the first two explain together and not by themselves, and so on. Z must not be constant.
    """
    cells, axes = Z.mean(axis=-1), range(Z.ndim - 1)
    explained: dict[tuple[int, ...], float] = {WITHIN: Z.var() - cells.var()}
    for number in range(1, Z.ndim):
        for chosen in combinations(axes, number):
            others = tuple(axis for axis in axes if axis not in chosen)
            by_fewer = 0.0
            for part, variance in explained.items():
                if part and set(part) < set(chosen):
                    by_fewer += variance
            explained[chosen] = cells.mean(axis=others).var() - by_fewer
    return {chosen: float(v / Z.var()) for chosen, v in explained.items()}


def total(shared, axis):
    """The share of one factor with all interactions that it has a part in: its total Sobol index."""
    return sum(share for axes, share in shared.items() if axis in axes)


def alone(shared, axis):
    """The share of one factor by itself."""
    return shared[axis,]


def order(shared, share=alone):
    """The factors' axes, the one that explains most first."""
    return tuple(sorted(range(len(FACTORS)), key=lambda axis: -share(shared, axis)))


def _factors(axes):
    return [FACTORS[axis] for axis in axes]


def _by_themselves(first, shared, seeds):
    own, *others = shared
    apart, orders = 0.0, {order(own)}
    for other in others:
        orders.add(order(other))
        for axes, share in own.items():
            apart = max(apart, abs(other[axes] - share))
    best, second, _ = _factors(order(own))
    ahead = _resampled(first.logs(), seeds)
    same = f" The order of the three is the same in all columns, and their shares differ by at most {100 * apart:.1g}%."
    return Claim(
        f"The largest effect is that of {best}, ahead of {second} in {ahead:.0%} of {RESAMPLED} resamplings of the "
        f"seeds.{same * bool(others)}",
        len(orders) == 1,
    )


def _resampled(logs, seeds):
    """In what share of resamplings the first factor is still ahead of the second."""
    (first, second, _), rng = order(shares(logs)), np.random.default_rng(3)
    ahead = 0
    for _ in range(RESAMPLED):
        shared = shares(logs[..., rng.integers(seeds, size=seeds)])
        ahead += shared[first,] > shared[second,]
    return ahead / RESAMPLED


def _listed(shared, share):
    in_order = order(shared, share)
    return ", ".join(f"{FACTORS[axis]} {share(shared, axis):.0%}" for axis in in_order)


def _interactions(own):
    return Claim(
        f"Interactions explain {_together(own):.0%}, and the initial weights {own[WITHIN]:.0%}. With the interactions "
        f"it has a part in, each explains: {_listed(own, total)}."
    )


def _diverged(first):
    """What became of the runs that went wrong, and whether the answer hangs on it."""
    diverged, no_number = first.diverged(), ~np.isfinite(first.last)
    by_rank = ", ".join(_factors(order(shares(first.ranks()))))
    rates = np.array(RATES)[diverged.any(axis=(0, 2, 3))]
    where = f", none of them at a learning rate below {rates[0]:g}" if rates.size else ""
    return (
        f"{diverged.sum():,} of {diverged.size:,} losses come from runs that diverged{where}: {no_number.sum():,} are "
        "no number, the others larger than at the initial weights. They count as the loss they began with, as if "
        "nothing had been learned. Ranks in place of log L need no such choice; by the variance of ranks the order is "
        f"{by_rank}."
    )


def _elsewhere(first):
    """How much the answer is one on the values that were tried."""
    logs, wins = first.logs(), dict.fromkeys(FACTORS, 0)
    for axis, end in product(range(len(FACTORS)), (0, -1)):
        part = np.delete(logs, end, axis=axis)
        wins[FACTORS[order(shares(part))[0]]] += 1
    largest = ", ".join(f"{name} in {n}" for name, n in wins.items() if n)
    return (
        "With the lowest or the highest value of one of the three left out, the largest effect is that of "
        f"{largest} of {sum(wins.values())} such grids."
    )


def _explained(shared):
    own, *_ = shared.values()
    labels, cells = [], {name: [] for name in shared}
    for axes in [axes for axes in own if axes] + [WITHIN]:
        labels.append(" × ".join(_factors(axes)) or "initial weights (seeds)")
        for name, of_column in shared.items():
            cells[name].append(f"{100 * of_column[axes]:.1f}%")
    return table("Share of the variance of log L that each explains", {"explained by": labels}, cells)


def _divergence(first, name, seeds):
    lines = []
    for width, by_rate in zip(WIDTHS, first.diverged()[:, :, -1].mean(axis=-1), strict=True):
        lines.append([str(width), *map("{:.0%}".format, by_rate)])
    title = (
        f"Share of {seeds} seeds that diverged within {EPOCHS[-1]:,} epochs, by width (down) and rate (across; {name})"
    )
    return Table(title, ["width", *map("{:g}".format, RATES)], lines)
