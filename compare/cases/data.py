"""The data of a case: XOR, a CSV file, and the grid of points at which a network is drawn."""

import csv
import io
import math
from array import array

import numpy as np

from fourfold.compare.errors import UsageError
from fourfold.compare.system import files

LARGEST_CSV = 64 * 2**20  # bytes
LARGEST_NUMBER = 1e30  # that may be asked for: finite in every precision


def xor():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    Y = np.array([[0], [1], [1], [0]], np.float64)
    return X, Y


def read_data(data):
    """X (N, d_in), Y (N, d_out) of "xor" or a CSV file. Raises UsageError."""
    return xor() if data == "xor" else read_csv(data)


def read_csv(path):
    """X (N, d_in), Y (N, d_out) from a table with a sample a line.

    A first line without any number is the heading. Columns whose heading starts with "y" are targets, the others
    inputs; without such headings the last column is the target. Raises UsageError.
    """
    heading, table = _heading_and_table(path, _lines(path))
    if not len(table):
        raise UsageError(f"{path} has no samples: put one in every line, its target last.")
    targets = np.zeros(table.shape[1], bool)
    for column, name in enumerate(heading):
        targets[column] = name.strip().lower().startswith("y")
    if not targets.any():
        targets[-1] = True
    if targets.all():
        raise UsageError(f"{path} has no inputs: it needs at least one column beside the target.")
    return table[:, ~targets], table[:, targets]


def _lines(path):
    """Yields (number of the line, its cells) of every line that is not empty. Raises UsageError."""
    try:
        content = files.read_bytes(path, LARGEST_CSV)
        content.decode("utf-8-sig")  # all of it is text, or nothing is read
        text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
        for n, cells in enumerate(csv.reader(text), start=1):
            if cells:
                yield n, cells
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is not a CSV file of text: {error}.") from None


def _heading_and_table(path, lines):
    """The cells of the heading, [] where there is none, and a table (samples, width); no list of all is held."""
    heading, numbers, width = [], array("d"), 0
    for n, cells in lines:
        if not width:
            width = len(cells)
            if not any(map(_is_number, cells)):
                heading = cells
                continue
        numbers.extend(_numbers(path, n, cells, width))
    return heading, np.array(numbers).reshape(-1, max(1, width))


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(path, n, cells, width):
    """The numbers in line n."""
    if len(cells) != width:
        raise UsageError(f"{path}, line {n} has {len(cells)} values where {width} are expected.")
    try:
        numbers = [*map(float, cells)]
    except ValueError:
        wrong = next(cell for cell in cells if not _is_number(cell))
        raise UsageError(f"{path}, line {n}: {wrong!r} is not a number.") from None
    if not all(map(math.isfinite, numbers)):
        wrong = next(cell for cell in cells if not math.isfinite(float(cell)))
        raise UsageError(f"{path}, line {n}: {wrong!r} is not a finite number.")
    return numbers


def square_grid(resolution, extent):
    """Points (resolution², 2) of a square grid, the first input varying fastest. Raises UsageError.

    extent: "low,high", of both inputs.
    """
    if not 2 <= resolution <= 1000:
        raise UsageError(f"--resolution must be from 2 to 1000, not {resolution}.")
    try:
        low, high = map(float, extent.split(","))
    except ValueError:
        raise UsageError(f"--extent takes two numbers such as -1,2, not {extent!r}.") from None
    if not low < high:
        raise UsageError(f"--extent {extent} is empty: the first number must be the smaller.")
    if not max(-low, high) <= LARGEST_NUMBER:
        raise UsageError(f"--extent {extent} reaches too far: stay within ±{LARGEST_NUMBER:g}.")
    side = np.linspace(low, high, resolution)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
