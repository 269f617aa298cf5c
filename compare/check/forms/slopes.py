"""A function's gradient along a few directions, by central differences: it tells which gradient is right."""

from typing import NamedTuple

import numpy as np

STEP = 1e-6  # of central differences
SAME = 1e-5  # relative to the gradient's largest entry
NOTHING = 1e-9
MOST = 2  # directions: one tells whether a gradient is right, two whether it is a multiple of the right one


class Slopes(NamedTuple):
    """The gradient of a parameter, along directions."""

    shape: tuple
    directions: np.ndarray  # (directions, entries)
    values: np.ndarray  # (directions,), or (directions, functions) of several

    def single(self, k):
        """The same of one function among several."""
        return self._replace(values=self.values[:, k])

    @property
    def size(self):
        return self.directions.shape[1]

    @property
    def moves(self):
        """Whether the function depends on the parameter."""
        return bool(np.isfinite(self.values).all() and np.abs(self.values).max(initial=0) > NOTHING)

    def along(self, gradient):
        """What the values are of some gradient; it may be in any shape of so many entries."""
        return self.directions @ gradient.ravel()


def slopes(function, inputs, parameters):
    """{parameter: Slopes} of a function of inputs that gives a number, or an array of them."""
    rng, result = np.random.default_rng(9), {}
    for name in parameters:
        value = np.array(inputs[name], float)
        count = min(MOST, value.size)
        directions = rng.uniform(0.5, 1.5, size=(count, *value.shape)) * rng.choice([-1, 1], (count, *value.shape))
        values = []
        for direction in directions:
            ends = []
            for step in (STEP, -STEP):
                moved = value + step * direction
                copies = {key: one.copy() if isinstance(one, np.ndarray) else one for key, one in inputs.items()}
                ends.append(function(copies | {name: moved if value.ndim else float(moved)}))
            values.append((np.asarray(ends[0]) - ends[1]) / (2 * STEP))
        result[name] = Slopes(value.shape, directions.reshape(count, -1), np.array(values))
    return result


def alike(given, truth):
    """Whether a gradient is right: in its parameter's shape, or in one that it can be subtracted in."""
    if given is None or not _fits(given.shape, truth.shape):
        return False
    if given.size != truth.size:
        given = np.broadcast_to(given, truth.shape)
    limit = SAME * np.abs(given).max(initial=0) * np.sqrt(truth.size) + NOTHING
    return bool((np.abs(truth.along(given) - truth.values) <= limit).all())


def _fits(given, shape):
    if given == shape:
        return True
    try:
        return np.broadcast_shapes(given, shape) == shape or _leading_ones(given, shape)
    except ValueError:
        return False


def _leading_ones(given, shape):
    """Whether two shapes differ in ones before them alone."""
    longer, shorter = sorted((given, shape), key=len, reverse=True)
    return longer == (1,) * (len(longer) - len(shorter)) + shorter


def ratio(given, truth):
    """c where a gradient is c times the true one, or None."""
    if given is None or given.size != truth.size or not truth.values.any():
        return None
    along = truth.along(given)
    factor = along @ truth.values / (truth.values @ truth.values)
    near = np.abs(along - factor * truth.values).max() <= SAME * np.abs(along).max()
    return factor if near and abs(factor) > SAME else None
