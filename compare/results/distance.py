"""How far columns are from the exact values and from each other, in the limits of what rounding allows."""

from typing import NamedTuple

EXACT = "exact"


class Distance(NamedTuple):
    """The largest over the entries of one quantity; `a` is "exact" or a column."""

    quantity: str
    a: str
    b: str
    share: float  # of the limit, of what rounding allows to one column
    ulps: float  # NaN where they are not counted


class Distances(NamedTuple):
    """Those of one case, {dtype: list of Distance} each."""

    start: dict  # at the initial weights
    along: dict  # over training

    def lines(self):
        """Yields (when, dtype, Distance)."""
        for when, by_dtype in (("initial", self.start), ("over training", self.along)):
            for dtype, distances in by_dtype.items():
                for distance in distances:
                    yield when, dtype, distance
