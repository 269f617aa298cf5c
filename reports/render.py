"""A Report -> its pages: index.html, one self-contained file, report.md with its pictures beside it, and junit.xml."""

from urllib.parse import quote

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fourfold.compare.agreement import distances
from fourfold.compare.agreement.proved_curves import columns, drawn_seed
from fourfold.compare.results import words
from fourfold.reports import bench, junit, pictures
from fourfold.reports.pictures import plane, training, verdict
from fourfold.reports.pictures.proved import proved


def pages(report, measured=None):
    """{relative path: bytes} of the report's pages, its pictures and their numbers.

    `measured`: the record of a benchmark, to be shown too.
    """
    section = bench.section(measured) if measured else None
    shown = [*_pictures(report), *(section.pictures if section else ())]
    told = context(report.result, shown, section)
    return {
        "index.html": html("index.html.j2", told),
        "report.md": markdown("report.md.j2", told),
        "junit.xml": junit.document(report.result),
        **{f"{p.name}.svg": pictures.in_file(p.svg).encode() for p in shown},
        **{f"{p.name}.csv": pictures.as_csv(p.table).encode() for p in shown},
    }


def context(result, shown, section):
    """What a report's templates are filled with: a Result, its Pictures, and the Section on a benchmark or None."""
    wrong = {}
    for r in words.firsts(result.rejections):
        wrong.setdefault(r.column, []).append(words.rejection(r))
    return {
        "result": result,
        "verdict": words.verdict(result),
        "summary": words.summary(result),
        "settings": words.settings(result).splitlines(),
        "tables": [(d + what, *rows) for d in words.dtypes(result) for what, *rows in words.tables(result, d)],
        "cases": words.case_table(result) if len(result.settings) > 1 else None,
        "first_wrong": [told[0] for told in wrong.values()],
        "also_wrong": [line for told in wrong.values() for line in told[1:]],
        "pictures": shown,
        "bench": section,
        "provenance": [*provenance(result)],
        "ok": result.exit_code() == 0,
    }


def html(template, context):
    """The bytes of a page, whatever the names in it."""
    made = Environment(autoescape=True, **_ENVIRONMENT)
    made.filters["svg"] = lambda p: Markup(pictures.on_page(p.svg))
    made.filters["data"] = lambda p: (
        f"data:text/csv;charset=utf-8,{quote(pictures.as_csv(p.table), safe=',+-.:;()[]*/')}"
    )
    return made.get_template(template).render(context).encode()


def markdown(template, context):
    made = Environment(autoescape=False, **_ENVIRONMENT)
    made.filters["md"] = _plain
    return made.get_template(template).render(context).encode()


_ENVIRONMENT = {
    "loader": PackageLoader("fourfold.reports"),
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
}


def _plain(text):
    """Text that Markdown, and the HTML inside Markdown, must not read as markup."""
    return text.translate({ord(m): f"&#{ord(m)};" if m in "<>&|" else f"\\{m}" for m in "\\`*_[]<>|&#"})


def provenance(result):
    """(what, value) of all that a result was made with."""
    e = result.environment
    yield "Command", e.command
    yield "fourfold", e.fourfold
    yield "Python", e.python
    yield from e.versions.items()
    yield "System", f"{e.system}, {e.cpu}, {e.cores} cores"
    yield "Threads a column", e.threads
    yield from ((f"{dtype} judged by", wide) for dtype, wide in e.wide.items())
    yield from e.variables.items()
    for s in result.settings:
        yield f"Data and weights of {s.name}, SHA-256", s.inputs_sha256
    yield from (
        (f"Seconds of {name}" if name != "total" else "Seconds in all", f"{n:.1f}")
        for name, n in result.seconds.items()
    )
    yield "Made", result.created


def _pictures(report):
    """Pictures of the whole result, then of its first case."""
    result, inputs = report.result, report.inputs
    if not result.rows:
        return
    case, names = result.settings[0], [column.name for column in result.columns]
    by_dtype = {dtype: columns(report, case.name, dtype) for dtype in case.dtypes}
    by_dtype = {dtype: arrays for dtype, arrays in by_dtype.items() if arrays}
    if by_dtype:
        start = {dtype: distances.at_start(inputs, case, arrays, dtype) for dtype, arrays in by_dtype.items()}
        along = {dtype: distances.along(arrays) for dtype, arrays in by_dtype.items()}
        yield verdict.who(start, along, [name for name in names if any(name in a for a in by_dtype.values())])
    yield verdict.shares(result)
    if not by_dtype:
        return
    colour = pictures.colours(names)
    dtype, arrays = next(iter(by_dtype.items()))
    seed = drawn_seed(arrays)
    alone = f"seed {case.first_seed + seed}"
    named = f"{alone}, {dtype}"
    yield training.ratios(by_dtype, colour)
    yield from (verdict.ulps(arrays, dtype, case) for dtype, arrays in by_dtype.items() if _are_counted(arrays))
    yield training.losses(arrays, seed, colour, named)
    yield training.loss_errors(by_dtype, seed, colour, alone)
    yield from _proved(report, colour)
    yield training.weights(arrays, seed, colour, named)
    yield from on_the_plane(case, inputs, arrays, seed, named)


def on_the_plane(case, inputs, arrays, seed, named):
    """Pictures of a case with two inputs, where they can be drawn."""
    X, Y = inputs["X"], inputs["Y"]
    if case.widths[0] != 2 or "Y_hat_grid" not in next(iter(arrays.values())) or np.abs(X).max() > 1e30:
        return
    output = f", the first of {case.widths[-1]} outputs" if case.widths[-1] > 1 else ""
    yield plane.predictions(arrays, seed, X, Y, named + output)
    yield plane.boundary(arrays, seed, X, Y, inputs["grid"], named + output)
    if len(arrays) > 1:
        yield plane.differences(arrays, seed, inputs["grid"], named + output)


def _are_counted(arrays):
    return any(key.startswith("ulps_") for a in arrays.values() for key in a)


def _proved(report, colour):
    """One picture a case with a proved curve, the first case's named for itself."""
    for case in report.result.settings:
        found = {dtype: a for (name, dtype), a in report.proved.items() if name == case.name}
        if not found:
            continue
        by_dtype = {dtype: columns(report, case.name, dtype) for dtype in found}
        seed = drawn_seed(next(iter(by_dtype.values())))
        name = "proved" if case is report.result.settings[0] else f"proved-{case.activation}"
        yield proved(name, case, by_dtype, found, seed, colour)
