"""The lesson as one HTML file that loads nothing: no network, no fonts or scripts from elsewhere."""

import base64
import hashlib
from functools import cache
from pathlib import Path

import msgspec
from markupsafe import Markup

from fourfold import impls
from fourfold.compare.lesson.exercises.questions import EXERCISES
from fourfold.compare.lesson.numbers import UNCERTAIN, WRONG
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import of_row
from fourfold.reports import jinja
from fourfold.reports.lesson import content, mathml, numbers, source
from fourfold.reports.lesson.equation import SIDE_BY_SIDE

FOLDER = Path(__file__).parent
CODES = {"uncertain": UNCERTAIN, "wrong": WRONG}


def render(lesson, made="", answers=None):
    """The page's bytes.

    `made` says with what. `answers`: exercise number -> Markup; an exercise without one is listed as a question.
    """
    style, script = _style(), _read("templates/lesson.js")
    header = msgspec.json.encode(numbers.header(lesson) | CODES).decode()
    lines = {}
    for equation in content.EQUATIONS:
        lines[equation.number] = _lines(equation, lesson.columns)
    context = {
        "parts": content.PARTS,
        "exercises": EXERCISES,
        "answers": answers or {},
        "mistakes": _mistakes(),
        "side_by_side": SIDE_BY_SIDE,
        "titles": {column: impls.COLUMNS[column].title for column in lesson.columns},
        "lines": lines,
        "path_of": impls.path_of,
        "whole": source.whole,
        "formulas": formulas,
        "symbol": cache(mathml.symbol),
        "meanings": content.MEANINGS,
        "shapes": _shapes(lesson),
        "lesson": lesson,
        "made": made,
        "header": Markup(_for_script(header)),
        "packed": Markup(numbers.pack(lesson)),
        "style": Markup(style),
        "script": Markup(script),
        "policy": f"default-src 'none'; style-src {_sha256(style)}; script-src {_sha256(script)}; "
        "font-src data:; img-src data:",
    }
    return jinja.templates("fourfold.reports.lesson").get_template("lesson.html.j2").render(context).encode()


def formulas(equation):
    """{activation: MathML}; "" is what stands there whichever is chosen."""
    of_network = equation not in content.CHAIN.equations
    shown = {}
    for activation, latex in equation.formulas().items():
        shown[activation] = mathml.math(latex, of_network)
    return shown


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


def _lines(equation, columns):
    """{column: Lines} of an equation, for the columns that are there."""
    lines = {}
    for column in equation.columns:
        if column in columns:
            lines[column] = source.lines(column, *equation.places(column))
    return lines


def _shapes(lesson):
    shapes = {"X": lesson.X.shape, "Y": lesson.Y.shape}
    for name, Z in lesson.values.items():
        shapes[name] = Z.shape[4:]
    return {name: "×".join(map(str, shape)) or "a number" for name, shape in shapes.items()}


def _mistakes():
    """{"E13": [{name, why, column, wrong, right}]}, the code as its first column has it."""
    mistakes = {}
    for mistake in of_row("two_layer"):
        column, texts = next(iter(mistake.planted.items()))
        wrong, right = planted.differing_lines(column, *texts)
        shown = {
            "name": mistake.name,
            "why": mistake.why,
            "column": impls.COLUMNS[column].title,
            "wrong": _highlighted(wrong),
            "right": _highlighted(right),
        }
        mistakes.setdefault(mistake.equation, []).append(shown)
    return mistakes


def _highlighted(code):
    return Markup("\n").join(source.highlight("\n".join(code)))
