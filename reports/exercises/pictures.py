"""The exercises' figures, each a function of the arrays of its answer."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.ticker import PercentFormatter

from fourfold.compare.cases.data import xor
from fourfold.reports import pictures
from fourfold.reports.exercises import svg
from fourfold.reports.pictures import plane
from fourfold.reports.pictures.axes import panels, rows

FLOOR = 1e-16  # what is lower is drawn there
# Activations, depths and signs are no columns: their colours are none of a column's, and are seen on white and on black
SETTINGS = ("#d9487d", "#7278e8", "#a26b3f", "#7f8c8d")
STYLES = ("-", "--", "-.", ":")
MARKERS, MARKS = "os^D", "●■▲◆"
APART = 0.075  # of an axis' height, from one name to the next
DIVERGING = LinearSegmentedColormap.from_list("", [SETTINGS[0], "#c8c8c8", SETTINGS[1]])


def draw(answered):
    """{figure's name: SVG text} of an Answered."""
    texts = {}
    for figure in answered.answer.figures:
        drawn = PICTURES[figure.name](figure.name, answered.arrays)
        texts[figure.name] = svg.compact(pictures.in_file(drawn))
    return texts


def _curve_names(arrays):
    """The names of the arrays that are drawn over "step"."""
    return [name for name in arrays if name != "step"]


def _curves(figure_name, arrays):
    names = _curve_names(arrays)
    colour = dict(zip(names, SETTINGS, strict=False))

    def paint(figure):
        axis = figure.subplots()
        steps, ends = arrays["step"] + 1, {}
        for name, style in zip(names, STYLES, strict=False):
            low, middle, high = np.clip(arrays[name], FLOOR, 1e3)
            axis.fill_between(steps, low, high, color=colour[name], alpha=0.18, lw=0)
            axis.plot(steps, middle, color=colour[name], ls=style, lw=1.8)
            ends[name] = (middle[-1], colour[name], style)
        axis.axhline(1 / 6, color=pictures.INK, lw=0.6)
        axis.set(xscale="log", yscale="log", xlabel="step + 1", ylabel=f"loss L ({FLOOR:g} where lower)")
        _label_ends(axis, ends)

    return pictures.draw(figure_name, 8, 3.8, paint)


def _label_ends(axis, ends):
    """The name of every curve at its right end, with a sample of its line; `ends` {name: (height, colour, style)}."""
    axis.margins(x=0)
    to_axes = axis.transData + axis.transAxes.inverted()
    heights = {}
    for name, (y, *_) in ends.items():
        heights[name] = to_axes.transform((axis.get_xlim()[1], y))[1]
    order = sorted(heights, key=heights.__getitem__)
    places, lowest = {}, -1.0
    for name in order:
        places[name] = lowest = max(heights[name], lowest + APART)
    too_high = max(0, lowest - 1)
    for n, name in enumerate(order):
        _, colour, style = ends[name]
        y = max(places[name] - too_high, n * APART)
        line = {"transform": axis.transAxes, "clip_on": False, "color": colour}
        axis.plot((1, 1.02), (heights[name], y), lw=0.8, **line)
        axis.plot((1.02, 1.08), (y, y), lw=1.8, ls=style, **line)
        axis.text(1.09, y, name, transform=axis.transAxes, va="center", size=9)


def _losses(figure_name, arrays):
    lowest = arrays["median"].min()
    colour = ScalarMappable(Normalize(lowest, 0), "cividis_r")  # brighter is better, as in a sweep

    def paint(figure):
        axes = figure.subplots(1, len(arrays["epochs"]), sharex=True, sharey=True)
        for n, (axis, epochs) in enumerate(zip(axes, arrays["epochs"], strict=True)):
            medians = arrays["median"][:, :, n]
            axis.pcolormesh(medians, norm=colour.norm, cmap=colour.cmap)
            for (y, x), median in np.ndenumerate(medians):
                ink = "#fefefe" if median > lowest / 2 else "#000000"  # white is the paper, and none on a page
                text = f"{median:.0f}".replace("-0", "0").replace("-", "−")
                axis.text(x + 0.5, y + 0.5, text, ha="center", va="center", size=7, color=ink)
            axis.set(title=f"{epochs:,} epochs", xlabel="learning rate")
            axis.title.set_fontsize(9)
            axis.set_xticks(np.arange(len(arrays["rate"])) + 0.5, [f"{r:g}" for r in arrays["rate"]], rotation=60)
            axis.set_yticks(np.arange(len(arrays["width"])) + 0.5, arrays["width"])
            axis.grid(visible=False)
        axes[0].set_ylabel("width")
        figure.colorbar(colour, ax=axes, label="log₁₀ L; lower is better")

    return pictures.draw(figure_name, 9, 2.8, paint)


def _success(figure_name, arrays):
    """A colour for each activation, dashed without biases."""
    return _learned(figure_name, arrays, lambda name: name.split(",")[0], lambda name: name.endswith("without"))


def _classes(figure_name, arrays):
    """The arrays whose names begin as the figure's does, three in a row; what else the name says is the title."""
    (X, Y), side = xor(), arrays["side"]
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    start = f"{figure_name.removeprefix('5-')} "
    shown = {name.removeprefix(start): Z for name, Z in arrays.items() if name.startswith(start)}

    def paint(figure):
        for axis, title in panels(figure, shown):
            plane.classes(axis, grid, shown[title], X, Y, size=25)
            axis.set(title=title, xticks=(-1, 0, 1, 2), yticks=(-1, 0, 1, 2))
            axis.title.set_fontsize(9)

    return pictures.draw(figure_name, 2.4 * min(3, len(shown)), 2.5 * rows(shown), paint)


def _depth(figure_name, arrays):
    """A colour for each depth, dashed with sigmoids."""
    return _learned(figure_name, arrays, lambda name: name.split(", ")[1], lambda name: name.startswith("sigmoid"))


def _learned(figure_name, arrays, group, dashed):
    """The share of seeds that have learned, over the steps: a colour and a marker for each group(name of a curve)."""
    names = _curve_names(arrays)
    groups = [*dict.fromkeys(map(group, names))]

    def paint(figure):
        axis = figure.subplots()
        steps, ends = arrays["step"] + 1, {}
        for name in names:
            n = groups.index(group(name))
            style = "--" if dashed(name) else "-"
            marks = {"marker": MARKERS[n], "ms": 5, "markevery": np.flatnonzero(arrays[name])[3 * n :: 24].tolist()}
            axis.step(steps, arrays[name], color=SETTINGS[n], ls=style, lw=1.6, where="post", **marks)
            ends[f"{name} {MARKS[n]}"] = (arrays[name][-1], SETTINGS[n], style)
        axis.set(xscale="log", ylim=(-0.03, 1.03), xlabel="step + 1", ylabel="share of seeds")
        axis.yaxis.set_major_formatter(PercentFormatter(1))
        _label_ends(axis, ends)

    return pictures.draw(figure_name, 8, 3.8, paint)


def _jacobians(figure_name, arrays):
    names = {"dL_dY_hat": "L by ŷ", "dY_hat_dA": "ŷ by A", "dA_dH": "A by H", "dH_dW1": "H by W1", "dL_dW1": "L by W1"}

    def paint(figure):
        widths = [max(3, arrays[name].shape[1]) for name in names]
        axes = figure.subplots(1, len(names), width_ratios=widths)
        for axis, (name, title) in zip(axes, names.items(), strict=True):
            J = np.ma.masked_equal(arrays[name], 0)
            most = np.abs(J).max()
            axis.pcolormesh(J, cmap=DIVERGING, vmin=-most, vmax=most, edgecolors=pictures.GRID, lw=0.3)
            for (y, x), entry in np.ndenumerate(J.filled(0)):
                if entry:
                    axis.text(x + 0.5, y + 0.5, "−" if entry < 0 else "+", ha="center", va="center", size=6)
            axis.set(title=title, aspect="equal", xticks=[], yticks=[], xlabel="×".join(map(str, J.shape)))
            axis.invert_yaxis()
            axis.grid(visible=False)
            axis.spines[:].set_visible(False)
        for axis, sign in zip(axes, ("·", "·", "·", "=", ""), strict=True):
            axis.annotate(sign, (1, 0.5), (7, 0), xycoords="axes fraction", textcoords="offset points", va="center")

    return pictures.draw(figure_name, 8, 3, paint)


PICTURES = {
    "1-curves": _curves,
    "3-losses": _losses,
    "4-success": _success,
    "5-networks": _classes,
    "5-training": _classes,
    "5-two": _classes,
    "6-depth": _depth,
    "7-jacobians": _jacobians,
}
