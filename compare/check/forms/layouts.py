"""The shapes that a layered network's inputs may have, and example inputs of such shapes."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

ROWS, COLUMNS, ONE, ONE_COLUMN, ONE_ROW = "rows", "columns", "one", "one column", "one row"
FLAT, ROW, COLUMN, NUMBER, NONE = "flat", "row", "column", "number", "none"
MATRIX, INTEGERS, INTEGER_ROW, VECTOR = "matrix", "integers", "integer row", "vector"
LAST, FIRST = "last", "first"  # row or column
# All sizes differ, also by a bias, from each other and from numbers of samples; none is 2.
WIDTHS = {1: (5, 3), 2: (5, 7, 3), 3: (5, 7, 9, 3), 4: (5, 7, 9, 11, 3)}
SAMPLES = 4, 16  # of point 0, and of the others: 1/N is exact
SINGLE = {ONE, ONE_COLUMN, ONE_ROW}


class DataLayout(NamedTuple):
    """What shapes X, Y and the parameters have."""

    samples: str = ROWS
    out_first: bool = False  # W is (out, in)
    biases: str = FLAT
    targets: str = MATRIX
    outputs: int = 3
    vector: bool = False  # the last layer has one unit: w is (d,) and its bias a number
    augmented: str = ""  # the weights hold the biases, in their LAST or FIRST row or column
    few: bool = False  # one sample, in a batch

    @property
    def columns(self):
        return self.samples in {COLUMNS, ONE_COLUMN}

    @property
    def single(self):
        return self.few or self.samples in SINGLE


def batches(has_biases):
    """Layouts of several samples and outputs, the likeliest first."""
    for targets in (MATRIX, INTEGERS, INTEGER_ROW):
        for out_first in (False, True):
            if targets != INTEGER_ROW:
                for biases in (FLAT, ROW) if has_biases else (NONE,):
                    yield DataLayout(ROWS, out_first, biases, targets)
        for out_first in (True, False):
            for biases in (COLUMN, FLAT) if has_biases else (NONE,):
                yield DataLayout(COLUMNS, out_first, biases, targets)


def one_output(has_biases):
    """Layouts of several samples and one output."""
    for layout in batches(has_biases):
        if layout.targets == MATRIX:
            yield layout._replace(outputs=1)
            if has_biases:
                yield layout._replace(outputs=1, biases=NUMBER)
    for samples in (ROWS, COLUMNS):
        for out_first in (False, True):
            for biases in (FLAT, ROW, COLUMN) if has_biases else (NONE,):
                yield DataLayout(samples, out_first, biases, VECTOR, 1, True)


def single(has_biases):
    """Layouts of one sample."""
    yield from _of_one_sample(has_biases)


def single_output(has_biases):
    """Layouts of one sample and one output."""
    for layout in _of_one_sample(has_biases):
        if layout.targets == MATRIX:
            yield layout._replace(outputs=1)
    for out_first in (False, True):
        for biases in (FLAT,) if has_biases else (NONE,):
            yield DataLayout(ONE, out_first, biases, VECTOR, 1, True)


def few(has_biases):
    """Layouts of a batch of one sample: of what goes through its samples one by one, and learns from each."""
    for layout in [*batches(has_biases), *one_output(has_biases)]:
        yield layout._replace(few=True)


def _of_one_sample(has_biases):
    for targets in (MATRIX, INTEGERS):
        for out_first in (False, True):
            for biases in (FLAT,) if has_biases else (NONE,):
                yield DataLayout(ONE, out_first, biases, targets)
        for out_first in (True, False):
            for biases in (COLUMN,) if has_biases else (NONE,):
                yield DataLayout(ONE_COLUMN, out_first, biases, targets)
        for out_first in (False, True):
            for biases in (ROW, FLAT) if has_biases else (NONE,):
                yield DataLayout(ONE_ROW, out_first, biases, targets)


def with_biases_inside(layouts, first):
    """The same, with biases in the weights."""
    for layout in layouts:
        if not layout.vector:
            yield layout._replace(augmented=FIRST if first else LAST)


def shapes(layout, depth):
    """(shapes of the weights, of the biases), a layer each."""
    widths = [*WIDTHS[depth][:-1], layout.outputs]
    weights, biases = [], []
    for k, (d_in, d_out) in enumerate(pairwise(widths)):
        at_end = layout.vector and k == depth - 1
        rows = d_in + (layout.augmented != "")
        shape = (d_out, rows) if layout.out_first else (rows, d_out)
        weights.append((d_in,) if at_end else shape)
        kind = NUMBER if at_end else layout.biases
        one_number = kind == NUMBER and k == depth - 1
        biases.append(() if one_number else {ROW: (1, d_out), COLUMN: (d_out, 1)}.get(kind, (d_out,)))
    return weights, biases


def data(layout, depth, rng, n):
    """(X, Y) of point n: every class is there, and targets are 0 or 1."""
    N = 1 if layout.single else SAMPLES[min(n, 1)]
    d_in, d_out = WIDTHS[depth][0], layout.outputs
    X = rng.normal(size=(N, d_in))
    classes = rng.permutation(np.arange(N) % max(d_out, 2)) if N > 1 else np.array([1])
    Y = classes[:, None].astype(float) if d_out == 1 else np.eye(d_out)[classes]
    if layout.columns:
        X, Y = np.ascontiguousarray(X.T), np.ascontiguousarray(Y.T)
    if layout.targets == INTEGERS:
        Y = classes
    elif layout.targets == INTEGER_ROW:
        Y = classes.reshape(1, -1)
    elif layout.targets == VECTOR:
        Y = classes.astype(float)
    if layout.samples == ONE:
        X, Y = X[0], Y[0]
        Y = Y.item() if np.ndim(Y) == 0 else Y
    elif layout.samples in SINGLE and layout.targets == INTEGERS:
        Y = int(Y[0])
    return X, Y


def words(layout, has_biases):
    """A layout in words."""
    parts = {ROWS: "samples in rows", COLUMNS: "samples in columns"}
    parts = [parts.get(layout.samples, "one sample at a time") if not layout.few else "one sample at a time"]
    if layout.augmented:
        parts.append("biases inside the weights")
    else:
        parts.append("biases" if has_biases else "no biases")
    if layout.targets in {INTEGERS, INTEGER_ROW}:
        parts.append("targets are class numbers")
    if layout.outputs == 1:
        parts.append("one output")
    return ", ".join(parts)
