"""Trains one column on one case and certifies every step, and all functions at steps 0, 1, 10, 100 ... and last."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.agreement import locate
from fourfold.compare.agreement.rejections import Point, Where, malformed
from fourfold.compare.columns import workers
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement, layers, referee
from fourfold.compare.judge.quantities import every, parameter_names, shown
from fourfold.compare.results.arrays import SHOWN_SEEDS, ULPS, histogram, recorded
from fourfold.compare.results.result import Rejection, Row, number

# Steps x seeds in one piece: large enough to hide the call, small enough to be judged while the next one runs, and to
# take less memory than what is imported: that does not grow with the steps.
PIECE = 5_000
# Weights in one piece, of all steps and seeds: a dozen arrays of that size are held at once.
PIECE_WEIGHTS = 2_000_000


class Evidence(NamedTuple):
    """What is left of a column's run: rows for the verdict, the first rejection, arrays for pictures and `diff`."""

    rows: list
    rejection: Rejection | None
    arrays: dict


def certify(pool, name, case, dtype, advance, grid=None):
    """The Evidence on a column. Raises ColumnError where it cannot be run, unless it is proved wrong before.

    `advance(steps)` is called as steps are certified; `grid` (points, d_in) is predicted with the final weights.
    """
    examination = _Examination(pool, name, case, dtype)
    arrays = {}
    try:
        arrays = examination.run(advance, grid)
    except ColumnError:
        if not examination.rejections:
            raise
    if arrays:
        for quantity, tally in examination.tallies.items():
            arrays[f"ulps_{quantity}"] = tally.histogram
    rows = [_row(examination.where, *entry) for entry in examination.tallies.items()]
    first = min(examination.rejections, key=lambda rejection: rejection.step, default=None)
    return Evidence(rows, first, arrays)


class _Tally:
    """What has been counted of one quantity."""

    def __init__(self):
        self.certified = self.no_number = self.out_of_range = self.wrong = 0
        self.worst_ratio = self.worst_ulps = 0.0
        self.histogram = np.zeros(len(ULPS) + 1, np.int64)

    def add(self, judged):
        self.certified += int(judged.certified.sum())
        self.no_number += int(judged.no_number.sum())
        self.out_of_range += int((~(judged.certified | judged.no_number)).sum())
        self.wrong += int(judged.wrong.sum())
        self.worst_ratio = max(self.worst_ratio, float(judged.ratio.max()))
        self.worst_ulps = max(self.worst_ulps, float(judged.ulps.max()))
        self.histogram = self.histogram + histogram(judged.ulps[judged.certified])


def _row(where, quantity, tally):
    return Row(
        column=where.column,
        case=where.case,
        dtype=where.dtype,
        quantity=quantity,
        checked=tally.certified,
        no_number=tally.no_number,
        out_of_range=tally.out_of_range,
        rejected=tally.wrong,
        worst_ratio=number(tally.worst_ratio),
        worst_ulps=number(tally.worst_ulps),
    )


