"""Exercise 5: the decision boundary on a fine grid of a larger square: what changes it, and which one is good."""

from functools import partial
from typing import NamedTuple

import numpy as np
from contourpy import contour_generator

from fourfold.compare.cases.case import make_case, square_grid, xor
from fourfold.compare.columns import calls
from fourfold.compare.judge import judgement
from fourfold.compare.lesson.exercises import training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, found

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
    count: training.Count


class Boundaries(NamedTuple):
    """Where Ŷ = ½ in one setting, for every seed: arrays (S,)."""

    right: np.ndarray  #  how many samples are classified as their target is
    margin: np.ndarray  # how far the boundary is from the sample nearest to it; NaN where one is wrong
    near: np.ndarray  #   of the grid within ½ of a sample, the share that is classified as that sample's target is
    area: np.ndarray  #   of the grid, the share with Ŷ > ½
    pieces: np.ndarray  # curves on the grid


def answer(columns, seeds):
    """Found: boundaries by activation and width, and by learning rate and steps, measured, and compared by column."""
    X, Y = xor()
    networks = {f"{a}, {h} wide": _case(a, h, LR, STEPS[-1], seeds) for a in ACTIVATIONS for h in WIDTHS}
    rates = {f"rate {lr:g}, {n:,} steps": _case("sigmoid", 3, lr, n, seeds) for lr in RATES for n in STEPS}
    default = next(iter(networks))
    side, measured, apart, counts, arrays = square_grid(RESOLUTION, EXTENT)[:RESOLUTION, 0], {}, {}, [], {}
    other_class = 0
    for label, c in {**networks, **rates}.items():
        by_column = columns.each(partial(seen, columns, c=c))
        first, *others = by_column.values()
        measured[label] = of = boundaries(first, side, X, Y[:, 0])
        arrays[f"{'networks' if label in networks else 'training'} {label}: {of.right[0]} of 4"] = first.on_grid[0]
        if label == default:
            ends = _ends(of)
            arrays |= {f"two seed {seeds[n]}: {of.margin[n]:.2f} away": first.on_grid[n] for n in ends}
        apart[label] = [float(np.abs(o.on_grid - first.on_grid).max()) for o in others]
        other_class += sum(int(((o.on_grid > 0.5) != (first.on_grid > 0.5)).sum()) for o in others)
        counts += [o.count for o in by_column.values()]
    claims = [_best_possible(measured), _training(measured), _networks(measured)]
    claims += [_which(measured[default], seeds, ends)] if ends else []
    tables = [_table(measured, columns.names[0], seeds)]
    if len(columns.names) > 1:
        compared = len(counts) * len(seeds) * RESOLUTION**2 * (len(columns.names) - 1) // len(columns.names)
        claims.append(
            Claim(
                f"On the grids the columns' Ŷ are at most {max(map(max, apart.values())):.1e} from those of "
                f"{columns.names[0]}, and {other_class:,} of {compared:,} points are of another class. That is most "
                f"for {max(apart, key=lambda label: max(apart[label]))}; the median setting has "
                f"{np.median([max(of) for of in apart.values()]):.1e}. Every step is right to within its rounding "
                "everywhere, but large rates carry rounding on and let it grow."
            )
        )
        tables.append(
            Table(
                f"Largest distance of Ŷ on the grid from that of {columns.names[0]}",
                ["setting", *columns.names[1:]],
                [[label, *(f"{d:.1e}" for d in of)] for label, of in apart.items()],
            )
        )
    shown = f"on {RESOLUTION} × {RESOLUTION} points of [−1, 2]² ({columns.names[0]}). The line is where Ŷ is ½"
    figures = [
        Figure("5-networks", "Boundaries by activation and width", f"Classes {shown}; seed {seeds[0]}."),
        Figure(
            "5-training",
            "Boundaries by learning rate and steps",
            f"2-3-1 with sigmoid, classes {shown}; seed {seeds[0]}.",
        ),
    ]
    if ends:
        text = (
            f"The seeds of 2-3-1 with sigmoid whose boundary is least and most far from the samples; classes {shown}."
        )
        figures.append(Figure("5-two", "Two that classify all four points", text))
    setting = (
        f"XOR, 2-d-1 without biases, {len(measured)} settings of activation, width, learning rate and steps, "
        f"{training.named(seeds)}, {training.DTYPE}"
    )
    arrays = {"side": side, **{name: Z.astype(np.float32) for name, Z in arrays.items()}}
    return found(5, columns, setting, claims, tables, counts, CERTIFICATE, figures, arrays)


def _case(activation, hidden, lr, steps, seeds):
    return make_case("xor", activation, lr, steps, hidden, seeds)


def seen(columns, name, c):
    """The Seen of a column on a Case; Ŷ of a part of the grid is certified."""
    t, grid = training.train(columns, name, c), square_grid(RESOLUTION, EXTENT)
    # a seed at a time: a hidden layer on the whole grid is large
    alone = ([Z[n : n + 1] for Z in t.parameters] for n in range(len(c.seeds)))
    Y_hat = [columns.workers.call(name, calls.predict, c.row, grid, one, c.activations) for one in alone]
    on_grid = np.concatenate(Y_hat).reshape(-1, RESOLUTION, RESOLUTION)
    some = grid.reshape(RESOLUTION, RESOLUTION, 2)[::JUDGED, ::JUDGED].reshape(-1, 2)
    p = judgement.problem(c, training.DTYPE)._replace(X=some, Y=np.zeros((len(some), 1)))
    part = on_grid[:, ::JUDGED, ::JUDGED].reshape(len(on_grid), -1, 1)
    count = training.counted(name, judgement.judge_trace({"Y_hat": part}, t.parameters, p))
    return Seen(t.Y_hat[..., 0], on_grid, training.together([t.count, count]))


