"""The arrays that are kept beside a result."""

import numpy as np

from fourfold.compare.judge.formats import carrier, format_of
from fourfold.compare.judge.quantities import every, names_kept, parameter_kept_for, parameter_shapes, shown_shapes
from fourfold.compare.judge.updates import kept_by

SHOWN_SEEDS = 10


# Errors in ULP are counted where they are 0, up to 2^-6, up to 2^-5 ... up to 2^20, and beyond or infinite.
LEAST, MOST = -6, 20
ULPS = np.array([0.0, *(2.0**k for k in range(LEAST, MOST + 1))])


def histogram(ulps):
    """How many errors in ULP lie between the ULPS, each of which counts to what is below it: (len(ULPS) + 1,)."""
    # a power of two has the fraction 1/2; to search the ULPS would take four times as long
    fraction, power = np.frexp(ulps)
    place = np.clip(power - (fraction == 0.5) - LEAST + 1, 1, len(ULPS))
    place[ulps == 0] = 0
    place[ulps == np.inf] = len(ULPS)
    return np.bincount(place.ravel(), minlength=len(ULPS) + 1)


def eps(dtype):
    """The distance from 1 to the next number of a precision."""
    return 2 * format_of(dtype).u


def recorded(steps):
    """The steps kept for pictures: at most 300, as many in every decade."""
    return np.unique(np.geomspace(1, steps, min(steps, 300)).round().astype(int)) - 1


def drawn_seed(arrays):
    """Position, among the recorded seeds, of the one with the smallest final loss in the first of {column: arrays}."""
    final = next(iter(arrays.values()))["L"][-1]
    return int(np.argmin(np.nan_to_num(final, nan=np.inf)))


def layout(s, dtype):
    """{name: (dtype, shape)} of the arrays kept for a Setting; `Y_hat_grid` has any number of points. See `missing`."""
    T, S, N, d_out = len(recorded(s.steps)), min(s.seeds, SHOWN_SEEDS), s.samples, s.widths[-1]
    dtype = carrier(dtype).name
    arrays = {
        "step": ("int64", (T,)),
        "L": (dtype, (T, S)),
        "L_error": ("float64", (T, S)),
        "L_limit": ("float64", (T, S)),
        "ratio_L": ("float64", (T,)),
        "Y_hat_final": (dtype, (S, N, d_out)),
        "Y_hat_grid": (dtype, (S, None, d_out)),
    }
    judged = [every("L")]
    for name, shape in parameter_shapes((S,), s.widths, s.biases).items():
        arrays[name] = dtype, (T, *shape)
        arrays[f"{name}_final"] = dtype, shape
        arrays[f"ratio_{name}"] = "float64", (T,)
        judged.append(every(name))
        for kept in names_kept(kept_by(s.update), [name]):
            arrays[f"ratio_{kept}"] = "float64", (T,)
            judged.append(every(kept))
    for name, shape in shown_shapes(s.row(), (S,), N, s.widths, s.biases).items():
        arrays[f"trace_{name}"] = dtype, shape
        arrays[f"limit_{name}"] = "float64", shape
        judged.append(name)
    for name in judged:
        arrays[f"ulps_{name}"] = "int64", (len(ULPS) + 1,)
    return arrays


def missing(there, expected):
    """The names, of those of a `layout`, that have to be there beside those that are, in order.

    A column has the parts that its functions give: its run, and each quantity at the initial weights with its limit.
    """
    parts = set(map(_part, there))
    return sorted(name for name in expected.keys() - there if _part(name) and _part(name) in parts)


def _part(name):
    """The part that an array belongs to; "" where it may be missing alone, as of what an optimiser does not show."""
    kind, _, quantity = name.partition("_")
    if kind in {"trace", "limit"}:
        return quantity
    may_be_missing = kind == "ulps" or name in {"Y_hat_grid", "Y_hat_final"} or parameter_kept_for(quantity)
    return "" if may_be_missing else "run"