class _Examination:
    """One column on one case in one precision: what is asked, and what has been seen of the answers."""

    def __init__(self, pool, name, case, dtype):
        self.pool, self.column, self.case = pool, pool.column(name), case
        self.where = Where(name, case.name, dtype)
        self.p = judgement.problem(case, dtype)
        self.names = parameter_names(len(case.activations), len(case.weights))
        self.tallies = {}  # by the names people know
        self.rejections = []

    def run(self, advance, grid):
        """Judges every step, then all functions at some; returns the arrays for pictures and `diff`."""
        case, p = self.case, self.p
        _, _, *now = case.cast(p.dtype)
        piece = max(1, min(PIECE, PIECE_WEIGHTS // case.parameters()) // len(case.seeds))
        pictures, checkpoints = [], []
        question = about(p, "trajectory", now, case.lr)
        for first, answer in workers.trajectory(self.pool, self.where.column, question, case.steps, piece):
            path = [*answer.values()]
            complaint = form.malformed_path(path, now, min(piece, case.steps - first), p)
            if complaint:
                self.rejections.append(malformed(self.where, first, "train", complaint, p.row))
                return {}
            before = form.before_each_step(now, path)
            judged = self._judge_piece(first, before, path)
            # what is computed of a piece is gone when the next is judged: of it, copies are kept
            for t in _powers_of_ten(first, len(path[-1])):
                checkpoints.append((first + t, *(Z[t].copy() for Z in before)))
            named = dict(zip(self.names, before, strict=True))
            pictures.append(_picture(first, named, path[-1], judged, case.steps))
            now = [Z[-1].copy() for Z in path[:-1]]
            advance(len(path[-1]))

        checkpoints.append((case.steps, *now))
        steps, *parameters = map(np.stack, zip(*checkpoints, strict=True))
        at_checkpoints = self._judge_functions(steps, parameters)
        if at_checkpoints is None:
            return {}
        for c in (0, -1):
            referee.audit([Z[c, 0] for Z in parameters], p)

        arrays = {}
        for key in pictures[0]:
            arrays[key] = np.concatenate([picture[key] for picture in pictures])
        last = [Z[:SHOWN_SEEDS] for Z in now]
        if grid is not None and p.X.shape[1] == grid.shape[1]:
            points = about(p, "predict", last)._replace(X=grid.astype(p.dtype), Y=grid.astype(p.dtype))
            arrays["Y_hat_grid"] = self.column.ask(points)["Y_hat"]
        final = {f"{name}_final": Z for name, Z in zip(self.names, last, strict=True)}
        return arrays | final | at_checkpoints

    def _judge_piece(self, first, before, path):
        judged = judgement.judge_steps(before, path, self.p)
        self._count(judged, every_step=True)
        wrong = judgement.first_wrong(judged)
        if wrong and not self.rejections:
            rejection = locate.in_run(self.column, self.where, wrong, before, first, self.case, self.p)
            self.rejections.append(rejection)
        return judged

    def _judge_functions(self, steps, parameters):
        """`trace`, `forward` and `loss`, and `step`, each by itself, at the parameters of some steps: (C, S, ...).

        Returns the arrays kept of them; None where something has the wrong form.
        """
        p = self.p
        parts = self.column.ask(about(p, "forward", parameters))
        whole = self.column.ask(about(p, "trace", parameters))
        stepped = [*self.column.ask(about(p, "step", parameters, p.lr)).values()]
        for function, complaint in (
            ("trace", form.malformed_trace(whole, parameters, p)),
            ("forward or loss", form.malformed_trace({**whole, **parts}, parameters, p)),
            ("step", form.malformed_path([Z[None] for Z in stepped], parameters, 1, p)),
        ):
            if complaint:
                self.rejections.append(malformed(self.where, 0, function, complaint, p.row))
                return None
        traced = judgement.judge_trace(whole, parameters, p)
        self._judge_function("trace", traced, whole, steps, parameters)
        self._judge_function("forward and loss", judgement.judge_trace(parts, parameters, p), parts, steps, parameters)
        self._judge_function("step", judgement.judge_steps(parameters, stepped, p), {}, steps, parameters)
        return {"Y_hat_final": whole["Y_hat"][-1, :SHOWN_SEEDS], **_at_start(traced, p.row)}

    def _judge_function(self, function, judged, values, steps, parameters):
        each = layers.judge(values, parameters, self.p) if values else []
        self._count(layers.sharper(judged, each), every_step=function == "step")
        wrong = layers.first_wrong(judged, each, values)
        if wrong:
            c, s, *_ = wrong.index
            point = Point(int(steps[c]), self.case.seeds[s], (), [Z[c, s] for Z in parameters])
            self.rejections.append(locate.in_function(self.where, function, wrong, point, self.p))

    def _count(self, judged, every_step):
        for j in judged:
            name = every(j.quantity) if every_step else shown(j.quantity, self.p.row)
            self.tallies.setdefault(name, _Tally()).add(j)


def _powers_of_ten(first, length):
    """Steps 0, 1, 10, 100 ... in a piece, counted from its start."""
    inside, power = [0] if first == 0 else [], 1
    while power < first + length:
        if power >= first:
            inside.append(power - first)
        power *= 10
    return inside


def _picture(first, before, losses, judged, steps):
    """Arrays for pictures, of the recorded steps in one piece and the first few seeds."""
    kept = recorded(steps)
    t = kept[(kept >= first) & (kept < first + len(losses))] - first
    seeds = slice(SHOWN_SEEDS)
    L = judged[0]
    picture = {"step": t + first, "L": losses[t, seeds], "L_error": L.error[t, seeds], "L_limit": L.limit[t, seeds]}
    for name, Z in before.items():
        picture[name] = Z[t, seeds]
    for j in judged:
        picture[f"ratio_{j.quantity}"] = j.ratio.reshape(len(losses), -1).max(axis=1)[t]
    return picture


def _at_start(judged, row):
    """The whole trace of the first few seeds at the initial weights, and its limits: NaN where nothing is certified."""
    seeds, kept = slice(SHOWN_SEEDS), {}
    for j in judged:
        name = shown(j.quantity, row)
        kept[f"trace_{name}"] = j.value[0, seeds]
        kept[f"limit_{name}"] = np.where(j.certified, j.limit, np.nan)[0, seeds]
    return kept
