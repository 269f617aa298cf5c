"""What pictures share: panels, logarithmic axes, curves over the steps, legends."""

import math

import numpy as np
from matplotlib.ticker import NullLocator

from fourfold.compare.results import words
from fourfold.reports.pictures import BEYOND, INK, heads

LARGEST = np.float64(1e150)  # number that matplotlib can scale
MARKS, NAMED = 8, 3  # most marks of one curve beyond the edge, most curves that are named there
LETTERS, SAMPLE = 12, 6  # letters in an inch of a legend; what a line's sample takes there
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def panels(figure, keys, across=3):
    """(axis, key) for every key, `across` in a row with the same axes."""
    keys = list(keys)
    axes = figure.subplots(rows(keys, across), min(across, len(keys)), sharex=True, sharey=True, squeeze=False).ravel()
    for axis in axes[len(keys) :]:
        axis.set_visible(False)
    return zip(axes, keys, strict=False)


def rows(keys, across=3):
    """How many rows of panels that makes."""
    return -(-len(keys) // across)


def loggable(Z):
    """What a logarithmic axis can show of Z: numbers above 0, within what matplotlib can scale; NaN for the rest."""
    Z = np.asarray(Z, np.float64)
    return np.where((Z > 0) & np.isfinite(Z), np.clip(Z, 1 / LARGEST, LARGEST), np.nan)


def logarithmic(axis):
    """Make both scales logarithmic, also where there is nothing to show on them."""
    if not any(map(_shows_something, axis.lines)):
        right = max((np.max(line.get_xdata()) for line in axis.lines), default=10)
        axis.set(xlim=(1, max(10, right)), ylim=(0.1, 1))
    axis.set(xscale="log", yscale="log")
    for scale, (low, high) in ((axis.xaxis, axis.get_xlim()), (axis.yaxis, axis.get_ylim())):
        if high >= 10 * low:  # in less there may be no power of ten to label
            scale.set_minor_locator(NullLocator())
            scale.set_major_formatter(_power)


def _shows_something(line):
    return np.isfinite(line.get_ydata()).any()


def _power(x, place=None):
    """10⁻³ as plain text: matplotlib would take ten times as long to set it as mathematics."""
    return "10" + str(round(math.log10(x))).translate(RAISED) if x > 0 else ""


def curve(axis, steps, values, **style):
    """Draw values at these steps, for a logarithmic axis."""
    axis.plot(steps + 1, loggable(values), **style)


def error_curves(axis, steps, errors, colour, floor, most: float = LARGEST, size=words.brief):
    """Draw {column: its errors}; what is below the floor lies on it, and above `most` is only a mark and a size."""
    head = heads(errors)
    for column, values in errors.items():
        shown = np.where(values <= most, np.maximum(values, floor), np.nan)
        curve(axis, steps, shown, color=colour[column], lw=0.7, label=head[column])
    mark_beyond(axis, steps, errors, most, size)


def mark_beyond(axis, steps, values, most: float = LARGEST, size=words.brief):
    """Mark in red, at the upper edge, where {column: values} are above `most`, infinite or NaN, and say how large."""
    head, lines = heads(values), []
    for column, Z in values.items():
        places = np.flatnonzero(~(np.asarray(Z, np.float64) <= most))
        if len(places):
            drawn = places[np.linspace(0, len(places) - 1, min(MARKS, len(places))).astype(int)]
            edge = {"transform": axis.get_xaxis_transform(), "clip_on": False, "zorder": 5, "in_layout": False}
            axis.update_datalim(np.c_[steps + 1, steps + 1], updatey=False)  # the edge is as wide as the marks
            axis.scatter(steps[drawn] + 1, np.ones(len(drawn)), marker="^", c=BEYOND, s=36, **edge)
            most_there = float(np.max(Z[places]))
            lines.append(f"▲ {head[column]}: {'no number' if np.isnan(most_there) else size(most_there)}")
    if len(lines) > NAMED:
        lines[NAMED:] = [f"▲ and {len(lines) - NAMED} more"]
    if lines:
        axis.text(0.03, 0.06, "\n".join(lines), transform=axis.transAxes, va="bottom", fontsize=8, in_layout=False)


def limit_curve(axis, steps, limit):
    curve(axis, steps, limit, color=INK, lw=1.2, label="limit")


def legend_below(figure, axis, most=7):
    """Draw a legend below, as many names in a row as there is room for, `most` at most."""
    handles, names = axis.get_legend_handles_labels()
    room = LETTERS * figure.get_figwidth() / (max(map(len, names), default=0) + SAMPLE)
    figure.legend(handles, names, loc="outside lower center", ncols=max(1, min(most, int(room))))
