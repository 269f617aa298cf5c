"""A sweep's summary -> its page: heat maps over the two axes with the most values, and the table."""

import math
from itertools import product

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from fourfold.compare.results import words as show
from fourfold.compare.sweep import summary, words
from fourfold.reports import render
from fourfold.reports.pictures import Picture, as_csv, draw, in_file, panels, rows

MOST_PANELS, MOST_ROWS = 12, 100
WRITTEN = 60  # cells of a panel: in more there is no room for their numbers
LOWEST, HIGHEST = 1e-12, 1.0  # median losses told apart by colour
MAPS = {
    "reached": (f"Share of the seeds with L < {summary.REACHED:g}", Normalize(0, 1), "{:.0%}".format),
    "median_loss": ("Median loss", LogNorm(LOWEST, HIGHEST), "{:.0e}".format),
    "diverged": ("Share of the seeds that diverged", Normalize(0, 1), "{:.0%}".format),
}


def pages(found):
    """{relative path: bytes} of the page of a summary.Summary, of its pictures and their numbers."""
    shown = [*_pictures(found)]
    told = {
        "found": found,
        "verdict": words.verdict(found),
        "ok": found.exit_code() == 0,
        "grid": [(name, text) for name, text in _grid(found.manifest.options) if text],
        "rejections": [show.rejection(r) for r in show.firsts(found.rejections)],
        "pictures": shown,
        "listed": words.table(found, MOST_ROWS),
        "provenance": [*_provenance(found.manifest)],
    }
    return {
        "index.html": render.html("sweep.html.j2", told),
        **{f"{p.name}.svg": in_file(p.svg).encode() for p in shown},
        **{f"{p.name}.csv": as_csv(p.table).encode() for p in shown},
    }


def _grid(options):
    yield from ((name, ", ".join(map(words.value, values))) for name, values in options.grid.items())
    yield "seeds", f"{options.first_seed}:{options.first_seed + options.seeds}"


def _provenance(manifest):
    yield "Begun with", manifest.environment.command
    yield from manifest.made_with.items()
    yield "Data, SHA-256", manifest.options.data_sha256
    yield "Options, SHA-256", manifest.options_sha256


def _pictures(found):
    axes = sorted(summary.varied(found.manifest.options), key=lambda name: -len(found.manifest.options.grid[name]))
    if not axes or not found.rows:
        return
    x, y, *others = (*axes, None) if len(axes) == 1 else axes
    first = found.rows[0]
    shown = [row for row in found.rows if (row.column, row.dtype) == (first.column, first.dtype)]
    for name in MAPS:
        yield _map(found, name, x, y, others, shown)


def _map(found, what, x, y, others, shown):
    """One measure over the axes `x` and, if any, `y`; a panel for every combination of the other axes."""
    grid = found.manifest.options.grid
    title, norm, written = MAPS[what]
    across, up = _values(grid, x), _values(grid, y)
    every = [*product(*(grid[name] for name in others))]
    cells = {key: np.full((len(up), len(across)), np.nan) for key in every[:MOST_PANELS]}
    for row in shown:
        key = tuple(getattr(row, name) for name in others)
        if key in cells:
            at = up.index(getattr(row, y)) if y else 0, across.index(getattr(row, x))
            cells[key][at] = float(getattr(row, what))
    colour = ScalarMappable(norm, "cividis")

    def paint(figure):
        for axis, key in panels(figure, cells):
            values = np.clip(cells[key], norm.vmin, norm.vmax)
            axis.imshow(values, norm=norm, cmap=colour.cmap, origin="lower", aspect="auto", interpolation="nearest")
            axis.set_xticks(*_ticks(across, 8 if len(cells) == 1 else 5), rotation=0 if len(cells) == 1 else 30)
            axis.tick_params(labelbottom=True)
            axis.set_yticks(*_ticks(up, 16))
            axis.set(xlabel=x, ylabel=y or "", title=", ".join(map(_named, others, key)))
            axis.grid(visible=False)
            for (m, n), value in np.ndenumerate(cells[key]) if cells[key].size <= WRITTEN else ():
                dark = norm(values[m, n]) < 0.5
                text = written(value) if math.isfinite(value) else "∞"
                axis.text(n, m, text, ha="center", va="center", size=8, color="#ffffff" if dark else "#000000")
        figure.colorbar(colour, ax=figure.axes, label=title)

    of = f"{shown[0].column}, {shown[0].dtype}, {show.count(found.manifest.options.seeds, 'seed')} a cell"
    left = f"; the first {MOST_PANELS} of {len(every)} panels" if len(every) > MOST_PANELS else ""
    best = max(shown, key=lambda row: float(getattr(row, what)) * (-1 if what == "median_loss" else 1))
    at = ", ".join(_named(name, getattr(best, name)) for name in (x, y, *others) if name)
    return Picture(
        what,
        title,
        f"{title} over {x}{f' and {y}' if y else ''} ({of}){left}. {_apart(found, what)}",
        f"{'Smallest' if what == 'median_loss' else 'Largest'} at {at}: {written(float(getattr(best, what)))}.",
        draw(what, 9 if len(cells) > 1 else 6, 1.2 + 2.6 * rows(cells) if y else 2.2, paint),
        [[x, *filter(None, (y, *others)), what], *([*_where(row, x, y, others), getattr(row, what)] for row in shown)],
    )


def _values(grid, name):
    values: list = grid[name] if name else [None]
    return sorted(values) if name in {"lr", "hidden", "steps"} else values


def _where(row, x, y, others):
    return [getattr(row, name) for name in (x, y, *others) if name]


def _named(name, value):
    return f"{name} {words.value(value)}"


def _ticks(values, most):
    """(places, labels): every one, or every second, third ... where there are too many."""
    every = -(-len(values) // most)
    return [*range(0, len(values), every)], [
        f"{v:.2g}" if isinstance(v, float) else words.value(v) for v in values[::every]
    ]


def _apart(found, what):
    """How far the other columns, and precisions, are from what is shown."""
    by = {}
    for row in found.rows:
        key = tuple(getattr(row, name) for name in ("layers", "hidden", "activation", "bias", "lr", "steps"))
        by.setdefault(key, []).append(float(getattr(row, what)))
    if len(found.manifest.options.columns) * len(found.manifest.options.dtypes) == 1 or what == "median_loss":
        return ""
    return f"All columns and precisions are within {max(max(of) - min(of) for of in by.values()):.1%} of each other."
