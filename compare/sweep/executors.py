"""Who computes the chunks: processes here, or a Dask cluster. Both are given the same jobs."""

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
from fourfold.compare.system.worker import Died, Worker, keep_memory

CONNECT = 10  # seconds
MANY = 1000  # jobs: they are small, and a scheduler with many workers wants many


class Job(NamedTuple):
    """One call of a function in a worker."""

    function: Callable[..., Any]  # of a column's name and the argument
    column: str
    argument: Any


class Executor(NamedTuple):
    """What the engine knows of the workers, whoever they are."""

    submit: Callable[..., Any]  # takes a Job, gives a future
    result: Callable[..., Any]  # takes a column and a future, gives what the Job gave; raises ColumnError, WorkerLost
    workers: int
    at_once: int  # jobs that may be submitted before one is done
    patience: float | None  # seconds in which at least one job has to be done; None: jobs have limits of their own
    made_with: dict  # chunk.made_with of all workers
    spent: list  # seconds that each job so far took, in its worker


class WorkerLost(Exception):
    """A worker has died: its job may be tried again. The message says how it died."""


class SchedulerGone(ColumnError):
    """There is nobody left to compute anything."""


def as_done(executor, jobs):
    """Submits the Jobs of a deque, and yields (job, future) in the order in which they are done.

    The caller may take Jobs out of the deque meanwhile, or put some in. Raises ColumnError where none is done within
    the executor's patience.
    """
    running = {}
    while jobs or running:
        while jobs and len(running) < executor.at_once:
            job = jobs.popleft()
            running[executor.submit(job)] = job
        done, _ = wait(running, executor.patience, FIRST_COMPLETED)
        if not done:
            raise ColumnError(
                f"No worker has finished anything for {executor.patience:g} s: give them longer with --timeout."
            )
        for future in done:
            yield running.pop(future), future


@contextmanager
def local(columns, processes_at_once, timeout):
    """The Executor of processes on this machine. Each takes one job at a time, which may take `timeout` seconds."""
    for variable, setting in workers.ENVIRONMENT.items():
        os.environ.setdefault(variable, setting)
    processes = [Worker() for _ in range(processes_at_once)]
    latest = {}  # {worker: the future of the job it was given last}
    spent = []

    def submit(job):
        idle = next(worker for worker in processes if worker not in latest or latest[worker].done())
        latest[idle] = idle.submit(timeout, calls.timed, *job)
        return latest[idle]

    def result(column, future):
        try:
            return value(future.result(), spent)
        except Died as death:
            raise WorkerLost(workers.ended(death.code)) from None
        except TimeoutError:
            raise ColumnError(f"{column} did not finish within {timeout:g} s: give it longer with --timeout") from None

    try:
        yield Executor(submit, result, processes_at_once, processes_at_once, None, chunk.made_with(columns), spent)
    finally:
        with signals.held():
            for worker in processes:
                worker.stop()


def _kept_in_memory(*job):
    """A job in a Dask worker, which as a rule gives memory back at every step."""
    keep_memory()
    return calls.timed(*job)


def value(outcome, spent):
    """What a job gave, by the calls.Outcome its worker sent. Raises ColumnError."""
    spent.append(outcome.seconds)
    if outcome.complaint:
        raise ColumnError(outcome.complaint)
    return outcome.value


@contextmanager
def cluster(address, columns, timeout):
    """The Executor of a Dask scheduler's workers.

    The scheduler gives the jobs of a worker that dies to others. A job may take as long as it likes, but one has to be
    done every `timeout` seconds. Raises UsageError where there is no scheduler, or its workers have other versions than
    are here.
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
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"There is no Dask scheduler at {address}: {reason}.") from None

    has_gone = f"The scheduler at {address} has gone: start it, and the same command goes on."
    spent = []

    def result(column, future):
        try:
            return value(future.result(), spent)
        except KilledWorker as death:
            raise ColumnError(f"{column} killed every worker that was given {death.task}") from None
        except CancelledError:
            raise SchedulerGone(has_gone) from None

    def submit(job):
        try:
            return dask.submit(_kept_in_memory, *job)
        except (OSError, RuntimeError):
            raise SchedulerGone(has_gone) from None

    try:
        dask = client.get_executor(pure=False)
        versions = _common_versions(client, address, columns)
        threads: Any = client.nthreads()
        yield Executor(submit, result, sum(threads.values()), MANY, timeout, versions, spent)
    finally:
        client.close(timeout=CONNECT)


def _common_versions(client, address, columns):
    """chunk.made_with of all workers. Raises UsageError where one of them has other versions than are here."""
    try:
        client.wait_for_workers(1, timeout=CONNECT)
        by_worker = client.run(chunk.made_with, columns)
    except TimeoutError:
        raise UsageError(
            f"The scheduler at {address} has no workers: start some, with dask worker {address}."
        ) from None
    except ImportError as error:
        raise UsageError(f"fourfold is not installed on the workers of {address}: {error}.") from None
    ours = chunk.made_with(columns)
    for worker, theirs in by_worker.items():
        for name in theirs.keys() | ours.keys():
            there, here = theirs.get(name, "not installed"), ours.get(name, "not installed")
            if there != here:
                raise UsageError(f"{name} is {there} on the worker {worker}, but {here} here: they must be the same.")
    return ours
