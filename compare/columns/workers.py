"""Runs the columns: one spawned process a framework, NumPy arrays in, NumPy arrays out.

Imports overlap, and a column that hangs, crashes or is not installed costs nobody else anything. This process and
its children import frameworks only through `impls.load`, and only the children do.
"""

import importlib.util
import os
import threading
from concurrent.futures import CancelledError
from contextlib import contextmanager

from fourfold import impls
from fourfold.compare.columns import calls
from fourfold.compare.errors import ColumnError
from fourfold.compare.system import signals
from fourfold.compare.system.worker import Died, Worker, keep_memory, signal_name

# At these sizes more threads cost more than they give; logging of this sort is for people who debug a framework.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def installed(name):
    """Whether the framework of a column is here, found out without importing it."""
    return impls.framework(name) is None or package_installed(impls.framework(name))


def package_installed(package):
    return importlib.util.find_spec(package) is not None


class Pool:
    """One process a framework. `submit` gives a future; `result` waits for it and names what went wrong.

    timeout: seconds a column may take, in all; memory: GB of data a process may hold; apart: one process a column.
    """

    def __init__(self, timeout, memory=None, apart=False):
        self._timeout, self._memory, self._apart = timeout, memory, apart
        self._workers, self._spent = {}, {}
        self._stopped = False
        self._starting = threading.Lock()  # nothing may be started behind the back of `stop`

    def submit(self, name, task, *args):
        """Run task(name, *args) in the process of the column's framework, or in one of its own."""
        if not installed(name):
            raise ColumnError(f"{name} needs {impls.framework(name)}, which is not installed")
        key = name if self._apart else impls.framework(name) or name
        left = max(0.001, self._timeout - self._spent.get(name, 0))
        with self._starting:
            if self._stopped:
                raise CancelledError
            if key not in self._workers:
                self._workers[key] = Worker(self._memory)
            return self._workers[key].submit(left, calls.timed, task, name, *args)

    def result(self, name, future):
        try:
            outcome = future.result()
        except Exception as error:
            raise ColumnError(self._explain(name, error)) from None
        self._spent[name] = self._spent.get(name, 0) + outcome.seconds
        if outcome.complaint:
            raise ColumnError(outcome.complaint)
        return outcome.value

    def call(self, name, task, *args):
        return self.result(name, self.submit(name, task, *args))

    def seconds(self, name):
        return self._spent.get(name, 0)

    def restart_clocks(self):
        """Every column has its whole time again."""
        self._spent.clear()

    def stop(self):
        with self._starting:
            self._stopped = True
        with signals.held():
            for worker in self._workers.values():
                worker.stop()

    def _explain(self, name, error):
        if isinstance(error, TimeoutError):
            return f"{name} did not finish within {self._timeout:g} s: give it longer with --timeout"
        if isinstance(error, Died):
            return f"{name} {ended(error.code)}"
        return f"{name} {calls.raised(error)}"


def ended(code):
    """How a process ended, by its exit code."""
    return f"was killed by {signal_name(-code)}" if code < 0 else f"ended its process with status {code}"


@contextmanager
def open_pool(timeout, memory=None, apart=False):
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    keep_memory()
    pool = Pool(timeout, memory, apart)
    try:
        yield pool
    finally:
        pool.stop()


def stream(pool, name, case, dtype, piece):
    """Train a column and yield (first step, path), `piece` steps at a time.

    The path is all parameters after every step and L before it, a list of NumPy arrays. The next piece is computed
    while the caller works on this one. Raises ColumnError.
    """
    lengths = [min(piece, case.steps - first) for first in range(0, case.steps, piece)]
    X, Y, *now = case.cast(dtype)
    shapes = [Z.shape for Z in now]
    submit = lambda steps: pool.submit(name, calls.train, case.row, X, Y, now, case.lr, steps, case.activations)
    future = submit(lengths[0])
    for n, (length, following) in enumerate(zip(lengths, [*lengths[1:], None], strict=True)):
        path = pool.result(name, future)
        if [Z.shape for Z in path[:-1]] != [(length, *shape) for shape in shapes]:
            following = None  # there is nothing to go on from
        if following:
            now = [Z[-1] for Z in path[:-1]]
            future = submit(following)
        yield n * piece, path
        if not following:
            return


# Below: what runs in the worker.


# The two places where the rows of columns differ: what their functions take, and what they give.
