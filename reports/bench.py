"""A benchmark's record -> a section of a page: sentences, tables and pictures."""

from statistics import median
from typing import NamedTuple

from fourfold import impls
from fourfold.compare.bench import words
from fourfold.compare.bench.subjects import LIMIT
from fourfold.reports import pictures
from fourfold.reports.pictures import Picture

COLOUR = pictures.colours(["", *impls.FRAMEWORKS])  # "" needs none


class Section(NamedTuple):
    title: str
    sentences: list
    tables: list  # (caption, headers, rows) of text
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
    shown = [s for s in record.subjects if any(record.pace(s.name, w.name) for w in record.works)]
    shown.sort(key=lambda s: ([*COLOUR].index(_framework(s.column)), s.kind == "peer"), reverse=True)

    def paint(figure):
        axes = figure.subplots(1, len(record.works), sharey=True, squeeze=False)[0]
        for axis, work in zip(axes, record.works, strict=True):
            for y, s in enumerate(shown, start=1):
                pace, colour = record.pace(s.name, work.name), COLOUR[_framework(s.column)]
                if pace:
                    axis.plot([min(pace.ns), max(pace.ns)], [y, y], color=colour, lw=2)
                    axis.plot(median(pace.ns), y, "o", color=colour, ms=6)
                    if s.name == LIMIT:
                        axis.axvline(median(pace.ns), color=pictures.INK, lw=0.8, ls="--")
            pictures.logarithmic(axis)
            axis.set(yscale="linear", title=work.name, xlabel="ns per seed and step")
        axes[0].set_yticks(range(1, len(shown) + 1), [s.name for s in shown])
        for label, s in zip(axes[0].get_yticklabels(), shown, strict=True):
            label.set_fontweight("normal" if s.kind in {"peer", "limit"} else "bold")

    table = [["subject", "work", "seeds", "steps", "round", "ns", "busy"]]
    for p in record.paces:
        rounds = enumerate(zip(p.ns, p.busy, strict=True), start=1)
        table += [[p.subject, p.work, p.seeds, p.steps, n, ns, busy] for n, (ns, busy) in rounds]
    seen = "; ".join(
        f"{w.name}: "
        + ", ".join(f"{s.name} {words.duration(median(p.ns))}" for s in shown if (p := record.pace(s.name, w.name)))
        for w in record.works
    )
    text = (
        "One dot a subject, in the colour of its framework: the median of the rounds, on a line from the fastest to "
        "the slowest. Columns are bold; the dashed line is the C loop. Left is faster."
    )
    svg = pictures.draw("paces", 9, 1.2 + 0.24 * len(shown), paint)
    return Picture("paces", "Time per seed and step", text, f"{seen}.", svg, table)


def growth(record):
    """Processor seconds over every size that was varied, beside linear growth."""
    axes_shown = list(dict.fromkeys(g.axis for g in record.growth))
    across = min(3, len(axes_shown))

    def paint(figure):
        panels = figure.subplots(pictures.rows(axes_shown), across, squeeze=False).flatten()
        for panel in panels[len(axes_shown) :]:
            panel.remove()
        for panel, name in zip(panels, axes_shown, strict=False):
            for g in (g for g in record.growth if g.axis == name):
                seconds = [median(of_size) for of_size in g.seconds]
                linear = [seconds[0] * size / g.sizes[0] for size in g.sizes]
                panel.plot(g.sizes, linear, color=pictures.GRID, lw=0.7)
                panel.plot(g.sizes, seconds, "o-", color=COLOUR[_framework(g.subject)], label=g.subject)
            pictures.logarithmic(panel)
            panel.set(xlabel=name, ylabel="seconds")
            sizes = next(g.sizes for g in record.growth if g.axis == name)
            panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
            panel.minorticks_off()
        pictures.legend_below(figure, panels[0])

    table = [["column", "axis", "size", "round", "seconds"]]
    for g in record.growth:
        for size, of_size in zip(g.sizes, g.seconds, strict=True):
            table += [[g.subject, g.axis, size, n, s] for n, s in enumerate(of_size, start=1)]
    seen = "; ".join(f"{g.subject} grows with {g.axis} by the power {g.exponent():.2f}" for g in record.growth)
    text = (
        "Processor seconds of one call of `train`, median of the rounds; the grey lines are linear growth from the "
        "first. Width is that of one hidden layer on 1,024 samples; depth is how many layers of 16 units there are."
    )
    svg = pictures.draw("bench_growth", 9, 0.6 + 3 * pictures.rows(axes_shown), paint)
    *others, last = axes_shown
    title = f"Time over {', '.join(others)} and {last}" if others else f"Time over {last}"
    return Picture("bench_growth", title, text, f"{seen}.", svg, table)


def _framework(column):
    return column.split("-")[0]
