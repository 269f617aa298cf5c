"""Pictures of the plane of two inputs: predictions, decision boundaries, and how they differ between columns."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm

from fourfold.compare.results import words
from fourfold.reports.pictures import BAD, GOOD, INK, Picture, draw, largest, panels, rows

CLASSES = {"cmap": ListedColormap((GOOD, BAD)), "vmin": 0, "vmax": 1}


def _class(Y_hat):
    return np.clip(np.round(Y_hat), 0, 1)


def _height(arrays):
    return 2.6 * rows(arrays)


def predictions(arrays, seed, X, Y, named):
    """E25: the inputs, coloured by the class each column's prediction rounds to; the ring has the target's colour."""
    found = {name: a["Y_hat_final"][seed, :, 0] for name, a in arrays.items()}

    def paint(figure):
        for axis, name in panels(figure, found):
            axis.scatter(*X.T, c=_class(Y[:, 0]), s=230, alpha=0.35, linewidths=0, **CLASSES)
            axis.scatter(*X.T, c=_class(found[name]), s=70, **CLASSES)
            for x, y_hat in zip(X, found[name], strict=True):
                axis.annotate(f"{y_hat:.3g}", x, xytext=(0, -12), textcoords="offset points", ha="center", va="top")
            axis.set(title=name)
            axis.margins(0.4)

    right = {name: int((_class(Y_hat) == _class(Y[:, 0])).sum()) for name, Y_hat in found.items()}
    return Picture(
        "predictions",
        "Predictions",
        f"The inputs after training ({named}): inner dot the class the prediction rounds to, ring the target's class.",
        f"Of {len(X)} inputs {', '.join(f'{name} classifies {n}' for name, n in right.items())} as the target is.",
        draw("predictions", 8, _height(arrays), paint),
        [["x1", "x2", "target", *found], *([*x, y, *(Z[n] for Z in found.values())] for n, (x, y) in _samples(X, Y))],
    )


def _samples(X, Y):
    return enumerate(zip(X, Y[:, 0], strict=True))


def boundary(arrays, seed, X, Y, grid, named):
    """E26: a grid of inputs, classified by every column."""
    side, _ = _square(grid)
    found = {name: a["Y_hat_grid"][seed, :, 0].reshape(side, side) for name, a in arrays.items()}

    def paint(figure):
        for axis, name in panels(figure, found):
            classes(axis, grid, found[name], X, Y)
            axis.set(title=name)

    above = {name: f"{100 * float((_class(Y_hat) == 1).mean()):.0f} %" for name, Y_hat in found.items()}
    return Picture(
        "boundary",
        "Decision boundary",
        f"A grid of inputs classified by every column ({named}); the line is where the prediction is ½.",
        f"Class 1 are {', '.join(f'{share} of the grid for {name}' for name, share in above.items())}.",
        draw("boundary", 8, _height(arrays), paint),
        [["x1", "x2", *found], *([*p, *(Z[n] for Z in _flat(found))] for n, p in enumerate(grid))],
    )


def classes(axis, grid, Y_hat, X, Y, size=60):
    """Draw the classes of a grid's points, with Y_hat there as a square, the line between them, and the samples."""
    side, cells = _square(grid)
    axis.imshow(_class(Y_hat), alpha=0.5, **cells, **CLASSES)
    if np.isfinite(Y_hat).all() and Y_hat.min() < 0.5 < Y_hat.max():
        x, y = (grid[:, k].reshape(side, side) for k in (0, 1))
        axis.contour(x, y, Y_hat, levels=[0.5], colors=INK, linewidths=1)
    axis.scatter(*X.T, c=_class(Y[:, 0]), s=size, edgecolors=INK, **CLASSES)
    axis.set(aspect="equal")
    axis.grid(visible=False)


def differences(arrays, seed, grid, named):
    """How far every column's prediction is from the first column's, at every point of the grid."""
    side, cells = _square(grid)
    first, *others = arrays
    with np.errstate(all="ignore"):
        Y_hat = {name: a["Y_hat_grid"][seed, :, 0].astype(np.float64).reshape(side, side) for name, a in arrays.items()}
        found = {name: np.abs(Y_hat[name] - Y_hat[first]) for name in others}
    most = {name: largest(Z) for name, Z in found.items()}
    top = max((m for m in most.values() if 0 < m <= 1e150), default=1.0)
    norm = LogNorm(top * 1e-3, top)

    def paint(figure):
        for axis, name in panels(figure, found):
            Z = np.where(np.isfinite(found[name]), np.clip(found[name], norm.vmin, norm.vmax), np.nan)
            axis.imshow(np.where(found[name] == 0, np.nan, Z), norm=norm, cmap="viridis", **cells)
            axis.set(title=f"{name}: at most {words.brief(most[name])}", aspect="equal")
            axis.title.set_fontsize(9)
            axis.grid(visible=False)
        figure.colorbar(
            ScalarMappable(norm, "viridis"), ax=[axis for axis in figure.axes if axis.get_visible()], label="difference"
        )

    told = ", ".join(f"{name} by at most {words.brief(m)}" for name, m in most.items())
    return Picture(
        "differences",
        "How the boundaries differ",
        f"How far every column's prediction is from that of {first}, at every point of the grid ({named}). Where "
        "nothing is drawn the two are the same to the bit.",
        f"From {first} differ {told}.",
        draw("differences", 8, _height(others) + 0.4, paint),
        [["x1", "x2", *found], *([*p, *(f"{Z[n]:.4g}" for Z in _flat(found))] for n, p in enumerate(grid))],
    )


def _flat(found):
    return [Z.ravel() for Z in found.values()]


def _square(grid):
    """Points a side of a square grid, and where its cells are drawn."""
    side = round(len(grid) ** 0.5)
    half = (grid[1, 0] - grid[0, 0]) / 2
    low, high = grid[:, 0].min() - half, grid[:, 0].max() + half
    return side, {"origin": "lower", "extent": (low, high, low, high), "interpolation": "none"}
