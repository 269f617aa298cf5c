"""What has been counted of a column's numbers, quantity by quantity."""

import hashlib

import numpy as np

from fourfold.compare.judge.quantities import every, shown
from fourfold.compare.results.arrays import ULPS, histogram
from fourfold.compare.results.result import Row, number


class Tally:
    """Of one quantity."""

    def __init__(self):
        self.certified = self.no_number = self.out_of_range = self.wrong = 0
        self.worst_ratio = self.worst_ulps = 0.0
        self.sharpness = np.inf
        self.histogram = np.zeros(len(ULPS) + 1, np.int64)

    def add(self, other):
        """Counts what another Tally has counted."""
        self.certified += other.certified
        self.no_number += other.no_number
        self.out_of_range += other.out_of_range
        self.wrong += other.wrong
        self.worst_ratio = max(self.worst_ratio, other.worst_ratio)
        self.worst_ulps = max(self.worst_ulps, other.worst_ulps)
        self.sharpness = min(self.sharpness, other.sharpness)
        self.histogram = self.histogram + other.histogram


def count(judged, p, every_step):
    """{name people know: Tally} of several Judged."""
    tallies = {}
    for j in judged:
        name = every(j.quantity) if every_step else shown(j.quantity, p.row)
        tallies[name] = _counted(j)
    return tallies


def _counted(judged):
    tally, all_of_them = Tally(), judged.certified.all()
    tally.certified = int(judged.certified.sum())
    tally.no_number = int(judged.no_number.sum())
    tally.out_of_range = int((~(judged.certified | judged.no_number)).sum())
    tally.wrong = int(judged.wrong.sum())
    tally.worst_ratio = float(judged.ratio.max())
    tally.worst_ulps = float(judged.ulps.max())
    tally.sharpness = _sharpness(judged)
    tally.histogram = histogram(judged.ulps if all_of_them else judged.ulps[judged.certified])
    return tally


def merge(tallies, more):
    """Adds to {name: Tally} what is in another."""
    for name, tally in more.items():
        tallies.setdefault(name, Tally()).add(tally)


def key(case, dtype, first, before, path):
    """What tells apart all that some steps of a run are judged by: the case, the step, and every bit of the weights."""
    return case.name, dtype, first, len(path[-1]), digest(*(weights[0] for weights in before), *path)


def digest(*arrays):
    """What tells apart arrays of the same shapes, bit by bit."""
    bits = hashlib.blake2b(digest_size=16)
    for Z in arrays:
        bits.update(np.ascontiguousarray(Z).data)
    return bits.digest()


def row(where, quantity, tally):
    """The Row on a quantity."""
    return Row(
        column=where.column,
        case=where.case,
        dtype=where.dtype,
        quantity=quantity,
        checked=tally.certified,
        no_number=tally.no_number,
        out_of_range=tally.out_of_range,
        rejected=tally.wrong,
        worst_ratio=number(tally.worst_ratio),
        worst_ulps=number(tally.worst_ulps),
        sharpness=tally.sharpness if np.isfinite(tally.sharpness) else None,
    )


def _sharpness(judged):
    """The largest limit relative to the largest exact value, at the point (one seed at one step) where it is least.

    Infinite where there is no such point: what is 0 has no relative faults.
    """
    axes = () if judged.quantity == "L" else (-2, -1)
    limit, size = judged.limit.max(axis=axes), np.abs(judged.exact).max(axis=axes)
    known = judged.certified.all(axis=axes) & (size > 0)
    return float(np.min(limit[known] / size[known], initial=np.inf))