def boundaries(of, side, X, y):
    """The Boundaries of a Seen with samples X (N, 2) and targets y (N,); `side` has the grid's coordinates."""
    right = ((of.Y_hat > 0.5) == (y > 0.5)).sum(axis=-1)
    curves = [contour_generator(side, side, Z).lines(0.5) for Z in of.on_grid]
    nearest = lambda lines: min((_distance(X, line) for line in lines), default=np.inf)
    margin = [nearest(lines) if all_right else np.nan for lines, all_right in zip(curves, right == len(y), strict=True)]
    is_near = np.hypot(side - X[:, 0, None, None], side[:, None] - X[:, 1, None, None]) < 0.5  # (N, points, points)
    agrees = [
        np.concatenate([(Z[mask] > 0.5) == (t > 0.5) for mask, t in zip(is_near, y, strict=True)]) for Z in of.on_grid
    ]
    return Boundaries(
        right,
        np.array(margin),
        np.array([of_seed.mean() for of_seed in agrees]),
        (of.on_grid > 0.5).mean(axis=(-2, -1)),
        np.array([len(lines) for lines in curves]),
    )


def _distance(X, line):
    """From the nearest of X (N, 2) to a line of vertices, which are closer together than the grid's points."""
    return np.hypot(*(line - X[:, None]).T).min()


def _ends(of):
    """The seeds' numbers with the smallest and the largest margin; none where fewer than two have one."""
    there = np.flatnonzero(np.isfinite(of.margin))
    return (there[of.margin[there].argmin()], there[of.margin[there].argmax()]) if len(there) > 1 else ()


def _best_possible(measured):
    margins = np.concatenate([of.margin for of in measured.values()])
    margins = margins[~np.isnan(margins)]
    there = f"from {margins.min():.2f} to {margins.max():.2f}" if len(margins) else "nowhere"
    return Claim(
        "A good boundary is far from all four points, so that an input a little off is classified as the point it came "
        "from. It cannot be more than ½ away: two points of different class are 1 apart, and it passes between them. "
        f"Of {len(margins)} trained networks that classify all four, its distance from the nearest is {there}.",
        bool((margins <= 0.5 + 1e-3).all()),
    )


def _training(measured):
    of = {f"at rate {lr:g}": [measured[f"rate {lr:g}, {n:,} steps"] for n in STEPS] for lr in RATES}
    return Claim(
        f"After {', '.join(f'{n:,}' for n in STEPS)} steps networks 2-3-1 with sigmoid {_right_and_far(of)}. Once the "
        "loss is small the gradients are, and the boundary stays where it is."
    )


def _networks(measured):
    of = {f"with {a}": [measured[f"{a}, {h} wide"] for h in WIDTHS] for a in ACTIVATIONS}
    return Claim(
        f"After {STEPS[-1]:,} steps at rate {LR:g}, networks {', '.join(map(str, WIDTHS))} wide {_right_and_far(of)}. "
        "Sigmoid and tanh bend the boundary, ReLU breaks it."
    )


def _right_and_far(by):
    """What became of settings in rows; `by` is {what a row is: its Boundaries}."""
    count = lambda row: ", ".join(str(np.isfinite(of.margin).sum()) for of in row) + f" of {len(row[0].margin)} seeds"
    right = "; ".join(f"{count(row)} {what}" for what, row in by.items())
    far = "; ".join(f"{', '.join(map(_median, row))} {what}" for what, row in by.items())
    return f"classify all four for {right}. The median distance of these from the nearest point is {far}"


def _which(of, seeds, ends):
    near, far = ends
    return Claim(
        f"Of two that classify all four, seeds {seeds[near]} and {seeds[far]} of 2-3-1 with sigmoid, the boundary is "
        f"{of.margin[near]:.2f} and {of.margin[far]:.2f} from the nearest point, and of the square within ½ of a point "
        f"{of.near[near]:.0%} and {of.near[far]:.0%} are classified as it is: rather the second.",
        bool(of.near[far] >= of.near[near]),
    )


def _table(measured, name, seeds):
    rows = [
        [
            label,
            _all_right(of),
            _median(of),
            f"{np.median(of.near):.0%}",
            f"{np.median(of.area):.0%}",
            f"{np.median(of.pieces):g}",
        ]
        for label, of in measured.items()
    ]
    return Table(
        f"Boundaries of {name}: medians over {len(seeds)} seeds",
        ["setting", "seeds with all four right", "distance", "right within ½", "class 1", "curves"],
        rows,
    )


def _all_right(of):
    return f"{np.isfinite(of.margin).sum()} of {len(of.margin)}"


def _median(of):
    there = of.margin[np.isfinite(of.margin)]
    return f"{np.median(there):.2f}" if len(there) else "–"
