"""Imports a column; in a worker in less time."""

import gc
import multiprocessing
import sys
from contextlib import contextmanager, nullcontext

from fourfold import impls
from fourfold.compare.columns import compiled

# Keras takes these along where they are there, for pictures and wrappers: a second of every start.
NOT_NEEDED = {"tensorflow": ("matplotlib", "sklearn")}


def load(name, row="two_layer"):
    """The module of a column, as `impls.load` gives it."""
    with _lightly(impls.framework(name)) if _ours(name) else nullcontext(), uncollected(name):
        return impls.load(name, row)


@contextmanager
def uncollected(name):
    """In here nobody looks for garbage that a built-in column makes: its import and its training make none."""
    collects = _ours(name) and gc.isenabled()
    if collects:
        gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _ours(name):
    """Whether it is a built-in column, in a worker of its own."""
    return bool(multiprocessing.parent_process()) and impls.is_built_in(name)


@contextmanager
def _lightly(package):
    """In here what is not needed is not there."""
    if package == "tensorflow" and package not in sys.modules:
        compiled.keep()
    modules: dict = sys.modules  # where None stands in it nothing is imported
    absent = [other for other in NOT_NEEDED.get(package, ()) if other not in modules]
    modules.update(dict.fromkeys(absent))
    try:
        yield
    finally:
        for other in absent:
            del modules[other]
