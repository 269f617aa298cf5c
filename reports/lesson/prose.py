r"""The lesson's sentences: for the page, and for the notebook.

In a sentence, $h_{kj}$ is mathematics, [E13](#E13) a link into the page, *word* stressed, and {dL_dA 1 0} a number of
the step that the reader chose: row 1, column 0 of dL_dA, counted from 0. Such numbers follow what they are the value
of, as in "$h_{21}$ = {H 1 0}" or "$h_{21}$ = {X 1 0} · {W1 0 0} = {H 1 0}": where nothing is live they are left out.
"""

import re

from markupsafe import Markup, escape

from fourfold.reports.lesson import mathml
from fourfold.reports.lesson.equation import QUANTITIES

NUMBER = r"\{(?P<quantity>\w+) (?P<row>\d+) (?P<column>\d+)\}"
TOKEN = re.compile(rf"\$(?P<latex>[^$]+)\$|\[(?P<words>[^]]+)\]\((?P<href>#[^)\s]+)\)|\*(?P<stressed>[^*]+)\*|{NUMBER}")
UNNAMED = re.sub(r"\?P<\w+>", "?:", NUMBER)
LIVE = re.compile(rf"(?<=\$)(?: = {UNNAMED}(?: [·+−] {UNNAMED})*)+")
OPERATORS = (" · ", " + ", " − ")
LEFT_OVER = re.compile(r"[${}*\\]|\]\(|[_^]\w|∂")


def prose(text, written=lambda name, i, j: ""):
    """Markup of a text; `written` gives the digits that stand in it before the page's script has run.

    Raises LookupError if something in it is not written as above.
    """
    _check(text)
    parts, end = [], 0
    for token in TOKEN.finditer(text):
        before = text[end : token.start()]
        parts += [escape(before), _set(token, written, before.endswith(OPERATORS))]
        end = token.end()
    return Markup("").join([*parts, escape(text[end:])])


def plain(text):
    """Markdown of a text, without its links and its live numbers."""
    _check(text)
    return re.sub(r"\[([^]]+)\]\(#[^)\s]+\)", r"\1", LIVE.sub("", text))


def _check(text):
    left = LEFT_OVER.search(TOKEN.sub("", text))
    if left:
        raise LookupError(f"a sentence has {left[0]} outside of mathematics: {text}")
    if re.search(NUMBER, re.sub(r"\$[^$]+\$", "", LIVE.sub("", text))):
        raise LookupError(f"a live number does not follow what it is the value of: {text}")


def _set(token, written, inside):
    """`inside` a sum or a product: there a negative number stands in brackets."""
    if token["latex"]:
        return mathml.inline(token["latex"])
    if token["words"]:
        return Markup('<a href="{}">{}</a>').format(token["href"], token["words"])
    if token["stressed"]:
        return Markup("<em>{}</em>").format(token["stressed"])
    name, i, j = token["quantity"], int(token["row"]), int(token["column"])
    if name not in (*QUANTITIES, "sigma_prime"):
        raise LookupError(f"a live number is of no quantity: {token[0]}")
    digits = written(name, i, j)
    if inside and digits.startswith("−"):
        digits = f"({digits})"
    place = ' data-inside=""' if inside else ""
    return Markup('<output class="number" aria-live="off" data-q="{}" data-i="{}" data-j="{}"{}>{}</output>').format(
        name, i, j, Markup(place), digits
    )
