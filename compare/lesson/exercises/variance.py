"""Whose doing a variance is: analysis of variance of a full grid, as shares (first-order and total Sobol indices)."""

from itertools import combinations

SEEDS: tuple[int, ...] = ()  # the key of what is left: the variance within the cells of the grid


def shares(Z):
    """{axes: share of the variance of Z} of Z (factor, factor, ..., seed); they add up to 1.

    (0,) is what the means over all but the first factor explain by themselves (η²), (0, 1) what the first two explain
    together and not by themselves, and so on. Z must not be constant.
    """
    cells, axes = Z.mean(axis=-1), range(Z.ndim - 1)
    explained: dict[tuple[int, ...], float] = {SEEDS: Z.var() - cells.var()}
    for of in (of for number in range(1, Z.ndim) for of in combinations(axes, number)):
        means = cells.mean(axis=tuple(a for a in axes if a not in of))
        explained[of] = means.var() - sum(v for part, v in explained.items() if part and set(part) < set(of))
    return {of: float(v / Z.var()) for of, v in explained.items()}


def total(found, axis):
    """The share of one factor with all interactions that it has a part in."""
    return sum(share for of, share in found.items() if axis in of)
