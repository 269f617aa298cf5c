"""Training for the exercises: the loss of every seed at every step, a sample of the seeds certified at all of them."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.columns import calls, questions
from fourfold.compare.judge import form, judgement
from fourfold.compare.lesson.examinee import DTYPE, by_quantity

JUDGED_SEEDS = 2  # of every run, whose every step is certified
PIECE = 2_500  # steps at a time
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


def train(column, case):
    """The Trained of an Examinee on a Case; every number after the last step is certified, and a sample of the steps.

    Raises ColumnError where the column cannot be run or gives what has not the right form.
    """
    p = judgement.problem(case, DTYPE)
    now = case.cast(DTYPE)[2:]
    losses = []
    for first in range(0, case.steps, PIECE):
        steps = min(PIECE, case.steps - first)
        question = questions.about(p, "trajectory", now, case.lr, steps)
        sample, L, end = column.call(_train, question, JUDGED_SEEDS)
        judged = column.judge_steps(p, [Z[:JUDGED_SEEDS] for Z in now], sample, steps)
        column.check_form(form.malformed_path([*end, L[:1]], now, 1, p))
        column.count(judged, case.row, more=first > 0)
        losses.append(L)
        now = [Z[0] for Z in end]
        column.advance(steps)
    judged = column.judge_trace(p, now)
    column.count(judged, case.row, more=True)
    last = by_quantity(judged)
    losses.append(last["L"].value[None])
    return Trained(np.concatenate(losses), now, last["Y_hat"].value, last["L"].limit)


def train_all(column, cases):
    """A Trained for every Case."""
    return [train(column, case) for case in cases]


def named(seeds):
    return f"seeds {seeds.start} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds.start}"


def _train(name, question, seeds):
    """In the worker: the trajectory of the first seeds alone, which is long; every loss; and the last parameters."""
    trajectory = calls.answer(name, question)
    sample = {part: Z[:, :seeds] for part, Z in trajectory.items()}
    *parameters, L = trajectory.values()
    return sample, L, [Z[-1:] for Z in parameters]
