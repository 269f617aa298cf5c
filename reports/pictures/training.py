"""Pictures of training: losses, their errors, how much of every step's limit is used, and the weights."""

import numpy as np

from fourfold.compare.results import words
from fourfold.reports.pictures import INK, Picture, draw, largest, legend_below, logarithmic, loggable, rows

MOST_LINES = 24  # of weights, in one panel
MOST_PANELS = 8


def losses(arrays, seed, colour, named):
    """The loss of every column over the steps; the lines lie on top of each other, so they get thinner."""

    def paint(figure):
        axis = figure.subplots()
        for n, (name, a) in enumerate(arrays.items()):
            width = 1.5 * (len(arrays) - n)
            axis.plot(a["step"] + 1, loggable(a["L"][:, seed]), color=colour[name], lw=width, label=name)
        logarithmic(axis)
        axis.set(xlabel="step + 1", ylabel="loss L")
        axis.legend()

    first, last = (words.listed(sorted({f"{a['L'][t, seed]:.3g}" for a in arrays.values()})) for t in (0, -1))
    step = _steps(arrays)
    apart = _apart([a["L"][:, seed] for a in arrays.values()])
    together = f"columns are at most {apart:.1g} apart" if len(arrays) > 1 else "there is one column"
    return Picture(
        "losses",
        "Training error",
        f"Loss of every column over the steps ({named}). The curves coincide; thinner ones lie on top.",
        f"From {first} at the start the loss goes to {last} at step {step[-1]:,}; {together}.",
        draw("losses", 8, 3.8, paint),
        [["step", *arrays], *zip(step, *(a["L"][:, seed] for a in arrays.values()), strict=True)],
    )


def ratios(by_dtype, colour):
    """Error as a fraction of its limit at every recorded step, the worst of all seeds: of loss and weights."""
    what = {"loss": lambda a: a["ratio_L"], "weights": lambda a: np.max([a[key] for key in _weight_ratios(a)], axis=0)}

    def paint(figure):
        axes = figure.subplots(2, len(by_dtype), sharex=True, sharey=True, squeeze=False)
        for column, (dtype, arrays) in enumerate(by_dtype.items()):
            for axis, (title, of) in zip(axes[:, column], what.items(), strict=True):
                for name, a in arrays.items():
                    axis.plot(a["step"] + 1, loggable(np.maximum(of(a), 1e-4)), color=colour[name], lw=0.7, label=name)
                axis.plot(_steps(arrays)[[0, -1]] + 1, [1, 1], color=INK, lw=1.2, label="limit")
                logarithmic(axis)
                axis.set_title(f"{dtype}: {title}")
        for axis in axes[:, 0]:
            axis.set_ylabel("error / limit")
        for axis in axes[-1]:
            axis.set_xlabel("step + 1")
        legend_below(figure, axes[0, 0])

    worst = {
        (dtype, n): {t: largest(of(a)) for t, of in what.items()}
        for dtype, of_ in by_dtype.items()
        for n, a in of_.items()
    }
    beyond = words.listed(list(dict.fromkeys(n for (_, n), w in worst.items() if max(w.values()) > 1)) or ["nobody"])
    most = {t: words.fraction(max(w[t] for w in worst.values())) for t in what}
    return Picture(
        "ratios",
        "Error as a fraction of its limit, step by step",
        "At every recorded step the largest error of the loss, and of the weights after it, over all seeds, divided by "
        "what rounding allows at the column's own weights. Nothing is carried along: a line over 1 is a wrong step.",
        f"At most {most['loss']} of its limit is used by a loss and {most['weights']} by a weight; over 1 is {beyond}.",
        draw("ratios", 8, 5, paint),
        [
            ["dtype", "step", *(f"{name} {t}" for name in next(iter(by_dtype.values())) for t in what)],
            *(
                [dtype, int(step), *(f"{of(a)[t]:.4g}" for a in arrays.values() for of in what.values())]
                for dtype, arrays in by_dtype.items()
                for t, step in enumerate(_steps(arrays))
            ),
        ],
    )


def _weight_ratios(a):
    return [key for key in a if key.startswith("ratio_") and key != "ratio_L"]


