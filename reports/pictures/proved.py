"""The picture of the proved loss curve."""

import numpy as np

from fourfold.reports.pictures import INK, Picture, draw, largest
from fourfold.reports.pictures.axes import curve, error_curves, legend_below, limit_curve, logarithmic, mark_beyond

TINY = 1e-300  # stands for zero where the axis is logarithmic


def proved(name, case, by_dtype, proved_by_dtype, seed, colour):
    """Above: the proved loss curve. Below: the distance of every column's loss from it, under what rounding allows."""
    apart = {dtype: _apart(by_dtype[dtype], p, seed) for dtype, p in proved_by_dtype.items()}

    def paint(figure):
        axes = figure.subplots(2, len(apart), sharex=True, squeeze=False)
        for (above, below), dtype in zip(axes.T, apart, strict=True):
            p = proved_by_dtype[dtype]
            known = np.maximum(p["L"], p["radius"])  # below its radius the curve is not known
            curve(above, p["step"], np.maximum(known, TINY), color=INK, lw=1.5)
            logarithmic(above)
            above.set(title=f"{dtype} weights")
            drawn = np.concatenate([*apart[dtype].values(), p["limit"]])
            floor = drawn[drawn > 0].min(initial=1) / 2
            mark_beyond(above, p["step"], {"the curve": known})
            error_curves(below, p["step"], apart[dtype], colour, floor)
            limit_curve(below, p["limit_step"], p["limit"])
            logarithmic(below)
            below.set(xlabel="step + 1")
        axes[0, 0].set_ylabel("loss L, proved")
        axes[1, 0].set_ylabel("|L − proved L|")
        legend_below(figure, axes[1, 0])

    outcome = []
    table = [["dtype", "step", "exact L", "give or take", *map("{}: distance".format, colour), "limit"]]
    for dtype, p in proved_by_dtype.items():
        farthest = max(map(largest, apart[dtype].values()))
        outcome.append(f"at most {farthest:.1g} in {dtype}, where rounding explains up to {largest(p['limit']):.1g}")
        table += _lines(dtype, p, apart[dtype], colour)
    L = next(iter(proved_by_dtype.values()))["L"]
    radius = max(p["radius"].max() for p in proved_by_dtype.values())
    return Picture(
        name,
        f"Proved loss curve, {case.activation}",
        f"Above: the loss of gradient descent in exact arithmetic, from the same weights ({case.activation}, seed "
        f"{case.first_seed + seed}). Ball arithmetic encloses it to within {radius:.0e}; it is drawn no lower than "
        "that. Below: how far each column's loss is from it, and how far the rounding of all earlier steps can push "
        "it. A curve along the lower edge is exactly zero.",
        f"The exact loss goes from {L[0]:.3g} to {L[-1]:.3g}. The columns' distance from it is {'; '.join(outcome)}.",
        draw(name, 8, 5.6, paint),
        table,
    )


@np.errstate(all="ignore")
def _apart(arrays, p, seed):
    """{column: |its loss - the proved one|} at the recorded steps."""
    return {name: np.abs((a["L"][:, seed].astype(float) - p["L"]) - p["L_rest"]) for name, a in arrays.items()}


def _lines(dtype, p, apart, columns):
    """The table's lines; the limit is known at some of the recorded steps only, and not every column was there."""
    limits = dict(zip(p["limit_step"].tolist(), p["limit"], strict=True))
    for t, step in enumerate(p["step"].tolist()):
        line = [dtype, step, p["L"][t], f"{p['radius'][t]:.1e}"]
        for column in columns:
            line.append(f"{apart[column][t]:.4g}" if column in apart else "")
        yield [*line, f"{limits[step]:.4g}" if step in limits else ""]
