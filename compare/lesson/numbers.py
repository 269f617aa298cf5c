"""The lesson's numbers: every quantity of a few training runs, at some of their steps, by every column, and judged."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, make_case
from fourfold.compare.columns import calls, workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement
from fourfold.impls.model import Trace

DTYPE = "float64"
QUANTITIES = ("W1", "W2", *Trace._fields)
# Steps x seeds in one piece.
PIECE = 25_000
BETWEEN_LOSSES = 200  # E24
# What is said of a number: the share of its limit that its error uses, in percent and rounded up, or one of these.
UNCERTAIN, WRONG = 254, 255


class Lesson(NamedTuple):
    """Axes C, A, S, T: columns, activations, seeds, recorded steps; `...` is the shape of one quantity."""

    columns: list[str]
    activations: list[str]
    seeds: list[int]
    steps: list[int]  #      recorded, from 0 to the last; what is shown at n is the network after n steps
    lr: float
    X: np.ndarray  #         (N, d_in)
    Y: np.ndarray  #         (N, d_out)
    values: dict  #          quantity -> (C, A, S, T, ...) float64; the weights at step 0 are given
    marks: dict  #           quantity -> the same shape, uint8: a percentage, UNCERTAIN or WRONG
    epochs: list[int]  #     every BETWEEN_LOSSES steps
    losses: np.ndarray  #    (C, A, S, epochs): what training kept
    loss_marks: np.ndarray  # the same shape
    grid: np.ndarray  #      (points, 2)
    on_grid: np.ndarray  #   (C, A, S, T, points): the prediction there
    certified: int  #        numbers, every step of training included
    wrong: int


class Run(NamedTuple):
    """What one column did with one activation: arrays of a Lesson without the axes C and A."""

    values: dict
    marks: dict
    losses: np.ndarray
    loss_marks: np.ndarray
    on_grid: np.ndarray
    certified: int
    wrong: int


def recorded(steps, most):
    """At most `most` steps from 0 to `steps`, as many in every decade."""
    return [0, *np.unique(np.geomspace(1, steps, min(steps, most - 1)).round().astype(int)).tolist()]


def record(names, seeds, steps, lr, most, grid, timeout, advance=lambda name, steps: None):
    """The Lesson on XOR by the columns `names`: every step of every run is certified, some are kept.

    Raises ColumnError where a column cannot be run or returns what has not the right form.
    """
    runs_of = [make_case("xor", activation, lr, steps, 3, seeds) for activation in ACTIVATIONS]
    at, epochs = recorded(steps, most), list(range(0, steps, BETWEEN_LOSSES))
    groups = {}
    for name in names:
        groups.setdefault(impls.framework(name) or name, []).append(name)
    with workers.open_pool(timeout) as pool, ThreadPoolExecutor(len(groups)) as threads:

        def in_turn(group):
            one = lambda name, case: observe(pool, name, case, at, epochs, grid, lambda n: advance(name, n))
            return {name: [one(name, case) for case in runs_of] for name in group}

        futures = [threads.submit(in_turn, group) for group in groups.values()]
        try:
            found = {name: runs for future in futures for name, runs in future.result().items()}
        except BaseException:
            pool.stop()
            raise
    runs = [found[name] for name in names]
    together = lambda pick: np.array([[pick(r) for r in of_column] for of_column in runs])
    total = lambda pick: sum(pick(r) for of_column in runs for r in of_column)
    by_name = lambda pick: {q: together(lambda r: pick(r)[q]) for q in QUANTITIES}  # noqa: B023
    return Lesson(
        columns=list(names),
        activations=list(ACTIVATIONS),
        seeds=list(seeds),
        steps=at,
        lr=lr,
        X=runs_of[0].X,
        Y=runs_of[0].Y,
        values=by_name(lambda r: r.values),
        marks=by_name(lambda r: r.marks),
        epochs=epochs,
        losses=together(lambda r: r.losses),
        loss_marks=together(lambda r: r.loss_marks),
        grid=grid,
        on_grid=together(lambda r: r.on_grid),
        certified=total(lambda r: r.certified),
        wrong=total(lambda r: r.wrong),
    )


def observe(pool, name, case, at, epochs, grid, advance=lambda steps: None):
    """The Run of a column on a case: kept after `at` steps, from 0 to the last; losses also at `epochs`."""
    p = judgement.problem(case, DTYPE)
    *_, W1, W2 = case.cast(DTYPE)
    weights, losses, counts = [((W1, _none(W1)), (W2, _none(W2)))], [], []
    for first, path in workers.stream(pool, name, case, DTYPE, max(1, PIECE // len(case.seeds))):
        _formed(name, judgement.malformed_path(path, (W1, W2), len(path[2]), p))
        before = [np.concatenate([w[None], ws[:-1]]) for w, ws in zip((W1, W2), path, strict=False)]
        L, new2, new1 = judged = judgement.judge_steps(before, path, p)
        here = range(first, first + len(path[2]))
        weights += [tuple(_at(j, n - 1 - first) for j in (new1, new2)) for n in at if n - 1 in here]
        losses += [_at(L, n - first) for n in epochs if n in here]
        counts += [_counted(j) for j in judged]
        W1, W2 = path[0][-1], path[1][-1]
        advance(len(here))
    (W1s, marks1), (W2s, marks2) = (tuple(map(np.stack, zip(*Z, strict=True))) for Z in zip(*weights, strict=True))
    values, marks = {"W1": W1s, "W2": W2s}, {"W1": marks1, "W2": marks2}
    for j in _judged_trace(pool, name, W1s, W2s, p):
        values[j.quantity], marks[j.quantity] = j.value, mark(j)
        counts.append(_counted(j))
    plane = p._replace(X=grid.astype(DTYPE), Y=np.zeros((len(grid), p.Y.shape[1])))
    *_, on_grid = (j for j in _judged_trace(pool, name, W1s, W2s, plane) if j.quantity == "Y_hat")
    counts.append(_counted(on_grid))
    by_seed = lambda Z: np.moveaxis(Z, 0, 1)
    return Run(
        values={q: by_seed(Z) for q, Z in values.items()},
        marks={q: by_seed(Z) for q, Z in marks.items()},
        losses=by_seed(np.stack([value for value, _ in losses])),
        loss_marks=by_seed(np.stack([m for _, m in losses])),
        on_grid=by_seed(on_grid.value[..., 0]),
        certified=sum(certified for certified, _ in counts),
        wrong=sum(wrong for _, wrong in counts),
    )


def mark(j):
    """What is said of every number of a Judged, as in Lesson.marks."""
    percent = np.ceil(100 * np.minimum(j.ratio, 1)).astype(np.uint8)
    return np.where(j.wrong, np.uint8(WRONG), np.where(j.certified, percent, np.uint8(UNCERTAIN)))


def _at(j, t):
    """The values and the marks of a Judged at one step."""
    only = type(j)(j.quantity, *(Z[t] for Z in j[1:]))
    return only.value, mark(only)


def _judged_trace(pool, name, W1s, W2s, p):
    trace = pool.call(name, calls.trace, p.row, p.X, p.Y, (W1s, W2s), p.activations)
    _formed(name, judgement.malformed_trace(trace, (W1s, W2s), p))
    return judgement.judge_trace(trace, (W1s, W2s), p)


def _counted(j):
    return int(j.certified.sum()), int(j.wrong.sum())


def _formed(name, complaint):
    if complaint:
        raise ColumnError(f"{name}: {complaint}")


def _none(Z):
    """The marks of numbers that were given: no error."""
    return np.zeros(Z.shape, np.uint8)
