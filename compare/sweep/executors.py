"""Who computes the chunks: processes here, or a Dask cluster. Both are submitted the same tasks."""

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from typing import Any, NamedTuple

from compare import run
from compare.errors import ColumnError
from compare.sweep import chunk
from compare.worker import Died, Worker


class Executor(NamedTuple):
    submit: Callable[..., Any]  # task, column, what of: gives a future
    result: Callable[..., Any]  # column, future: what the task gave; raises ColumnError, and Lost
    workers: int
    patience: float | None  # seconds after which something should have been done
    made_with: dict  # chunk.made_with of all workers


class Lost(Exception):
    """The worker has died; what it was at may be tried again."""


def as_done(executor, tasks):
    """Submits the tasks of a deque, (task, column, what of), no more at once than there are workers.

    Yields (what of, future) as they are done; meanwhile the deque may be changed. Raises ColumnError where nothing is
    done in time.
    """
    running = {}
    while tasks or running:
        while tasks and len(running) < executor.workers:
            task, column, of = tasks.popleft()
            running[executor.submit(task, column, of)] = of
        done, _ = wait(running, executor.patience, FIRST_COMPLETED)
        if not done:
            raise ColumnError(
                f"No worker has finished anything for {executor.patience:g} s: give them longer with --timeout."
            )
        for future in done:
            yield running.pop(future), future


@contextmanager
def local(columns, workers, timeout):
    """Processes of this machine, which take one task at a time; it may take `timeout` seconds."""
    for variable, setting in run.ENVIRONMENT.items():
        os.environ.setdefault(variable, setting)
    processes: dict[Worker, Any] = {Worker(): None for _ in range(workers)}

    def submit(task, column, of):
        idle = next(worker for worker, future in processes.items() if future is None or future.done())
        processes[idle] = future = idle.submit(timeout, run.timed, task, column, of)
        return future

    def result(column, future):
        try:
            return value(future.result())
        except Died as death:
            raise Lost(run.ended(death.code)) from None
        except TimeoutError:
            raise ColumnError(f"{column} did not finish within {timeout:g} s: give it longer with --timeout") from None

    try:
        yield Executor(submit, result, workers, None, chunk.made_with(columns))
    finally:
        for worker in processes:
            worker.stop()


def value(outcome):
    if outcome.complaint:
        raise ColumnError(outcome.complaint)
    return outcome.value
