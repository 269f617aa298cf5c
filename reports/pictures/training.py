"""Pictures of training: losses, their errors, how much of every step's limit is used, and the weights."""

import numpy as np

from fourfold.compare.results import words
from fourfold.compare.results.arrays import eps
from fourfold.reports.pictures import INK, Picture, digits, draw, first, heads, in_columns, largest
from fourfold.reports.pictures.axes import (
    LARGEST,
    curve,
    error_curves,
    legend_below,
    limit_curve,
    logarithmic,
    mark_beyond,
    rows,
)

MOST_LINES = 24  # of weights, in one panel
MOST_PANELS = 8
MOST_LIMITS = 1e3  # a larger error is marked at the edge


def losses(arrays, seed, colour, named):
    """The loss of every column over the steps, small; lines that lie on top of each other get thinner."""
    step, head = first(arrays)["step"], heads(arrays)
    L = {name: a["L"][:, seed] for name, a in arrays.items()}

    def paint(figure):
        axis = figure.subplots()
        for n, name in enumerate(L):
            curve(axis, step, L[name], color=colour[name], lw=1.5 * (len(L) - n), label=head[name])
        logarithmic(axis)
        mark_beyond(axis, step, L)
        axis.set(xlabel="step + 1", ylabel="loss L")
        legend_below(figure, axis)

    together = ""
    if len(L) > 1:
        together = f" The columns are at most {largest(_spread(L.values())):.1g} apart."
    return Picture(
        "losses",
        "Training error",
        f"The loss of each column during training ({named}). Where curves coincide, thinner ones lie on top.",
        f"The loss goes from {_listed(L, 0)} at the start to {_listed(L, -1)} at step {step[-1]:,}.{together}",
        draw("losses", 5.4, 3.1, paint),
        in_columns(["step", *L], step, *L.values()),
    )


def _listed(L, t):
    """The columns' different losses after t steps, in words."""
    return words.listed(sorted({f"{values[t]:.3g}" for values in L.values()}))


def ratios(by_dtype, parameters, colour):
    """Error as a fraction of its limit at every recorded step, the worst of all seeds: of loss and weights."""
    headings, lines = ["dtype", "step"], []
    for name in first(by_dtype):
        headings += [f"{name} loss", f"{name} weights"]
    shown, most, beyond = {}, {"loss": 0.0, "weights": 0.0}, {}
    for dtype, arrays in by_dtype.items():
        step = first(arrays)["step"]
        columns = [[dtype] * len(step), step]
        for name, a in arrays.items():
            of_weights = np.max([a[f"ratio_{parameter}"] for parameter in parameters], axis=0)
            for what, ratio in (("loss", a["ratio_L"]), ("weights", of_weights)):
                shown.setdefault((dtype, what), {})[name] = ratio
                columns.append(digits(ratio))
                most[what] = max(most[what], largest(ratio))
                if not np.all(ratio <= 1):
                    beyond[name] = True
        lines += zip(*columns, strict=True)

    def paint(figure):
        axes = figure.subplots(2, len(by_dtype), sharex=True, sharey=True, squeeze=False)
        for axis, (dtype, what) in zip(axes.T.ravel(), shown, strict=True):
            step = first(by_dtype[dtype])["step"]
            error_curves(axis, step, shown[dtype, what], colour, 1e-4, MOST_LIMITS, words.percent)
            limit_curve(axis, step[[0, -1]], [1, 1])
            logarithmic(axis)
            axis.set_title(f"{dtype}: {what}")
        for axis in axes[:, 0]:
            axis.set_ylabel("error / limit")
        for axis in axes[-1]:
            axis.set_xlabel("step + 1")
        legend_below(figure, axes[0, 0])

    return Picture(
        "ratios",
        "Error and limit, step by step",
        "The largest error of any seed at each step, divided by what rounding allows there: of the loss, and of the "
        "weights after the step. Each step starts from the column's own weights, so errors do not add up. A curve "
        "above 1 is a wrong step. A red mark at the edge stands for more than is drawn, and says how much.",
        f"Losses reach {words.percent(most['loss'])} of their limit and weights {words.percent(most['weights'])}. "
        f"{words.listed(list(beyond) or ['No column'])} exceeds it.",
        draw("ratios", 8, 5, paint),
        [headings, *lines],
        bool(beyond),
    )


