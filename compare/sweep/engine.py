"""Computes what is missing of a sweep, keeps every chunk as it is done, whatever becomes of the workers."""

from collections import Counter, deque

from fourfold.compare.errors import ColumnError
from fourfold.compare.sweep import executors, store
from fourfold.compare.sweep.chunk import compute

TRIES = 3  # a chunk whose worker dies every time is at fault itself


def missing(folder, chunks, manifest):
    return [chunk for chunk in chunks if not store.is_done(folder, chunk, manifest)]


def run(executor, chunks, folder, manifest, advance=lambda chunk: None, say=lambda sentence: None):
    """Compute and keep chunks; {column: why the rest of its chunks could not be computed}.

    `advance` is called with every chunk that has been kept, `say` with a sentence on every worker lost. Raises
    UsageError where one cannot be kept, ColumnError where workers do nothing, or are of other versions.
    """
    failures, tries, tasks = {}, Counter(), deque((compute, chunk.column, chunk) for chunk in chunks)
    for chunk, future in executors.as_done(executor, tasks):
        try:
            found = executor.result(chunk.column, future)
        except executors.Lost as lost:
            tries[chunk.index] += 1
            if tries[chunk.index] < TRIES:
                say(f"A worker {lost}: chunk {chunk.index}, of {chunk.column}, is computed again.")
                tasks.appendleft((compute, chunk.column, chunk))
            else:
                failures[chunk.column] = f"{chunk.column} {lost}, {TRIES} times, at chunk {chunk.index}"
        except executors.Gone:
            raise
        except ColumnError as error:
            failures[chunk.column] = str(error)
        else:
            _believe(found.made_with, manifest.made_with)
            store.write(folder, chunk, found, manifest)
            advance(chunk)
        if chunk.column in failures:
            rest = [task for task in tasks if task[1] != chunk.column]
            tasks.clear()
            tasks.extend(rest)
    return failures


def _believe(theirs, ours):
    for name, version in theirs.items():
        if version != ours[name]:
            raise ColumnError(f"A worker has {name} {version}, and the sweep was begun with {ours[name]}: stop it.")
