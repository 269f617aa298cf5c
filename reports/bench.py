"""A benchmark's record -> a section of a page: sentences, tables and pictures."""

import re
from statistics import median
from typing import NamedTuple

from fourfold import impls
from fourfold.compare.bench import words
from fourfold.compare.bench.subjects import LIMIT
from fourfold.compare.results.words import listed
from fourfold.reports import pictures
from fourfold.reports.pictures import Picture
from fourfold.reports.pictures.axes import legend_below, logarithmic, rows

COLOUR = pictures.colours(["", *impls.FRAMEWORKS])  # "" needs none


class Section(NamedTuple):
    title: str
    sentences: list
    tables: list  # (caption, headers, lines) of text
    pictures: list


def section(record):
    """The Section on a record.Bench, to stand in a report or by itself."""
    return Section("How fast", [*words.sentences(record)], words.tables(record), [*_pictures(record)])


def _pictures(record):
    if record.paces:
        yield paces(record)
    if record.growth:
        yield growth(record)


def paces(record):
    """Every subject's nanoseconds per seed and step, a panel a work."""
    measured = {pace.subject for pace in record.paces}
    shown = [s for s in record.subjects if s.name in measured]
    shown.sort(key=_from_below, reverse=True)

    def paint(figure):
        axes = figure.subplots(1, len(record.works), sharey=True, squeeze=False)[0]
        for axis, work in zip(axes, record.works, strict=True):
            for y, s in enumerate(shown, start=1):
                pace = record.pace(s.name, work.name)
                if pace:
                    axis.plot([min(pace.ns), max(pace.ns)], [y, y], color=_colour(s.column), lw=2)
                    axis.plot(median(pace.ns), y, "o", color=_colour(s.column), ms=6)
                if pace and s.name == LIMIT:
                    axis.axvline(median(pace.ns), color=pictures.INK, lw=0.8, ls="--")
            logarithmic(axis)
            axis.set(yscale="linear", title=work.name, xlabel="ns per seed and step")
        axes[0].set_yticks(range(1, len(shown) + 1), [s.name for s in shown])
        for label, s in zip(axes[0].get_yticklabels(), shown, strict=True):
            label.set_fontweight("normal" if s.kind in {"peer", "limit"} else "bold")

    lines = []
    for p in record.paces:
        for n, (ns, busy) in enumerate(zip(p.ns, p.busy, strict=True), start=1):
            lines.append([p.subject, p.work, p.seeds, p.steps, n, ns, busy])
    return Picture(
        "paces",
        "Time per seed and step",
        "One dot a subject, in the colour of its framework: the median of the rounds, on a line from the fastest to "
        "the slowest. Columns are bold; the dashed line is the C loop. Left is faster.",
        f"{'; '.join(_of_works(record, shown))}.",
        pictures.draw("paces", 9, 1.2 + 0.24 * len(shown), paint),
        [["subject", "work", "seeds", "steps", "round", "ns", "busy"], *lines],
    )


def _from_below(subject):
    """By framework, and within one the column before its peers."""
    return [*COLOUR].index(_framework(subject.column)), subject.kind == "peer"


def _of_works(record, subjects):
    """Yields what every subject takes, in words, a work at a time."""
    for work in record.works:
        durations = []
        for s in subjects:
            pace = record.pace(s.name, work.name)
            if pace:
                durations.append(f"{s.name} {words.duration(median(pace.ns))}")
        yield f"{work.name}: {', '.join(durations)}"


def growth(record):
    """Processor seconds over every size that was varied, beside linear growth."""
    by_axis, exponents, lines = {}, [], []
    for g in record.growth:
        by_axis.setdefault(g.axis, []).append(g)
        exponents.append(f"{g.subject} grows with {g.axis} by the power {g.exponent():.2f}")
        for size, seconds in zip(g.sizes, g.seconds, strict=True):
            for n, s in enumerate(seconds, start=1):
                lines.append([g.subject, g.axis, size, n, s])

    def paint(figure):
        panels = figure.subplots(rows(by_axis), min(3, len(by_axis)), squeeze=False).flatten()
        for panel in panels[len(by_axis) :]:
            panel.remove()
        for panel, (name, growths) in zip(panels, by_axis.items(), strict=False):
            for g in growths:
                seconds = list(map(median, g.seconds))
                linear = [seconds[0] * size / g.sizes[0] for size in g.sizes]
                panel.plot(g.sizes, linear, color=pictures.GRID, lw=0.7)
                panel.plot(g.sizes, seconds, "o-", color=_colour(g.subject), label=g.subject)
            logarithmic(panel)
            panel.set(xlabel=name, ylabel="seconds")
            panel.set_xticks(growths[0].sizes, map("{:,}".format, growths[0].sizes))
            panel.minorticks_off()
        legend_below(figure, panels[0])

    return Picture(
        "bench_growth",
        f"Time over {listed([*by_axis])}",
        "Processor seconds of one call of `train`, median of the rounds; the grey lines are linear growth from the "
        "first. Width is that of one hidden layer on 1,024 samples; depth is how many layers of 16 units there are.",
        f"{'; '.join(exponents)}.",
        pictures.draw("bench_growth", 9, 0.6 + 3 * rows(by_axis), paint),
        [["column", "axis", "size", "round", "seconds"], *lines],
    )


def _colour(column):
    return COLOUR[_framework(column)]


def _framework(column):
    return re.split("[-:]", column)[0]
