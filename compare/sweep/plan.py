"""What a sweep will be: its chunks, and what they will cost by a short measurement."""

import time
from collections import deque
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import check_range as in_range
from fourfold.compare.cases.case import parse_widths as widths
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.results import environment
from fourfold.compare.sweep import executors, grid
from fourfold.compare.sweep.chunk import Chunk, at_once, case, compute, lengths, most
from fourfold.compare.sweep.store import Options

WORK = 700_000_000  # multiplications of a forward pass in one chunk: a second or more of the fastest column
FEWEST = 500  # seeds at once: with fewer, most of a step is calling it


def options(training, axes, X, Y, columns, dtypes, seeds):
    """The store.Options of a sweep: `training` (fourfold.compare.commands.options.Training) says what `axes` do not vary."""
    t = training
    layers = "-".join(map(str, widths(t.layers) or ())) or None
    fixed = {"activation": t.activation.replace(",", "-"), "bias": t.bias, "lr": t.lr, "steps": t.steps}
    values = {name: [value] for name, value in fixed.items()} | {"layers": [layers], "hidden": [t.hidden]} | axes
    if values["layers"] != [None]:
        if "hidden" in axes:
            raise UsageError("--layers says all widths: give layers or hidden, not both.")
        values["hidden"] = [None]
    return Options(
        data=t.data,
        data_sha256=environment.digest(X, Y),
        columns=columns,
        dtypes=dtypes,
        grid={name: values[name] for name in grid.AXES},
        first_seed=seeds.start,
        seeds=len(seeds),
    )


def steps(chunks):
    return sum(chunk.steps() for chunk in chunks)


def chunks(options, X, Y):
    """All Chunks of store.Options, in order; the same for the same options. Raises UsageError."""
    marks, found = tuple(sorted(options.grid["steps"])), []
    every = grid.configurations(options.grid)
    for c in every:  # all of them are looked at before anything is computed
        one = case(options.data, X, Y, c, marks[-1], range(1))
        in_range(one, options.dtypes)
        missing = [name for name in options.columns if name in impls.NAMES and name not in impls.ROWS[one.row]]
        if missing:
            raise UsageError(f"{' and '.join(missing)} can only be two layers without biases: leave them out.")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    for column in options.columns:
        for dtype in options.dtypes:
            for _, numbered in groupby(enumerate(every), key=lambda pair: pair[1].shape()):
                same = [*numbered]
                one = case(options.data, X, Y, same[0][1], marks[-1], range(1))
                of_seed = multiplications(one) * marks[-1]
                together = min(most(one), max(FEWEST, WORK // of_seed))
                size = -(-len(seeds) // -(-len(seeds) // together))
                several = max(1, WORK // (of_seed * size))
                for start in range(0, len(same), several):
                    first, some = same[start][0], tuple(c for _, c in same[start : start + several])
                    for n in range(0, len(seeds), size):
                        data, few = (options.data, X, Y), seeds[n : n + size]
                        found.append(Chunk(len(found), column, dtype, data, some, first, marks, few))
    return found


def multiplications(case):
    """Of one forward pass of one network."""
    return len(case.X) * sum(m * n for m, n in pairwise(case.widths()))


class Pace(NamedTuple):
    """What one column in one precision costs, measured at its smallest and at its largest network."""

    column: str
    dtype: str
    multiplications: list  # of the networks measured, in ascending order
    nanoseconds: list  # a step of one seed, everything included
    compiling: float  # seconds a shape
    starting: float  # seconds a worker

    def seconds(self, chunk):
        of = multiplications(_case(chunk))
        return chunk.steps() * float(np.interp(of, self.multiplications, self.nanoseconds)) / 1e9


def probe(executor, chunks):
    """A Pace for every column and precision that can be run; why another cannot is seen when the chunks are."""
    tasks = deque()
    for (column, _), of in groupby(chunks, key=lambda chunk: (chunk.column, chunk.dtype)):
        by_size = {multiplications(_case(chunk)): chunk for chunk in of}
        tasks.append((measure, column, {size: _short(by_size[size]) for size in (min(by_size), max(by_size))}))
    found = []
    for _, future in executors.as_done(executor, tasks):
        try:
            found.append(executor.result("", future))
        except executors.Gone:
            raise
        except (ColumnError, executors.Lost):
            continue
    return found


def measure(column, ends):
    """Worker: the Pace of a column by {multiplications: short chunk}."""
    first, *colds = (_seconds(column, chunk) for chunk in ends.values())
    warms = [min(_seconds(column, chunk) for _ in range(2)) for chunk in ends.values()]
    compiling = max(0.0, colds[0] - warms[-1]) if colds else 0.0
    paces = [warm * 1e9 / chunk.steps() for warm, chunk in zip(warms, ends.values(), strict=True)]
    chunk = next(iter(ends.values()))
    return Pace(column, chunk.dtype, [*ends], paces, compiling, max(0.0, first - warms[0] - compiling))


def _seconds(column, chunk):
    start = time.perf_counter()
    compute(column, chunk)
    return time.perf_counter() - start


def _case(chunk):
    return chunk._replace(seeds=chunk.seeds[:1]).case(chunk.configurations[0])


def _short(chunk):
    """The configurations that are trained together, and no more than two pieces of their steps."""
    case = _case(chunk)
    some = chunk._replace(configurations=chunk.configurations[: at_once(chunk, case)])
    length, number = lengths(case, chunk.dtype, len(some.configurations) * len(chunk.seeds))
    return some if number < 3 else some._replace(marks=(2 * length - 1,))


def estimate(paces, chunks, workers):
    """Seconds it will take, if `workers` share the work evenly."""
    by = {(pace.column, pace.dtype): pace for pace in paces}
    chunks = [chunk for chunk in chunks if (chunk.column, chunk.dtype) in by]
    alone = [by[chunk.column, chunk.dtype].seconds(chunk) for chunk in chunks]
    shapes = {(chunk.column, chunk.dtype, chunk.configurations[0].shape()) for chunk in chunks}
    compiling = sum(by[column, dtype].compiling for column, dtype, _ in shapes)
    starting = sum(pace.starting for pace in paces)
    return starting + max((sum(alone) + compiling) / workers, max(alone, default=0))
