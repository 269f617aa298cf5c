"""Computes what is missing of a sweep, keeps every chunk as it is done, whatever becomes of the workers."""

from collections import Counter, deque

from fourfold.compare.errors import ColumnError
from fourfold.compare.sweep import executors, store
from fourfold.compare.sweep.chunk import compute
from fourfold.compare.sweep.executors import Job

TRIES = 3  # a chunk whose worker dies every time is at fault itself


def missing(folder, chunks, manifest, say=lambda sentence: None):
    """The chunks that are not in the folder, or damaged: of those `say` is told."""
    to_compute = []
    for chunk in chunks:
        try:
            if store.is_done(folder, chunk, manifest):
                continue
        except store.Damaged as damage:
            say(str(damage))
        to_compute.append(chunk)
    return to_compute


def run(executor, chunks, folder, manifest, advance=lambda chunk: None, say=lambda sentence: None):
    """Compute and keep chunks; {column: why the rest of its chunks could not be computed}.

    `advance` is called with every chunk that has been kept, `say` with a sentence on every worker lost. Raises
    UsageError where one cannot be kept, ColumnError where workers do nothing, or are of other versions.
    """
    failures, tries = {}, Counter()
    jobs = deque(Job(compute, chunk.column, chunk) for chunk in chunks)
    for job, future in executors.as_done(executor, jobs):
        column, chunk = job.column, job.argument
        try:
            computed = executor.result(column, future)
        except executors.WorkerLost as loss:
            tries[chunk.index] += 1
            if tries[chunk.index] < TRIES:
                say(f"A worker {loss}: chunk {chunk.index}, of {column}, is computed again.")
                jobs.appendleft(job)
            else:
                failures[column] = f"{column} {loss}, {TRIES} times, at chunk {chunk.index}"
        except executors.SchedulerGone:
            raise
        except ColumnError as error:
            failures[column] = str(error)
        else:
            _check_versions(computed.made_with, manifest.made_with)
            store.write(folder, chunk, computed, manifest)
            advance(chunk)
        if column in failures:
            others = [waiting for waiting in jobs if waiting.column != column]
            jobs.clear()
            jobs.extend(others)
    return failures


def _check_versions(theirs, ours):
    """Raises ColumnError where a worker has not the versions the sweep was begun with."""
    for name, version in theirs.items():
        if version != ours[name]:
            raise ColumnError(f"A worker has {name} {version}, but the sweep began with {ours[name]}: stop it.")
