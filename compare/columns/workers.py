"""Runs the columns: one spawned process a framework, NumPy arrays in, NumPy arrays out.

Imports overlap, and a column that hangs, crashes or is not installed costs nobody else anything. This process and
its children import frameworks only through `impls.load`, and only the children do.
"""

import importlib.util
import os
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import NamedTuple

from fourfold import impls
from fourfold.compare.columns import calls
from fourfold.compare.columns.questions import WHOLE, Abilities
from fourfold.compare.errors import Breach, ColumnError
from fourfold.compare.judge.quantities import parameter_kept_for
from fourfold.compare.system import files, signals
from fourfold.compare.system.surroundings import ENVIRONMENT, JAX_CACHE, MOST_OF_CACHE
from fourfold.compare.system.worker import Died, Worker, keep_memory, signal_name


def installed(name):
    """Whether the framework of a column is here, found out without importing it."""
    return impls.framework(name) is None or package_installed(impls.framework(name))


def package_installed(package):
    return importlib.util.find_spec(package) is not None


class Pool:
    """One process a framework, and one a mode. `submit` gives a future; `result` waits and names what went wrong.

    timeout: seconds a column may take, in all; memory: GB of data a process may hold; apart: one process a column;
    surroundings: those of a Worker.
    """

    def __init__(self, timeout, memory=None, apart=False, surroundings=None):
        self._timeout, self._memory, self._apart, self._surroundings = timeout, memory, apart, surroundings
        self._workers, self._spent = {}, {}
        self._stopped = False
        self._starting = threading.Lock()  # nothing may be started behind the back of `stop`

    def submit(self, name, task, *args):
        """Run task(name, *args) in the process of the column's framework, or in one of its own."""
        if not installed(name):
            raise ColumnError(f"{name} needs {impls.framework(name)}, which is not installed")
        key = name if self._apart else process_of(name)
        left = max(0.001, self._timeout - self._spent.get(name, 0))
        with self._starting:
            if self._stopped:
                raise CancelledError
            return self._worker(key).submit(left, calls.timed, task, name, *args)

    def _worker(self, key):
        if key not in self._workers:
            self._workers[key] = Worker(self._memory, self._surroundings)
        return self._workers[key]

    def result(self, name, future):
        try:
            outcome = future.result()
        except Exception as error:
            raise ColumnError(self._explain(name, error)) from None
        self._spent[name] = self._spent.get(name, 0) + outcome.seconds
        if outcome.complaint:
            raise Breach(outcome.complaint)
        return outcome.value

    def begin(self, name, question):
        """The future answer of a column to a Question."""
        return self.submit(name, calls.answer, question)

    def ask(self, name, question):
        """{name: NumPy array}. Raises ColumnError."""
        return self.result(name, self.begin(name, question))

    def column(self, name, abilities=WHOLE):
        """A column as what can be examined: it has a `name`, and answers `ask(question)`."""
        return RemoteColumn(name, self, abilities)

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


class PartOfPool(Pool):
    """The processes of a Pool, with clocks of its own. To stop it cancels what it is asked from then on, no more."""

    def __init__(self, pool):
        super().__init__(pool._timeout)
        self._pool, self._starting = pool, pool._starting

    def _worker(self, key):
        if self._pool._stopped:
            raise CancelledError
        return self._pool._worker(key)

    def stop(self):
        self._stopped = True


class RemoteColumn(NamedTuple):
    """A column in its worker process."""

    name: str
    pool: Pool
    abilities: Abilities = WHOLE

    def ask(self, question):
        """{name: NumPy array}. Raises ColumnError."""
        return self.pool.ask(self.name, question)


def ended(code):
    """How a process ended, by its exit code."""
    return f"was killed by {signal_name(-code)}" if code < 0 else f"ended its process with status {code}"


@contextmanager
def open_pool(timeout, memory=None, apart=False, surroundings=None):
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    keep_memory()
    pool = Pool(timeout, memory, apart, surroundings)
    try:
        yield pool
    finally:
        pool.stop()
        if any(impls.framework(name) == "jax" for name in pool._workers):
            files.tidy(JAX_CACHE, MOST_OF_CACHE)  # a look at thousands of files


def trajectory(pool, name, question, steps, piece):
    """Train a column for so many steps, `piece` at a time, and yield (first step, answer); see `trajectories`."""
    lengths = [piece] * (steps // piece)
    if steps % piece:
        lengths.append(steps % piece)
    for _, first, answer in trajectories(pool, name, [question], lengths):
        yield first, answer


def trajectories(pool, name, questions, lengths):
    """Train a column from each of some Questions, in calls of these lengths: yield (n, first step, {name: array}).

    n is the Question's number; the answer is that to a "trajectory" Question. The next call is computed while the
    caller works on this one. Raises ColumnError. Ends where there is nothing to go on from.
    """
    starts = [question._replace(call="trajectory", steps=lengths[0]) for question in questions]
    asked, future = starts[0], pool.begin(name, starts[0])
    n = call = first = 0
    while asked:
        answer = pool.result(name, future)
        last = call + 1 == len(lengths)
        if last:
            following = starts[n + 1] if n + 1 < len(starts) else None
        else:
            following = _after(asked, answer, lengths[call + 1])
        if following:
            future = pool.begin(name, following)
        yield n, first, answer
        n, call, first = (n + 1, 0, 0) if last else (n, call + 1, first + asked.steps)
        asked = following


def _after(question, answer, steps):
    """The Question that goes on for so many steps; None where there is nothing to go on from."""
    last = {}
    for name, Z in question.parameters.items():
        if answer[name].shape != (question.steps, *Z.shape):
            return None
        last[name] = answer[name][-1]
    if question.update:
        kept = {name: Z[-1] for name, Z in answer.items() if parameter_kept_for(name)}
        question = question._replace(kept=kept, done=question.done + question.steps)
    return question._replace(parameters=last, steps=steps)


def process_of(name):
    """What the columns of one process share: their framework. A mode sets it up, and has a process of its own."""
    return name if impls.is_mode(name) else impls.framework(name) or name


def by_process(names):
    """The columns in lists, a list a process: those of one framework share one, and take turns."""
    groups = {}
    for name in names:
        groups.setdefault(process_of(name), []).append(name)
    return [*groups.values()]


def each(pool, names, task):
    """{name: task(name)}: columns of one process in turn, the processes side by side. Raises what a task raises."""
    results = {}

    def in_turn(group):
        for name in group:
            results[name] = task(name)

    groups = by_process(names)
    threads = ThreadPoolExecutor(len(groups))
    futures = [threads.submit(in_turn, group) for group in groups]
    try:
        for future in as_completed(futures):
            future.result()
    except BaseException as error:
        pool.stop()  # or the others would be waited for
        threads.shutdown(wait=not isinstance(error, KeyboardInterrupt))  # what they judge meanwhile nobody reads
        raise
    return {name: results[name] for name in names}
