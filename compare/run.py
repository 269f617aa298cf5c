"""Runs the columns: one spawned process a framework, NumPy arrays in, NumPy arrays out.

Imports overlap, and a column that hangs, crashes or is not installed costs nobody else anything. This process and
its children import frameworks only through `impls.load`, and only the children do.
"""

import importlib.util
import multiprocessing
import os
import signal
import tempfile
import time
import traceback
from concurrent.futures import CancelledError
from contextlib import contextmanager

import numpy as np
import pebble

import impls
from compare.errors import ColumnError
from impls.model import Trace

# At these sizes more threads cost more than they give; logging of this sort is for people who debug a framework.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def installed(name):
    """Whether the framework of a column is here, found out without importing it."""
    return impls.framework(name) is None or found(impls.framework(name))


def found(package):
    return importlib.util.find_spec(package) is not None


class Workers:
    """One process a framework. `submit` gives a future; `result` waits for it and names what went wrong."""

    def __init__(self, timeout):
        self._timeout = timeout
        self._pools, self._futures, self._spent = {}, set(), {}
        self._stopped = False

    def submit(self, name, task, *args):
        """Run task(name, *args) in the process of the column's framework."""
        if self._stopped:
            raise CancelledError
        if not installed(name):
            raise ColumnError(f"{name} needs {impls.framework(name)}, which is not installed")
        key = impls.framework(name) or name
        if key not in self._pools:
            spawn = multiprocessing.get_context("spawn")
            self._pools[key] = pebble.ProcessPool(max_workers=1, context=spawn, initializer=_quieten)
        left = max(0.001, self._timeout - self._spent.get(name, 0))
        future = self._pools[key].schedule(_timed, args=(task, name, *args), timeout=left)
        self._futures.add(future)
        return future

    def result(self, name, future):
        try:
            seconds, value = future.result()
        except (Exception, SystemExit) as error:
            raise ColumnError(self._explain(name, error)) from None
        finally:
            self._futures.discard(future)
        self._spent[name] = self._spent.get(name, 0) + seconds
        return value

    def call(self, name, task, *args):
        return self.result(name, self.submit(name, task, *args))

    def seconds(self, name):
        return self._spent.get(name, 0)

    def restart_clocks(self):
        """Every column has its whole time again."""
        self._spent.clear()

    def stop(self):
        self._stopped = True
        for future in list(self._futures):
            future.cancel()
        for pool in self._pools.values():
            pool.stop()
        for pool in self._pools.values():
            pool.join()

    def _explain(self, name, error):
        if isinstance(error, TimeoutError):
            return f"{name} did not finish within {self._timeout:g} s: give it longer with --timeout"
        if isinstance(error, pebble.ProcessExpired):
            code = error.exitcode
            return (
                f"{name} was killed by {signal_name(-code)}"
                if code < 0
                else f"{name} ended its process with status {code}"
            )
        text = " ".join(str(error).split()) or "no message"
        return f"{name} raised {type(error).__name__}: {text[:300]}{_where(error)}"


def signal_name(number):
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _where(error):
    """File and line of the innermost frame, as the worker reported them."""
    text = "".join(getattr(error, "__notes__", []))
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("File ")]
    return f" ({lines[-1].removeprefix('File ')})" if lines else ""


@contextmanager
def workers(timeout):
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    pool = Workers(timeout)
    try:
        yield pool
    finally:
        pool.stop()


def stream(pool, name, case, dtype, piece):
    """Train a column and yield (first step, path), `piece` steps at a time.

    The path is what `Model.train` returns, as NumPy arrays. The next piece is computed while the caller works on
    this one. Raises ColumnError.
    """
    lengths = [min(piece, case.steps - first) for first in range(0, case.steps, piece)]
    X, Y, W1, W2 = case.cast(dtype)
    future = pool.submit(name, train, X, Y, W1, W2, case.lr, lengths[0], case.activation)
    for n, following in enumerate([*lengths[1:], None]):
        path = pool.result(name, future)
        if following:
            future = pool.submit(name, train, X, Y, path[0][-1], path[1][-1], case.lr, following, case.activation)
        yield n * piece, path


