"""What half precision can certify: of some cases nothing, and then there is nothing to ask."""

import numpy as np

from fourfold import impls
from fourfold.compare.judge import judgement
from fourfold.compare.judge.formats import HALF, MIXED, format_of


def certifiable(cases, dtypes, asked_for):
    """(The Cases without the half precisions in which no number of theirs has a limit, {precision: names left out}).

    The first ones, which were `asked_for`, stay as they are. So do those whose data are no numbers.
    """
    kept, silent = [*cases[:asked_for]], {}
    for case in cases[asked_for:]:
        dull = [dtype for dtype in _both(dtypes, case.dtypes) if dtype in HALF and not _has_limits(case, dtype)]
        for dtype in dull:
            silent.setdefault(dtype, []).append(case.name)
        left = tuple(dtype for dtype in case.dtypes if dtype not in dull)
        if _both(dtypes, left) or not dull:
            kept.append(case._replace(dtypes=left))
    return kept, silent


def arithmetic(name, dtype):
    """The precision that a column is judged in: that of a mode of mixed precision is its own."""
    return MIXED if impls.is_mixed(name) else dtype


def dullest(name, dtype):
    """What share of a quantity has to be seen: where nothing smaller is, nothing is judged.

    In half precision it is a factor of 2.
    """
    return 1 / 2 if arithmetic(name, dtype) in {*HALF, MIXED} else 1e-3


def no_limits(case, dtype):
    """Why sums have no limit in a precision, whatever the numbers; "" where they have one."""
    terms, u = max(len(case.X) * case.Y.shape[1], *case.widths()), format_of(dtype).u
    if terms * u < 1:
        return ""
    return f"has sums of {terms:,} terms, whose rounding has no limit in {dtype}: nothing could be certified"


def _both(dtypes, others):
    return [dtype for dtype in dtypes if dtype in others]


def _has_limits(case, dtype):
    """Whether the judge has a limit for what some seed's network gives at first."""
    if not case.is_finite():
        return True
    p = judgement.problem(case, dtype)
    _, _, *parameters = case.cast(dtype)
    with np.errstate(all="ignore"):
        _, limits, in_range = judgement.exact_values(parameters, p)
    return bool((in_range & np.isfinite(limits["L"])).any())
