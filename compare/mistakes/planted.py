"""`import fourfold.compare.mistakes.planted.COLUMN_MISTAKE` is that column with that mistake in it.

So every place that takes a column's dotted name takes a planted one: `fourfold agree --impl
numpy,fourfold.compare.mistakes.planted.numpy_momentum`. A planted module imports what its column imports.
"""

import sys
from difflib import SequenceMatcher
from functools import cache
from importlib import import_module
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.util import spec_from_loader
from textwrap import dedent
from types import ModuleType

from fourfold import impls
from fourfold.compare.mistakes.catalogue import MISTAKES
from fourfold.compare.mistakes.mistake import slug
from fourfold.compare.mistakes.rewritings import DEEP_REWRITINGS, REWRITINGS

__path__ = []  # a package, though no folder: its modules are made here


# column -> {slug: (row, (right, wrong, ...))}
PLANTED = {column: {} for column in impls.FRAMEWORKS}
for _mistake in MISTAKES.values():
    for _column, _texts in _mistake.planted.items():
        PLANTED[_column][_mistake.slug] = _mistake.row, _texts
for _row, _rewritings in (("two_layer", REWRITINGS), ("deep", DEEP_REWRITINGS)):
    PLANTED["numpy"] |= {slug(f"rewritten {name}"): (_row, texts) for name, texts in _rewritings.items()}


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


def differing_lines(column, *replacements, row="two_layer"):
    """(wrong lines, right lines) of code: where the planted text differs from the column's, indentation taken off."""
    right, wrong = right_source(column, row).splitlines(), wrong_source(column, *replacements, row=row).splitlines()
    blocks = [op for op in SequenceMatcher(None, right, wrong, False).get_opcodes() if op[0] != "equal"]
    lines = lambda text, ends: dedent("\n".join(line for i, j in ends for line in text[i:j])).splitlines()
    return lines(wrong, [op[3:] for op in blocks]), lines(right, [op[1:3] for op in blocks])


class _Planter(MetaPathFinder, SourceLoader):
    def find_spec(self, fullname, path=None, target=None):
        return spec_from_loader(fullname, self) if _planted_as(fullname)[-1] else None

    def get_filename(self, fullname):
        return f"{fullname}.py"  # there is no such file; without brackets inspect asks the loader for the text

    def get_data(self, path):
        column, row, texts = _planted_as(path.removesuffix(".py"))
        return wrong_source(column, *texts, row=row).encode()


def _planted_as(fullname):
    """(column, row, (right, wrong ...)) of a planted module; no texts where it is not one."""
    package, _, name = fullname.rpartition(".")
    column, _, planted = name.partition("_")
    row, texts = PLANTED.get(column, {}).get(planted, ("", ())) if package == __name__ else ("", ())
    return column, row, texts


sys.meta_path.append(_Planter())
