"""How far columns are from the exact values and from each other, in the limits of what rounding allows."""

from typing import NamedTuple

EXACT = "exact"
START, ALONG = "initial", "over training"


class Distance(NamedTuple):
    """The largest over the entries of one quantity, in one precision."""

    when: str  # START: at the initial weights, or ALONG
    dtype: str
    quantity: str
    a: str  # EXACT or a column
    b: str
    share: float  # of the limit, of what rounding allows to one column
    ulps: float  # NaN where they are not counted
