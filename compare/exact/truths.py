"""Which arrays are gradients: dL/d(everything there was), and whether an array is one of them but for a constant."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.exact import numbers
from fourfold.compare.exact.events import LEAF

SAME = 1e-11  # relative: of float64 values of what is known to many more digits
SHARES = 12  # uses of one array, up to which their partial sums are known too
ROWS = 16  # samples of one product, up to which each one's share is known too
# A single number is a multiple of every other. It is taken for one where the multiple is one that people write.
MULTIPLES = sorted({sign * p / q for sign in (1, -1) for p in range(1, 13) for q in range(1, 13)}, key=abs)


class Truth(NamedTuple):
    """dL/d(label): of an event's value, or of one use of it."""

    values: np.ndarray  # float64
    event: int  # whose value it is the derivative with respect to
    label: str  # what that is called
    rank: int  # the lower the plainer: 0 a parameter, 1 what has a name, 2 one use of that, 3 what has none, 4 data
    used_in: int = -1  # the event that is the use
    whole: bool = True  # not some of its uses alone


class Match(NamedTuple):
    """An array is c times a Truth."""

    truth: Truth
    c: float


class Truths:
    """All there are; `match` looks an array up."""

    def __init__(self):
        self._by_size = {}  # size: ([flat unit vectors], [(Truth, norm)])
        self._sorted = {}

    def add(self, truth):
        values = truth.values
        if not np.isfinite(values).all() or not values.any():
            return
        self._sorted.pop(values.size, None)
        vectors, owners = self._by_size.setdefault(values.size, ([], []))
        norm = np.linalg.norm(values)
        for turned in _turned(values):
            vectors.append(turned.ravel() / norm)
            owners.append((truth, norm))

    def matches(self, values):
        """The Matches of an array, the plainest first."""
        values = np.asarray(values, float)
        if values.size not in self._by_size or not values.any() or not np.isfinite(values).all():
            return []
        norm = np.linalg.norm(values)
        unit = values.ravel() / norm
        matches = {}
        for sign in (1, -1):
            for owner in self._near(sign * unit):
                truth, size = self._by_size[values.size][1][owner]
                c = float(sign * norm / size)
                if values.size > 1 or np.abs(np.array(MULTIPLES) / c - 1).min() < SAME:
                    matches.setdefault(id(truth), Match(truth, c))
        return sorted(matches.values(), key=_plainness)

    def of_shape(self, shape):
        """The Truths whose arrays have a shape."""
        known = {}
        for truth, _ in self._by_size.get(int(np.prod(shape)), ((), ()))[1]:
            if truth.values.shape == shape:
                known[id(truth)] = truth
        return sorted(known.values(), key=lambda truth: truth.rank)

    def _near(self, unit):
        """Places of vectors that are the same: by their projection on one that is fixed, then in full."""
        size = len(unit)
        if size not in self._sorted:
            vectors = np.array(self._by_size[size][0])
            projections = vectors @ _direction(size)
            order = np.argsort(projections)
            self._sorted[size] = vectors, projections[order], order
        vectors, projections, order = self._sorted[size]
        at = unit @ _direction(size)
        low, high = np.searchsorted(projections, [at - 10 * SAME, at + 10 * SAME])
        near = order[low:high]
        return near[np.abs(vectors[near] - unit).max(axis=1, initial=0) <= SAME]


def _direction(size):
    return np.cos(np.arange(1, size + 1) ** 1.5)


def _plainness(match):
    return match.truth.rank, abs(abs(match.c) - 1) > SAME, match.c < 0, match.truth.used_in


def _turned(values):
    """An array and its transposes, each order of entries once."""
    orders = [values]
    if values.ndim >= 2 and min(values.shape[-2:]) > 1:
        orders.append(np.swapaxes(values, -1, -2))
    if values.ndim > 2:
        orders += [values.T, np.moveaxis(values, 0, -1), np.moveaxis(values, -1, 0)]
    return orders


def truths(events, adjoints, label):
    """The Truths of recorded Events. `label(k)` is what event k is called."""
    known = Truths()
    uses = {}  # of a leaf or a named value, by event: [(event of the use, values)]
    for k, event in enumerate(events):
        values = derivative(adjoints.entries(event.value))
        if values.any():
            known.add(Truth(values, k, label(k), rank(event)))
        through = adjoints.uses.get(k)
        if not through:
            continue
        for operand in event.operands:
            if not numbers.is_exact(operand.value):
                continue
            part = derivative(adjoints.of_use(k, operand.value))
            for source in operand.sources[:1]:
                if part.any():
                    plainness = max(2, rank(events[source]))
                    known.add(Truth(part, source, label(source), plainness, k, False))
                    uses.setdefault((source, part.shape), {})[k] = part
        if event.kind == "MatMult":
            _rows(known, event, values, label)
    for (source, _), parts in uses.items():
        _partial_sums(known, source, [*parts.items()], label(source))
    return known


def rank(event):
    """The lower, the plainer what an event is: a parameter, what has a name, and what has none, or is data."""
    if event.place == LEAF:
        return 0 if depends(event.value) else 4
    return 1 if event.name else 3


def depends(value):
    """Whether an exact value holds a parameter, or what was computed from one."""
    return any(x.depends for x in np.ravel(np.asarray(value, object)) if isinstance(x, numbers.Number))


def _partial_sums(known, source, parts, name):
    """Of the uses of one array: what has come together after some of them, in either order, and all but one."""
    if not 2 < len(parts) <= SHARES:
        return
    everything = sum(part for _, part in parts)
    for k, part in parts:
        known.add(Truth(everything - part, source, name, 3, k, False))
    for ordered in (parts, parts[::-1]):
        total = ordered[0][1]
        for k, part in ordered[1:-1]:
            total = total + part
            known.add(Truth(total, source, name, 3, k, False))


def _rows(known, event, adjoint, label):
    """Each sample's share of the derivative with respect to a matrix in X @ W, or W @ X."""
    left, right = event.operands
    if np.ndim(left.value) != 2 or np.ndim(right.value) != 2:
        return
    samples, (n, m) = numbers.floats(left.value), adjoint.shape
    if 1 < n <= ROWS:
        for source in right.sources[:1]:
            for i in range(n):
                known.add(Truth(np.outer(samples[i], adjoint[i]), source, label(source), 3, -2, False))
    samples = numbers.floats(right.value)
    if 1 < m <= ROWS:
        for source in left.sources[:1]:
            for j in range(m):
                known.add(Truth(np.outer(adjoint[:, j], samples[:, j]), source, label(source), 3, -2, False))


def derivative(balls):
    """Balls in float64."""
    if not isinstance(balls, np.ndarray):
        return np.array(float(balls.mid()))
    result = np.empty(balls.shape)
    for index, ball in np.ndenumerate(balls):
        result[index] = float(ball.mid())
    return result
