"""A stream of random cases by index: configuration n is the same whenever, and however many times, it is made.

Shapes, rates and lengths come from a limited set, so that what JAX and TensorFlow have compiled is used again:
`SHAPES` at a time, each met once a round, and a new set after `ROUNDS` rounds. The numbers are new in every one.
"""

from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, Case

SEED = 20_240_229
SHAPES = 64
ROUNDS = 64
NUMBERS = 18_000  # about as many are certified in one configuration of one column


class Shape(NamedTuple):
    """All that a compiler sees of a configuration."""

    sizes: tuple  # N, d_in, d_hidden, d_out
    seeds: int
    activation: str
    dtype: str
    lr: float
    steps: int


def shape(n):
    """The Shape of configuration n."""
    which = n // (SHAPES * ROUNDS) * SHAPES + n % SHAPES
    rng = np.random.default_rng([SEED, 0, which])
    sizes = N, d_in, d_hidden, d_out = tuple(int(rng.integers(1, most + 1)) for most in (8, 6, 8, 4))
    steps = int(np.rint(50 ** rng.random()))
    parameters = d_hidden * (d_in + d_out)
    of_step = 1 + parameters
    of_functions = N * (6 * d_hidden + 5 * d_out) + 1 + of_step + of_step  # trace, forward and loss, step
    points = min(steps + 1, 4) * of_functions + steps * of_step
    seeds = int(np.clip(NUMBERS // points, 2, 400))
    lr = float(f"{10 ** rng.uniform(-4, 1.5):.3g}")
    # every activation in either precision is met in every eight shapes
    activation, dtype = ACTIVATIONS[which % 4], DTYPES[which // 4 % 2]
    return Shape(sizes, seeds, activation, dtype, lr, steps)


def make(n):
    """Configuration n, a Case for one precision.

    X, Y, W1, W2 have scales of 1e-3 ... 1e3, log-uniform, and now and then one far below or above, where products
    leave the format's range; entries and rows may be zero, samples and hidden units equal, entries of one array of
    very different size, or all of them small multiples of 1/2, where the very bits are demanded if nothing can round.
    """
    s = shape(n)
    rng = np.random.default_rng([SEED, 1, n])
    N, d_in, d_hidden, d_out = s.sizes
    shapes = (N, d_in), (N, d_out), (s.seeds, d_in, d_hidden), (s.seeds, d_hidden, d_out)
    dyadic = rng.random() < 0.08
    if dyadic:
        X, Y, W1, W2 = (rng.integers(-4, 5, size) / 2 for size in shapes)
    else:
        X, Y, W1, W2 = (scale * _entries(rng, size) for scale, size in zip(_scales(rng, s), shapes, strict=True))
    _make_special(rng, X, Y, W1, W2)
    return Case(
        name=f"configuration {n}",
        X=X,
        Y=Y,
        weights=(W1, W2),
        activations=(s.activation, "identity"),
        lr=0.25 if dyadic and s.steps < 4 else s.lr,
        steps=s.steps,
        seeds=range(s.seeds),
        exact=dyadic,
        dtypes=(s.dtype,),
    )


def _entries(rng, size):
    Z = rng.standard_normal(size)
    if rng.random() < 0.15:
        Z *= 10.0 ** rng.uniform(-3, 3, size)
    return Z


def _scales(rng, s):
    scales = 10.0 ** rng.uniform(-3, 3, 4)
    if rng.random() < 0.15:
        f = np.finfo(s.dtype)
        low, high = np.log10(float(f.smallest_subnormal)), np.log10(float(f.max))
        exponent = rng.uniform(low, low / 3) if rng.random() < 0.5 else rng.uniform(high / 3, 0.97 * high)
        scales[rng.integers(4)] = 10.0**exponent
    return scales


def _make_special(rng, X, Y, W1, W2):
    for Z in (X, Y, W1, W2):
        if rng.random() < 0.2:
            Z[rng.random(Z.shape) < 0.3] = 0
    for Z in (X, Y):
        if rng.random() < 0.2:
            Z[rng.integers(len(Z))] = 0
    if rng.random() < 0.1:
        X[-1], Y[-1] = X[0], Y[0]
    if rng.random() < 0.05:
        W1[..., -1], W2[..., -1, :] = W1[..., 0], W2[..., 0, :]
    for Z in (X, Y, W1, W2):
        if rng.random() < 0.02:
            Z[...] = 0
