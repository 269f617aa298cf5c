"""Lines of the columns, found in their files by syntax tree; nothing is imported and nothing is copied."""

import ast
from functools import cache
from typing import NamedTuple

from markupsafe import Markup, escape
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS
from fourfold.compare.judge.quantities import gradient
from fourfold.reports.lesson.content import MEANINGS

CLASSES = {Comment: "c", Keyword: "k", String: "s", Number: "m", Operator: "o"}
KINDS = {"return": ast.Return, "for": ast.For, "with": ast.With}


class Line(NamedTuple):
    number: int
    indent: int  # blanks before the code
    code: Markup  # highlighted, with those blanks
    activation: str  # the one this line is for, or ""


@cache
def text(column, row="two_layer"):
    """A column's file without the comments that number its equations: here they stand beside their lines."""
    return impls.source(column, row)


def lines(column, *places, row="two_layer"):
    """The Lines of a column that are meant by `places`, in the file's order.

    A place is "function" (all of it), "function target" (every statement there that assigns to target, or the
    innermost one that defines a function of that name), "function return", "function for", "function case:name" (what
    stands below that case), or "ACTIVATIONS name".
    Raises LookupError, saying where, if there is no such line.
    """
    tree = _parsed(text(column, row))
    activations = {}  # a line's number -> the activation it is for
    for place in places:
        for node, activation in _nodes(impls.path_of(column).name, tree, *place.split()):
            decorators = getattr(node, "decorator_list", [])
            first = decorators[0].lineno if decorators else node.lineno
            for number in range(first, (node.end_lineno or first) + 1):
                activations[number] = activation
    file = whole(column, row)
    common = min(file[number - 1].indent for number in activations)
    chosen = []
    for number in sorted(activations):
        line = file[number - 1]
        chosen.append(Line(number, line.indent - common, line.code[common:], activations[number]))
    return chosen


@cache
def _parsed(code):
    """The syntax tree of a text, parsed once. Raises SyntaxError."""
    return ast.parse(code)


def whole(column, row="two_layer"):
    """Every Line of a column's file."""
    file = []
    for plain, code in zip(text(column, row).splitlines(), highlighted(column, row), strict=True):
        indent = len(plain) - len(plain.lstrip(" "))
        file.append(Line(len(file) + 1, indent, code, ""))
    return file


def _nodes(file, tree, place, target=None):
    """[(syntax tree, activation)] of what one place means."""
    definition = next((statement for statement in tree.body if place in _defined(statement)), None)
    if definition is None:
        raise LookupError(f"{file} has no {place}")
    if target is None:
        return [(definition, place if place in ACTIVATIONS else "")]
    nodes = [*_inside(definition, place, target)]
    if not nodes:
        raise LookupError(f"{file} has no line for {target} in {place}")
    return nodes


def _inside(definition, place, target):
    if place == "ACTIVATIONS":
        for key, value in zip(definition.value.keys, definition.value.values, strict=True):
            if target in {"*", key.value}:
                yield value, key.value
    elif target.startswith("case:"):
        cases = [node for node in ast.walk(definition) if isinstance(node, ast.match_case)]
        for case in [case for case in cases if _is_for(target.removeprefix("case:"), case.pattern)][:1]:
            yield from ((statement, "") for statement in case.body)
    elif target in KINDS:
        for statement in definition.body:
            if isinstance(statement, KINDS[target]):
                yield statement, ""
    else:
        for node in ast.walk(definition):
            if isinstance(node, ast.stmt) and node is not definition and target in _defined(node):
                yield node, ""


def _is_for(name, pattern):
    """Whether a case names a constant, or takes whatever is left."""
    named = {ast.literal_eval(node.value) for node in ast.walk(pattern) if isinstance(node, ast.MatchValue)}
    return name in named or not named


def _defined(statement):
    """The names a statement assigns to or defines; of an entry `Z[..., j] = ...` that is Z."""
    match statement:
        case ast.FunctionDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return set().union(*map(_names, targets))
    return set()


def _names(target):
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Subscript(value=array):
            return _names(array)
        case ast.Tuple(elts=parts):
            return set().union(*map(_names, parts))
    return set()


@cache
def highlighted(column, row="two_layer"):
    """Every line of a column's file as markup; symbols carry their name in data-s."""
    return highlight(text(column, row))[: len(text(column, row).splitlines())]


@cache
def highlight(code):
    """Lines of Python as markup: <span class> for syntax, <span data-s> for symbols. `code` may be a fragment."""
    asked = _asked(code)
    rows, position = [[]], 0
    for kind, token in _lexer().get_tokens(code):
        for part in token.splitlines(keepends=True):
            word = part.removesuffix("\n")
            if word:
                symbol = asked.get((len(rows), position), word)
                rows[-1].append(_span(kind, word, symbol))
            position += len(word)
            if part != word:
                rows.append([])
                position = 0
    return [Markup("").join(row) for row in rows]


@cache
def _lexer():
    return PythonLexer(stripnl=False, ensurenl=False)


@cache
def _span(kind, word, symbol):
    if kind in Name and symbol in MEANINGS:
        return Markup('<span data-s="{}">{}</span>').format(symbol, word)
    for token, name in CLASSES.items():
        if kind in token:
            return Markup('<span class="{}">{}</span>').format(name, word)
    return escape(word)


def _asked(code):
    """{(line, column): gradient} of the names that autograd is asked the gradient of: there, W2 stands for dL_dW2."""
    asked = {}
    try:
        tree = _parsed(code)
    except SyntaxError:
        return asked
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="grad" | "gradient"), args=[_, ast.Tuple(elts=names), *_]):
                for name in names:
                    asked[name.lineno, name.col_offset] = gradient(ast.unparse(name))
    return asked
