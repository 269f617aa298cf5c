"""Arrays -> SVG. No script, text stays text, the same arrays give the same bytes."""

import io

import matplotlib as mpl
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from impls.model import Trace

# Ink and paper are stand-ins: on a page they become the page's own, in a file dark on white.
INK, PAPER = "#010203", "#fefdfc"
GRID = "#8b8b8b"
CLASSES = ("#4477aa", "#ee7733")
COLOURS = ("#0077bb", "#33bbee", "#009988", "#ee7733", "#cc3311", "#ee3377", "#aa8800", "#7755aa")
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    **dict.fromkeys(["text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"], INK),
}


def on_page(svg):
    """An SVG to stand inside a page, in the page's own colours."""
    return svg[svg.index("<svg") :].replace(INK, "currentColor").replace(PAPER, "none")


def in_file(svg):
    return svg.replace(INK, "#1a1a1a").replace(PAPER, "#ffffff")


def draw(name, width, height, paint):
    """The SVG text of what `paint(figure)` draws; width and height in inches."""
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained")
        paint(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def colours(names):
    return {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(names)}


def shares(result):
    """The verdict at a glance: every quantity's largest error as a fraction of its limit."""
    names = [column.name for column in result.columns]
    quantities = [*Trace._fields, "every L", "every W2", "every W1"]
    rows = list(reversed(quantities))
    colour = colours(names)

    def paint(figure):
        axes = figure.subplots(1, len(result.setting.dtypes), sharey=True, squeeze=False)[0]
        for axis, dtype in zip(axes, result.setting.dtypes, strict=True):
            for n, name in enumerate(names):
                found = [r for r in result.rows if r.column == name and r.dtype == dtype]
                x = np.clip([float(r.worst_ratio) for r in found], 1e-3, 1e3)
                y = [rows.index(r.quantity) + 0.1 * (n - len(names) / 2) for r in found]
                axis.plot(x, y, "o", ms=4, color=colour[name], label=name)
            axis.axvline(1, color=INK, lw=1)
            axis.text(1.1, len(rows) - 0.6, "limit", ha="left", va="bottom")
            axis.set(xscale="log", xlim=(8e-3, max(2.5, axis.get_xlim()[1])), xlabel="error / limit", title=dtype)
            axis.set_yticks(range(len(rows)), rows)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(6, len(names)))

    return draw("shares", 8, 5.2, paint)


def losses(report, dtype, seed):
    """The loss of every column over the steps; the lines lie on top of each other, so they get thinner."""
    names = [name for name, d in report.arrays if d == dtype and report.arrays[name, d]]
    colour = colours([column.name for column in report.result.columns])

    def paint(figure):
        axis = figure.subplots()
        for n, name in enumerate(names):
            a = report.arrays[name, dtype]
            width = 1.5 * (len(names) - n)
            axis.plot(a["step"] + 1, a["L"][:, seed], color=colour[name], lw=width, label=name)
        axis.set(xscale="log", yscale="log", xlabel="step + 1", ylabel="loss L")
        axis.legend()

    return draw("losses", 8, 3.8, paint)


def loss_errors(report, seed):
    """Above: error of each logged loss against the exact one, under its limit. Below: columns against the first."""
    result = report.result
    dtypes, colour = result.setting.dtypes, colours([column.name for column in result.columns])

    def paint(figure):
        axes = figure.subplots(2, len(dtypes), sharex=True, sharey="col", squeeze=False)
        for (above, below), dtype in zip(axes.T, dtypes, strict=True):
            found = {name: a for (name, d), a in report.arrays.items() if d == dtype and a}
            floor = np.finfo(dtype).eps * 1e-4
            first = next(iter(found), None)
            for name, a in found.items():
                steps = a["step"] + 1
                above.plot(steps, np.maximum(a["L_error"][:, seed], floor), ".", ms=2.5, color=colour[name], label=name)
                if name == first:
                    above.plot(steps, a["L_limit"][:, seed], color=INK, lw=1.2, label="limit")
                else:
                    apart = np.abs(a["L"][:, seed].astype(float) - found[first]["L"][:, seed])
                    below.plot(steps, np.maximum(apart, floor), color=colour[name], lw=1, label=name)
            above.set(xscale="log", yscale="log", title=dtype)
            below.set(xscale="log", yscale="log", xlabel="step + 1")
        axes[0, 0].set_ylabel("|L − exact L at own weights|")
        axes[1, 0].set_ylabel(f"|L − L of {next(iter(report.arrays), ('first',))[0]}|")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=7)

    return draw("loss_errors", 8, 5.6, paint)


def _panels(figure, names):
    across = min(3, len(names))
    down = -(-len(names) // across)
    axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    return zip(axes, names, strict=False)


def _class(Y_hat):
    return np.clip(np.round(Y_hat), 0, 1)


def predictions(report, dtype, seed):
    """E25: the inputs, coloured by the class each column's prediction rounds to; a ring has the target's colour."""
    names = [name for name, d in report.arrays if d == dtype and report.arrays[name, d]]
    X, Y = report.inputs["X"], report.inputs["Y"][:, 0]
    classes = ListedColormap(CLASSES)

    def paint(figure):
        for axis, name in _panels(figure, names):
            Y_hat = report.arrays[name, dtype]["Y_hat_final"][seed, :, 0]
            axis.scatter(*X.T, c=_class(Y), cmap=classes, vmin=0, vmax=1, s=230, alpha=0.35, linewidths=0)
            axis.scatter(*X.T, c=_class(Y_hat), cmap=classes, vmin=0, vmax=1, s=70)
            for x, y_hat in zip(X, Y_hat, strict=True):
                axis.annotate(f"{y_hat:.3g}", x, xytext=(0, -18), textcoords="offset points", ha="center", va="top")
            axis.set(title=name)
            axis.margins(0.25)

    return draw("predictions", 8, 2.6 * -(-len(names) // 3), paint)


def boundary(report, dtype, seed):
    """E26: a grid of inputs, classified by every column."""
    names = [name for name, d in report.arrays if d == dtype and "Y_hat_grid" in report.arrays[name, d]]
    grid, X, Y = report.inputs["grid"], report.inputs["X"], report.inputs["Y"][:, 0]
    side = round(len(grid) ** 0.5)
    x, y = (grid[:, k].reshape(side, side) for k in (0, 1))
    classes = ListedColormap(CLASSES)

    def paint(figure):
        for axis, name in _panels(figure, names):
            Y_hat = report.arrays[name, dtype]["Y_hat_grid"][seed, :, 0].reshape(side, side)
            dots = {"cmap": classes, "vmin": 0, "vmax": 1}
            axis.scatter(x, y, c=_class(Y_hat), s=9, marker="s", linewidths=0, alpha=0.6, **dots)
            if np.isfinite(Y_hat).all() and Y_hat.min() < 0.5 < Y_hat.max():
                axis.contour(x, y, Y_hat, levels=[0.5], colors=INK, linewidths=1)
            axis.scatter(*X.T, c=_class(Y), s=60, edgecolors=INK, **dots)
            axis.set(title=name, aspect="equal")
            axis.grid(visible=False)

    return draw("boundary", 8, 2.6 * -(-len(names) // 3), paint)
