"""Imports a column; in a worker in less time."""

import gc
import multiprocessing
import sys
from contextlib import contextmanager, nullcontext

from fourfold import impls
from fourfold.compare.columns import kept

# Keras takes these along where they are there, for pictures and wrappers: a second of every start.
NOT_NEEDED = {"tensorflow": ("matplotlib", "sklearn")}


def load(name, row="two_layer"):
    """The module of a column, as `impls.load` gives it."""
    worker = multiprocessing.parent_process()
    with _lightly(impls.framework(name)) if worker and impls.is_built_in(name) else nullcontext():
        return impls.load(name, row)


@contextmanager
def _lightly(package):
    """In here nobody looks for garbage, since imports make none, and what is not needed is not there."""
    if package == "tensorflow" and package not in sys.modules:
        kept.keep()
    absent = [other for other in NOT_NEEDED.get(package, ()) if other not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # pyright: ignore[reportArgumentType]
    gc.disable()
    try:
        yield
    finally:
        for other in absent:
            del sys.modules[other]
        gc.enable()
