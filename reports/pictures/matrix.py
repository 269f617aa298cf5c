"""A verdict at a glance: a line a column, a cell a quantity, and in it the percentage of what rounding allows."""

import numpy as np
from matplotlib.patches import Rectangle

from fourfold.compare.results import tables, words
from fourfold.reports.pictures import BAD, GOOD, Picture, draw


def matrix(result):
    """The Picture of a Result's first table, the worst of every case, step and precision."""
    _, (_, *columns), lines = next(tables.tables(result))
    quantities = [name.replace(", every step", " *") for name, *_ in lines]

    def paint(figure):
        axis = figure.subplots()
        for x, (_, *cells) in enumerate(lines):
            for y, text in enumerate(cells):
                _cell(axis, x, y, text)
        axis.set(xlim=(0, len(lines)), ylim=(len(columns), 0))
        axis.set_xticks(np.arange(len(lines)) + 0.5, quantities, rotation=35, ha="left", rotation_mode="anchor")
        axis.set_yticks(np.arange(len(columns)) + 0.5, columns)
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        axis.grid(visible=False)

    return Picture(
        "matrix",
        "Same gradients?",
        "The largest error of each quantity in each column, in percent of what rounding allows; * after every step.",
        words.headline(result),
        draw("matrix", 8.4, 1.1 + 0.3 * len(columns), paint),
        [["quantity", *columns], *lines],
    )


def _cell(axis, x, y, text):
    """Draw one cell: blue within the limit, the darker the nearer to it, and orange beyond it."""
    is_wrong = text.startswith("✗")
    share = 1 if is_wrong or not text.endswith("%") else int(text.strip("<%")) / 100
    axis.add_patch(Rectangle((x, y), 0.96, 0.94, color=BAD if is_wrong else GOOD, alpha=0.1 + 0.5 * share, lw=0))
    axis.text(x + 0.48, y + 0.5, text, ha="center", va="center", fontsize=9)
