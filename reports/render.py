"""A Report -> its pages: index.html, one self-contained file, report.md with its pictures beside it, and junit.xml."""

import re
from functools import partial
from pathlib import Path
from urllib.parse import quote

import numpy as np
from markupsafe import Markup, escape

from fourfold.compare.errors import visible
from fourfold.compare.judge.quantities import anatomy
from fourfold.compare.results import mode_words, optimizer_table, part_words, process_words, repro, words
from fourfold.compare.results.arrays import drawn_seed
from fourfold.compare.results.convention_words import conventions
from fourfold.reports import bench, jinja, junit, pictures, tables, ticket
from fourfold.reports.pictures import first, plane, training, verdict
from fourfold.reports.pictures.optimizers import optimizers
from fourfold.reports.pictures.proved import proved
from fourfold.reports.pictures.standstill import standstill

CONVENTIONS = "By which conventions"
FARTHEST = 1e30  # inputs that can be drawn
SCRIPT = Path(__file__).with_name("templates").joinpath("ticket.js").read_text(encoding="utf-8")


def pages(report, distances, measured=None, sha256="", artist=None, still=None):
    """{relative path: bytes} of the report's pages, its pictures and their numbers.

    `distances`: every Distance in the report's first case. `measured`: the record of a benchmark, to be shown too.
    `sha256`: of the report's result.json, where it is known. `artist`: the drawing.Artist that draws too.
    `still`: {dtype: the first step of every network that changes no weight}, to be drawn.
    """
    section = bench.section(measured) if measured else None
    jobs = [*_jobs(report, distances)]
    if still and jobs:
        jobs.append(partial(standstill, still, report.result.settings[0]))
    shown = artist.draw(jobs) if artist else [job() for job in jobs]
    if section:
        shown += section.pictures
    filled = context(report.result, shown, section, sha256)
    return {
        "index.html": html("index.html.j2", filled),
        "report.md": markdown("report.md.j2", filled),
        "junit.xml": junit.document(report.result),
        **pictures.files(shown),
    }


def context(result, shown, section, sha256="") -> dict:
    """What a report's templates are filled with: a Result, its Pictures, and the Section on a benchmark or None."""
    first = words.first_rejections(result)
    of_bench = section.pictures if section else []
    by_name = {p.name: p for p in shown if p not in of_bench}
    filled = {
        "result": result,
        "ticket": ticket.ticket(result, sha256),
        "half_a_unit": ticket.HALF_A_UNIT if words.half_a_unit(result) else "",
        "parts": part_words.parts(result),
        "modes": [*mode_words.modes(result), *conventions(result), *process_words.twice(result)],
        "conventions": _conventions(result),
        "details": words.details(result),
        "settings": words.settings(result).splitlines(),
        "tables": tables.groups(result),
        "also_wrong": [words.rejection(r) for r in result.rejections if r not in first],
        "curve": by_name.pop("losses", None),
        "pictures": [*by_name.values()],
        "bench": section,
        "provenance": [*provenance(result)],
        "repro": bool(repro.script(result.rejections)),
        "script": SCRIPT,
        "script_hash": jinja.sha256(SCRIPT),
    }
    return filled | {"places": [*_places(filled)]}


def _places(filled):
    """(anchor, title) of all that is on the page below its first screen."""
    yield "asked", "What was asked"
    if filled["also_wrong"]:
        yield "also-wrong", "Where else it is wrong"
    for part in (*filled["tables"][1:], *filled["pictures"]):
        yield part.name, part.title
    if filled["conventions"]:
        yield "conventions", CONVENTIONS
    if filled["bench"]:
        yield "bench", filled["bench"].title
    yield "environment", "Environment"


def _conventions(result):
    """(caption, headings, lines) of what this run and all optimisers are like; nothing of plain descent."""
    if not result.settings[0].update:
        return []
    tables = [("All that differs between optimisers, and from the papers", *optimizer_table.conventions_table())]
    if result.conventions:
        tables.insert(0, ("By which convention each column works, found in this run", *optimizer_table.of_run(result)))
    return tables


def html(template, context):
    """The bytes of a page, whatever the names in it."""
    made = jinja.templates("fourfold.reports")
    made.filters |= {"svg": _svg, "data": _data, "heat": _heat, "breakable": _breakable}
    return made.get_template(template).render(context).encode()


def _heat(text):
    """The class of a cell that says a percentage, "heat-0" to "heat-9"; "wrong" beyond the limit."""
    if text.startswith("✗"):
        return "wrong"
    return f"heat-{int(text.strip('<%')) // 10}" if text.endswith("%") else ""


def _breakable(name):
    """A name that may go on in the next line after a full stop, a hyphen or an underscore."""
    return Markup(re.sub(r"([._-])(?=\w)", r"\1<wbr>", str(escape(visible(name)))))


