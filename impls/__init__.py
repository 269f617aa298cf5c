"""The same network, several times over: a folder is a row, and a file in it a column, one framework's telling.

Columns repeat each other, and that is the policy. What two columns share can be wrong in both: with one wrong line in a
shared core all four frameworks agree on a wrong answer. So a column imports its framework and impls.model and nothing
else of ours, and no mathematics is moved to a place where a second column could use it.
"""

import re
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NamedTuple


class Framework(NamedTuple):
    """What all rooms know of a framework. Its name, the key below, is that of its columns and of their files."""

    package: str  # what is imported
    title: str  # how it is written
    colour: str  # its own in every picture; seen on white and on black


# The one table: a fifth framework is a line here and a file in every row.
FRAMEWORKS = {
    "numpy": Framework("numpy", "NumPy", "#229955"),
    "torch": Framework("torch", "PyTorch", "#ee7733"),
    "jax": Framework("jax", "JAX", "#b457b0"),
    "tf": Framework("tensorflow", "TensorFlow", "#b8a020"),
}
# Other ways of going backward by hand.
VARIANTS = {
    "numpy-loop": Framework("numpy", "NumPy, in loops", "#66bbee"),
    "numpy-tiled": Framework("numpy", "NumPy, tiled", "#4477aa"),
}
COLUMNS = VARIANTS | FRAMEWORKS
NAMES = tuple(COLUMNS)
# Precisions that a package has no numbers of: ml_dtypes' bfloat16, multiplied by NumPy, are float32.
LACKS = {"numpy": ("bfloat16",)}
ROWS = {"two_layer": NAMES, "deep": tuple(FRAMEWORKS), "chain_rule": tuple(FRAMEWORKS), "optimizers": tuple(FRAMEWORKS)}
# Other ways to run a framework's column, as "torch:compile": a function of impls/modes each.
MODES = {
    "torch": {"compile": "by torch.compile", "func": "by torch.func", "autocast": "by torch.autocast"},
    "jax": {"eager": "without jit", "vmap": "by vmap", "bfloat16": "with products in bfloat16"},
    "tf": {"eager": "without tf.function", "no-xla": "without XLA", "xla": "all by XLA", "mixed": "in mixed_bfloat16"},
}
# Those of mixed precision: float32 weights, bfloat16 layers or products.
MIXED = ("torch:autocast", "jax:bfloat16", "tf:mixed")


def mode_names():  # `modes` is the folder
    """The names of all modes, as "torch:compile"."""
    names = []
    for base, own in MODES.items():
        names += [f"{base}:{mode}" for mode in own]
    return names


def is_mode(name):
    base, _, mode = name.partition(":")
    return mode in MODES.get(base, {})


def is_mixed(name):
    return name in MIXED


def is_built_in(name):
    return name in COLUMNS or is_mode(name)


def rows_of(name):
    """The rows that have a built-in column; a mode has those that are trained."""
    if is_mode(name):
        return ["two_layer", "deep"]
    return [row for row, names in ROWS.items() if name in names]


def optimizers_of(name):
    """The column of the optimizers that goes with a built-in one: that of its framework."""
    package = framework(name)
    return next(short for short, one in FRAMEWORKS.items() if one.package == package)


def framework(name):
    """The package a column needs, or None for a module from elsewhere."""
    base = name.partition(":")[0]
    return COLUMNS[base].package if base in COLUMNS else None


def has(name, dtype):
    """Whether a column can compute in a precision; of a module from elsewhere it is not known."""
    return dtype == "float32" if is_mixed(name) else dtype not in LACKS.get(framework(name) or "", ())


def has_one_of(name, dtypes):
    return any(has(name, dtype) for dtype in dtypes)


def load(name, row="two_layer"):
    """The column's module: a name of NAMES, a mode, or the dotted path of any module that satisfies impls.model.Model.

    The only place where a column is imported. Raises ImportError where its framework, or the module, is not there.
    """
    if is_mode(name):
        return _in_mode(name, row)
    path = f"fourfold.impls.{row}.{path_of(name).stem}" if name in COLUMNS else name
    return import_module(path)


@cache
def _in_mode(name, row):
    """A copy of a column's module that its mode has changed."""
    base, _, mode = name.partition(":")
    spec = spec_from_file_location(f"fourfold.impls.{row}.{base}_impl", path_of(base, row))
    assert spec
    assert spec.loader
    column = module_from_spec(spec)
    spec.loader.exec_module(column)
    modes_of_framework = import_module(f"fourfold.impls.modes.{base}_modes")
    getattr(modes_of_framework, mode.replace("-", "_"))(column)
    return column


def path_of(name, row="two_layer"):
    """The column's file."""
    return Path(__file__).parent / row / f"{name.replace('-', '_')}_impl.py"


def source(name, row="two_layer"):
    """The column's text, without the numbers of equations at the ends of lines; it is read and not imported."""
    numbers = r"(?m)  # [EU]\d[\dEU, -]*$|(?<=  # )[EU]\d+; "
    return re.sub(numbers, "", path_of(name, row).read_text(encoding="utf-8"))
