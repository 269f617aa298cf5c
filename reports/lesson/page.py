"""The lesson as one HTML file that loads nothing: no network, no fonts or scripts from elsewhere."""

import base64
import hashlib
import re
from functools import cache, partial
from pathlib import Path

import msgspec
from markupsafe import Markup

from fourfold import impls
from fourfold.compare.lesson.exercises.questions import EXERCISES
from fourfold.compare.lesson.numbers import UNCERTAIN, WRONG
from fourfold.compare.results.words import listed
from fourfold.reports import jinja
from fourfold.reports.lesson import content, first, mathml, mistakes, numbers, optimizers, prose, source
from fourfold.reports.lesson.equation import FACTORS, SIDE_BY_SIDE

FOLDER = Path(__file__).parent
NUMBERS = {2: "two", 3: "three", 4: "four"}
CODES = {"uncertain": UNCERTAIN, "wrong": WRONG}
# In this order; what is at the top of one is known to the next.
SCRIPTS = (
    "engine",
    "mistakes",
    "state",
    "numbers",
    "matrices",
    "factors",
    "planes",
    "pictures",
    "live",
    "portrait",
    "alive",
    "slides",
    "breaking",
    "main",
)
STYLES = ("page", "alive", "equations", "print")


def render(lesson, made="", answers=None):
    """The page's bytes.

    `made` says with what. `answers`: exercise number -> Markup; an exercise without one is listed as a question.
    """
    style, script = _style(), joined_script()
    beside = [impls.COLUMNS[column].title for column in SIDE_BY_SIDE if column in lesson.columns]
    header = numbers.header(lesson)
    lines = {}
    for equation in content.EQUATIONS:
        lines[equation.number] = _lines(equation, lesson.columns)
    plantable = [mistake["slug"] for mistake in header["mistakes"]]
    context = {
        "parts": content.PARTS,
        "five": content.FIVE,
        "prose": partial(prose.prose, written=first.number(lesson)),
        "exercises": EXERCISES,
        "answers": answers or {},
        "mistakes": header["mistakes"],
        "plantable": plantable,
        "known_mistakes": mistakes.by_equation(plantable),
        "side_by_side": SIDE_BY_SIDE,
        "beside": listed(beside),
        "where": beside[0] if len(beside) == 1 else f"{NUMBERS.get(len(beside), len(beside))} columns",
        "titles": {column: impls.COLUMNS[column].title for column in lesson.columns},
        "lines": lines,
        "optimizers": optimizers.section(lesson),
        "path_of": impls.path_of,
        "whole": source.whole,
        "formulas": formulas,
        "chain": _chain,
        "symbol": cache(mathml.symbol),
        "meanings": content.MEANINGS,
        "shapes": first.shapes(lesson),
        "cells": first.cells(lesson),
        "first": first.number(lesson),
        "lesson": lesson,
        "made": made,
        "header": Markup(_for_script(msgspec.json.encode(header | CODES).decode())),
        "packed": Markup(numbers.pack(lesson)),
        "packed_broken": Markup(numbers.pack_broken(lesson)),
        "style": Markup(style),
        "script": Markup(script),
        "policy": f"default-src 'none'; style-src {_sha256(style)}; script-src {_sha256(script)}; "
        "font-src data:; img-src data:",
    }
    return jinja.templates("fourfold.reports.lesson").get_template("lesson.html.j2").render(context).encode()


def formulas(equation):
    """{activation: MathML}; "" is what stands there whichever is chosen."""
    shown = {}
    for activation, latex in equation.formulas().items():
        shown[activation] = mathml.math(latex)
    return shown


def joined_script():
    """The page's modules in one script: without their imports and exports, all their names are in one scope."""
    texts = ['"use strict";\n']
    for name in SCRIPTS:
        text = (FOLDER / "scripts" / f"{name}.js").read_text(encoding="utf-8")
        text = re.sub(r"^import .*?;\n", "", text, flags=re.MULTILINE | re.DOTALL)
        texts.append(re.sub(r"^export ", "", text, flags=re.MULTILINE))
    return "\n".join(texts)


def _style():
    font = base64.b64encode((FOLDER / "STIXTwoMath-subset.woff2").read_bytes()).decode()
    texts = [(FOLDER / "styles" / f"{name}.css").read_text(encoding="utf-8") for name in STYLES]
    return "\n".join(texts).replace("FONT", f"data:font/woff2;base64,{font}")


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


def _chain(equation):
    """The factors of a gradient at an equation: those gathered, the one that is its news, and those to come."""
    (part,) = (part for part in content.PARTS if equation in part.equations)
    whole = max((each.chain for each in part.equations), key=len)
    factors = []
    for n, name in enumerate(whole):
        latex, number = FACTORS[name]
        kind = "news" if number == equation.number else "known" if n < len(equation.chain) else "coming"
        factors.append({"math": mathml.inline(latex), "equation": number, "kind": kind})
    return factors