def _svg(picture):
    return Markup(pictures.on_page(picture.svg))


def _data(picture):
    """A picture's numbers, to be downloaded from the page itself."""
    return f"data:text/csv;charset=utf-8,{quote(pictures.as_csv(picture.table), safe=',+-.:;()[]*/')}"


def markdown(template, context):
    made = jinja.templates("fourfold.reports", autoescape=False)
    made.filters["md"] = _plain
    return made.get_template(template).render(context).encode()


def _plain(text):
    """Text that Markdown, and the HTML inside Markdown, must not read as markup."""
    return text.translate(_ESCAPED)


_ESCAPED = {ord(mark): f"\\{mark}" for mark in "\\`*_[]#"} | {ord(mark): f"&#{ord(mark)};" for mark in "<>&|"}


def provenance(result):
    """(what, value) of all that a result was made with."""
    e = result.environment
    yield "Command", e.command
    yield "fourfold", e.fourfold
    yield "Python", e.python
    yield from e.versions.items()
    yield "System", f"{e.system}, {e.cpu}, {e.cores} cores"
    yield "Threads a column", e.threads
    for dtype, wide in e.wide.items():
        yield f"{dtype} judged by", wide
    for columns, text in process_words.processes(e):
        yield f"Process of {columns}", text
    yield from e.variables.items()
    for s in result.settings:
        yield f"Data and weights of {s.name}, SHA-256", s.inputs_sha256
    for name, seconds in result.seconds.items():
        yield "Seconds in all" if name == "total" else f"Seconds of {name}", f"{seconds:.1f}"
    yield "Made", result.created


def _jobs(report, distances):
    """What draws the pictures of the whole result, then those of its first case: functions without arguments."""
    result = report.result
    if not result.rows:
        return
    case, names = result.settings[0], [column.name for column in result.columns]
    by_dtype = report.by_dtype(case)
    if by_dtype:
        there = set().union(*by_dtype.values())
        yield partial(verdict.who, distances, [name for name in names if name in there])
    yield partial(verdict.shares, result, names)
    if by_dtype:
        yield from _of_training(report, case, by_dtype, pictures.colours(names))


def _of_training(report, case, by_dtype, colour):
    """The same of a case's arrays; of one seed and, where they would hide each other, of the first precision alone."""
    dtype, arrays = next(iter(by_dtype.items()))
    parameters = anatomy(case.row(), case.depth(), case.biases).parameters
    seed = drawn_seed(arrays)
    alone = f"seed {case.first_seed + seed}"
    named = f"{alone}, {dtype}"
    yield partial(training.ratios, by_dtype, parameters, colour)
    for precision, its_arrays in by_dtype.items():
        if verdict.counted(its_arrays):
            yield partial(verdict.ulps, its_arrays, precision, case)
    yield partial(training.losses, arrays, seed, colour, named)
    yield from _by_optimizer(report, dtype, colour)
    yield partial(training.loss_errors, by_dtype, seed, colour, alone)
    yield from _proved(report, colour)
    yield partial(training.weights, arrays, parameters, seed, colour, named)
    yield from on_the_plane(case, report.inputs, arrays, seed, named)


def _by_optimizer(report, dtype, colour):
    """The picture of several optimisers, where the first case was run with them."""
    by_rule = {}
    for rule, setting in optimizer_table.settings_by_rule(report.result).items():
        arrays = report.by_dtype(setting).get(dtype)
        if arrays:
            by_rule[rule] = setting, arrays
    if len(by_rule) > 1:
        first_seed = report.result.settings[0].first_seed
        yield partial(optimizers, by_rule, colour, f"seed {first_seed}, {dtype}")


def on_the_plane(case, inputs, arrays, seed, named):
    """The same of a case with two inputs, where they can be drawn."""
    X, Y = inputs["X"], inputs["Y"]
    if case.widths[0] != 2 or "Y_hat_grid" not in first(arrays) or np.abs(X).max() > FARTHEST:
        return
    if case.widths[-1] > 1:
        named += f", the first of {case.widths[-1]} outputs"
    yield partial(plane.predictions, arrays, seed, X, Y, named)
    yield partial(plane.boundary, arrays, seed, X, Y, inputs["grid"], named)
    if len(arrays) > 1:
        yield partial(plane.differences, arrays, seed, inputs["grid"], named)


def _proved(report, colour):
    """One picture a case with a proved curve, the first case's named for itself."""
    for case in report.result.settings:
        curves = {dtype: curve for (name, dtype), curve in report.proved.items() if name == case.name}
        if curves:
            by_dtype = report.by_dtype(case)
            seed = drawn_seed(by_dtype[next(iter(curves))])
            name = "proved" if case is report.result.settings[0] else f"proved-{case.activation}"
            yield partial(proved, name, case, by_dtype, curves, seed, colour)