def loss_errors(by_dtype, seed, colour, named):
    """Error of each logged loss, under its limit."""
    errors, lines, most = {}, [], []
    for dtype, arrays in by_dtype.items():
        step, limit = first(arrays)["step"], first(arrays)["L_limit"][:, seed]
        errors[dtype] = {name: a["L_error"][:, seed] for name, a in arrays.items()}
        lines += zip([dtype] * len(step), step, *map(digits, errors[dtype].values()), digits(limit), strict=True)
        worst = max(map(largest, errors[dtype].values()))
        most.append(f"{worst:.1g} in {dtype}, where the limit goes up to {largest(limit):.1g}")

    def paint(figure):
        axes = figure.subplots(1, len(by_dtype), sharex=True, squeeze=False)[0]
        for axis, (dtype, arrays) in zip(axes, by_dtype.items(), strict=True):
            error_curves(axis, first(arrays)["step"], errors[dtype], colour, eps(dtype) * 1e-4)
            limit_curve(axis, first(arrays)["step"], first(arrays)["L_limit"][:, seed])
            logarithmic(axis)
            axis.set(title=dtype, xlabel="step + 1")
        axes[0].set_ylabel("|L − exact L at own weights|")
        legend_below(figure, axes[0])

    return Picture(
        "loss_errors",
        "Errors of the loss",
        f"How far each loss is from the exact loss at the column's own weights, and the limit it must stay under "
        f"({named}).",
        f"The largest error is {'; '.join(most)}.",
        draw("loss_errors", 8, 3.6, paint),
        [["dtype", "step", *first(by_dtype), "limit"], *lines],
    )


def weights(arrays, parameters, seed, colour, named):
    """Every weight over training, a panel a layer; and below how far the columns' weights get apart."""
    shown, step = parameters[:MOST_PANELS], first(arrays)["step"]
    flat, apart, start, end = {}, 0.0, 0.0, 0.0  # flat: {parameter: {column: (steps, entries)}}
    for parameter in parameters:
        columns = {c: a[parameter][:, seed].reshape(len(step), -1) for c, a in arrays.items()}
        flat[parameter] = columns
        apart = np.maximum(apart, _spread(columns.values()).max(axis=-1))
        start = max(start, largest(np.abs(first(columns)[0])))
        end = max(end, largest(np.abs(first(columns)[-1])))

    def paint(figure):
        axes = figure.subplots(rows(shown, 2) + 1, 2, sharex=True, squeeze=False)
        *panels, below, corner = axes.ravel()
        for axis, parameter in zip(panels, shown, strict=False):
            for n, (column, Z) in enumerate(flat[parameter].items()):
                lines = np.where(np.abs(Z) < LARGEST, Z, np.nan)[:, :MOST_LINES]
                axis.plot(step + 1, lines, color=colour[column], lw=0.8 + 0.9 * (len(arrays) - n - 1))
            mark_beyond(axis, step, _sizes(flat[parameter]))
            axis.set_title(parameter)
            axis.set_xscale("log")
        for axis in (*panels[len(shown) :], corner):
            axis.set_visible(False)
        curve(below, step, apart, color=INK, lw=1)
        mark_beyond(below, step, {"distance": apart})
        logarithmic(below)
        below.set(title="largest distance between columns", xlabel="step + 1")
        for column in arrays:
            axes[0, 0].plot([], [], color=colour[column], label=heads(arrays)[column])
        legend_below(figure, axes[0, 0])

    left = []
    if len(parameters) > len(shown):
        left.append(f"{words.count(len(parameters) - len(shown), 'more array')} not drawn.")
    cut = [parameter for parameter in shown if first(flat[parameter]).shape[-1] > MOST_LINES]
    if cut:
        left.append(f"Only the first {MOST_LINES} weights of {words.listed(cut)} are drawn.")
    return Picture(
        "weights",
        "Weights during training",
        f"One curve per weight, one panel per array ({named}). Where columns coincide, thinner curves lie on top. The "
        f"last panel shows how far apart the columns get. {' '.join(left)}".strip(),
        f"The largest weight is {start:.3g} at the start and {end:.3g} at step {step[-1]:,}. "
        f"The columns are at most {largest(apart):.1g} apart.",
        draw("weights", 8, 2 * (rows(shown, 2) + 1) + 0.6, paint),
        _entries(arrays, flat, shown, step),
    )


def _sizes(columns):
    """{column: the largest |weight| at each step} of {column: (steps, entries)}."""
    return {column: np.abs(Z[:, :MOST_LINES].astype(np.float64)).max(axis=-1) for column, Z in columns.items()}


def _entries(arrays, flat, shown, step):
    """The table of what is drawn, at every third recorded step and the last: all of them would fill a file."""
    thin = np.unique([*range(0, len(step), 3), len(step) - 1])
    headings, columns = ["step"], [step[thin]]
    for column, a in arrays.items():
        for parameter in shown:
            indices = [*np.ndindex(a[parameter].shape[2:])]
            for n, index in enumerate(indices[:MOST_LINES]):
                headings.append(f"{column} {parameter}[{','.join(map(str, index))}]")
                columns.append(flat[parameter][column][thin, n])
    return in_columns(headings, *columns)


@np.errstate(all="ignore")
def _spread(Zs):
    """How far apart the largest and the smallest of arrays of one shape are, entry by entry."""
    Z = np.array([*Zs], np.float64)
    return np.nan_to_num(Z.max(axis=0) - Z.min(axis=0), nan=0, posinf=np.inf)
