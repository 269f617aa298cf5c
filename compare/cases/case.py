"""What is computed: the data, and weights drawn once, by NumPy, for everybody."""

import csv
import io
import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fourfold.compare.errors import UsageError
from fourfold.compare.system import files

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")
DTYPES = ("float64", "float32")
LARGEST = 100_000_000
LARGEST_CSV = 64 * 2**20  # bytes
LARGEST_RATE = 1e30  # finite in every precision


class Case(NamedTuple):
    """One training problem, for all seeds at once; arrays are float64 and are rounded once when a dtype is chosen."""

    name: str  #         for the default case: where X and Y come from
    X: np.ndarray  #     (N, d_in)
    Y: np.ndarray  #     (N, d_out)
    weights: tuple  #    all that is trained: W1 ... WK (seeds, d_k-1, d_k), then b1 ... bK (seeds, 1, d_k) or nothing
    activations: tuple  # a name a layer
    lr: float
    steps: int
    seeds: range
    exact: bool = False  # also demand the very bits, wherever no operation can round
    dtypes: tuple = DTYPES  # precisions in which it means something
    row: str = "two_layer"  # of columns: impls.ROWS

    @property
    def W1(self):
        return self.weights[0]

    @property
    def W2(self):
        return self.weights[1]

    @property
    def activation(self):
        """The hidden layer's, which is all there is to say in the two-layer row; otherwise all, comma-separated."""
        return self.activations[0] if self.row == "two_layer" else ",".join(self.activations)

    def widths(self):
        """d_in, the layers' widths, d_out."""
        K = len(self.activations)
        return (self.X.shape[1], *(W.shape[-1] for W in self.weights[:K]))

    def biased(self):
        return len(self.weights) > len(self.activations)

    def parameters(self):
        """Number of trained numbers of one network: the sum of d_k-1 d_k over the layers, with biases and d_k."""
        return sum(Z[0].size for Z in self.weights)

    def is_finite(self):
        return all(np.isfinite(Z).all() for Z in (self.X, self.Y, *self.weights))

    def cast(self, dtype):
        """X, Y and all weights rounded once to the working precision; beyond its range they become infinite."""
        with np.errstate(over="ignore"):
            return tuple(Z.astype(dtype) for Z in (self.X, self.Y, *self.weights))


def two_layer_case(name, X, Y, W1, W2, activation, lr, steps, seeds, **more):
    """The Case of a network of the first row."""
    return Case(name, X, Y, (W1, W2), (activation, "identity"), lr, steps, seeds, **more)


def xor():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    Y = np.array([[0], [1], [1], [0]], np.float64)
    return X, Y


