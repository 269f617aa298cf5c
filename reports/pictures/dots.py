"""A dot for every quantity of every column: a share of what is allowed, a panel a precision."""

import numpy as np

from fourfold.compare.results import words
from fourfold.reports.pictures import BEYOND, INK, colours, heads
from fourfold.reports.pictures.axes import legend_below

MOST = 1e3  # what is larger is marked at the edge


def dots(figure, points, columns, quantities, dtypes, least, left, xlabel):
    """Draw points (column, dtype, quantity, share), those below `least` there, from `left` on.

    What is above MOST is a red mark at the edge, with the largest share in figures. The first of the quantities is at
    the top. Returns the panels' axes.
    """
    colour, head, lines = colours(columns), heads(columns), list(quantities)[::-1]
    axes = figure.subplots(1, len(dtypes), sharey=True, squeeze=False)[0]
    for axis, dtype in zip(axes, dtypes, strict=True):
        for n, name in enumerate(columns):
            x, y, beyond = [], [], []
            for column, precision, quantity, share in points:
                if (column, precision) == (name, dtype):
                    place = lines.index(quantity) + 0.1 * (n - len(columns) / 2)
                    if share <= MOST:
                        x.append(share)
                        y.append(place)
                    else:
                        beyond.append(place)
            axis.plot(np.maximum(x, least), y, "o", ms=4, color=colour[name], label=head[name])
            edge = {"transform": axis.get_yaxis_transform(), "clip_on": False, "zorder": 5, "in_layout": False}
            axis.plot(np.ones(len(beyond)), beyond, ">", ms=9, color=BEYOND, mec=colour[name], mew=0.6, **edge)
        for quantity, share in _largest(points, dtype).items():
            if not share <= MOST:
                edge = {"transform": axis.get_yaxis_transform(), "in_layout": False}
                axis.text(0.96, lines.index(quantity), words.percent(share), ha="right", va="center", **edge)
        axis.axvline(1, color=INK, lw=1)
        axis.set(xscale="log", xlim=(left, _right(points, dtype)), xlabel=xlabel, title=dtype)
        axis.set_yticks(range(len(lines)), map(words.label, lines))
    legend_below(figure, axes[0], min(6, len(columns)))
    return axes


def _largest(points, dtype):
    """{quantity: the largest share of any column} in one precision."""
    largest = {}
    for _, precision, quantity, share in points:
        if precision == dtype and not share <= largest.get(quantity, 0):  # NaN counts as large
            largest[quantity] = share
    return largest


def _right(points, dtype):
    """Where an axis ends: there is room for the sizes of what is beyond it."""
    shares = _largest(points, dtype).values()
    return 2 * max([1.25, *shares]) if all(share <= MOST for share in shares) else 50 * MOST
