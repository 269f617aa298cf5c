"""The lesson as one HTML file that loads nothing: no network, no fonts or scripts from elsewhere."""

import base64
import hashlib
from pathlib import Path

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fourfold import impls
from fourfold.compare.lesson.exercises.questions import EXERCISES
from fourfold.compare.lesson.numbers import UNCERTAIN, WRONG
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import of_row
from fourfold.reports.lesson import content, mathml, numbers, source

FOLDER = Path(__file__).parent


def render(lesson, made="", answers=None):
    """The page's bytes.

    `made` says with what. `answers`: exercise number -> Markup; an exercise without one is listed as a question.
    """
    style, script = _style(), _read("templates/lesson.js")
    here = {column: impls.COLUMNS[column].title for column in lesson.columns}
    context = {
        "parts": content.PARTS,
        "exercises": EXERCISES,
        "answers": answers or {},
        "mistakes": _mistakes(),
        "columns": {c: name for c, name in here.items() if c in content.SIDE_BY_SIDE},
        "files": here,
        "lines": _lines(lesson.columns),
        "paths": {c: f"impls/two_layer/{impls.path_of(c).name}" for c in here},
        "whole": {c: source.whole(c) for c in here},
        "math": {e.number: formulas(e) for e in content.EQUATIONS},
        "symbols": {name: mathml.symbol(name) for name in mathml.LATEX},
        "meanings": content.MEANINGS,
        "shapes": _shapes(lesson),
        "lesson": lesson,
        "made": made,
        "header": Markup(_for_script(msgspec.json.encode(numbers.header(lesson) | CODES).decode())),
        "packed": Markup(numbers.pack(lesson)),
        "style": Markup(style),
        "script": Markup(script),
        "policy": f"default-src 'none'; style-src {_sha256(style)}; script-src {_sha256(script)}; "
        "font-src data:; img-src data:",
    }
    pages = Environment(
        loader=PackageLoader("fourfold.reports.lesson"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("lesson.html.j2").render(context).encode()


CODES = {"uncertain": UNCERTAIN, "wrong": WRONG}


def formulas(equation):
    """{activation: MathML}; "" is what stands there whichever is chosen."""
    of_network = equation not in content.CHAIN.equations
    latex = {"": equation.latex} | (equation.by_activation or {})
    return {activation: mathml.math(formula, of_network) for activation, formula in latex.items()}


def _read(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def _style():
    font = base64.b64encode((FOLDER / "STIXTwoMath-subset.woff2").read_bytes()).decode()
    return _read("templates/lesson.css").replace("FONT", f"data:font/woff2;base64,{font}")


def _sha256(text):
    """As a content security policy has it; the element holds this text and nothing else."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _for_script(json):
    return json.replace("<", "\\u003c")


def _lines(columns):
    """{equation number: {column: Lines}} for the columns that are there."""
    shown = lambda equation: [column for column in equation.columns if column in columns]
    return {
        e.number: {column: source.lines(column, *content.places(e, column)) for column in shown(e)}
        for e in content.EQUATIONS
    }


def _shapes(lesson):
    shapes = {name: Z.shape[4:] for name, Z in lesson.values.items()} | {"X": lesson.X.shape, "Y": lesson.Y.shape}
    return {name: "×".join(map(str, shape)) or "a number" for name, shape in shapes.items()}


def _mistakes():
    """{equation number: [{name, why, column, wrong, right}]}, the code as its first column has it."""
    found = {}
    for mistake in of_row("two_layer"):
        column, texts = next(iter(mistake.planted.items()))
        wrong, right = (_highlighted(code) for code in planted.differing_lines(column, *texts))
        entry = {
            "name": mistake.name,
            "why": mistake.why,
            "column": impls.COLUMNS[column].title,
            "wrong": wrong,
            "right": right,
        }
        found.setdefault(int(mistake.equation.removeprefix("E")), []).append(entry)
    return found


def _highlighted(code):
    return Markup("\n").join(source.highlight("\n".join(code)))
