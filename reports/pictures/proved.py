"""The picture of the proved loss curve."""

import numpy as np

from fourfold.reports.pictures import INK, Picture, draw, largest, legend_below, logarithmic, loggable

TINY = 1e-300  # stands for zero where the axis is logarithmic


def proved(name, case, by_dtype, proved_by_dtype, seed, colour):
    """Above: the proved loss curve. Below: the distance of every column's loss from it, under what rounding allows."""
    apart = {dtype: _apart(arrays, proved_by_dtype[dtype], seed) for dtype, arrays in by_dtype.items()}

    def paint(figure):
        axes = figure.subplots(2, len(by_dtype), sharex=True, squeeze=False)
        for (above, below), dtype in zip(axes.T, by_dtype, strict=True):
            p = proved_by_dtype[dtype]
            steps = p["step"] + 1
            known = np.maximum(p["L"], p["radius"])  # below its radius the curve is not known
            above.plot(steps, loggable(np.maximum(known, TINY)), color=INK, lw=1.5)
            logarithmic(above)
            above.set(title=f"{dtype} weights")
            some = [z[z > 0] for z in (*apart[dtype].values(), p["limit"])]
            floor = np.concatenate(some).min(initial=1) / 2
            for column, distance in apart[dtype].items():
                below.plot(steps, loggable(np.maximum(distance, floor)), color=colour[column], lw=0.7, label=column)
            below.plot(p["limit_step"] + 1, loggable(p["limit"]), color=INK, lw=1.2, label="limit")
            logarithmic(below)
            below.set(xlabel="step + 1")
        axes[0, 0].set_ylabel("loss L, proved")
        axes[1, 0].set_ylabel("|L − proved L|")
        legend_below(figure, axes[1, 0])

    radius = max(a["radius"].max() for a in proved_by_dtype.values())
    first = next(iter(proved_by_dtype.values()))
    told = [
        f"in {dtype} columns are at most {max(map(largest, of.values())):.1g} from it, where rounding may carry them "
        f"up to {largest(proved_by_dtype[dtype]['limit']):.1g}"
        for dtype, of in apart.items()
    ]
    return Picture(
        name,
        f"The proved loss curve, {case.activation}",
        f"Above: the loss of gradient descent in exact arithmetic from the same weights ({case.activation}, seed "
        f"{case.first_seed + seed}), enclosed by ball arithmetic to within {radius:.0e}, and drawn no "
        "lower than that. Below: how far from it the loss of every column is, and how far the rounding of all "
        "earlier steps can carry it. A line along the lower edge is exactly zero.",
        f"The exact loss goes from {first['L'][0]:.3g} to {first['L'][-1]:.3g}; {'; '.join(told)}.",
        draw(name, 8, 5.6, paint),
        [
            ["dtype", "step", "exact L", "give or take", *(f"{c}: distance" for c in colour), "limit"],
            *(row for dtype in by_dtype for row in _rows(dtype, proved_by_dtype[dtype], apart[dtype], colour)),
        ],
    )


def _apart(arrays, p, seed):
    with np.errstate(all="ignore"):
        return {n: np.abs((a["L"][:, seed].astype(float) - p["L"]) - p["L_rest"]) for n, a in arrays.items()}


def _rows(dtype, p, apart, colour):
    """The limit is known at some of the recorded steps only."""
    limits = dict(zip(p["limit_step"].tolist(), p["limit"], strict=True))
    for t, step in enumerate(p["step"].tolist()):
        distances = (f"{apart[c][t]:.4g}" if c in apart else "" for c in colour)
        limit = f"{limits[step]:.4g}" if step in limits else ""
        yield [dtype, step, p["L"][t], f"{p['radius'][t]:.1e}", *distances, limit]
