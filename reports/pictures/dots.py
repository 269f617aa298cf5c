"""A dot for every quantity of every column: a share of what is allowed, a panel a precision."""

import numpy as np

from fourfold.compare.results import words
from fourfold.reports.pictures import INK, colours
from fourfold.reports.pictures.axes import legend_below

MOST = 1e3  # what is larger is drawn there


def dots(figure, points, columns, quantities, dtypes, least, left, xlabel):
    """Draw points (column, dtype, quantity, share), those below `least` there, from `left` on.

    The first of the quantities is at the top. Returns the panels' axes.
    """
    colour, lines = colours(columns), list(quantities)[::-1]
    axes = figure.subplots(1, len(dtypes), sharey=True, squeeze=False)[0]
    for axis, dtype in zip(axes, dtypes, strict=True):
        for n, name in enumerate(columns):
            x, y = [], []
            for column, precision, quantity, share in points:
                if (column, precision) == (name, dtype):
                    x.append(share)
                    y.append(lines.index(quantity) + 0.1 * (n - len(columns) / 2))
            axis.plot(np.clip(x, least, MOST), y, "o", ms=4, color=colour[name], label=name)
        axis.axvline(1, color=INK, lw=1)
        axis.set(xscale="log", xlim=(left, max(2.5, axis.get_xlim()[1])), xlabel=xlabel, title=dtype)
        axis.set_yticks(range(len(lines)), map(words.label, lines))
    legend_below(figure, axes[0], min(6, len(columns)))
    return axes
