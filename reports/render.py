"""A Report -> its pages: index.html, one self-contained file, and report.md with its pictures beside it."""

from typing import NamedTuple

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from compare import show
from reports import pictures


class Picture(NamedTuple):
    name: str
    title: str
    text: str  # what it shows: caption and alternative text
    svg: str


def pages(report):
    """{relative path: bytes} of the report's pages and pictures."""
    result = report.result
    shown = [*_pictures(report)]
    context = {
        "result": result,
        "verdict": show.verdict(result),
        "settings": show.settings(result).splitlines(),
        "environment": show.environment(result),
        "tables": [(dtype, *show.table(result, dtype)) for dtype in show.dtypes(result)],
        "rejections": [show.rejection(r) for r in result.rejections],
        "pictures": shown,
        "ok": result.exit_code() == 0,
    }
    loader = PackageLoader("reports")
    html = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    html.filters["svg"] = lambda p: Markup(pictures.on_page(p.svg))
    text = Environment(loader=loader, autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text.filters["md"] = _plain
    return {
        "index.html": html.get_template("index.html.j2").render(context).encode(),
        "report.md": text.get_template("report.md.j2").render(context).encode(),
        **{f"{p.name}.svg": pictures.in_file(p.svg).encode() for p in shown},
    }


def _plain(text):
    """Text that Markdown, and the HTML inside Markdown, must not read as markup."""
    for mark in "\\`*_[]<>|&#":
        text = text.replace(mark, f"&#{ord(mark)};" if mark in "<>&|" else f"\\{mark}")
    return text


def _pictures(report):
    """Pictures of the whole result, then of its first case."""
    result, inputs = report.result, report.inputs
    if not result.rows:
        return
    yield Picture(
        "shares",
        "How much of its limit each quantity uses",
        "One dot a column: the largest error of the quantity over all seeds and steps, divided by what rounding "
        "allows. Left of the line: within the limit.",
        pictures.shares(result),
    )
    case = result.settings[0]
    by_dtype = {dtype: _columns(report, case.name, dtype) for dtype in case.dtypes}
    by_dtype = {dtype: arrays for dtype, arrays in by_dtype.items() if arrays}
    if not by_dtype:
        return
    colour = pictures.colours([column.name for column in result.columns])
    dtype, arrays = next(iter(by_dtype.items()))
    seed = drawn_seed(arrays)
    named = f"seed {case.first_seed + seed}, {dtype}"
    yield Picture(
        "losses",
        "Training error",
        f"Loss of every column over the steps ({named}). The curves coincide; thinner ones lie on top.",
        pictures.losses(arrays, seed, colour),
    )
    yield Picture(
        "loss_errors",
        "Differences, and the limit",
        "Above: error of each logged loss against the exact loss at the column's own weights, and the limit it must "
        "stay under. Below: the largest distance, up to each step, of a column's loss from the first column's; "
        "rounding differences of all earlier steps add up there. A line along the lower edge is exactly zero "
        f"(seed {case.first_seed + seed}).",
        pictures.loss_errors(by_dtype, seed, colour),
    )
    if case.widths[0] != 2 or "Y_hat_grid" not in arrays[next(iter(arrays))] or np.abs(inputs["X"]).max() > 1e30:
        return
    yield Picture(
        "predictions",
        "Predictions",
        f"The inputs after training ({named}): inner dot the class the prediction rounds to, ring the target's class.",
        pictures.predictions(arrays, seed, inputs["X"], inputs["Y"]),
    )
    yield Picture(
        "boundary",
        "Decision boundary",
        f"A grid of inputs classified by every column ({named}); the line is where the prediction is ½.",
        pictures.boundary(arrays, seed, inputs["X"], inputs["Y"], inputs["grid"]),
    )


def _columns(report, case, dtype):
    return {column: a for (column, c, d), a in report.arrays.items() if (c, d) == (case, dtype) and a}


def drawn_seed(arrays):
    """Position, among the recorded seeds, of the one with the smallest final loss in the first column."""
    final = next(iter(arrays.values()))["L"][-1]
    return int(np.argmin(np.nan_to_num(final, nan=np.inf)))
