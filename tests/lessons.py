"""A small lesson, computed in this process: every column is a variant of NumPy's, and JAX's is a wrong one."""

from contextlib import contextmanager
from functools import cache
from importlib import import_module

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.cases.data import square_grid
from fourfold.compare.columns import workers
from fourfold.compare.lesson import broken, numbers
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find
from fourfold.impls.optimizers import numpy_impl as optimizers
from fourfold.impls.two_layer import numpy_impl, numpy_loop_impl, numpy_tiled_impl

MODULES = {
    "numpy": numpy_impl,
    "torch": numpy_tiled_impl,
    "jax": planted.changed("numpy", *find("slope missing").planted["numpy"]),
    "tf": numpy_loop_impl,
    "numpy-loop": numpy_loop_impl,
    "numpy-tiled": numpy_tiled_impl,
}
# Of the twenty: three of the trace, one of them hard to see, one of the update, one of training.
PLANTED = ("1/N missing", "float32 leak in the gradient", "slope missing", "ascent", "gradients not zeroed")


class InProcess(workers.Pool):
    """A pool whose tasks run in this process."""

    def __init__(self):
        super().__init__(timeout=60)

    def submit(self, name, task, *args):
        return lambda: task(name, *args)

    @np.errstate(all="ignore")  # as in a worker
    def result(self, name, future):
        return future()

    def stop(self):
        pass


@contextmanager
def in_process(timeout):
    yield InProcess()


def loaded(name, row="two_layer"):
    """A column of MODULES, NumPy's optimisers for all of them, or a planted one."""
    if row == "optimizers":
        return optimizers
    if ":" in name:
        return None  # a mode: here is no framework to be set up
    return MODULES[name] if name in MODULES else import_module(name)


@cache
def small(lr=0.5):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "open_pool", in_process)
        patch.setattr(impls, "load", loaded)
        lesson = numbers.record([*MODULES], range(5, 7), 450, lr, 9, square_grid(20, "0,1"), 60)
        return lesson._replace(broken=broken.record_broken(5, 450, lr, lesson.steps, 60, names=PLANTED))
