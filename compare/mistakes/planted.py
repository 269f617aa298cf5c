"""`import fourfold.compare.mistakes.planted.COLUMN_MISTAKE` is that column with that mistake in it.

So every place that takes a column's dotted name takes a planted one: `fourfold agree --impl
numpy,fourfold.compare.mistakes.planted.numpy_momentum`. A planted module imports what its column imports.

Where the mistake is in an optimiser, COLUMN_MISTAKE is the right column with that one for its OPTIMIZER, which is
`optimizer_COLUMN_MISTAKE` by itself.
"""

import sys
from difflib import SequenceMatcher
from functools import cache
from importlib import import_module
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.util import spec_from_loader
from textwrap import dedent
from types import ModuleType
from typing import NamedTuple

from fourfold import impls
from fourfold.compare.mistakes import rewritings
from fourfold.compare.mistakes.catalogue import MISTAKES
from fourfold.compare.mistakes.mistake import OPTIMIZERS, slug

WITH_OPTIMIZER = """\
from importlib import import_module
from fourfold.impls.two_layer.{column}_impl import *

OPTIMIZER = import_module("{optimizer}")
"""
__path__ = []  # a package, though no folder: its modules are made here


def _all_planted():
    """{column: {slug: (row, (right, wrong, ...))}} of all mistakes and rewritings."""
    columns = {column: {} for column in impls.FRAMEWORKS}
    for mistake in MISTAKES.values():
        for column, texts in mistake.planted.items():
            columns[column][mistake.slug] = mistake.row, texts
    for row, named in rewritings.OF_ROW.items():
        for name, texts in named.items():
            columns["numpy"][slug(f"rewritten {name}")] = row, texts
    return columns


PLANTED = _all_planted()


def module_name(column, name):
    """What to import for a mistake, or for "rewritten ...", by its name."""
    return f"{__name__}.{column}_{slug(name)}"


@cache
def right_source(column, row="two_layer"):
    """The text that mistakes are planted in: a column's file, without the numbers of equations."""
    return impls.source(column, row)


def wrong_source(column, *replacements, row="two_layer"):
    """The same with right, wrong, right, wrong ... replaced. Raises ValueError where a right text is not there."""
    source = right_source(column, row)
    for right, wrong in zip(replacements[::2], replacements[1::2], strict=True):
        if right not in source:
            raise ValueError(f"the {column} column has no {right!r} to plant a mistake in")
        source = source.replace(right, wrong)
    return source


def changed(column, *replacements, row="two_layer"):
    """A module like a column with right, wrong, right, wrong ... replaced in its text."""
    module = ModuleType("changed")
    exec(compile(wrong_source(column, *replacements, row=row), "changed", "exec"), module.__dict__)
    return module


def load(column, name):
    """The module of a mistake, or of "rewritten ...", by its name."""
    return import_module(module_name(column, name))


class Edit(NamedTuple):
    """Lines first ... last of a column's file, counted from 1, are replaced; where last < first, lines are added."""

    first: int
    last: int
    lines: list[str]


def edits(column, *replacements, row="two_layer"):
    """What planting changes in a column's file, as Edits."""
    right = right_source(column, row).splitlines()
    wrong = wrong_source(column, *replacements, row=row).splitlines()
    changes = []
    for tag, start, stop, wrong_start, wrong_stop in SequenceMatcher(None, right, wrong, autojunk=False).get_opcodes():
        if tag != "equal":
            changes.append(Edit(start + 1, stop, wrong[wrong_start:wrong_stop]))
    return changes


def differing_lines(column, *replacements, row="two_layer"):
    """(wrong lines, right lines) of code: where the planted text differs from the column's, indentation taken off.

    Where lines are only added, or only taken away, the line before them stands on both sides.
    """
    right = right_source(column, row).splitlines()
    only_wrong, only_right = [], []
    for first, last, lines in edits(column, *replacements, row=row):
        taken_away = right[first - 1 : last]
        before = [] if taken_away and lines else right[first - 2 : first - 1]
        only_right += before + taken_away
        only_wrong += before + lines
    return _unindented(only_wrong), _unindented(only_right)


def _unindented(lines):
    return dedent("\n".join(lines)).splitlines()


class _Planter(MetaPathFinder, SourceLoader):
    """Python's import system asks it for a module's text."""

    def find_spec(self, fullname, path=None, target=None):
        column, planting = _split(fullname)
        return spec_from_loader(fullname, self) if planting in PLANTED.get(column, {}) else None

    def get_filename(self, fullname):
        return f"{fullname}.py"  # there is no such file; without brackets inspect asks the loader for the text

    def get_data(self, path):
        column, planting = _split(path.removesuffix(".py"))
        row, texts = PLANTED[column][planting]
        if row == OPTIMIZERS and not path.startswith(_OPTIMIZER):
            optimizer = f"{_OPTIMIZER}{column}_{planting}"
            return WITH_OPTIMIZER.format(column=column, optimizer=optimizer).encode()
        return wrong_source(column, *texts, row=row).encode()


_OPTIMIZER = f"{__name__}.optimizer_"


def _split(fullname):
    """(column, slug) of a planted module's name; empty where it is none."""
    package, _, name = fullname.rpartition(".")
    column, _, planting = name.removeprefix("optimizer_").partition("_")
    return (column, planting) if package == __name__ else ("", "")


sys.meta_path.append(_Planter())
