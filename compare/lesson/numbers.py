"""The lesson's numbers: every quantity of a few training runs, at some of their steps, by every column, and judged."""

import hashlib
from functools import partial
from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, draw_weights, make_case
from fourfold.compare.columns import questions, workers
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import shown
from fourfold.compare.lesson import optimizers
from fourfold.compare.lesson.examinee import DTYPE, Examinee, gather

# Steps x seeds in one piece.
PIECE = 25_000
MISTAKES = "mistakes"  # stands among the columns for those with a mistake planted
BETWEEN_LOSSES = 200  # E24
# What the live network of the page starts from.
WIDTHS, SEEDS = range(2, 9), range(10)
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
    drawn: dict  #           width -> (W1 (10, d_in, width), W2 (10, width, d_out)): the first weights of ten seeds
    certified: int  #        numbers, every step of training included
    wrong: int
    by_rule: dict  #         {optimiser: {column: optimizers.FirstSteps}}, of the first activation and the first seed
    broken: list  #          of broken.Broken: the NumPy column with common mistakes


class Run(NamedTuple):
    """What one column did with one activation: arrays of a Lesson without the axes C and A."""

    values: dict  # "losses" and "on_grid" among them
    marks: dict  # and those of "losses"
    certified: int
    wrong: int


def recorded(steps, most):
    """At most `most` steps from 0 to `steps`, as many in every decade."""
    return [0, *np.unique(np.geomspace(1, steps, min(steps, most - 1)).round().astype(int)).tolist()]


def record(names, seeds, steps, lr, most, grid, timeout, advance=lambda name, steps: None, mistakes=None):
    """The Lesson on XOR by the columns `names`: every step of every run is certified, some are kept.

    mistakes: what gives the Lesson's `broken`, of a pool and the recorded steps; it runs beside the columns. Raises
    ColumnError where a column cannot be run or returns what has not the right form.
    """
    cases = [make_case("xor", activation, lr, steps, 3, seeds) for activation in ACTIVATIONS]
    kept, epochs, seen = recorded(steps, most), [*range(0, steps, BETWEEN_LOSSES)], {}
    by_optimizer = {}
    with workers.open_pool(timeout) as pool:

        def observe_all(name):
            if name == MISTAKES:
                return mistakes(workers.PartOfPool(pool), kept) if mistakes else []
            runs = [observe(pool, name, case, kept, epochs, grid, partial(advance, name), seen) for case in cases]
            if name in impls.ROWS["optimizers"]:
                by_optimizer[name] = optimizers.observe(Examinee(name, pool), cases[0])
            return runs

        by_column = workers.each(pool, [*names, MISTAKES], observe_all)
    broken = by_column.pop(MISTAKES)
    values, marks = {}, {}
    certified = wrong = 0
    for runs in by_column.values():
        for run in runs:
            gather(values, run.values)
            gather(marks, run.marks)
            certified += run.certified
            wrong += run.wrong
    by_rule = {}
    for name in filter(by_optimizer.get, names):
        for rule, first_steps in by_optimizer[name].items():
            by_rule.setdefault(rule, {})[name] = first_steps
            certified += first_steps.certified
            wrong += first_steps.rejected
    values, marks = _joined(values, len(names)), _joined(marks, len(names))
    return Lesson(
        columns=list(names),
        activations=list(ACTIVATIONS),
        seeds=list(seeds),
        steps=kept,
        lr=lr,
        X=cases[0].X,
        Y=cases[0].Y,
        epochs=epochs,
        losses=values.pop("losses"),
        loss_marks=marks.pop("losses"),
        grid=grid,
        on_grid=values.pop("on_grid"),
        values=values,
        marks=marks,
        drawn=drawn_weights(cases[0]),
        certified=certified,
        wrong=wrong,
        by_rule=by_rule,
        broken=broken,
    )


def drawn_weights(case):
    """{width: (W1, W2)} of hidden layers this wide, drawn as for a Case, one a seed."""
    drawn = {}
    for width in WIDTHS:
        drawn[width] = draw_weights(SEEDS, (case.X.shape[1], width, case.Y.shape[1]))
    return drawn


