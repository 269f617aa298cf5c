"""How a run is asked for: in calls of `train` as long as what is claimed, of as many seeds as fit."""

from typing import NamedTuple

# What one call gives, of all its steps and seeds: 64 MB. It is held beside the next one, and once more in the worker.
NUMBERS = 8_000_000
# Steps x seeds that are judged at a time: of the dozen arrays that the judge has, this is the size.
PIECE = 8_000
# Columns that are not compiled keep arrays of every step in a list.
MOST_STEPS = 100_000


class Plan(NamedTuple):
    """The calls of one run."""

    seeds: list  # of slices: those trained together
    steps: list  # of lengths: one call goes on from where the one before has ended


def plan(case):
    """The Plan for a Case: every call makes all steps, or where even one seed's would not fit, as many as do."""
    numbers = case.parameters() + 1
    most = max(3, min(MOST_STEPS, NUMBERS // numbers))  # in even parts of at most three, no step is alone
    lengths = _evenly(case.steps, -(-case.steps // most))
    in_a_pass = len(case.X) * sum(case.widths())
    together = max(1, NUMBERS // max(lengths[0] * numbers, in_a_pass))
    seeds, start = [], 0
    for size in _evenly(len(case.seeds), -(-len(case.seeds) // together)):
        seeds.append(slice(start, start + size))
        start += size
    return Plan(seeds, lengths)


def _evenly(total, parts):
    """So many whole numbers that add up, the larger ones first; none is smaller than total // parts."""
    size, more = divmod(total, parts)
    return [size + 1] * more + [size] * (parts - more)