def loss_errors(by_dtype, seed, colour, named):
    """Error of each logged loss, under its limit."""

    def paint(figure):
        axes = figure.subplots(1, len(by_dtype), sharex=True, squeeze=False)[0]
        for axis, (dtype, arrays) in zip(axes, by_dtype.items(), strict=True):
            floor = np.finfo(dtype).eps * 1e-4
            for name, a in arrays.items():
                errors = loggable(np.maximum(a["L_error"][:, seed], floor))
                axis.plot(a["step"] + 1, errors, color=colour[name], lw=0.7, label=name)
            first = next(iter(arrays.values()))
            limit = loggable(first["L_limit"][:, seed])
            axis.plot(first["step"] + 1, limit, color=INK, lw=1.2, label="limit")
            logarithmic(axis)
            axis.set(title=dtype, xlabel="step + 1")
        axes[0].set_ylabel("|L − exact L at own weights|")
        legend_below(figure, axes[0])

    told = [
        f"in {dtype} at most {max(largest(a['L_error'][:, seed]) for a in arrays.values()):.1g} where the limit goes "
        f"up to {largest(next(iter(arrays.values()))['L_limit'][:, seed]):.1g}"
        for dtype, arrays in by_dtype.items()
    ]
    return Picture(
        "loss_errors",
        "Error of every loss, and its limit",
        "Error of each logged loss against the exact loss at the column's own weights, and the limit it must stay "
        f"under ({named}).",
        f"Errors are {', '.join(told)}.",
        draw("loss_errors", 8, 3.6, paint),
        [
            ["dtype", "step", *by_dtype[next(iter(by_dtype))], "limit"],
            *(
                [dtype, int(step), *(f"{a['L_error'][t, seed]:.4g}" for a in arrays.values()), f"{limit:.4g}"]
                for dtype, arrays in by_dtype.items()
                for t, (step, limit) in enumerate(
                    zip(_steps(arrays), next(iter(arrays.values()))["L_limit"][:, seed], strict=True)
                )
            ),
        ],
    )


def weights(arrays, seed, colour, named):
    """Every weight over training, a panel a layer; and below how far the columns' weights get apart."""
    first = next(iter(arrays.values()))
    kept = [name.removesuffix("_final") for name in first if name[0] in "Wb" and name.endswith("_final")]
    names, step = kept[:MOST_PANELS], _steps(arrays)
    flat = {c: {name: a[name][:, seed].reshape(len(step), -1) for name in kept} for c, a in arrays.items()}
    apart = [_apart([of[name] for of in flat.values()], axis=-1) for name in kept]

    def paint(figure):
        axes = figure.subplots(rows(names, 2) + 1, 2, sharex=True, squeeze=False)
        panels = [*axes[:-1].ravel()]
        for axis, name in zip(panels, names, strict=False):
            for n, (column, of) in enumerate(flat.items()):
                width = 0.8 + 0.9 * (len(flat) - n - 1)
                lines = np.where(np.abs(of[name]) < 1e150, of[name], np.nan)[:, :MOST_LINES]
                axis.plot(step + 1, lines, color=colour[column], lw=width)
            axis.set_title(name)
            axis.set_xscale("log")
        for axis in panels[len(names) :]:
            axis.set_visible(False)
        below, other = axes[-1]
        other.set_visible(False)
        below.plot(step + 1, loggable(np.max(apart, axis=0)), color=INK, lw=1)
        logarithmic(below)
        below.set(title="largest distance between columns", xlabel="step + 1")
        handles = [axes[0, 0].plot([], [], color=colour[c], label=c)[0] for c in flat]
        figure.legend(handles=handles, loc="outside lower center", ncols=7)

    cut = [name for name in names if first[name][0, seed].size > MOST_LINES]
    left = [f"{len(kept) - len(names)} more arrays are not drawn."] if len(kept) > len(names) else []
    left += [f"Of {words.listed(cut)} the first {MOST_LINES} weights are drawn."] if cut else []
    ends = [np.abs(np.concatenate([of[name][t] for name in kept])) for of in flat.values() for t in (0, -1)]
    return Picture(
        "weights",
        "The weights on their way",
        f"Every weight before every recorded step, a line a weight and a panel an array ({named}). Columns lie on top "
        f"of each other, thinner ones above. Below: how far apart they get. {' '.join(left)}".strip(),
        f"The largest weight is {largest(ends[0]):.3g} at the start and {largest(ends[1]):.3g} at step {step[-1]:,}; "
        f"columns are at most {largest(np.concatenate(apart)):.1g} apart.",
        draw("weights", 8, 2 * (rows(names, 2) + 1) + 0.6, paint),
        [
            ["step", *(f"{c} {name}[{','.join(map(str, i))}]" for c, name, i, _ in _entries(arrays, seed, names))],
            *zip(step[_thin(step)], *(Z[_thin(step)] for *_, Z in _entries(arrays, seed, names)), strict=True),
        ],
    )


def _entries(arrays, seed, names):
    """(column, name, index, its values over the steps) of what is drawn."""
    for column, a in arrays.items():
        for name in names:
            Z = a[name][:, seed]
            for index in list(np.ndindex(Z.shape[1:]))[:MOST_LINES]:
                yield column, name, index, Z[(slice(None), *index)]


def _thin(step):
    """Every third recorded step, and the last: nine weights of six columns fill a file."""
    return np.unique([*range(0, len(step), 3), len(step) - 1])


def _steps(arrays):
    return next(iter(arrays.values()))["step"]


def _apart(Zs, axis=()):
    """How far apart the largest and the smallest of arrays of one shape are, the largest along `axis` or of all."""
    with np.errstate(all="ignore"):
        Z = np.array(Zs, np.float64)
        apart = np.nan_to_num(Z.max(axis=0) - Z.min(axis=0), nan=0, posinf=np.inf)
    return apart.max(axis=axis) if axis else largest(apart)
