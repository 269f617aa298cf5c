"""Exercise 5: the decision boundary on a fine grid of a larger square: what changes it, and which one is good."""

from functools import partial
from typing import NamedTuple

import numpy as np
from contourpy import contour_generator

from fourfold.compare.cases.case import make_case
from fourfold.compare.cases.data import square_grid, xor
from fourfold.compare.columns import calls, questions
from fourfold.compare.judge import judgement
from fourfold.compare.lesson.examinee import DTYPE
from fourfold.compare.lesson.exercises import training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, answered

SEEDS = range(20)
RESOLUTION, EXTENT = 400, "-1,2"
# Activation and width vary at LR and the last of STEPS; rate and steps with the default network
ACTIVATIONS, WIDTHS, LR = ("sigmoid", "tanh", "relu"), (3, 8, 16), 0.1
RATES, STEPS = (0.1, 0.3, 1.0), (1_000, 3_000, 10_000)
JUDGED = 10  # of a grid every so many rows and columns are certified
CERTIFICATE = f"{training.CERTIFICATE}; and Ŷ on every {JUDGED}th row and column of every grid"


class Seen(NamedTuple):
    """What one column did with one setting."""

    Y_hat: np.ndarray  #   (S, N): of the samples
    on_grid: np.ndarray  # (S, RESOLUTION, RESOLUTION): Ŷ there, the first input along the last axis


class Boundaries(NamedTuple):
    """Where Ŷ = ½ in one setting, for every seed: arrays (S,)."""

    right: np.ndarray  #  how many samples are classified as their target is
    margin: np.ndarray  # how far the boundary is from the sample nearest to it; NaN where one is wrong
    near: np.ndarray  #   of the grid within ½ of a sample, the share that is classified as that sample's target is
    area: np.ndarray  #   of the grid, the share with Ŷ > ½
    pieces: np.ndarray  # curves on the grid

    def margins(self):
        """Those of the seeds that classify all samples."""
        return self.margin[np.isfinite(self.margin)]


def answer(columns, seeds):
    """Answered: boundaries by activation and width, and by learning rate and steps, measured and compared."""
    (X, Y), side = xor(), square_grid(RESOLUTION, EXTENT)[:RESOLUTION, 0]
    networks, rates = _settings(seeds)
    default, *_ = networks
    measured, apart, arrays = {}, {}, {"side": side}
    other_class, ends = 0, ()
    cases = networks | rates
    columns.each(*[partial(training.ahead, case=c) for c in cases.values()])  # here no column waits for another
    seen = columns.one_by_one(partial(look, c=c) for c in cases.values())
    for label, by_column in zip(cases, seen, strict=True):
        first, *others = by_column.values()
        b = boundaries(first, side, X, Y[:, 0])
        measured[label] = b
        figure = "networks" if label in networks else "training"
        arrays[f"{figure} {label}: {b.right[0]} of 4"] = first.on_grid[0].astype(np.float32)
        if label == default:
            ends = _ends(b)
            for n in ends:
                arrays[f"two seed {seeds[n]}: {b.margin[n]:.2f} away"] = first.on_grid[n].astype(np.float32)
        apart[label] = []
        for other in others:
            apart[label].append(float(np.abs(other.on_grid - first.on_grid).max()))
            other_class += int(((other.on_grid > 0.5) != (first.on_grid > 0.5)).sum())
    claims = [_best_possible(measured)]
    if ends:
        claims.append(_which(measured[default], seeds, ends))
    tables = [_table(measured, columns.names[0], seeds)]
    if len(columns.names) > 1:
        points = len(measured) * (len(columns.names) - 1) * len(seeds) * RESOLUTION**2
        claims.append(_compared(apart, other_class, points, columns.names[0]))
        tables.append(_apart(apart, columns.names))
    tried = (
        f"XOR on networks with one hidden layer and no biases, {training.named(seeds)}, {DTYPE}: "
        f"{len(ACTIVATIONS)} activations × {len(WIDTHS)} widths, and {len(RATES)} learning rates × {len(STEPS)} "
        f"numbers of steps. Each boundary, where Ŷ = ½, is measured on {RESOLUTION} × {RESOLUTION} points of "
        f"[{EXTENT.replace(',', ', ')}]²: its distance is that from the nearest of the four points."
    )
    return answered(
        5,
        columns,
        short=_short(measured, default, ends),
        tried=tried,
        claims=claims,
        means="The farther the boundary is from every point, the more error in an input it forgives. No boundary can "
        "be more than ½ away: two points of different class are 1 apart, and it passes between them. Smooth "
        "activations bend it, and ReLU breaks it. Once the loss is small the gradients are too, and the boundary "
        "stays where it is. A low loss does not say how far away that is.",
        certificate=CERTIFICATE,
        tables=tables,
        figures=_figures(columns.names[0], seeds, ends),
        arrays=arrays,
    )


