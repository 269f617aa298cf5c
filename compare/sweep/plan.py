"""What a sweep will be: its chunks, and what they will cost by a short measurement."""

import time
from collections import deque
from itertools import groupby, pairwise, product
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.agreement import memory
from fourfold.compare.cases.case import check_range as in_range
from fourfold.compare.cases.case import parse_widths as widths
from fourfold.compare.cases.update import parse as parse_update
from fourfold.compare.errors import ColumnError, UsageError, visible
from fourfold.compare.results import environment
from fourfold.compare.sweep import executors, grid
from fourfold.compare.sweep.chunk import Chunk, at_once, case, compute, lengths, most
from fourfold.compare.sweep.executors import Job
from fourfold.compare.sweep.grid import Configuration
from fourfold.compare.sweep.store import Options

WORK = 700_000_000  # multiplications of a forward pass in one chunk: a second or more of the fastest column
FEWEST = 500  # seeds at once: with fewer, most of a step is calling it
PRICED = attrgetter("column", "dtype")  # of a Chunk or a Price: what has a price of its own


def options(training, axes, X, Y, columns, dtypes, seeds):
    """The store.Options of a sweep over `axes` {name: values}; what they do not vary is as `training` has it.

    `training` has the fields of the command's options, `seeds` is a range. Raises UsageError.
    """
    t = training
    _, rate = parse_update(t.update) if t.update else (None, None)
    if rate is not None and "lr" in axes:
        raise UsageError("--update says the rate: give it there or as --grid lr=..., not both.")
    values = {  # in the order of grid.AXES
        "layers": ["-".join(map(str, widths(t.layers) or ())) or None],
        "hidden": [t.hidden],
        "activation": [t.activation.replace(",", "-")],
        "bias": [t.bias],
        "lr": [t.lr if rate is None else rate],
        "steps": [t.steps],
        **axes,
    }
    if values["layers"] != [None]:
        if "hidden" in axes:
            raise UsageError("--layers says all widths: give layers or hidden, not both.")
        values["hidden"] = [None]
    return Options(
        data=visible(t.data, newlines=True),
        data_sha256=environment.digest(X, Y),
        columns=columns,
        dtypes=dtypes,
        grid=values,
        first_seed=seeds.start,
        seeds=len(seeds),
        update=t.update or "",
    )


def steps(chunks):
    return sum(chunk.steps() for chunk in chunks)


def chunks(options, X, Y):
    """All Chunks of store.Options, in order; the same for the same options. Raises UsageError."""
    by = parse_update(options.update)[0] if options.update else None
    every, marks = grid.configurations(options.grid), tuple(sorted(options.grid["steps"]))
    for configuration in every:  # all of them are looked at before anything is computed
        _check(options, _one_seed(options, X, Y, configuration))
    data, seeds = (options.data, X, Y), range(options.first_seed, options.first_seed + options.seeds)
    in_order = []
    for column, dtype in product(options.columns, options.dtypes):
        if not impls.has(column, dtype):
            continue
        for _, group in groupby(every, Configuration.shape):
            same = tuple(group)
            several, few = _size(_one_seed(options, X, Y, same[0]), len(seeds))
            for configurations, some_seeds in product(_cut(same, several), _cut(seeds, few)):
                in_order.append(Chunk(len(in_order), column, dtype, data, configurations, marks, some_seeds, by))
    return in_order


def check_memory(chunks, workers):
    """Raises UsageError where so many workers at a time need more memory than there is."""
    by_shape = {chunk.configurations[0].shape(): chunk for chunk in chunks}
    memory.check_workers(map(_case, by_shape.values()), workers)


def _cut(sequence, length):
    """Pieces of a sequence that are so long, or shorter the last one."""
    return [sequence[n : n + length] for n in range(0, len(sequence), length)]


def _one_seed(options, X, Y, configuration):
    return case(options.data, X, Y, configuration, max(options.grid["steps"]), range(1))


def _check(options, case):
    """Raises UsageError where a Case cannot be computed by every column in every precision."""
    in_range(case, options.dtypes)
    missing = [name for name in options.columns if name in impls.NAMES and name not in impls.ROWS[case.row]]
    if missing:
        raise UsageError(f"{' and '.join(missing)} can only have two layers and no biases: leave them out.")


def _size(case, seeds):
    """(configurations, seeds) of a chunk of networks of this shape: about WORK together."""
    run = multiplications(case) * case.steps
    together = min(most(case), max(FEWEST, WORK // run))
    seeds_at_once = -(-seeds // -(-seeds // together))  # so that all chunks have about as many
    return max(1, WORK // (run * seeds_at_once)), seeds_at_once


def multiplications(case):
    """Of one forward pass of one network."""
    return len(case.X) * sum(m * n for m, n in pairwise(case.widths()))


class Price(NamedTuple):
    """What one column in one precision costs, measured at its smallest and at its largest network."""

    column: str
    dtype: str
    multiplications: list  # of the networks measured, in ascending order
    nanoseconds: list  # a step of one seed, everything included
    compiling: float  # seconds a shape
    starting: float  # seconds a worker

    def seconds(self, chunk):
        """Of computing a Chunk."""
        nanoseconds = np.interp(multiplications(_case(chunk)), self.multiplications, self.nanoseconds)
        return chunk.steps() * float(nanoseconds) / 1e9


def probe(executor, chunks):
    """A Price for every column and precision that can be run; why another cannot is seen when the chunks are."""
    jobs = deque()
    for (column, _), group in groupby(chunks, PRICED):
        by_size = {}
        for chunk in group:
            by_size[multiplications(_case(chunk))] = chunk
        ends = {size: _short(by_size[size]) for size in (min(by_size), max(by_size))}
        jobs.append(Job(measure, column, ends))
    prices = []
    for _, future in executors.as_done(executor, jobs):
        try:
            prices.append(executor.result("", future))
        except executors.SchedulerGone:
            raise
        except (ColumnError, executors.WorkerLost):
            continue
    return prices


def measure(column, ends):
    """Worker: the Price of a column by {multiplications: short chunk} of its smallest and its largest network."""
    cold, warm, nanoseconds = [], [], []
    for chunk in ends.values():
        cold.append(_seconds(column, chunk))
    for chunk in ends.values():
        best = min(_seconds(column, chunk), _seconds(column, chunk))
        warm.append(best)
        nanoseconds.append(best * 1e9 / chunk.steps())
    compiling = max(0.0, cold[1] - warm[1]) if len(ends) > 1 else 0.0  # the first one also starts the framework
    starting = max(0.0, cold[0] - warm[0] - compiling)
    return Price(column, chunk.dtype, [*ends], nanoseconds, compiling, starting)


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


def estimate(prices, chunks, workers):
    """Seconds it will take, if `workers` share the work evenly."""
    by_column = {PRICED(price): price for price in prices}
    in_all, longest, compiled = 0.0, 0.0, set()
    for chunk in chunks:
        price = by_column.get(PRICED(chunk))
        if not price:
            continue
        seconds = price.seconds(chunk)
        in_all += seconds
        longest = max(longest, seconds)
        shape = (*PRICED(chunk), chunk.configurations[0].shape())
        if shape not in compiled:
            in_all += price.compiling
            compiled.add(shape)
    starting = sum(price.starting for price in prices)
    return starting + max(in_all / workers, longest)
