"""A Diff -> its page: index.html, one self-contained file, its picture and numbers beside it, and diff.json."""

import numpy as np

from fourfold.compare.results import diff_words, result, words
from fourfold.reports import pictures
from fourfold.reports.pictures import INK, Picture, colours, draw, legend_below
from fourfold.reports.render import html

FILES = {"index.html", "diff.json", "moved.svg", "moved.csv"}
START = b'{\n "a": '


def pages(diff):
    """{relative path: bytes}"""
    shown = [moved(diff)] if any(m.compared for m in diff.movements) else []
    context = {
        "diff": diff,
        "verdict": diff_words.verdict(diff),
        "ok": diff.exit_code() == 0,
        "changes": [[c.name, *("–" if side is None else side for side in (c.a, c.b))] for c in diff.environment],
        "inputs": list(diff.inputs.items()),
        "missing": list(diff_words.missing(diff)),
        "tables": [(dtype, *diff_words.table(diff, dtype)) for dtype in diff_words.dtypes(diff)],
        "drifts": list(diff_words.drifts(diff)),
        "pictures": shown,
    }
    return {
        "index.html": html("compared.html.j2", context),
        "diff.json": result.encode(diff),
        **{f"{p.name}.svg": pictures.in_file(p.svg).encode() for p in shown},
        **{f"{p.name}.csv": pictures.as_csv(p.table).encode() for p in shown},
    }


def moved(diff):
    """A dot a column: how far each quantity moved at the first weights, as a fraction of both limits together."""
    found = [m for m in diff.movements if m.compared]
    rows, dtypes = [list(dict.fromkeys(getattr(m, key) for m in found)) for key in ("quantity", "dtype")]
    colour = colours(diff.columns)

    def paint(figure):
        axes = figure.subplots(1, len(dtypes), sharey=True, squeeze=False)[0]
        for axis, dtype in zip(axes, dtypes, strict=True):
            for n, name in enumerate(diff.columns):
                dots = [m for m in found if (m.column, m.dtype) == (name, dtype)]
                x = np.clip([words.measure(m.share) for m in dots], 1e-4, 1e3)
                y = [len(rows) - 1 - rows.index(m.quantity) + 0.1 * (n - len(diff.columns) / 2) for m in dots]
                axis.plot(x, y, "o", ms=4, color=colour[name], label=name)
            axis.axvline(1, color=INK, lw=1)
            axis.set(xscale="log", xlim=(5e-5, max(2.5, axis.get_xlim()[1])), title=dtype)
            axis.set(xlabel="movement / both limits")
            axis.set_yticks(range(len(rows)), map(words.label, rows[::-1]))
        legend_below(figure, axes[0], min(6, len(diff.columns)))

    worst = max(found, key=lambda m: words.measure(m.share))
    far = f"farthest moved {worst.quantity} of {worst.column} in {worst.dtype}, by {words.brief(worst.ulps)} ULP"
    return Picture(
        "moved",
        "What moved at the same weights",
        "One dot a column: the largest movement of the quantity between A and B, divided by the sum of both limits. "
        "Left of the line two correct versions may differ; what did not move is at the left edge.",
        f"{far}, {words.fraction(worst.share)} of both limits." if words.measure(worst.share) else "Nothing moved.",
        draw("moved", 8, max(4, 0.25 * len(rows) + 1.5), paint),
        [list(worst.__struct_fields__), *([getattr(m, f) for f in m.__struct_fields__] for m in diff.movements)],
    )


def strange(folder):
    """What keeps a folder from being replaced, or None: only an empty one, or a comparison and nothing else, may be."""
    if not folder.is_dir():
        return "is a file"
    found = {path.name: path for path in folder.iterdir()}
    others = sorted(found.keys() - FILES)
    if others or (found and not found.keys() >= {"index.html", "diff.json"}):
        return f"holds something other than a comparison ({(others or sorted(found))[0]})"
    if found and not found["diff.json"].read_bytes().startswith(START):
        return "holds something other than a comparison (diff.json is none)"
    return None
