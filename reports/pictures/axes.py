"""What pictures share: panels, logarithmic axes, curves over the steps, legends."""

import math

import numpy as np
from matplotlib.ticker import NullLocator

from fourfold.reports.pictures import INK

LARGEST = np.float64(1e150)  # number that matplotlib can scale
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
        axis.set(xlim=(1, 10), ylim=(0.1, 1))
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


def error_curves(axis, steps, errors, colour, floor):
    """Draw {column: its errors}; what is below the floor lies on it."""
    for column, values in errors.items():
        curve(axis, steps, np.maximum(values, floor), color=colour[column], lw=0.7, label=column)


def limit_curve(axis, steps, limit):
    curve(axis, steps, limit, color=INK, lw=1.2, label="limit")


def legend_below(figure, axis, ncols=7):
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=ncols)
