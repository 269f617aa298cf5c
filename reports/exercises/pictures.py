"""The exercises' figures, each a function of the arrays of its answer."""

from reports import pictures
from reports.exercises import svg

PICTURES = {}


def draw(found):
    """{figure's name: SVG text} of a Found."""
    paint = {f.name: PICTURES[f.name](found.arrays) for f in found.answer.figures}
    return {name: svg.compact(pictures.in_file(text)) for name, text in paint.items()}