def _short(measured, default, ends):
    """Which boundary is better, and over what range the settings move its median distance."""
    where = []
    for what, labels in (("activation and width", _settings(range(1))[0]), ("rate and steps", _settings(range(1))[1])):
        medians = [np.median(measured[label].margins()) for label in labels if len(measured[label].margins())]
        if medians:
            where.append(f"{min(medians):.2f} to {max(medians):.2f} over {what}")
    moved = f" Its median distance is {', '.join(where)}." if where else ""
    if not ends:
        return f"There are no two boundaries to choose from: fewer than two seeds classify all four points.{moved}"
    b, (near, far) = measured[default], ends
    return (
        f"Prefer the boundary that is farther from the points: {b.margin[far]:.2f} away instead of "
        f"{b.margin[near]:.2f}, it classifies {b.near[far]:.0%} of the inputs within ½ of a point as that point, "
        f"instead of {b.near[near]:.0%}.{moved}"
    )


def _settings(seeds):
    """{label: Case}, by activation and width, and by learning rate and steps."""
    networks, rates = {}, {}
    for activation in ACTIVATIONS:
        for width in WIDTHS:
            networks[_network(activation, width)] = make_case("xor", activation, LR, STEPS[-1], width, seeds)
    for lr in RATES:
        for steps in STEPS:
            rates[_rate(lr, steps)] = make_case("xor", "sigmoid", lr, steps, 3, seeds)
    return networks, rates


def _network(activation, width):
    return f"{activation}, {width} wide"


def _rate(lr, steps):
    return f"rate {lr:g}, {steps:,} steps"


def look(column, c):
    """The Seen of an Examinee on a Case; Ŷ of a part of the grid is certified."""
    t, grid = training.train(column, c), square_grid(RESOLUTION, EXTENT)
    p = judgement.problem(c, DTYPE)._replace(X=grid, Y=np.zeros((len(grid), 1)))
    Y_hat = column.call(calls.predict_each, questions.about(p, "predict", t.parameters))["Y_hat"]
    on_grid = Y_hat.reshape(-1, RESOLUTION, RESOLUTION)
    some = grid.reshape(RESOLUTION, RESOLUTION, 2)[::JUDGED, ::JUDGED].reshape(-1, 2)
    p = p._replace(X=some, Y=np.zeros((len(some), 1)))
    part = on_grid[:, ::JUDGED, ::JUDGED].reshape(len(on_grid), -1, 1)
    column.count(judgement.judge_trace({"Y_hat": part}, t.parameters, p), c.row, more=True)
    return Seen(t.Y_hat[..., 0], on_grid)


def boundaries(seen, side, X, y):
    """The Boundaries of a Seen with samples X (N, 2) and targets y (N,); `side` has the grid's coordinates."""
    right = ((seen.Y_hat > 0.5) == (y > 0.5)).sum(axis=-1)
    is_near = np.hypot(side - X[:, 0, None, None], side[:, None] - X[:, 1, None, None]) < 0.5  # (N, points, points)
    margin, near, pieces = [], [], []
    for n, Y_hat in enumerate(seen.on_grid):
        lines = contour_generator(side, side, Y_hat).lines(0.5)
        distances = [_distance(X, line) for line in lines]
        margin.append(min(distances, default=np.inf) if right[n] == len(y) else np.nan)
        agrees = (Y_hat > 0.5) == (y[:, None, None] > 0.5)  # a map a sample
        near.append(agrees[is_near].mean())
        pieces.append(len(lines))
    area = (seen.on_grid > 0.5).mean(axis=(-2, -1))
    return Boundaries(right, np.array(margin), np.array(near), area, np.array(pieces))


