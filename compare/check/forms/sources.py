"""The text to run of a file: all of a .py file, and of a notebook what defines something. It is imported fast."""

import ast
import json
from pathlib import Path
from typing import NamedTuple

from fourfold.compare.errors import UsageError

DEFINITIONS = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
CONSTANTS = ast.Constant | ast.Name | ast.Load | ast.UnaryOp | ast.BinOp | ast.operator | ast.unaryop
CONSTANTS |= ast.Tuple | ast.List | ast.Dict | ast.Attribute
PLAIN_CALLS = {"sqrt", "log", "exp", "array", "eye", "float", "int", "zeros", "ones", "arange"}


class Source(NamedTuple):
    """A text, and for each of its lines, from 1, the (cell, line in the cell) of a notebook; {} for a .py file."""

    text: str
    places: dict


def split(target):
    """ "mine.py:NAME" -> ("mine.py", "NAME"); NAME may be missing."""
    where, colon, name = target.rpartition(":")
    return (where, name) if colon else (target, "")


def source(path):
    """The Source of a .py or .ipynb file. Raises UsageError where it cannot be read."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
    return _notebook(text, path) if path.suffix == ".ipynb" else Source(text, {})


def _notebook(text, path):
    try:
        cells = json.loads(text)["cells"]
        codes = [(k, "".join(cell["source"])) for k, cell in enumerate(cells, 1) if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is not a notebook: it has no cells that can be read.") from None
    lines, places = [], {}
    for k, code in codes:
        for line, number in _kept(code):
            lines.append(line)
            places[len(lines)] = (k, number)
    return Source("\n".join(lines) + "\n", places)


def _kept(code):
    """(line, its number in the cell) of what a cell defines; where the cell has magics, they are left out."""
    lines = [_without_magic(line) for line in code.splitlines()]
    if code.lstrip().startswith("%%"):
        return []
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return []
    kept = []
    for node in tree.body:
        if _defines(node):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            numbers = range(first, (node.end_lineno or first) + 1)
            kept += [(lines[number - 1], number) for number in numbers if (lines[number - 1], number) not in kept]
    return kept


def _without_magic(line):
    """A line, or an empty one for a magic or a shell command."""
    bare = line.lstrip()
    if bare.startswith(("%", "!", "?")) or (bare.endswith("?") and "#" not in bare):
        return line[: len(line) - len(bare)] + "pass" if bare != line else ""
    return line


def _defines(node):
    if isinstance(node, DEFINITIONS):
        return True
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        return isinstance(node.value, ast.Lambda) or _is_constant(node.value) or _is_alias(node)
    return False


def _is_alias(node):
    return isinstance(node.value, ast.Name)


def _is_constant(value):
    for node in ast.walk(value):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in PLAIN_CALLS:
                return False
        elif isinstance(node, ast.keyword):
            continue
        elif not isinstance(node, CONSTANTS):
            return False
    return True
