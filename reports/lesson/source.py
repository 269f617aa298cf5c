"""Lines of the columns, found in their files by syntax tree; nothing is imported and nothing is copied."""

import ast
from functools import cache
from typing import NamedTuple

from markupsafe import Markup, escape
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS

# Names in code that are symbols of the equations
SYMBOLS = (
    *("X", "Y", "W1", "W2", "H", "A", "Y_hat", "R", "L", "N", "lr", "sigma", "sigma_prime"),
    *("dL_dY_hat", "dL_dW2", "dL_dA", "dL_dH", "dL_dW1"),
)
CLASSES = {Comment: "c", Keyword: "k", String: "s", Number: "m", Operator: "o"}
# What autograd is asked for: the second argument of these
ASKED = ("grad", "gradient")


class Line(NamedTuple):
    number: int
    indent: int  # blanks before the code
    code: Markup  # highlighted, with those blanks
    activation: str  # the one this line is for, or ""


@cache
def text(column):
    """A column's file; the equations stand beside it, so the comments with their numbers are left out."""
    return impls.source(column)


def lines(column, *places):
    """The Lines of a column that are meant by `places`, in the file's order.

    A place is "function" (all of it), "function target" (every statement there that assigns to target, or the
    innermost one that defines a function of that name), "function return", "function for", or "ACTIVATIONS name".
    Raises LookupError, saying where, if there is no such line.
    """
    tree, chosen = ast.parse(text(column)), {}
    for place in places:
        for node, activation in _nodes(column, tree, *place.split()):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            chosen |= dict.fromkeys(range(first, (node.end_lineno or first) + 1), activation)
    found, code = text(column).splitlines(), highlighted(column)
    common = min(_indent(found[n - 1]) for n in chosen)
    return [Line(n, _indent(found[n - 1]) - common, code[n - 1][common:], chosen[n]) for n in sorted(chosen)]


def whole(column):
    """Every Line of a column's file."""
    pairs = zip(text(column).splitlines(), highlighted(column), strict=True)
    return [Line(n, _indent(plain), code, "") for n, (plain, code) in enumerate(pairs, start=1)]


def _indent(line):
    return len(line) - len(line.lstrip(" "))


def _nodes(column, tree, place, target=None):
    body = next((n for n in tree.body if place in _defined(n)), None)
    if body is None:
        raise LookupError(f"{impls.path_of(column).name} has no {place}")
    if target is None:
        return [(body, place if place in ACTIVATIONS else "")]
    if place == "ACTIVATIONS":
        entries = zip(body.value.keys, body.value.values, strict=True)
        found = [(value, key.value) for key, value in entries if target in {"*", key.value}]
    elif target in {"return", "for", "with"}:
        kind = {"return": ast.Return, "for": ast.For, "with": ast.With}[target]
        found = [(n, "") for n in body.body if isinstance(n, kind)]
    else:
        inner = [n for n in ast.walk(body) if n is not body and isinstance(n, ast.stmt)]
        found = [(n, "") for n in inner if target in _defined(n)]
    if not found:
        raise LookupError(f"{impls.path_of(column).name} has no line for {target} in {place}")
    return found


def _defined(node):
    """The names a statement assigns to or defines; of an entry `Z[..., j] = ...` that is Z."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and not _is_index(n, t)}


def _is_index(name, target):
    slices = [n.slice for n in ast.walk(target) if isinstance(n, ast.Subscript)]
    return any(name is n for s in slices for n in ast.walk(s))


@cache
def highlighted(column):
    """Every line of a column's file as markup; symbols carry their name in data-s."""
    return highlight(text(column))[: len(text(column).splitlines())]


def highlight(code):
    """Lines of Python as markup: <span class> for syntax, <span data-s> for symbols. `code` may be a fragment."""
    asked, rows, line, col = _asked(code), [[]], 1, 0
    for kind, token in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code):
        for n, part in enumerate(token.split("\n")):
            if n:
                rows.append([])
                line, col = line + 1, 0
            if part:
                rows[-1].append(_span(kind, part, asked.get((line, col), part)))
                col += len(part)
    return [Markup("").join(row) for row in rows]


def _span(kind, part, symbol):
    if kind in Name and symbol in SYMBOLS:
        return Markup('<span data-s="{}">{}</span>').format(symbol, part)
    name = next((short for token, short in CLASSES.items() if kind in token), None)
    return Markup('<span class="{}">{}</span>').format(name, part) if name else escape(part)


def _asked(code):
    """{(line, column): gradient} of the names that autograd is asked the gradient of: there, W2 stands for dL_dW2."""
    try:
        calls = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Call) and len(n.args) > 1]
    except SyntaxError:
        return {}
    calls = [n for n in calls if isinstance(n.func, ast.Attribute) and n.func.attr in ASKED]
    names = [e for n in calls if isinstance(n.args[1], ast.Tuple) for e in n.args[1].elts if isinstance(e, ast.Name)]
    return {(e.lineno, e.col_offset): f"dL_d{e.id}" for e in names}
