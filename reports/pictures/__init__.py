"""Arrays -> SVG, and the numbers drawn as CSV. No script, text stays text, the same arrays give the same bytes."""

import csv
import io
import re
from itertools import cycle
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from fourfold import impls
from fourfold.compare.results import words
from fourfold.compare.results.result import Column

# Ink and paper are stand-ins: on a page they become the page's own, in a file dark on white.
INK, PAPER = "#010203", "#fefdfc"
GRID = "#8b8b8b"
GOOD, BAD = "#4477aa", "#ee7733"
BEYOND = "#e0342b"  # what is beyond the edge of a picture
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
    "path.simplify_threshold": 0.3,
    **dict.fromkeys(["text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"], INK),
}
METADATA = dict.fromkeys(["Date", "Creator", "Format", "Type"])
COORDINATES = re.compile(r' (d|x|y|transform)="(?!matrix|scale)[^"]*"')
LONG = re.compile(r"-?\d+\.\d\d+")
# Names that nothing refers to, fonts by the dozen, and indentation
IDLE = ((r' id="[A-Za-z0-9.]+_\d+"', ""), (r"font-family: [^;\"]*", "font-family: sans-serif"), (r"\s*\n\s*", "\n"))


class Picture(NamedTuple):
    """A picture in words, as SVG and in numbers."""

    name: str  #  of its files
    title: str
    text: str  #  what it shows
    seen: str  #  what is to be seen on it, for who cannot see it
    svg: str
    table: list  # lines of cells, the headings first
    wrong: bool = False  # whether something beyond its limit is to be seen


def files(shown):
    """{file name: bytes} of Pictures and their numbers."""
    contents = {}
    for picture in shown:
        contents[f"{picture.name}.svg"] = in_file(picture.svg).encode()
        contents[f"{picture.name}.csv"] = as_csv(picture.table).encode()
    return contents


def in_columns(headings, *columns):
    """The table that has these columns."""
    return [list(headings), *zip(*columns, strict=True)]


def digits(values):
    """Four significant digits of each: enough of a difference."""
    return map("{:.4g}".format, values)


def on_page(svg):
    """An SVG to stand inside a page, in the page's own colours."""
    return svg[svg.index("<svg") :].replace(INK, "currentColor").replace(PAPER, "none")


def in_file(svg):
    return svg.replace(INK, "#1a1a1a").replace(PAPER, "#ffffff")


def as_csv(table):
    """The text of a CSV file: every number to its last digit."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue()


def draw(name, width, height, paint):
    """The SVG text of what `paint(figure)` draws; width and height in inches."""
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):  # pyright: ignore[reportArgumentType]
        figure = Figure(figsize=(width, height), layout="constrained")
        paint(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=METADATA)
    return _smaller(buffer.getvalue())


def _smaller(svg):
    """The same picture in half the bytes: coordinates to a tenth of a point, and nothing idle."""
    for pattern, instead in IDLE:
        svg = re.sub(pattern, instead, svg)
    return COORDINATES.sub(lambda coordinates: LONG.sub(_shorter, coordinates[0]), svg)


def _shorter(number):
    return f"{float(number[0]):.1f}".removesuffix(".0")


def colours(names):
    """A colour for every name: a column has its own, the others what is left of COLOURS, in turn."""
    own = {name: impls.COLUMNS[name].colour for name in names if name in impls.COLUMNS}
    left = cycle(colour for colour in COLOURS if colour not in own.values())
    return {name: own.get(name) or next(left) for name in names}


def heads(names):
    """{name: what stands for it on a picture}: long dotted names are cut."""
    return words.labels([Column(name, "", "") for name in names])


def first(arrays):
    """The arrays of the first column."""
    return next(iter(arrays.values()))


def largest(Z):
    """The largest of what is there, NaN and nothing at all being 0."""
    return float(np.max(np.nan_to_num(Z, nan=0, posinf=np.inf), initial=0))
