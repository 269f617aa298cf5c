"""Pictures of the plane of two inputs: predictions, decision boundaries, and how they differ between columns."""

from textwrap import fill

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm

from fourfold.compare.results import words
from fourfold.reports.pictures import BAD, BEYOND, GOOD, INK, Picture, digits, draw, heads, in_columns, largest
from fourfold.reports.pictures.axes import LARGEST, panels, rows

LETTERS = 32  # in a line above a panel
SEEN = 1e-3  # a smaller difference between predictions cannot be seen
CLASSES = {"cmap": ListedColormap((GOOD, BAD)), "vmin": 0, "vmax": 1}


def _class(Y_hat):
    return np.clip(np.round(Y_hat), 0, 1)


def predictions(arrays, seed, X, Y, named):
    """E25: the inputs, coloured by the class each column's prediction rounds to; the ring has the target's colour."""
    target = Y[:, 0]
    Y_hat = {name: a["Y_hat_final"][seed, :, 0] for name, a in arrays.items()}
    alike = _alike(arrays, lambda a, b: _drawn(Y_hat[a]) == _drawn(Y_hat[b]))

    def paint(figure):
        for axis, group in panels(figure, alike):
            Z = Y_hat[group[0]]
            axis.scatter(*X.T, c=_class(target), s=230, alpha=0.35, linewidths=0, **CLASSES)
            axis.scatter(*X.T, c=_class(Z), s=70, **CLASSES)
            for x, y_hat in zip(X, Z, strict=True):
                axis.annotate(f"{y_hat:.3g}", x, xytext=(0, -12), textcoords="offset points", ha="center", va="top")
            axis.set_title(_title(group, arrays), fontsize=9)
            axis.margins(0.4)

    right = []
    for group in alike:
        count = (_class(Y_hat[group[0]]) == _class(target)).sum()
        right.append(f"{count} of {len(X)} inputs for {words.listed(group)}")
    return Picture(
        "predictions",
        "Predictions",
        f"The inputs after training ({named}). The inner dot shows the class that the prediction rounds to, and the "
        f"ring shows the class of the target.{_together(alike)}",
        f"The class is right at {'; '.join(right)}.",
        _panels("predictions", alike, paint),
        in_columns(["x1", "x2", "target", *Y_hat], *X.T, target, *Y_hat.values()),
    )


def boundary(arrays, seed, X, Y, grid, named):
    """E26: a grid of inputs, classified by every column."""
    Y_hat = {name: a["Y_hat_grid"][seed, :, 0] for name, a in arrays.items()}
    alike = _alike(arrays, lambda a, b: _same_plane(Y_hat[a], Y_hat[b]))

    def paint(figure):
        for axis, group in panels(figure, alike):
            classes(axis, grid, Y_hat[group[0]], X, Y)
            axis.set_title(_title(group, arrays), fontsize=9)

    above = []
    for group in alike:
        share = float((_class(Y_hat[group[0]]) == 1).mean())
        above.append(f"{100 * share:.0f}% of the grid for {words.listed(group)}")
    return Picture(
        "boundary",
        "Decision boundary",
        f"Each column's class at every point of a grid of inputs ({named}). The line is where the prediction is ½."
        f"{_together(alike)}",
        f"Class 1 covers {'; '.join(above)}.",
        _panels("boundary", alike, paint),
        in_columns(["x1", "x2", *Y_hat], *grid.T, *Y_hat.values()),
    )


def _alike(names, same):
    """Lists of names that need one panel: `same(a, b)` says whether two look alike."""
    groups = []
    for name in names:
        for group in groups:
            if same(group[0], name):
                group.append(name)
                break
        else:
            groups.append([name])
    return groups


def _drawn(Y_hat):
    """What is to be seen of predictions: their class, and what is written beside them."""
    return [(f"{y:.3g}", repr(c)) for y, c in zip(Y_hat, _class(Y_hat), strict=True)]


def _together(alike):
    """A sentence on columns that share a panel; "" where each has its own."""
    return " Columns that look the same share a panel." if any(len(group) > 1 for group in alike) else ""


def _title(group, names):
    """The names of columns above a panel, in as many lines as they need."""
    head = heads(names)
    return fill(words.listed([head[name] for name in group]), LETTERS)


def _panels(name, alike, paint, more=0):
    """The SVG of square panels, a panel a group, with room for `more` inches to the right."""
    lines = max(1 + sum(map(len, group)) // LETTERS for group in alike)
    across, down = min(3, len(alike)), rows(alike)
    return draw(name, 2.7 * across + more, (2.5 + 0.15 * lines) * down, paint)


@np.errstate(all="ignore")
def _same_plane(Y_hat, other):
    """Whether two columns have the same classes on the grid, and the same predictions to what is drawn of them."""
    apart = np.abs(Y_hat.astype(np.float64) - other.astype(np.float64))
    near = (apart < SEEN) | (Y_hat == other) | (np.isnan(Y_hat) & np.isnan(other))
    return bool(near.all() and np.array_equal(_class(Y_hat), _class(other), equal_nan=True))


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
    apart, top = {}, 0.0
    for name in others:
        apart[name] = _apart(arrays[name], arrays[first], seed)
        if largest(apart[name]) <= LARGEST:
            top = max(top, largest(apart[name]))
    top = top or 1.0
    norm = LogNorm(top * 1e-3, top)

    alike = _alike(others, lambda a, b: np.array_equal(apart[a], apart[b], equal_nan=True))

    def paint(figure):
        for axis, group in panels(figure, alike):
            name = group[0]
            Z = apart[name].reshape(square)
            is_drawn = Z <= LARGEST
            shown = np.where(is_drawn & (Z != 0), np.clip(Z, norm.vmin, norm.vmax), np.nan)
            axis.imshow(shown, norm=norm, cmap="viridis", **cells)
            if not is_drawn.all():
                axis.imshow(np.where(is_drawn, np.nan, 1), cmap=ListedColormap([BEYOND]), **cells)
            axis.set_title(f"{_title(group, arrays)}: {_size(apart[name])}", fontsize=9)
            axis.set(aspect="equal")
            axis.grid(visible=False)
        visible = [axis for axis in figure.axes if axis.get_visible()]
        figure.colorbar(ScalarMappable(norm, "viridis"), ax=visible, label="difference")

    farthest = [f"{words.listed(group)}, {_size(apart[group[0]])}" for group in alike]
    return Picture(
        "differences",
        "How the boundaries differ",
        f"How far each column's prediction is from that of {first}, at every point of the grid ({named}). Where "
        "nothing is drawn, the two are equal to the bit; red is too large to draw, or no number.",
        f"Compared with {first}: {'; '.join(farthest)}.",
        _panels("differences", alike, paint, more=1),
        in_columns(["x1", "x2", *apart], *grid.T, *map(digits, apart.values())),
    )


def _size(apart):
    """How large differences are, in words."""
    if not apart.any():
        return "the same"
    return f"at most {words.brief(largest(apart))}" if largest(apart) else "no number"


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
