"""Who computes the chunks: processes here, or a Dask cluster. Both are submitted the same tasks."""

import logging
import os
import warnings
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from contextlib import contextmanager
from typing import Any, NamedTuple

from fourfold.compare.columns import calls, workers
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.sweep import chunk
from fourfold.compare.system import signals
from fourfold.compare.system.worker import Died, Worker

CONNECT = 10  # seconds
MANY = 1000  # tasks: they are small, and a scheduler with many workers wants many


class Executor(NamedTuple):
    submit: Callable[..., Any]  # task, column, what of: gives a future
    result: Callable[..., Any]  # column, future: what the task gave; raises ColumnError, and Lost
    workers: int
    at_once: int  # tasks that may be submitted before one is done
    patience: float | None  # seconds after which something should have been done
    made_with: dict  # chunk.made_with of all workers
    spent: list  # seconds of every task so far


class Lost(Exception):
    """The worker has died; what it was at may be tried again."""


class Gone(ColumnError):
    """There is nobody left to compute anything."""


def as_done(executor, tasks):
    """Submits the tasks of a deque, (task, column, what of), and yields
    (what of, future) as they are done; meanwhile the deque may be changed. Raises ColumnError where nothing is done in
    time.
    """
    running = {}
    while tasks or running:
        while tasks and len(running) < executor.at_once:
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
def local(columns, processes_at_once, timeout):
    """Processes of this machine, which take one task at a time; it may take `timeout` seconds."""
    for variable, setting in workers.ENVIRONMENT.items():
        os.environ.setdefault(variable, setting)
    processes: dict[Worker, Any] = {Worker(): None for _ in range(processes_at_once)}

    def submit(task, column, of):
        idle = next(worker for worker, future in processes.items() if future is None or future.done())
        processes[idle] = future = idle.submit(timeout, calls.timed, task, column, of)
        return future

    spent = []

    def result(column, future):
        try:
            return value(future.result(), spent)
        except Died as death:
            raise Lost(workers.ended(death.code)) from None
        except TimeoutError:
            raise ColumnError(f"{column} did not finish within {timeout:g} s: give it longer with --timeout") from None

    try:
        yield Executor(submit, result, processes_at_once, processes_at_once, None, chunk.made_with(columns), spent)
    finally:
        with signals.held():
            for worker in processes:
                worker.stop()


def value(outcome, spent):
    spent.append(outcome.seconds)
    if outcome.complaint:
        raise ColumnError(outcome.complaint)
    return outcome.value


@contextmanager
def cluster(address, columns, timeout):
    """The workers of a Dask scheduler. Raises UsageError where it is not there, or they have not what is here.

    A worker that dies is the scheduler's business, which gives its tasks to others. There is no time limit for a task;
    but something has to be done within `timeout` seconds.
    """
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise UsageError("--scheduler needs Dask: pip install 'fourfold[cluster]', for distributed.") from None
    logging.disable()  # what there is to say is said here
    try:
        get_address_host_port(address)  # a Client of an address without a port would not end
        with warnings.catch_warnings(action="ignore"):  # of versions
            client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"There is no Dask scheduler at {address}: {said}.") from None

    spent = []

    def result(column, future):
        try:
            return value(future.result(), spent)
        except KilledWorker as death:
            raise ColumnError(f"{column} killed every worker that was given {death.task}") from None
        except CancelledError:
            raise Gone(f"The scheduler at {address} has gone: start it, and the same command goes on.") from None

    def submit(task, column, of):
        try:
            return dask.submit(calls.timed, task, column, of)
        except (OSError, RuntimeError):
            raise Gone(f"The scheduler at {address} has gone: start it, and the same command goes on.") from None

    try:
        dask = client.get_executor(pure=False)
        theirs = _ask(client, address, columns)
        threads: Any = client.nthreads()
        yield Executor(submit, result, sum(threads.values()), MANY, timeout, theirs, spent)
    finally:
        client.close(timeout=CONNECT)


def _ask(client, address, columns):
    """chunk.made_with of the workers. Raises UsageError where two of them, or one and what is here, differ."""
    try:
        client.wait_for_workers(1, timeout=CONNECT)
        found = client.run(chunk.made_with, columns)
    except TimeoutError:
        raise UsageError(
            f"The scheduler at {address} has no workers: start some, with dask worker {address}."
        ) from None
    except ImportError as error:
        raise UsageError(f"The workers of {address} have not fourfold: {error}.") from None
    ours = chunk.made_with(columns)
    for worker, theirs in found.items():
        for name in theirs.keys() | ours.keys():
            if theirs.get(name) != ours.get(name):
                has, here = (versions.get(name, "not installed") for versions in (theirs, ours))
                raise UsageError(f"{name} is {has} on the worker {worker}, and {here} here: they have to be the same.")
    return ours
