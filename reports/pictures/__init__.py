"""Arrays -> SVG. No script, text stays text, the same arrays give the same bytes."""

import io

import matplotlib as mpl
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from compare import show

# Ink and paper are stand-ins: on a page they become the page's own, in a file dark on white.
INK, PAPER = "#010203", "#fefdfc"
GRID = "#8b8b8b"
CLASSES = ("#4477aa", "#ee7733")
TINY = 1e-300  # stands for zero where the axis is logarithmic
COLOURS = ("#66bbee", "#4477aa", "#229955", "#ee7733", "#b457b0", "#b8a020", "#888888", "#d03050")
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
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):  # pyright: ignore[reportArgumentType]
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
    rows = [*dict.fromkeys(q for s in result.settings for q in show.quantities(s))][::-1]
    colour = colours(names)

    def paint(figure):
        dtypes = show.dtypes(result)
        axes = figure.subplots(1, len(dtypes), sharey=True, squeeze=False)[0]
        for axis, dtype in zip(axes, dtypes, strict=True):
            for n, name in enumerate(names):
                found = [r for r in result.rows if r.column == name and r.dtype == dtype]
                x = np.clip([float(r.worst_ratio) for r in found], 1e-3, 1e3)
                y = [rows.index(r.quantity) + 0.1 * (n - len(names) / 2) for r in found]
                axis.plot(x, y, "o", ms=4, color=colour[name], label=name)
            axis.axvline(1, color=INK, lw=1)
            axis.text(1.1, len(rows) - 0.6, "limit", ha="left", va="bottom")
            axis.set(xscale="log", xlim=(8e-3, max(2.5, axis.get_xlim()[1])), xlabel="error / limit", title=dtype)
            axis.set_yticks(range(len(rows)), map(show.label, rows))
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=min(6, len(names)))

    return draw("shares", 8, max(5.2, 0.25 * len(rows) + 1.5), paint)


def _loggable(Z):
    """What a logarithmic axis can show of Z: numbers above 0, within what matplotlib can scale; NaN for the rest."""
    Z = np.asarray(Z, np.float64)
    return np.where((Z > 0) & np.isfinite(Z), np.clip(Z, 1e-150, 1e150), np.nan)


def _logarithmic(*axes):
    """Make both axes logarithmic, also where there is nothing to show on them."""
    lines = [line for axis in axes for line in axis.lines]
    if not any(np.isfinite(line.get_ydata()).any() for line in lines):
        axes[0].set(xlim=(1, 10), ylim=(0.1, 1))
    for axis in axes:
        axis.set(xscale="log", yscale="log")


def losses(arrays, seed, colour):
    """The loss of every column over the steps; the lines lie on top of each other, so they get thinner."""

    def paint(figure):
        axis = figure.subplots()
        for n, (name, a) in enumerate(arrays.items()):
            width = 1.5 * (len(arrays) - n)
            axis.plot(a["step"] + 1, _loggable(a["L"][:, seed]), color=colour[name], lw=width, label=name)
        _logarithmic(axis)
        axis.set(xlabel="step + 1", ylabel="loss L")
        axis.legend()

    return draw("losses", 8, 3.8, paint)


def loss_errors(arrays_by_dtype, seed, colour):
    """Error of each logged loss, under its limit."""

    def paint(figure):
        axes = figure.subplots(1, len(arrays_by_dtype), sharex=True, squeeze=False)[0]
        for axis, (dtype, arrays) in zip(axes, arrays_by_dtype.items(), strict=True):
            floor = np.finfo(dtype).eps * 1e-4
            for name, a in arrays.items():
                errors = _loggable(np.maximum(a["L_error"][:, seed], floor))
                axis.plot(a["step"] + 1, errors, color=colour[name], lw=0.7, label=name)
            first = next(iter(arrays.values()))
            limit = _loggable(first["L_limit"][:, seed])
            axis.plot(first["step"] + 1, limit, color=INK, lw=1.2, label="limit")
            _logarithmic(axis)
            axis.set(title=dtype, xlabel="step + 1")
        axes[0].set_ylabel("|L − exact L at own weights|")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)

    return draw("loss_errors", 8, 3.6, paint)


