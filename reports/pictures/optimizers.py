"""The picture of every optimiser: the loss from the same weights."""

import numpy as np

from fourfold.compare.results import words
from fourfold.reports.pictures import Picture, draw, first, heads, in_columns, largest
from fourfold.reports.pictures.axes import curve, legend_below, logarithmic, mark_beyond, panels, rows

ACROSS = 3


def optimizers(by_rule, colour, named):
    """A panel a rule of {rule: (Setting, {column: its arrays})}, a line a column, all of the first seed.

    Thinner lines lie on top, as conventions differ by less than a line is wide.
    """
    L, step = {}, first(next(iter(by_rule.values()))[1])["step"]
    for rule, (_, arrays) in by_rule.items():
        L[rule] = {column: a["L"][:, 0] for column, a in arrays.items()}
    names = [*dict.fromkeys(column for columns in L.values() for column in columns)]
    head = heads(names)

    def paint(figure):
        for axis, rule in panels(figure, L, ACROSS):
            for n, (column, values) in enumerate(L[rule].items()):
                curve(axis, step, values, color=colour[column], lw=0.8 * (len(L[rule]) - n), label=head[column])
            logarithmic(axis)
            mark_beyond(axis, step, L[rule])
            axis.set_title(rule)
        for axis in figure.axes:
            if axis.get_subplotspec().is_first_col():
                axis.set_ylabel("loss L")
            axis.set_xlabel("step + 1")
        legend_below(figure, max(figure.axes, key=lambda axis: len(axis.lines)))

    table = [["optimiser", "step", *names]]
    for rule, columns in L.items():
        every = [columns.get(column, np.full(len(step), np.nan)) for column in names]
        table += [[rule, *line] for line in in_columns(["step", *names], step, *every)[1:]]
    settings = "; ".join(setting.update for setting, _ in by_rule.values())
    return Picture(
        "optimizers",
        "The same weights, another optimiser",
        f"The loss of each column by each optimiser, from the same weights and at the same rate ({named}). Where "
        f"curves coincide, thinner ones lie on top. Asked: {settings}.",
        f"At step {step[-1]:,} the loss is {words.listed([*map(_end, L, L.values())])}.",
        draw("optimizers", 8, 2.5 * rows(L, ACROSS) + 0.5, paint),
        table,
    )


@np.errstate(all="ignore")
def _end(rule, columns):
    """ "0.25 by adam (columns are at most 3e-08 apart)": of the first column, and how far the others are from it."""
    last = [float(values[-1]) for values in columns.values()]
    apart = f" (columns at most {largest(np.array(max(last) - min(last))):.1g} apart)" if len(last) > 1 else ""
    return f"{last[0]:.3g} by {rule}{apart}"
