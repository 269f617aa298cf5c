"""What is computed: the data, and weights drawn once, by NumPy, for everybody."""

import csv
import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from compare.errors import UsageError

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")
DTYPES = ("float64", "float32")
LARGEST = 100_000_000
LARGEST_RATE = 1e30  # finite in every precision


class Case(NamedTuple):
    """One training problem, for all seeds at once; arrays are float64 and are rounded once when a dtype is chosen."""

    name: str  #         for the default case: where X and Y come from
    X: np.ndarray  #     (N, d_in)
    Y: np.ndarray  #     (N, d_out)
    W1: np.ndarray  #    (seeds, d_in, d_hidden)
    W2: np.ndarray  #    (seeds, d_hidden, d_out)
    activation: str
    lr: float
    steps: int
    seeds: range
    exact: bool = False  # also demand the very bits, wherever no operation can round
    dtypes: tuple = DTYPES  # precisions in which it means something

    def parameters(self):
        """Number of trained weights of one network: d_in d_hidden + d_hidden d_out."""
        return self.W1[0].size + self.W2[0].size

    def is_finite(self):
        return all(np.isfinite(Z).all() for Z in (self.X, self.Y, self.W1, self.W2))

    def cast(self, dtype):
        """X, Y, W1, W2 rounded once to the working precision; beyond its range they become infinite."""
        with np.errstate(over="ignore"):
            return tuple(Z.astype(dtype) for Z in (self.X, self.Y, self.W1, self.W2))


def xor():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    Y = np.array([[0], [1], [1], [0]], np.float64)
    return X, Y


def draw(seeds, widths):
    """Standard normal weights, one generator a seed: seed 7 is the same network however many there are.

    seeds: range; widths (d_in, d_hidden, ..., d_out). Returns one float64 array (seeds, d_k, d_k+1) a layer.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]
    layers = pairwise(widths)
    return tuple(np.stack([g.standard_normal(shape) for g in generators]) for shape in layers)


def make(data, activation, lr, steps, hidden, seeds):
    """A Case from the options of the command line; data is "xor" or the path of a CSV file.

    Raises UsageError for a value out of range, or a file that is not a table of finite numbers.
    """
    if activation not in ACTIVATIONS:
        raise UsageError(f"There is no activation {activation!r}: choose one of {', '.join(ACTIVATIONS)}.")
    if not 0 < lr <= LARGEST_RATE:
        raise UsageError(f"The learning rate must be a positive number, at most {LARGEST_RATE:g}, not {lr}.")
    for name, value in (("--steps", steps), ("--hidden", hidden)):
        if not 1 <= value <= LARGEST:
            raise UsageError(f"{name} must be at least 1 and at most {LARGEST:,}, not {value}.")
    X, Y = xor() if data == "xor" else read_csv(data)
    if len(seeds) * hidden * (X.shape[1] + Y.shape[1]) > LARGEST:
        raise UsageError(f"Seeds times weights are more than {LARGEST:,}: choose fewer seeds or a smaller --hidden.")
    W1, W2 = draw(seeds, (X.shape[1], hidden, Y.shape[1]))
    return Case(data, X, Y, W1, W2, activation, float(lr), steps, seeds)


def read_csv(path):
    """X (N, d_in), Y (N, d_out) from a table with a sample a row.

    A first row without any number is the heading. Columns whose heading starts with "y" are targets, the others
    inputs; without such headings the last column is the target. Raises UsageError.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [(n, row) for n, row in enumerate(csv.reader(file), start=1) if row]
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is not a CSV file of text: {error}.") from None
    heading = [cell.strip() for cell in rows.pop(0)[1]] if rows and not any(map(_is_number, rows[0][1])) else None
    if not rows:
        raise UsageError(f"{path} has no samples: give one a line, inputs first, the target last.")
    width = len(heading or rows[0][1])
    table = np.array([_numbers(path, n, row, width) for n, row in rows])
    targets = np.array([name.lower().startswith("y") for name in heading or []])
    if not targets.any():
        targets = np.arange(width) == width - 1
    if targets.all():
        raise UsageError(f"{path} has no inputs: it needs at least one column beside the target.")
    return table[:, ~targets], table[:, targets]


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(path, n, row, width):
    if len(row) != width:
        raise UsageError(f"{path}, line {n} has {len(row)} values where {width} are expected.")
    for cell in row:
        try:
            number = float(cell)
        except ValueError:
            raise UsageError(f"{path}, line {n}: {cell!r} is not a number.") from None
        if not math.isfinite(number):
            raise UsageError(f"{path}, line {n}: {cell!r} is not a finite number.")
    return [float(cell) for cell in row]
