"""The lesson's section on optimisers: equations beside their lines, numbers of first steps, where columns differ."""

from itertools import takewhile
from typing import NamedTuple

from fourfold import impls
from fourfold.compare.results.optimizer_table import conventions_table
from fourfold.reports.lesson import mathml, source
from fourfold.reports.lesson.equation import SIDE_BY_SIDE
from fourfold.reports.lesson.equations.optimizers import UPDATES, UpdateEquations

ROW = "optimizers"


class UpdateCards(NamedTuple):
    """What the page shows of one of UPDATES."""

    equations: UpdateEquations
    formulas: list  # of Markup
    lines: dict  # {column: Lines}


def columns(lesson):
    """Those of a Lesson that have a column of this row."""
    return [column for column in SIDE_BY_SIDE if column in lesson.columns and column in impls.ROWS[ROW]]


def section(lesson):
    """What the template is filled with."""
    cards = []
    for equations in UPDATES:
        lines = {}
        for column in columns(lesson):
            lines[column] = source.lines(column, *_places(equations, column), row=ROW)
        cards.append(UpdateCards(equations, [*map(mathml.math, equations.latex)], lines))
    return {"cards": cards, "numbers": numbers(lesson), "table": conventions_table(), "columns": columns(lesson)}


def _places(equations, column):
    """Where a column has the lines: as NumPy has them, unless it chooses among optimisers of a framework."""
    chooses = "match name:" in impls.source(column, ROW)
    return equations.lines.get(column) or equations.lines["*" if chooses else "numpy"]


def numbers(lesson):
    """(settings, {column: (digits it shares with the first, its own, the judge's verdict)}) of every optimiser."""
    every = []
    for by_column in lesson.by_rule.values():
        entries, first = {}, ""
        for column, seen in by_column.items():
            digits = repr(float(seen.values[-1].flat[0])).replace("-", "−")
            first = first or digits
            alike = len([*takewhile(lambda pair: pair[0] == pair[1], zip(first, digits, strict=False))])
            entries[column] = digits[:alike], digits[alike:], seen.verdict
        every.append((next(iter(by_column.values())).settings, entries))
    return every