def _distance(X, line):
    """From the nearest of X (N, 2) to a line of vertices, which are closer together than the grid's points."""
    return np.hypot(*(line - X[:, None]).T).min()


def _ends(b):
    """The seeds' numbers with the smallest and the largest margin; none where fewer than two have one."""
    there = np.flatnonzero(np.isfinite(b.margin))
    return (there[b.margin[there].argmin()], there[b.margin[there].argmax()]) if len(there) > 1 else ()


def _best_possible(measured):
    margins = np.concatenate([b.margin for b in measured.values()])
    margins = margins[~np.isnan(margins)]
    there = f"{margins.min():.2f} to {margins.max():.2f}" if len(margins) else "there are none"
    return Claim(
        f"In all {len(margins)} trained networks that classify all four points, the boundary is at most ½ away from "
        f"the nearest: {there}.",
        bool((margins <= 0.5 + 1e-3).all()),
    )


def _median(b):
    return f"{np.median(b.margins()):.2f}" if len(b.margins()) else "–"


def _which(b, seeds, ends):
    near, far = ends
    return Claim(
        f"Seeds {seeds[near]} and {seeds[far]} of 2-3-1 with sigmoid both classify all four points. Their boundaries "
        f"are {b.margin[near]:.2f} and {b.margin[far]:.2f} away from the nearest point, and classify "
        f"{b.near[near]:.0%} and {b.near[far]:.0%} of the inputs within ½ of a point as that point.",
        bool(b.near[far] >= b.near[near]),
    )


def _compared(apart, other_class, points, first):
    largest = {label: max(distances) for label, distances in apart.items()}
    worst = max(largest, key=largest.__getitem__)
    return Claim(
        f"On the grids the other columns' Ŷ differ from {first}'s by at most {largest[worst]:.1e} ({worst}), in the "
        f"median setting by {np.median([*largest.values()]):.1e}; {other_class:,} of {points:,} points get another "
        "class. Every step is within rounding in every column, but a trajectory carries its rounding on, and may let "
        "it grow."
    )


def _table(measured, name, seeds):
    headers = ["setting", "all 4 right", "distance", "right within ½", "class 1", "curves"]
    lines = []
    for label, b in measured.items():
        right = f"{len(b.margins())} of {len(b.margin)}"
        shares = f"{np.median(b.near):.0%}", f"{np.median(b.area):.0%}"
        lines.append([label, right, _median(b), *shares, f"{np.median(b.pieces):g}"])
    title = (
        f"Boundaries ({name}): seeds that classify all four points, and medians over {len(seeds)} seeds: distance from "
        "the nearest point, share classified right within ½ of a point, share of the square in class 1, curves"
    )
    return Table(title, headers, lines)


def _apart(apart, names):
    lines = []
    for label, distances in apart.items():
        lines.append([label, *map("{:.1e}".format, distances)])
    return Table(f"Largest difference of Ŷ on the grid from {names[0]}'s", ["setting", *names[1:]], lines)


def _figures(name, seeds, ends):
    shown = f"on {RESOLUTION} × {RESOLUTION} points of [−1, 2]² ({name}). The line is where Ŷ is ½"
    figures = [
        Figure("5-networks", "Boundaries by activation and width", f"The class {shown}; seed {seeds[0]}."),
        Figure(
            "5-training",
            "Boundaries by learning rate and steps",
            f"2-3-1 with sigmoid, the class {shown}; seed {seeds[0]}.",
        ),
    ]
    if ends:
        text = f"Seeds of 2-3-1 with sigmoid whose boundary is nearest to the points, and farthest; the class {shown}"
        figures.append(Figure("5-two", "Two that classify all four points", f"{text}."))
    return figures