def draw_weights(seeds, widths, biases=False):
    """Standard normal weights, one generator a seed: seed 7 is the same network however many there are.

    seeds: range; widths (d_in, d_hidden, ..., d_out). Returns one float64 array (seeds, d_k-1, d_k) a layer, then, with
    biases, one (seeds, 1, d_k) a layer. They are drawn last, and so leave the weights what they are without.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]
    layers = [*pairwise(widths), *((1, d) for d in widths[1:] if biases)]
    return tuple(np.stack([g.standard_normal(shape) for g in generators]) for shape in layers)


def make_case(data, activation, lr, steps, hidden, seeds, layers=None, bias=False):
    """A Case from the options of the command line; data is "xor" or the path of a CSV file.

    `layers`: all widths, from the data's inputs to their targets. They, biases, or an activation for every layer,
    comma-separated, make it a case of the row of any depth. Raises UsageError for a value out of range, for layers
    that do not fit, or for a file that is not a table of finite numbers.
    """
    return build_case(data, *read_data(data), activation, lr, steps, hidden, seeds, layers, bias)


def read_data(data):
    """X (N, d_in), Y (N, d_out) of "xor" or a CSV file. Raises UsageError."""
    return xor() if data == "xor" else read_csv(data)


def build_case(name, X, Y, activation, lr, steps, hidden, seeds, layers=None, bias=False):
    """The same for data that have been read, called `name`."""
    names = [name.strip() for name in activation.split(",")]
    for sigma in names:
        if sigma not in ACTIVATIONS:
            raise UsageError(f"There is no activation {sigma!r}: choose one of {', '.join(ACTIVATIONS)}.")
    if not 0 < lr <= LARGEST_RATE:
        raise UsageError(f"The learning rate must be a positive number, at most {LARGEST_RATE:g}, not {lr}.")
    for what, value in (("--steps", steps), ("--hidden", hidden), *(("Every width", d) for d in layers or ())):
        if not 1 <= value <= LARGEST:
            raise UsageError(f"{what} must be at least 1 and at most {LARGEST:,}, not {value}.")
    ends, widths = (X.shape[1], Y.shape[1]), tuple(layers or (X.shape[1], hidden, Y.shape[1]))
    if len(widths) < 2 or (widths[0], widths[-1]) != ends:
        raise UsageError(f"{name} has {ends[0]} inputs and {ends[1]} targets: --layers must begin and end with them.")
    depth = len(widths) - 1
    if len(names) not in {1, depth}:
        raise UsageError(
            f"--activation has {len(names)} names: give one, for all hidden layers, or {depth}, one a layer."
        )
    if len(seeds) * sum(m * n for m, n in pairwise(widths)) > LARGEST:
        raise UsageError(f"Seeds times weights are more than {LARGEST:,}: choose fewer seeds or narrower layers.")
    deep = layers is not None or bias or len(names) > 1
    activations = (*names * (depth - 1), "identity") if len(names) == 1 else tuple(names)
    weights, row = draw_weights(seeds, widths, bias), "deep" if deep else "two_layer"
    name = name.encode(errors="replace").decode()  # a file may be called what is no text
    return Case(name, X, Y, weights, activations, float(lr), steps, seeds, row=row)


def read_csv(path):
    """X (N, d_in), Y (N, d_out) from a table with a sample a row.

    A first row without any number is the heading. Columns whose heading starts with "y" are targets, the others
    inputs; without such headings the last column is the target. Raises UsageError.
    """
    try:
        text = io.StringIO(files.read_bytes(path, LARGEST_CSV).decode("utf-8-sig"), newline="")
        rows = [(n, row) for n, row in enumerate(csv.reader(text), start=1) if row]
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


def whole(text):
    """The whole number that a text says: 1000, 1_000 and 1e3 do. Raises ValueError."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
    if not number.is_integer():
        raise ValueError(f"{text} is not a whole number")
    return int(number)


def parse_widths(text):
    try:
        return None if text is None else [whole(width) for width in text.split(",")]
    except (ValueError, OverflowError):
        raise UsageError(f"--layers takes widths such as 2,8,8,1, not {text!r}.") from None


def check_range(case, dtypes):
    """Raises UsageError where the data are too large for a precision."""
    for dtype in dtypes:
        if not all(np.isfinite(Z).all() for Z in case.cast(dtype)):
            raise UsageError(f"{case.name} has numbers beyond the range of {dtype}: scale them, or leave {dtype} out.")


def square_grid(resolution, extent):
    """Points (resolution², 2) of a square grid, the first input varying fastest."""
    if not 2 <= resolution <= 1000:
        raise UsageError(f"--resolution must be from 2 to 1000, not {resolution}.")
    try:
        low, high = (float(end) for end in extent.split(","))
    except ValueError:
        raise UsageError(f"--extent takes two numbers such as -1,2, not {extent!r}.") from None
    if not low < high:
        raise UsageError(f"--extent {extent} is empty: the first end must be the smaller.")
    if not max(-low, high) <= LARGEST_RATE:
        raise UsageError(f"--extent {extent} reaches too far: stay within ±{LARGEST_RATE:g}.")
    side = np.linspace(low, high, resolution)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
