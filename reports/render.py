"""A Report -> its pages: index.html, one self-contained file, report.md with its pictures beside it, and junit.xml."""

from typing import NamedTuple

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from compare import show
from reports import junit, pictures
from reports.proofs import columns, drawn_seed


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
        "tables": [(d + what, *rows) for d in show.dtypes(result) for what, *rows in show.tables(result, d)],
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
        "junit.xml": junit.document(result),
        **{f"{p.name}.svg": pictures.in_file(p.svg).encode() for p in shown},
    }


def _plain(text):
    """Text that Markdown, and the HTML inside Markdown, must not read as markup."""
    return text.translate({ord(m): f"&#{ord(m)};" if m in "<>&|" else f"\\{m}" for m in "\\`*_[]<>|&#"})


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
    by_dtype = {dtype: columns(report, case.name, dtype) for dtype in case.dtypes}
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
        "Error of every loss, and its limit",
        "Error of each logged loss against the exact loss at the column's own weights, and the limit it must stay "
        f"under (seed {case.first_seed + seed}).",
        pictures.loss_errors(by_dtype, seed, colour),
    )
    yield from _proved(report, colour)
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


def _proved(report, colour):
    """One picture a case with a proved curve, the first case's named for itself."""
    for case in report.result.settings:
        proved = {dtype: a for (name, dtype), a in report.proved.items() if name == case.name}
        if not proved:
            continue
        by_dtype = {dtype: columns(report, case.name, dtype) for dtype in proved}
        seed = drawn_seed(next(iter(by_dtype.values())))
        radius = max(a["radius"].max() for a in proved.values())
        yield Picture(
            "proved" if case is report.result.settings[0] else f"proved-{case.activation}",
            f"The proved loss curve, {case.activation}",
            f"Above: the loss of gradient descent in exact arithmetic from the same weights ({case.activation}, seed "
            f"{case.first_seed + seed}), enclosed by ball arithmetic to within {radius:.0e}, and drawn no "
            "lower than that. Below: how far from it the loss of every column is, and how far the rounding of all "
            "earlier steps can carry it. A line along the lower edge is exactly zero.",
            pictures.proved(by_dtype, proved, seed, colour),
        )
