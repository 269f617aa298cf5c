"""A sweep's summary -> its page: heat maps over the two axes with the most values, and the table."""

import math
from itertools import product

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from fourfold.compare.results import words as show
from fourfold.compare.sweep import words
from fourfold.compare.sweep.summary import REACHED, varied
from fourfold.reports import pictures, render
from fourfold.reports.pictures import Picture, draw
from fourfold.reports.pictures.axes import panels, rows

MOST_PANELS, MOST_LINES = 12, 100
WRITTEN = 60  # cells of a panel: in more there is no room for their numbers
LOWEST, HIGHEST = 1e-12, 1.0  # median losses told apart by colour
# In every map brighter is better: the colours of what should be small are turned round
MANY, FEW = "cividis", "cividis_r"
MAPS = {
    "reached": (f"Share of the seeds that learn (L < {REACHED:g})", Normalize(0, 1), "{:.0%}".format, MANY),
    "median_loss": ("Median loss", LogNorm(LOWEST, HIGHEST), "{:.0e}".format, FEW),
    "diverged": ("Share of the seeds that diverged", Normalize(0, 1), "{:.0%}".format, FEW),
}
CONFIGURATION = ("layers", "hidden", "activation", "bias", "lr", "steps")


def pages(summary):
    """{relative path: bytes} of the page of a summary.Summary, of its pictures and their numbers."""
    shown = [*_pictures(summary)]
    context = {
        "summary": summary,
        "verdict": words.verdict(summary),
        "best": words.best(summary),
        "grid": [*_grid(summary.manifest.options)],
        "rejections": [*map(show.rejection, summary.rejections)],
        "pictures": shown,
        "listed": words.table(summary, MOST_LINES),
        "provenance": [*_provenance(summary.manifest)],
    }
    context["places"] = [
        ("grid", "What was tried"),
        *((p.name, p.title) for p in shown),
        ("settings", "Every setting"),
        ("environment", "Environment"),
    ]
    return {"index.html": render.html("sweep.html.j2", context), **pictures.files(shown)}


def _grid(options):
    for name, values in options.grid.items():
        text = ", ".join(map(words.value, values))
        if text:
            yield name, text
    yield "seeds", f"{options.first_seed}:{options.first_seed + options.seeds}"


def _provenance(manifest):
    yield "Begun with", manifest.environment.command
    yield from manifest.made_with.items()
    yield "Data, SHA-256", manifest.options.data_sha256
    yield "Options, SHA-256", manifest.options_sha256


def _pictures(summary):
    grid = summary.manifest.options.grid
    axes = sorted(varied(summary.manifest.options), key=lambda name: -len(grid[name]))
    if axes and summary.rows:
        x, y, *others = (*axes, None) if len(axes) == 1 else axes
        for measure in MAPS:
            yield _map(summary, measure, x, y, others)


def _map(summary, measure, x, y, others):
    """A measure of the first column in its first precision, over the axes `x` and, if any, `y`.

    There is a panel for every combination of the other axes.
    """
    options, (title, norm, written, colours) = summary.manifest.options, MAPS[measure]
    first = summary.rows[0]
    shown = [row for row in summary.rows if (row.column, row.dtype) == (first.column, first.dtype)]
    across, up = _values(options.grid, x), _values(options.grid, y)
    combinations = [*product(*map(options.grid.get, others))]
    cells = {key: np.full((len(up), len(across)), np.nan) for key in combinations[:MOST_PANELS]}
    names = [x, y, *others] if y else [x]
    table = [[*names, measure]]
    for row in shown:
        table.append([*_fields(row, names), getattr(row, measure)])
        key = _fields(row, others)
        if key in cells:
            place = up.index(getattr(row, y)) if y else 0, across.index(getattr(row, x))
            cells[key][place] = float(getattr(row, measure))
    colour = ScalarMappable(norm, colours)

    def paint(figure):
        for axis, key in panels(figure, cells):
            values = np.clip(cells[key], norm.vmin, norm.vmax)
            axis.imshow(values, norm=norm, cmap=colour.cmap, origin="lower", aspect="auto", interpolation="nearest")
            axis.set_xticks(*_ticks(across, 8 if len(cells) == 1 else 5), rotation=0 if len(cells) == 1 else 30)
            axis.tick_params(labelbottom=True)
            axis.set_yticks(*_ticks(up, 16))
            axis.set(xlabel=x, ylabel=y or "", title=", ".join(map(_named, others, key)))
            axis.grid(visible=False)
            if cells[key].size <= WRITTEN:
                _write(axis, cells[key], written, norm(values) if colours == MANY else 1 - norm(values))
        bar = figure.colorbar(colour, ax=figure.axes, label="brighter is better")
        if colours == FEW:
            bar.ax.invert_yaxis()

    lowest = colours == FEW
    best = (min if lowest else max)(shown, key=lambda row: float(getattr(row, measure)))
    place = ", ".join(map(_named, names, _fields(best, names)))
    what = f"{first.column}, {first.dtype}, {show.count(options.seeds, 'seed')} a cell"
    left = ""
    if len(combinations) > MOST_PANELS:
        left = f"; the first {MOST_PANELS} of {len(combinations)} panels"
    return Picture(
        measure,
        title,
        f"{title} over {x}{f' and {y}' if y else ''} ({what}){left}. Brighter is better. {_apart(summary, measure)}",
        f"{'Smallest' if lowest else 'Largest'} at {place}: {written(float(getattr(best, measure)))}.",
        draw(measure, 9 if len(cells) > 1 else 6, 1.2 + 2.6 * rows(cells) if y else 2.2, paint),
        table,
    )


def _fields(row, names):
    return tuple(getattr(row, name) for name in names)


def _values(grid, name):
    values: list = grid[name] if name else [None]
    return sorted(values) if name in {"lr", "hidden", "steps"} else values


def _write(axis, cells, written, brightness):
    """The number of every cell into it."""
    for (m, n), value in np.ndenumerate(cells):
        text = written(value) if math.isfinite(value) else "∞"
        ink = "#ffffff" if brightness[m, n] < 0.5 else "#000000"
        axis.text(n, m, text, ha="center", va="center", size=8, color=ink)


def _named(name, value):
    return words.named(name, value)


def _ticks(values, most):
    """(places, labels): every one, or every second, third ... where there are too many."""
    stride = -(-len(values) // most)
    return range(0, len(values), stride), map(_label, values[::stride])


def _label(value):
    return f"{value:.2g}" if isinstance(value, float) else words.value(value)


def _apart(summary, measure):
    """How far the other columns, and precisions, are from what is shown."""
    options = summary.manifest.options
    if len(options.columns) * len(options.dtypes) == 1 or measure == "median_loss":
        return ""
    lowest, highest = {}, {}
    for row in summary.rows:
        key, value = _fields(row, CONFIGURATION), float(getattr(row, measure))
        lowest[key] = min(value, lowest.get(key, value))
        highest[key] = max(value, highest.get(key, value))
    farthest = max(highest[key] - lowest[key] for key in lowest)
    return f"All columns and precisions are within {farthest:.1%} of each other."
