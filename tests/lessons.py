"""A small lesson, computed in this process: every column is a variant of NumPy's, and JAX's is a wrong one."""

from contextlib import contextmanager
from functools import cache

import numpy as np
import pytest

import impls
from compare import lesson, options, run
from compare.mistakes import planted
from compare.mistakes.catalogue import find
from impls.two_layer import numpy_impl, numpy_loop_impl, numpy_tiled_impl

MODULES = {
    "numpy": numpy_impl,
    "torch": numpy_tiled_impl,
    "jax": planted.changed("numpy", *find("slope missing").planted["numpy"]),
    "tf": numpy_loop_impl,
    "numpy-loop": numpy_loop_impl,
    "numpy-tiled": numpy_tiled_impl,
}


class InProcess:
    """Stands in for run.Workers."""

    def submit(self, name, task, *args):
        return lambda: self.call(name, task, *args)

    def result(self, name, future):
        return future()

    @np.errstate(all="ignore")  # as in a worker
    def call(self, name, task, *args):
        return task(name, *args)

    def stop(self):
        pass


@contextmanager
def in_process(timeout):
    yield InProcess()


@cache
def small(lr=0.5):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "workers", in_process)
        patch.setattr(impls, "load", lambda name, row="two_layer": MODULES[name])
        return lesson.record([*MODULES], range(5, 7), 450, lr, 9, options.grid(20, "0,1"), 60)
