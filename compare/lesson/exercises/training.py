"""Training for the exercises: the loss of every seed at every step, a sample of the seeds certified at all of them."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.columns import calls
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement

DTYPE = "float64"
JUDGED_SEEDS = 2  # of every run, whose every step is certified
PIECE = 2_500  # steps at a time
CERTIFICATE = (
    f"every step of {JUDGED_SEEDS} seeds of every run, and loss, predictions and gradients of all seeds after the last"
)


class Count(NamedTuple):
    """What was judged: how many numbers were certified, and a sentence on the first wrong one, if any."""

    certified: int
    wrong: list[str]


class Trained(NamedTuple):
    losses: np.ndarray  #     (steps + 1, S): before every step, and after the last
    parameters: list  #       W1 ... (S, d_in, d_out), then b1 ... (S, 1, d_out), after the last
    Y_hat: np.ndarray  #      (S, N, d_out), with them
    L_limit: np.ndarray  #    (S,): how far the last loss may be from exact
    count: Count

    def steps_to(self, loss):
        """(S,): the first step at which each seed's loss is below `loss`; NaN where it never is."""
        below = self.losses < loss
        return np.where(below.any(axis=0), below.argmax(axis=0), np.nan)


def train(columns, name, case):
    """The Trained of one column on a Case; every number after the last step is certified, and a sample of the steps.

    Raises ColumnError where the column cannot be run or gives what has not the right form.
    """
    p = judgement.problem(case, DTYPE)
    X, Y, *now = case.cast(DTYPE)
    losses, counts = [], []
    for first in range(0, case.steps, PIECE):
        steps = min(PIECE, case.steps - first)
        sample, L, end = columns.workers.call(
            name, _train, case.row, X, Y, now, case.lr, steps, case.activations, JUDGED_SEEDS
        )
        of_sample = [Z[:JUDGED_SEEDS] for Z in now]
        formed(name, judgement.malformed_path(sample, of_sample, steps, p))
        formed(name, judgement.malformed_path([*(Z[None] for Z in end), L[:1]], now, 1, p))
        before = [np.concatenate([w[None], ws[:-1]]) for w, ws in zip(of_sample, sample, strict=False)]
        counts.append(counted(name, judgement.judge_steps(before, sample, p)))
        losses, now = [*losses, L], end
        columns.advance(steps)
    judged = trace(columns, name, now, p)
    by_name = {j.quantity: j for j in judged}
    return Trained(
        np.concatenate([*losses, by_name["L"].value[None]]),
        now,
        by_name["Y_hat"].value,
        by_name["L"].limit,
        together([*counts, counted(name, judged)]),
    )


def trace(columns, name, parameters, p):
    """A column's trace at parameters (*S, ...), as Judged in order of computation."""
    quantities = columns.workers.call(name, calls.trace, p.row, p.X, p.Y, parameters, p.activations)
    formed(name, judgement.malformed_trace(quantities, parameters, p))
    return judgement.judge_trace(quantities, parameters, p)


def counted(name, judged):
    wrong = judgement.first_wrong(judged)
    said = []
    if wrong:
        j, at = wrong.judged, wrong.index
        error, limit = (float(Z[at]) for Z in (j.error, j.limit))
        said = [f"{name}'s {j.quantity}{list(map(int, at))} is off by {error:.3g}, {limit:.3g} is allowed"]
    return Count(sum(int(j.certified.sum()) for j in judged), said)


def together(counts):
    counts = list(counts)
    return Count(sum(c.certified for c in counts), [said for c in counts for said in c.wrong][:1])


def formed(name, complaint):
    if complaint:
        raise ColumnError(f"{name}: {complaint}")


def named(seeds):
    return f"seeds {seeds.start} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds.start}"


# Below: what runs in the worker.


def _train(name, row, X, Y, parameters, lr, steps, activations, sample):
    """The path of the first seeds, then every loss and the last parameters of all: a whole path is long to send."""
    *path, L = calls.train(name, row, X, Y, parameters, lr, steps, activations)
    return [*(Z[:, :sample] for Z in path), L[:, :sample]], L, [Z[-1] for Z in path]