def _joined(lists, columns):
    """{name: (C, A, ...)} of {name: [(...) a run]}, those of the first column first."""
    joined = {}
    for name, parts in lists.items():
        joined[name] = np.stack(parts).reshape(columns, -1, *parts[0].shape)
    return joined


def observe(pool, name, case, kept, epochs, grid, advance=lambda steps: None, seen=None):
    """The Run of a column on a Case: kept after these steps, from 0 to the last; losses also at `epochs`.

    In `seen` is what came of training, so that a column that gives the same bits is not judged again.
    """
    column, p = Examinee(name, pool, advance), judgement.problem(case, DTYPE)
    values, marks = _trained(column, case, p, kept, epochs, {} if seen is None else seen)
    weights = [values["W1"], values["W2"]]
    judged = column.judge_trace(p, weights)
    column.count(judged, p.row)
    for j in judged:
        quantity = shown(j.quantity, p.row)
        values[quantity], marks[quantity] = j.value, mark(j)
    plane = p._replace(X=grid.astype(DTYPE), Y=np.zeros((len(grid), p.Y.shape[1])))
    (on_grid,) = column.judge_trace(plane, weights, "predict")
    column.count([on_grid], p.row)
    values["on_grid"] = on_grid.value[..., 0]
    for arrays in (values, marks):
        for quantity, Z in arrays.items():
            arrays[quantity] = np.moveaxis(Z, 0, 1)  # seeds before steps
    return Run(values, marks, column.certified, column.rejected)


def _trained(column, case, p, kept, epochs, seen):
    """{quantity: (T, S, ...)} of W1 and W2 after the steps that are kept and of "losses" at `epochs`; their marks."""
    *_, W1, W2 = case.cast(DTYPE)
    values, marks = {}, {}
    for name, Z in (("W1", W1), ("W2", W2)):
        values[name] = [Z[None]]
        marks[name] = [np.zeros((1, *Z.shape), np.uint8)]  # they were given
    pieces = -(-case.steps * len(case.seeds) // PIECE)
    piece = -(-case.steps // pieces)  # equal ones: each other length would be compiled anew
    question = questions.about(p, "trajectory", (W1, W2), case.lr)
    for first, trajectory in workers.trajectory(column.pool, column.name, question, case.steps, piece):
        steps = min(piece, case.steps - first)
        key = _key(p, first, W1, W2, *trajectory.values())
        counted, shown_here = seen.get(key, (None, {}))
        if not counted:
            judged = column.judge_steps(p, (W1, W2), trajectory, steps)
            counted = column.counted(judged, p.row)
            L, after_W2, after_W1 = judged
            after, before = _within(kept, first + 1, steps), _within(epochs, first, steps)
            for name, j, chosen in (("W1", after_W1, after), ("W2", after_W2, after), ("losses", L, before)):
                shown_here[name] = j.value[chosen], mark(j)[chosen]
            if not counted.complaint:
                seen[key] = counted, shown_here
        column.add(counted)
        for name, (value, marked) in shown_here.items():
            gather(values, {name: value})
            gather(marks, {name: marked})
        W1, W2 = trajectory["W1"][-1], trajectory["W2"][-1]
        column.advance(steps)
    for lists in (values, marks):
        for name, parts in lists.items():
            lists[name] = np.concatenate(parts)
    return values, marks


def _key(p, first, *arrays):
    """What tells apart all that a piece of training on XOR is judged by."""
    digest = hashlib.blake2b(digest_size=16)
    for Z in arrays:
        digest.update(str((Z.dtype, Z.shape)).encode() + Z.tobytes())
    return p.activations, first, digest.digest()


def _within(steps, first, length):
    """Those of some steps that lie in a piece of so many from `first` on, counted from there."""
    from_there = np.array(steps) - first
    return from_there[(from_there >= 0) & (from_there < length)]


def mark(j):
    """What is said of every number of a Judged, as in Lesson.marks."""
    percent = np.ceil(100 * np.minimum(j.ratio, 1)).astype(np.uint8)
    return np.where(j.wrong, np.uint8(WRONG), np.where(j.certified, percent, np.uint8(UNCERTAIN)))
