"""Pictures of the plane of two inputs: predictions, decision boundaries, and how they differ between columns."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm

from fourfold.compare.results import words
from fourfold.reports.pictures import BAD, GOOD, INK, Picture, digits, draw, in_columns, largest
from fourfold.reports.pictures.axes import LARGEST, panels, rows

CLASSES = {"cmap": ListedColormap((GOOD, BAD)), "vmin": 0, "vmax": 1}


def _class(Y_hat):
    return np.clip(np.round(Y_hat), 0, 1)


def _height(arrays):
    return 2.6 * rows(arrays)


def predictions(arrays, seed, X, Y, named):
    """E25: the inputs, coloured by the class each column's prediction rounds to; the ring has the target's colour."""
    target = Y[:, 0]
    Y_hat = {name: a["Y_hat_final"][seed, :, 0] for name, a in arrays.items()}

    def paint(figure):
        for axis, name in panels(figure, Y_hat):
            axis.scatter(*X.T, c=_class(target), s=230, alpha=0.35, linewidths=0, **CLASSES)
            axis.scatter(*X.T, c=_class(Y_hat[name]), s=70, **CLASSES)
            for x, y_hat in zip(X, Y_hat[name], strict=True):
                axis.annotate(f"{y_hat:.3g}", x, xytext=(0, -12), textcoords="offset points", ha="center", va="top")
            axis.set(title=name)
            axis.margins(0.4)

    right = []
    for name, Z in Y_hat.items():
        right.append(f"{name} classifies {(_class(Z) == _class(target)).sum()}")
    return Picture(
        "predictions",
        "Predictions",
        f"The inputs after training ({named}): inner dot the class the prediction rounds to, ring the target's class.",
        f"Of {len(X)} inputs {', '.join(right)} as the target is.",
        draw("predictions", 8, _height(arrays), paint),
        in_columns(["x1", "x2", "target", *Y_hat], *X.T, target, *Y_hat.values()),
    )


def boundary(arrays, seed, X, Y, grid, named):
    """E26: a grid of inputs, classified by every column."""
    Y_hat = {name: a["Y_hat_grid"][seed, :, 0] for name, a in arrays.items()}

    def paint(figure):
        for axis, name in panels(figure, Y_hat):
            classes(axis, grid, Y_hat[name], X, Y)
            axis.set(title=name)

    above = []
    for name, Z in Y_hat.items():
        above.append(f"{100 * float((_class(Z) == 1).mean()):.0f} % of the grid for {name}")
    return Picture(
        "boundary",
        "Decision boundary",
        f"A grid of inputs classified by every column ({named}); the line is where the prediction is ½.",
        f"Class 1 are {', '.join(above)}.",
        draw("boundary", 8, _height(arrays), paint),
        in_columns(["x1", "x2", *Y_hat], *grid.T, *Y_hat.values()),
    )


def classes(axis, grid, Y_hat, X, Y, size=60):
    """Draw the classes of a grid's points, with Y_hat there, the line between them, and the samples."""
    square, cells = _square(grid)
    Y_hat = Y_hat.reshape(square)
    axis.imshow(_class(Y_hat), alpha=0.5, **cells, **CLASSES)
    if np.isfinite(Y_hat).all() and Y_hat.min() < 0.5 < Y_hat.max():
        x, y = grid.T.reshape(2, *square)
        axis.contour(x, y, Y_hat, levels=[0.5], colors=INK, linewidths=1)
    axis.scatter(*X.T, c=_class(Y[:, 0]), s=size, edgecolors=INK, **CLASSES)
    axis.set(aspect="equal")
    axis.grid(visible=False)


def differences(arrays, seed, grid, named):
    """How far every column's prediction is from the first column's, at every point of the grid."""
    square, cells = _square(grid)
    first, *others = arrays
    apart, most, farthest, top = {}, {}, [], 0.0
    for name in others:
        apart[name] = _apart(arrays[name], arrays[first], seed)
        most[name] = largest(apart[name])
        farthest.append(f"{name} by at most {words.brief(most[name])}")
        if most[name] <= LARGEST:
            top = max(top, most[name])
    top = top or 1.0
    norm = LogNorm(top * 1e-3, top)

    def paint(figure):
        for axis, name in panels(figure, apart):
            Z = apart[name].reshape(square)
            shown = np.where(np.isfinite(Z) & (Z != 0), np.clip(Z, norm.vmin, norm.vmax), np.nan)
            axis.imshow(shown, norm=norm, cmap="viridis", **cells)
            axis.set(title=f"{name}: at most {words.brief(most[name])}", aspect="equal")
            axis.title.set_fontsize(9)
            axis.grid(visible=False)
        visible = [axis for axis in figure.axes if axis.get_visible()]
        figure.colorbar(ScalarMappable(norm, "viridis"), ax=visible, label="difference")

    return Picture(
        "differences",
        "How the boundaries differ",
        f"How far every column's prediction is from that of {first}, at every point of the grid ({named}). Where "
        "nothing is drawn the two are the same to the bit.",
        f"From {first} differ {', '.join(farthest)}.",
        draw("differences", 8, _height(others) + 0.4, paint),
        in_columns(["x1", "x2", *apart], *grid.T, *map(digits, apart.values())),
    )


@np.errstate(all="ignore")
def _apart(a, b, seed):
    """How far apart two columns' predictions are, at every point of the grid."""
    one = a["Y_hat_grid"][seed, :, 0].astype(np.float64)
    other = b["Y_hat_grid"][seed, :, 0].astype(np.float64)
    return np.abs(one - other)


def _square(grid):
    """The shape of a square grid, and where its cells are drawn."""
    side = round(len(grid) ** 0.5)
    half = (grid[1, 0] - grid[0, 0]) / 2
    low, high = grid[:, 0].min() - half, grid[:, 0].max() + half
    return (side, side), {"origin": "lower", "extent": (low, high, low, high), "interpolation": "none"}
