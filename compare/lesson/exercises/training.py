"""Training for the exercises: the loss of every seed at every step, a sample of the seeds certified at all of them."""

from functools import partial
from typing import NamedTuple

import numpy as np

from fourfold.compare.columns import calls, questions
from fourfold.compare.judge import form, judgement
from fourfold.compare.lesson.examinee import DTYPE, Counted, by_quantity

JUDGED_SEEDS = 2  # of every run, whose every step is certified
PIECE = 1_000  # steps at a time
KEPT_SEEDS = 100  # a run of more is too large to be kept for another exercise
CERTIFICATE = (
    f"every step of {JUDGED_SEEDS} seeds of every run, and loss, predictions and gradients of all seeds after the last"
)


class Trained(NamedTuple):
    """What training came to: S seeds, N samples."""

    losses: np.ndarray  #     (steps + 1, S): before every step, and after the last
    parameters: list  #       W1 ... (S, d_in, d_out), then b1 ... (S, 1, d_out), after the last
    Y_hat: np.ndarray  #      (S, N, d_out), with them
    L_limit: np.ndarray  #    (S,): how far the last loss may be from exact

    def steps_to(self, loss):
        """(S,): the first step at which each seed's loss is below `loss`; NaN where it never is."""
        below = self.losses < loss
        return np.where(below.any(axis=0), below.argmax(axis=0), np.nan)


class Piece(NamedTuple):
    """Some steps of a run."""

    counted: Counted  # of the seeds whose every step is certified
    losses: np.ndarray  # (steps, S), before every step
    end: list  # all parameters after the last


class KeptRun(NamedTuple):
    """Training from some first weights, as far as anybody has asked for it: whole pieces."""

    weights: tuple
    pieces: list

    def begins(self, weights):
        """Whether a run from these has nothing that this one has not: it has the same first seeds."""
        mine, theirs = len(self.weights[0]), len(weights[0])
        if not (theirs == mine or JUDGED_SEEDS <= theirs < mine):
            return False
        return all(np.array_equal(Z[:theirs], W) for Z, W in zip(self.weights, weights, strict=True))


def train(column, case):
    """The Trained of an Examinee on a Case; every number after the last step is certified, and a sample of the steps.

    Raises ColumnError where the column cannot be run or gives what has not the right form.
    """
    p, seeds = judgement.problem(case, DTYPE), len(case.seeds)
    now = case.cast(DTYPE)[2:]
    losses = []
    for piece in _pieces(column, case, p):
        column.add(piece.counted, more=bool(losses))
        losses.append(piece.losses[:, :seeds])
        now = [Z[:seeds] for Z in piece.end]
    judged = column.judge_trace(p, now)
    column.count(judged, case.row, more=True)
    last = by_quantity(judged)
    losses.append(last["L"].value[None])
    return Trained(np.concatenate(losses), now, last["Y_hat"].value, last["L"].limit)


def ahead(column, case):
    """Does what `train` will ask for, where that is kept, and counts nothing."""
    if len(case.seeds) <= KEPT_SEEDS:
        for _ in _pieces(column, case, judgement.problem(case, DTYPE)):
            pass


def _pieces(column, case, p):
    """The Pieces of a run on a Case; those that are kept from another one are not trained again."""
    run = _run(column, case)
    number, now, future = -(-case.steps // PIECE), run.weights, None
    for n in range(number):
        if n < len(run.pieces) and (n + 1) * PIECE <= case.steps:
            piece = run.pieces[n]
        else:
            steps = _steps(case, n)
            sample, L, end = column.result(future or _begin(column, case, p, now, n))
            whole = L.shape[:1] == (steps,) and all(Z.shape == (1, *W.shape) for Z, W in zip(end, now, strict=True))
            goes_on = whole and n + 1 < number
            future = _begin(column, case, p, [Z[0] for Z in end], n + 1) if goes_on else None  # while this is judged
            judged = column.judge_steps(p, [Z[:JUDGED_SEEDS] for Z in now], sample, steps)
            column.check_form(form.malformed_path([*end, L[:1]], now, 1, p))
            piece = Piece(column.counted(judged, case.row), L, [Z[0] for Z in end])
            if steps == PIECE:
                run.pieces.append(piece)
            column.advance(steps)
        now = piece.end
        yield piece


def _run(column, case):
    """The KeptRun that a Case can go along, or a new one, which is kept."""
    weights, shapes = case.cast(DTYPE)[2:], tuple(Z.shape[1:] for Z in case.weights)
    key = case.row, case.activations, case.lr, case.X.tobytes(), case.Y.tobytes(), shapes
    run = column.runs.get(key)
    if run is None or not run.begins(weights):
        run = KeptRun(weights, [])
        if len(case.seeds) <= KEPT_SEEDS:
            column.runs[key] = run
    return run


def _begin(column, case, p, now, n):
    """The future of a run's piece number n, from the parameters before it."""
    return column.begin(_train, questions.about(p, "trajectory", now, case.lr, _steps(case, n)), JUDGED_SEEDS)


def _steps(case, n):
    """How many steps a run's piece number n has."""
    return min(PIECE, case.steps - n * PIECE)


def train_all(columns, cases, *tasks):
    """{column: [Trained a Case]} of Examinees, and what `each` gives of more tasks."""
    trained, by_column = columns.each(*[partial(train, case=case) for case in cases], *tasks), {}
    for name in columns.names:
        by_column[name] = [of_case[name] for of_case in trained[: len(cases)]]
    return [by_column, *trained[len(cases) :]]


def named(seeds):
    return f"seeds {seeds.start} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds.start}"


def _train(name, question, seeds):
    """In the worker: the trajectory of the first seeds alone, which is long; every loss; and the last parameters."""
    trajectory = calls.answer(name, question)
    sample = {part: Z[:, :seeds] for part, Z in trajectory.items()}
    *parameters, L = trajectory.values()
    return sample, L, [Z[-1:] for Z in parameters]
