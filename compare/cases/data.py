"""The data of a case: XOR, a CSV file, and the grid of points at which a network is drawn."""

import csv
import io
import math

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
    heading, samples = _heading_and_samples(path)
    if not samples:
        raise UsageError(f"{path} has no samples: give one a line, inputs first, the target last.")
    names = [name.strip().lower() for name in heading]
    width = len(names or samples[0][1])
    table = np.array([_numbers(path, n, cells, width) for n, cells in samples])
    targets = np.zeros(width, bool)
    for column, name in enumerate(names):
        targets[column] = name.startswith("y")
    if not targets.any():
        targets[-1] = True
    if targets.all():
        raise UsageError(f"{path} has no inputs: it needs at least one column beside the target.")
    return table[:, ~targets], table[:, targets]


def _heading_and_samples(path):
    """The cells of the heading, [] where there is none; and (number of the line, its cells) of every other line."""
    lines = []
    try:
        text = files.read_bytes(path, LARGEST_CSV).decode("utf-8-sig")
        for n, cells in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
            if cells:
                lines.append((n, cells))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is not a CSV file of text: {error}.") from None
    if lines and not any(map(_is_number, lines[0][1])):
        return lines[0][1], lines[1:]
    return [], lines


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
    numbers = []
    for cell in cells:
        try:
            number = float(cell)
        except ValueError:
            raise UsageError(f"{path}, line {n}: {cell!r} is not a number.") from None
        if not math.isfinite(number):
            raise UsageError(f"{path}, line {n}: {cell!r} is not a finite number.")
        numbers.append(number)
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
        raise UsageError(f"--extent {extent} is empty: the first end must be the smaller.")
    if not max(-low, high) <= LARGEST_NUMBER:
        raise UsageError(f"--extent {extent} reaches too far: stay within ±{LARGEST_NUMBER:g}.")
    side = np.linspace(low, high, resolution)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
