"""The arrays that are kept beside a result."""

import numpy as np

from fourfold.compare.judge.quantities import parameter_shapes, trace_shapes

SHOWN_SEEDS = 10


# Errors in ULP are counted where they are 0, up to 2^-6, up to 2^-5 ... up to 2^20, and beyond or infinite.
ULPS = np.array([0.0, *(2.0**k for k in range(-6, 21))])


def histogram(ulps):
    """How many errors in ULP lie between the ULPS, each of which counts to what is below it: (len(ULPS) + 1,)."""
    return np.bincount(np.searchsorted(ULPS, ulps), minlength=len(ULPS) + 1)


def recorded(steps):
    """The steps kept for pictures: at most 300, as many in every decade."""
    return np.unique(np.geomspace(1, steps, min(steps, 300)).round().astype(int)) - 1


def layout(s, dtype):
    """{name: (dtype, shape)} of the arrays kept for a Setting; `Y_hat_grid` (any number of points) may be missing.

    So may the `ulps_` of a report that was made before they were kept.
    """
    T, S, N, d_out = len(recorded(s.steps)), min(s.seeds, SHOWN_SEEDS), s.samples, s.widths[-1]
    trace = trace_shapes((S,), N, s.widths, s.row(), s.biases).named()
    judged = (*trace, *(f"every {name}" for name in ("L", *parameter_shapes(S, s))))
    weights = parameter_shapes(S, s)
    return {
        "step": ("int64", (T,)),
        "L": (dtype, (T, S)),
        **{name: (dtype, (T, *shape)) for name, shape in weights.items()},
        **{f"L_{key}": ("float64", (T, S)) for key in ("error", "limit")},
        **{f"ratio_{key}": ("float64", (T,)) for key in ("L", *weights)},
        **{f"{name}_final": (dtype, shape) for name, shape in weights.items()},
        "Y_hat_final": (dtype, (S, N, d_out)),
        "Y_hat_grid": (dtype, (S, None, d_out)),
        **{f"trace_{name}": (dtype, shape) for name, shape in trace.items()},
        **{f"limit_{name}": ("float64", shape) for name, shape in trace.items()},
        **{f"ulps_{name}": ("int64", (len(ULPS) + 1,)) for name in judged},
    }