def proved(arrays_by_dtype, proved_by_dtype, seed, colour):
    """Above: the proved loss curve. Below: the distance of every column's loss from it, under what rounding allows."""

    def paint(figure):
        axes = figure.subplots(2, len(arrays_by_dtype), sharex=True, squeeze=False)
        for (above, below), (dtype, arrays) in zip(axes.T, arrays_by_dtype.items(), strict=True):
            p = proved_by_dtype[dtype]
            steps = p["step"] + 1
            known = np.maximum(p["L"], p["radius"])  # below its radius the curve is not known
            above.plot(steps, _loggable(np.maximum(known, TINY)), color=INK, lw=1.5)
            _logarithmic(above)
            above.set(title=f"{dtype} weights")
            with np.errstate(all="ignore"):
                apart = {n: np.abs((a["L"][:, seed].astype(float) - p["L"]) - p["L_rest"]) for n, a in arrays.items()}
            some = [z[z > 0] for z in (*apart.values(), p["limit"])]
            floor = np.concatenate(some).min(initial=1) / 2
            for name, distance in apart.items():
                below.plot(steps, _loggable(np.maximum(distance, floor)), color=colour[name], lw=0.7, label=name)
            below.plot(p["limit_step"] + 1, _loggable(p["limit"]), color=INK, lw=1.2, label="limit")
            _logarithmic(below)
            below.set(xlabel="step + 1")
        axes[0, 0].set_ylabel("loss L, proved")
        axes[1, 0].set_ylabel("|L − proved L|")
        figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=7)

    return draw("proved", 8, 5.6, paint)


def _panels(figure, arrays):
    across = min(3, len(arrays))
    down = -(-len(arrays) // across)
    axes = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for axis in axes[len(arrays) :]:
        axis.set_visible(False)
    return zip(axes, arrays.items(), strict=False)


def _class(Y_hat):
    return np.clip(np.round(Y_hat), 0, 1)


def predictions(arrays, seed, X, Y):
    """E25: the inputs, coloured by the class each column's prediction rounds to; the ring has the target's colour."""
    classes = {"cmap": ListedColormap(CLASSES), "vmin": 0, "vmax": 1}

    def paint(figure):
        for axis, (name, a) in _panels(figure, arrays):
            Y_hat = a["Y_hat_final"][seed, :, 0]
            axis.scatter(*X.T, c=_class(Y[:, 0]), s=230, alpha=0.35, linewidths=0, **classes)
            axis.scatter(*X.T, c=_class(Y_hat), s=70, **classes)
            for x, y_hat in zip(X, Y_hat, strict=True):
                axis.annotate(f"{y_hat:.3g}", x, xytext=(0, -12), textcoords="offset points", ha="center", va="top")
            axis.set(title=name)
            axis.margins(0.4)

    return draw("predictions", 8, 2.6 * -(-len(arrays) // 3), paint)


def boundary(arrays, seed, X, Y, grid):
    """E26: a grid of inputs, classified by every column."""
    side = round(len(grid) ** 0.5)
    x, y = (grid[:, k].reshape(side, side) for k in (0, 1))
    half = (x[0, 1] - x[0, 0]) / 2
    ends = (x.min() - half, x.max() + half)
    classes = {"cmap": ListedColormap(CLASSES), "vmin": 0, "vmax": 1}

    def paint(figure):
        for axis, (name, a) in _panels(figure, arrays):
            Y_hat = a["Y_hat_grid"][seed, :, 0].reshape(side, side)
            cells = {"origin": "lower", "extent": ends + ends, "alpha": 0.5, "interpolation": "nearest"}
            axis.imshow(_class(Y_hat), **cells, **classes)
            if np.isfinite(Y_hat).all() and Y_hat.min() < 0.5 < Y_hat.max():
                axis.contour(x, y, Y_hat, levels=[0.5], colors=INK, linewidths=1)
            axis.scatter(*X.T, c=_class(Y[:, 0]), s=60, edgecolors=INK, **classes)
            axis.set(title=name, aspect="equal")
            axis.grid(visible=False)

    return draw("boundary", 8, 2.6 * -(-len(arrays) // 3), paint)
