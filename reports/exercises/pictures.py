"""The exercises' figures, each a function of the arrays of its answer."""

import numpy as np

from reports import pictures
from reports.exercises import svg

FLOOR = 1e-16  # what is lower is drawn there
PICTURES = {}


def draw(found):
    """{figure's name: SVG text} of a Found."""
    paint = {f.name: PICTURES[f.name](found.arrays) for f in found.answer.figures}
    return {name: svg.compact(pictures.in_file(text)) for name, text in paint.items()}


def _drawn(paint):
    """Register a function that draws the figure of its name: _1_curves draws 1-curves."""
    PICTURES[paint.__name__.strip("_").replace("_", "-")] = paint
    return paint


@_drawn
def _1_curves(arrays):
    names = [name for name in arrays if name != "step"]
    colour = pictures.colours(names)

    def paint(figure):
        axis = figure.subplots()
        for name in names:
            low, middle, high = np.clip(arrays[name], FLOOR, 1e3)
            axis.fill_between(arrays["step"] + 1, low, high, color=colour[name], alpha=0.18, lw=0)
            axis.plot(arrays["step"] + 1, middle, color=colour[name], lw=1.8, label=name)
        axis.axhline(1 / 6, color=pictures.INK, lw=0.8, ls="--")
        axis.set(xscale="log", yscale="log", xlabel="step + 1", ylabel="loss L")
        axis.legend()

    return pictures.draw("1-curves", 8, 3.8, paint)
