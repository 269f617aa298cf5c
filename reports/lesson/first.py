"""What stands in the page's matrices before its script runs: the first network's numbers before training."""

from typing import NamedTuple


class Cell(NamedTuple):
    """A place in a matrix, by the row and the column of its quantity."""

    i: int
    j: int
    first: bool


def shapes(lesson):
    """{quantity: "4×3"}, X, Y and the page's own σ'(H) among them."""
    written = {"X": _written(lesson.X.shape), "Y": _written(lesson.Y.shape)}
    for name, Z in lesson.values.items():
        written[name] = _written(Z.shape[4:])
    return written | {"sigma_prime": written["H"]}


def _written(shape):
    return "×".join(map(str, shape)) or "a number"


def cells(lesson):
    """A function (quantity, transposed) -> rows of Cells."""

    def rows(name, transposed):
        height, width = (*_array(lesson, name).shape, 1, 1)[:2]
        table = []
        for i in range(height):
            table.append([Cell(i, j, i == j == 0) for j in range(width)])
        return [*zip(*table, strict=True)] if transposed else table

    return rows


def number(lesson):
    """A function (quantity, row, column) -> four digits of that number."""

    def written(name, i, j):
        return four_digits(float(_array(lesson, name).reshape(-1, _width(lesson, name))[i, j]))

    return written


def _array(lesson, name):
    if name in {"X", "Y"}:
        return getattr(lesson, name)
    if name == "sigma_prime":  # the first activation is the sigmoid (E16)
        A = lesson.values["A"][0, 0, 0, 0]
        return A * (1 - A)
    return lesson.values[name][0, 0, 0, 0]


def _width(lesson, name):
    return (*_array(lesson, name).shape, 1, 1)[1]


def four_digits(value):
    """As the page's script writes it: four significant digits, whole numbers below 1,000 as they are."""
    if value.is_integer() and abs(value) < 1000:
        text = f"{value:.0f}"
    elif 1e-3 <= abs(value) < 1e3:
        text = f"{value:#.4g}"
    else:
        digits, _, exponent = f"{value:.3e}".partition("e")
        text = f"{digits}e{int(exponent):+d}"
    return text.replace("-", "−")