# Below: what runs in the worker.


def _quieten():
    """Frameworks write to file descriptors 1 and 2 whatever they are asked; the command's own output stays clean."""
    scrap = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
    os.dup2(scrap.fileno(), 1)
    os.dup2(scrap.fileno(), 2)
    np.seterr(all="ignore")  # a diverging run overflows, in every column


def _timed(task, name, *args):
    start = time.monotonic()
    try:
        value = task(name, *args)
        return time.monotonic() - start, value
    except Exception as error:
        error.add_note(traceback.format_exc())
        raise


def _native(column, *arrays):
    """The arrays as the column's own; `array` and `to_numpy` must give back the same bits."""
    natives = []
    for Z in arrays:
        native = column.array(Z, Z.dtype.name)
        back = column.to_numpy(native)
        if back.dtype != Z.dtype or back.tobytes() != Z.tobytes():
            raise ValueError(f"array and to_numpy do not give back the same {Z.dtype} numbers")
        natives.append(native)
    return natives


def _unchanged(arrays, before):
    if any(Z.tobytes() != bytes_ for Z, bytes_ in zip(arrays, before, strict=True)):
        raise ValueError("the arrays it was given were changed")


def train(name, X, Y, W1, W2, lr, steps, activation):
    column, arrays = impls.load(name), (X, Y, W1, W2)
    before = [Z.tobytes() for Z in arrays]
    path = column.train(*_native(column, *arrays), lr, steps, activation)
    path = tuple(column.to_numpy(Z) for Z in path)
    _unchanged(arrays, before)
    return path


def trace(name, X, Y, W1, W2, activation):
    column, arrays = impls.load(name), (X, Y, W1, W2)
    before = [Z.tobytes() for Z in arrays]
    quantities = Trace(*(column.to_numpy(Z) for Z in column.trace(*_native(column, *arrays), activation)))
    _unchanged(arrays, before)
    return quantities


def functions(name, X, Y, W1, W2, lr, activation):
    """What `trace` gives, what `forward` and `loss` give by themselves (H, A, Y_hat, R, L), and `step` (W1, W2, L)."""
    column, arrays = impls.load(name), (X, Y, W1, W2)
    before = [Z.tobytes() for Z in arrays]
    natives = _native(column, *arrays)
    found = column.forward(natives[0], *natives[2:], activation)
    parts = (*found, *column.loss(found[-1], natives[1]))
    whole = Trace(*map(column.to_numpy, column.trace(*natives, activation)))
    parts, stepped = (tuple(map(column.to_numpy, Z)) for Z in (parts, column.step(*natives, lr, activation)))
    _unchanged(arrays, before)
    return whole, parts, stepped


def predict(name, X, W1, W2, activation):
    column = impls.load(name)
    return column.to_numpy(column.forward(*_native(column, X, W1, W2), activation)[-1])


def pace(name, X, Y, W1, W2, lr, steps, activation, piece=250):
    """Nanoseconds per seed and step of `train`, in pieces so that a path never fills the memory."""
    column = impls.load(name)
    X, Y, W1, W2 = _native(column, X, Y, W1, W2)

    def train_piece(W1, W2):
        W1s, W2s, _ = column.train(X, Y, W1, W2, lr, piece, activation)
        return W1s[-1], W2s[-1]

    column.to_numpy(train_piece(W1, W2)[0])  # compiles
    start = time.perf_counter()
    for _ in range(steps // piece):
        W1, W2 = train_piece(W1, W2)
    seeds = len(column.to_numpy(W1))
    return (time.perf_counter() - start) * 1e9 / seeds / (steps // piece * piece)


def introduce(name):
    """Seconds to import a column, its framework included."""
    start = time.perf_counter()
    impls.load(name)
    return time.perf_counter() - start
