"""A stream of random cases by index: configuration n is the same whenever, and however many times, it is made.

Shapes, rates and lengths come from a limited set, so that what JAX and TensorFlow have compiled is used again:
`SHAPES` at a time, each met once a round, and a new set after `ROUNDS` rounds. The numbers are new in every one.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, Case
from fourfold.compare.judge.quantities import DEEP, TWO_LAYER, parameter_shapes

SEED = 20_240_229
SHAPES = 64
DEEPER, LARGER = 1, 2  # of four shapes in turn
ROUNDS = 64
NUMBERS = 18_000  # about as many are certified in one configuration of one column


class Shape(NamedTuple):
    """All that a compiler sees of a configuration."""

    samples: int
    widths: tuple  # d_in ... d_out
    biases: bool
    row: str
    seeds: int
    activations: tuple
    dtype: str
    lr: float
    steps: int
    shapes: bool  # whether every function is asked in every shape of its contract


def shape(n):
    """The Shape of configuration n: of four, one is of any depth, and one of many samples or wide."""
    which = n // (SHAPES * ROUNDS) * SHAPES + n % SHAPES
    rng = np.random.default_rng([SEED, 0, which])
    # every activation in either precision is met with each kind, twice in 64 shapes
    kind, activation, dtype = which % 4, ACTIVATIONS[which // 4 % 4], DTYPES[which // 16 % 2]
    N, widths = int(rng.integers(1, 9)), [int(rng.integers(1, most + 1)) for most in (6, 8, 4)]
    activations, biases = (activation, "identity"), False
    if kind == DEEPER:
        depth = int(rng.integers(2, 6))
        widths = [int(d) for d in rng.integers(1, 7, depth + 1)]
        activations = (activation, *rng.choice(ACTIVATIONS, depth - 1).tolist())
        biases = bool(rng.random() < 0.7)
    if kind == LARGER:
        N, widths = int(rng.integers(20, 150)), [int(rng.integers(1, 4)), int(rng.integers(9, 40)), 2]
    steps = int(np.rint(50 ** rng.random()))
    of_step = 1 + sum((d_in + biases) * d for d_in, d in pairwise(widths))
    of_functions = N * 6 * sum(widths[1:]) + 1 + of_step + of_step  # trace, forward and loss, step
    points = min(steps + 1, 4) * of_functions + steps * of_step
    return Shape(
        samples=N,
        widths=tuple(widths),
        biases=biases,
        row=DEEP if kind == DEEPER else TWO_LAYER,
        seeds=int(np.clip(NUMBERS // points, 2, 400)),
        activations=activations,
        dtype=dtype,
        lr=float(f"{10 ** rng.uniform(-4, 1.5):.3g}"),
        steps=steps,
        shapes=which % 16 in {0, DEEPER},
    )


def make(n):
    """Configuration n, a Case for one precision.

    X, Y, weights and biases have scales of 1e-3 ... 1e3, log-uniform, and now and then one far below or above, where
    products leave the format's range; entries and rows may be zero, samples and hidden units equal, entries of one
    array of very different size, or all of them small multiples of 1/2, where the very bits are demanded if nothing
    can round.
    """
    s = shape(n)
    rng = np.random.default_rng([SEED, 1, n])
    sizes = [
        (s.samples, s.widths[0]),
        (s.samples, s.widths[-1]),
        *parameter_shapes((s.seeds,), s.widths, s.biases).values(),
    ]
    dyadic = rng.random() < 0.08
    arrays = []
    for size, scale in zip(sizes, _scales(rng, s.dtype, len(sizes)), strict=True):
        arrays.append(rng.integers(-4, 5, size) / 2 if dyadic else scale * _entries(rng, size))
    _make_special(rng, arrays)
    X, Y, *weights = arrays
    return Case(
        name=f"configuration {n}",
        X=X,
        Y=Y,
        weights=tuple(weights),
        activations=s.activations,
        lr=0.25 if dyadic and s.steps < 4 else s.lr,
        steps=s.steps,
        seeds=range(s.seeds),
        exact=dyadic,
        dtypes=(s.dtype,),
        row=s.row,
        shapes=s.shapes,
    )


def _entries(rng, size):
    Z = rng.standard_normal(size)
    if rng.random() < 0.15:
        Z *= 10.0 ** rng.uniform(-3, 3, size)
    return Z


def _scales(rng, dtype, number):
    scales = 10.0 ** rng.uniform(-3, 3, number)
    if rng.random() < 0.15:
        f = np.finfo(dtype)
        low, high = np.log10(float(f.smallest_subnormal)), np.log10(float(f.max))
        exponent = rng.uniform(low, low / 3) if rng.random() < 0.5 else rng.uniform(high / 3, 0.97 * high)
        scales[rng.integers(number)] = 10.0**exponent
    return scales


def _make_special(rng, arrays):
    X, Y, W1, W2, *_ = arrays
    for Z in arrays:
        if rng.random() < 0.2:
            Z[rng.random(Z.shape) < 0.3] = 0
    for Z in (X, Y):
        if rng.random() < 0.2:
            Z[rng.integers(len(Z))] = 0
    if rng.random() < 0.1:
        X[-1], Y[-1] = X[0], Y[0]
    if rng.random() < 0.05:
        W1[..., -1], W2[..., -1, :] = W1[..., 0], W2[..., 0, :]
    for Z in arrays:
        if rng.random() < 0.02:
            Z[...] = 0
