"""A benchmark's record -> a section of a page: sentences, tables and pictures."""

from statistics import median
from typing import NamedTuple

from compare.bench import show
from compare.bench.subjects import LIMIT
from reports import pictures
from reports.render import Picture

FRAMEWORKS = ("", "numpy", "torch", "jax", "tf")


class Section(NamedTuple):
    title: str
    sentences: list
    tables: list  # (caption, headers, rows) of text
    pictures: list


def section(record):
    """The Section on a record.Bench, to stand in a report or by itself."""
    drawn = [Picture(
        "paces", "Time per seed and step",
        "One dot a subject: the median over the rounds, in the colour of its framework; the line is its least to its "
        "most. The columns' names are bold. The dashed line is the C loop. Further left is faster.",
        paces(record),
    )]  # fmt: skip
    if record.growth:
        text = (
            "Seconds over steps, seeds and samples, median of the rounds; the grey lines are linear growth. "
            + "; ".join(f"{g.axis}: {g.subject} grows by the power {g.exponent():.2f}" for g in record.growth)
            + "."
        )
        drawn.append(Picture("bench_growth", "Time grows with steps, seeds and samples", text, growth(record)))
    return Section("How fast", [*show.sentences(record)], show.tables(record), drawn)


def paces(record):
    """Every subject's nanoseconds per seed and step, a panel a work."""
    names = [s.name for s in record.subjects if any(record.pace(s.name, w.name) for w in record.works)]
    of = {s.name: s for s in record.subjects}
    names.sort(key=lambda name: (FRAMEWORKS.index(_framework(of[name].column)), of[name].kind == "peer"))
    names.reverse()
    colour = pictures.colours(FRAMEWORKS)

    def paint(figure):
        axes = figure.subplots(1, len(record.works), sharey=True, squeeze=False)[0]
        for axis, work in zip(axes, record.works, strict=True):
            for y, name in enumerate(names):
                pace = record.pace(name, work.name)
                if pace:
                    drawn = colour[_framework(of[name].column)]
                    axis.plot([min(pace.ns), max(pace.ns)], [y, y], color=drawn, lw=2)
                    axis.plot(median(pace.ns), y, "o", color=drawn, ms=6)
            limit = record.pace(LIMIT, work.name)
            if limit:
                axis.axvline(median(limit.ns), color=pictures.INK, lw=0.8, ls="--")
            axis.set(xscale="log", title=work.name, xlabel="ns per seed and step")
        axes[0].set_yticks(range(len(names)), names)
        for label, name in zip(axes[0].get_yticklabels(), names, strict=True):
            label.set_fontweight("bold" if of[name].kind in {"column", "deep"} else "normal")

    return pictures.draw("paces", 9, 1.2 + 0.24 * len(names), paint)


def _framework(column):
    return column.split("-")[0]


def growth(record):
    """Seconds over every axis that was measured, beside lines of linear growth."""
    axes_shown = list(dict.fromkeys(g.axis for g in record.growth))
    colour = pictures.colours(FRAMEWORKS)

    def paint(figure):
        panels = figure.subplots(1, len(axes_shown), squeeze=False)[0]
        for panel, axis in zip(panels, axes_shown, strict=True):
            for g in (g for g in record.growth if g.axis == axis):
                seconds = [median(of_size) for of_size in g.seconds]
                panel.plot(g.sizes, seconds, "o-", color=colour[_framework(g.subject)], label=g.subject)
                linear = [seconds[0] * size / g.sizes[0] for size in g.sizes]
                panel.plot(g.sizes, linear, color=pictures.GRID, lw=0.7, zorder=0)
            panel.set(xscale="log", yscale="log", xlabel=axis, ylabel="seconds")
            sizes = next(g.sizes for g in record.growth if g.axis == axis)
            panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
            panel.minorticks_off()
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)

    return pictures.draw("bench_growth", 9, 3.6, paint)
