"""What is computed: data, and weights drawn once, by NumPy, for everybody."""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.data import LARGEST_NUMBER, read_data
from fourfold.compare.errors import UsageError, visible
from fourfold.compare.judge import formats
from fourfold.compare.judge.updates import UpdateRule

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")
DTYPES = ("float64", "float32")  # those asked for by default
PRECISIONS = (*DTYPES, *formats.HALF)
LARGEST = 100_000_000


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
    dtypes: tuple = PRECISIONS  # those in which it means something
    row: str = "two_layer"  # of columns: impls.ROWS
    shapes: bool = False  # also ask every function in every shape of its contract
    weights_file: str = ""  # where the weights were read; "": they are drawn
    update: UpdateRule | None = None  # the optimiser; None: plain descent, as the columns themselves have it

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
        widths = [self.X.shape[1]]
        for W in self.weights[: len(self.activations)]:
            widths.append(W.shape[-1])
        return tuple(widths)

    def biased(self):
        return len(self.weights) > len(self.activations)

    def parameters(self):
        """Number of trained numbers of one network: the sum of d_k-1 d_k over the layers, with biases and d_k."""
        return sum(Z[0].size for Z in self.weights)

    def is_finite(self):
        return _all_finite(self.X, self.Y, *self.weights)

    def cast(self, dtype):
        """X, Y and all weights rounded once to the working precision; beyond its range they become infinite."""
        return tuple(formats.rounded(Z, dtype) for Z in (self.X, self.Y, *self.weights))

    def rate(self, dtype):
        """The rate as columns are given it: in half precision, where some would round it and some not, rounded."""
        return formats.rounded_number(self.lr, dtype) if dtype in formats.HALF else self.lr

    def first_seeds(self, number):
        """The same Case of its first seeds."""
        return self.some_seeds(slice(number))

    def some_seeds(self, part):
        """The same Case of a slice of its seeds."""
        return self._replace(weights=tuple(Z[part] for Z in self.weights), seeds=self.seeds[part])


def _all_finite(*arrays):
    return all(np.isfinite(Z).all() for Z in arrays)


def two_layer_case(name, X, Y, W1, W2, activation, lr, steps, seeds, **more):
    """The Case of a network of the first row."""
    return Case(name, X, Y, (W1, W2), (activation, "identity"), lr, steps, seeds, **more)


def draw_weights(seeds, widths, biases=False):
    """Standard normal weights, one generator a seed: seed 7 is the same network however many there are.

    seeds: range; widths (d_in, d_hidden, ..., d_out). Returns one float64 array (seeds, d_k-1, d_k) a layer, then, with
    biases, one (seeds, 1, d_k) a layer. They are drawn last, and so leave the weights what they are without.
    """
    shapes = [*pairwise(widths)]
    for d in widths[1:] if biases else ():
        shapes.append((1, d))
    generators = [*map(np.random.default_rng, seeds)]
    drawn = []
    for shape in shapes:
        drawn.append(np.stack([generator.standard_normal(shape) for generator in generators]))
    return tuple(drawn)


def make_case(data, activation, lr, steps, hidden, seeds, layers=None, bias=False, given=None):
    """A Case from the options of the command line; data is "xor" or the path of a CSV file.

    `layers`: all widths, from the data's inputs to their targets. They, biases, or an activation for every layer,
    comma-separated, make it a case of the row of any depth. With a weights.FirstWeights nothing is drawn, and it says
    the widths, the number of seeds, and whether there are biases. Raises UsageError for a value out of range, for
    layers that do not fit, or for a file that is not a table of finite numbers.
    """
    return build_case(data, *read_data(data), activation, lr, steps, hidden, seeds, layers, bias, given)


def build_case(name, X, Y, activation, lr, steps, hidden, seeds, layers=None, bias=False, given=None):
    """The same for data that have been read, called `name`."""
    names = [*map(str.strip, activation.split(","))]
    check_activations(names)
    if not 0 < lr <= LARGEST_NUMBER:
        raise UsageError(f"The learning rate must be a positive number, at most {LARGEST_NUMBER:g}, not {lr}.")
    _check_size("--steps", steps)
    _check_size("--hidden", hidden)
    for width in layers or ():
        _check_size("Every width", width)
    d_in, d_out = X.shape[1], Y.shape[1]
    widths = tuple(layers or (d_in, hidden, d_out))
    if given:
        widths, bias, seeds = given.widths(), given.biased(), range(given.networks())
    if len(widths) < 2 or (widths[0], widths[-1]) != (d_in, d_out):
        must = f"the network {'-'.join(map(str, widths))} of {given.path}" if given else "--layers"
        raise UsageError(f"{name} has {d_in} inputs and {d_out} targets: {must} must begin and end with them.")
    depth = len(widths) - 1
    if len(names) not in {1, depth}:
        raise UsageError(
            f"--activation has {len(names)} names: give one for all hidden layers, or {depth}, one for each layer."
        )
    if len(seeds) * sum(map(math.prod, pairwise(widths))) > LARGEST:
        raise UsageError(f"Seeds times weights are more than {LARGEST:,}: choose fewer seeds or narrower layers.")
    deep = layers is not None or bias or len(names) > 1 or depth != 2
    return Case(
        name=visible(name, newlines=True),  # a file may be called what is no text
        X=X,
        Y=Y,
        weights=given.parameters if given else draw_weights(seeds, widths, bias),
        activations=one_a_layer(names, depth),
        lr=float(lr),
        steps=steps,
        seeds=seeds,
        row="deep" if deep else "two_layer",
        weights_file=visible(given.path, newlines=True) if given else "",
    )


def one_a_layer(names, depth):
    """An activation a layer: one name is that of all hidden layers, and the output is linear then."""
    return (*names * (depth - 1), "identity") if len(names) == 1 else tuple(names)


def check_activations(names):
    """Raises UsageError for what is no activation."""
    for name in names:
        if name not in ACTIVATIONS:
            raise UsageError(f"There is no activation {name!r}: choose one of {', '.join(ACTIVATIONS)}.")


def _check_size(what, value):
    if not 1 <= value <= LARGEST:
        raise UsageError(f"{what} must be at least 1 and at most {LARGEST:,}, not {value}.")


def check_range(case, dtypes):
    """Raises UsageError where the data are too large for a precision, or the rate is too large or too small."""
    for dtype in dtypes:
        if not 0 < case.rate(dtype) < math.inf:
            raise UsageError(f"The learning rate {case.lr:g} is {case.rate(dtype):g} in {dtype}: leave {dtype} out.")
        if not _all_finite(*case.cast(dtype)):
            raise UsageError(f"{case.name} has numbers beyond the range of {dtype}: scale them, or leave {dtype} out.")


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
    """The widths that --layers says, 2,8,8,1; None where it is not given. Raises UsageError."""
    try:
        return None if text is None else [*map(whole, text.split(","))]
    except (ValueError, OverflowError):
        raise UsageError(f"--layers takes widths such as 2,8,8,1, not {text!r}.") from None
