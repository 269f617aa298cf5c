"""The same network, several times over. `load` is the only place where a column is imported."""

from importlib import import_module

NAMES = ("numpy-loop", "numpy-tiled", "numpy", "torch", "jax", "tf")
FOUR = ("numpy", "torch", "jax", "tf")
ROWS = {"two_layer": NAMES, "deep": FOUR, "chain_rule": FOUR}
FRAMEWORKS = {"numpy": "numpy", "torch": "torch", "jax": "jax", "tf": "tensorflow"}


def framework(name):
    """The package a column needs, or None for a module from elsewhere."""
    return FRAMEWORKS[name.split("-")[0]] if name in NAMES else None


def load(name, row="two_layer"):
    """The column's module: a name of NAMES, or the dotted path of any module that satisfies impls.model.Model.

    Raises ImportError where its framework, or the module, is not there.
    """
    path = f"fourfold.impls.{row}.{name.replace('-', '_')}_impl" if name in NAMES else name
    return import_module(path)
