"""Trains one column on one case and certifies every step, and all functions at steps 0, 1, 10, 100 ... and last."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.agreement import contract, half, locate, memory, tally, updating, walk
from fourfold.compare.agreement.plan import PIECE, plan
from fourfold.compare.agreement.rejections import Point, Where, malformed
from fourfold.compare.agreement.updating import Conventions, Updating
from fourfold.compare.columns import workers
from fourfold.compare.columns.questions import WHOLE, about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, formats, judgement, layers, referee
from fourfold.compare.judge.quantities import parameter_names, shown
from fourfold.compare.results.arrays import SHOWN_SEEDS, recorded
from fourfold.compare.results.result import Rejection

# Entries of the widest array of a network whose exact values are audited: ball arithmetic takes its time.
AUDITED = 2_000
# What is asked of single functions, and what people call it, in the order in which they are judged.
FUNCTIONS = {"trace": "trace", "gradients": "gradients", "forward": "forward and loss", "step": "step"}


class Evidence(NamedTuple):
    """What is left of a column's run: rows for the verdict, the first rejection, arrays for pictures and `diff`."""

    rows: list
    rejection: Rejection | None
    arrays: dict
    conventions: Conventions | None = None  # of a run by an optimiser


def certify(pool, name, case, dtype, advance, grid=None, keep=True, able=WHOLE, seen=None, audited=None):
    """The Evidence on a column. Raises ColumnError where it cannot be run, unless it is proved wrong before.

    `advance(n)` is called as so many steps of seeds are judged; `grid` (points, d_in) is predicted with the final
    weights. Without `keep` there are none of the arrays that are as large as the data; a column that is not whole has
    those of the functions it has, and nothing to draw. `able` are its Abilities. In `seen` is kept what was judged, if
    it is a dict: a column that gives the same bits is not judged again. `audited` are the points where the judge was.
    """
    examination = _Examination(pool, name, case, dtype, keep, able, seen, audited)
    arrays = {}
    try:
        arrays = examination.run(advance, grid)
    except ColumnError:
        if not examination.rejections:
            raise
    if arrays:
        for quantity, counted in examination.tallies.items():
            arrays[f"ulps_{quantity}"] = counted.histogram
    rows = [tally.row(examination.where, *entry) for entry in examination.tallies.items()]
    first = min(examination.rejections, key=lambda rejection: rejection.step, default=None)
    by_update = examination.updating
    return Evidence(rows, first, arrays, by_update.conventions() if by_update else None)


class _Run:
    """The seeds that are trained together, and what is kept of them."""

    def __init__(self, case, initial):
        self.case, self.now, self.calls = case, initial, 0
        self.pictures, self.checkpoints, self.shown = [], [], {}


class _Examination:
    """One column on one case in one precision: what is asked, and what has been seen of the answers."""

    def __init__(self, pool, name, case, dtype, keep, able, seen, audited):
        self.pool, self.column, self.case, self.keep = pool, pool.column(name, able), case, keep
        self.able, self.seen, self.audited = able, seen, set() if audited is None else audited
        self.where = Where(name, case.name, dtype)
        self.p = judgement.problem(case, half.arithmetic(name, dtype))
        self.names = parameter_names(len(case.activations), len(case.weights))
        self.tallies = {}  # by the names people know
        self.rejections = []
        self.first_wrong_step = np.inf  # of the runs
        self.updating = Updating(self.p) if case.update else None

    def run(self, advance, grid):
        """Judges every step, then all functions at some; returns the arrays for pictures and `diff`."""
        if not self.able.runs():
            return self._at_points(advance)
        calls = plan(self.case)
        groups = [self.case.some_seeds(part) for part in calls.seeds]
        questions = []
        for group in groups:
            _, _, *initial = group.cast(self.p.dtype)
            questions.append(about(self.p, "trajectory", initial, self.case.rate(self.p.dtype)))
        kept, run = [], _Run(groups[0], [*questions[0].parameters.values()])
        for n, first, answer in workers.trajectories(self.pool, self.where.column, questions, calls.steps):
            if first == 0 and n > 0:
                run = _Run(groups[n], [*questions[n].parameters.values()])
            if self.updating and first == 0:
                self.updating.begin(run.now)
            answer, run.shown = updating.taken_apart(answer)
            path = [*answer.values()]
            steps = calls.steps[run.calls]
            complaint = contract.malformed_answer(self.column, "trajectory", answer, run.now, steps, self.p)
            if complaint:
                self.rejections.append(malformed(self.where, first, self.able.runs(), complaint, self.p.row))
                return {}
            badly_kept = updating.malformed(run.shown, answer, self.p)
            if badly_kept:
                raise ColumnError(f"{self.where.column}: its optimiser's {badly_kept}")
            self._judge_call(run, first, path, advance)
            if first + len(path[-1]) == self.case.steps:
                at_checkpoints = self._judge_functions(run)
                if at_checkpoints is None:
                    return {}
                kept.append((run, at_checkpoints))
        if self.case.shapes:
            self.rejections += contract.examine(self.column, self.where, self.case, self.p, self._count)
        return self._arrays(kept, grid)

    def _at_points(self, advance):
        """Judges all functions of a column that cannot train, at some weights of exact runs."""
        kept = []
        for group in plan(self.case).seeds:
            some = self.case.some_seeds(group)
            run = _Run(some, [])
            *run.checkpoints, (_, *run.now) = walk.points(some, self.p)
            advance(some.steps * len(some.seeds))
            at_checkpoints = self._judge_functions(run)
            if at_checkpoints is None:
                return {}
            kept.append(at_checkpoints)
        if self.case.shapes:
            self.rejections += contract.examine(self.column, self.where, self.case, self.p, self._count)
        return _one_beside_the_other(kept, axis=0)

    def _judge_call(self, run, first, path, advance):
        """Judges all steps of a call, some at a time, and keeps of them what `run` is to keep."""
        seeds, piece = len(run.case.seeds), max(1, PIECE // len(run.case.seeds))
        for start in range(0, len(path[-1]), piece):
            after = [Z[start : start + piece] for Z in path]
            before = form.before_each_step(run.now, after)
            shown = {name: Z[start : start + piece] for name, Z in run.shown.items()}
            picture = self._judge_piece(run.case, first + start, before, after, shown)
            # what is computed of a piece is gone when the next is judged: of it, copies are kept
            for t in _powers_of_ten(first + start, len(after[-1])):
                run.checkpoints.append((first + start + t, *(Z[t].copy() for Z in before)))
            run.pictures.append(picture)
            run.now = [Z[-1].copy() for Z in after[:-1]]
            advance(len(after[-1]) * seeds)
        run.calls += 1

    def _arrays(self, kept, grid):
        """The arrays of a whole run, from those of the seeds that were trained together."""
        arrays = _one_beside_the_other([_one_after_the_other(run.pictures) for run, _ in kept], axis=1)
        arrays |= _one_beside_the_other([at_checkpoints for _, at_checkpoints in kept], axis=0)
        final = []
        for run, _ in kept:
            final.append({f"{name}_final": Z for name, Z in zip(self.names, run.now, strict=True)})
        last = _one_beside_the_other(final, axis=0)
        if self.able == WHOLE and grid is not None and self.p.X.shape[1] == grid.shape[1]:
            points = about(self.p, "predict", [*last.values()])
            inputs = formats.rounded(grid, self.p.dtype)
            points = points._replace(X=inputs, Y=inputs)
            arrays["Y_hat_grid"] = self.column.ask(points)["Y_hat"]
        return arrays | last

    def _judge_piece(self, case, first, before, path, shown):
        """Judges some steps; returns their picture."""
        key = None if self.seen is None else tally.key(case, self.p.dtype, first, before, path)
        if self.seen and key in self.seen:
            tallies, picture = self.seen[key]
            tally.merge(self.tallies, tallies)
            return picture
        with memory.turn(case):
            if self.updating:
                judged = self.updating.judge(first, before, path, shown)
            else:
                judged = judgement.judge_steps(before, path, self.p)
        named = dict(zip(self.names, before, strict=True))
        picture = _picture(first, named, path[-1], judged, self.case.steps)
        tallies = tally.count(judged, self.p, every_step=True)
        tally.merge(self.tallies, tallies)
        wrong = judgement.first_wrong(judged)
        if wrong and first + wrong.index[0] < self.first_wrong_step:
            self.first_wrong_step = first + wrong.index[0]
            self.rejections.append(locate.in_run(self.column, self.where, wrong, before, first, case, self.p))
        if isinstance(self.seen, dict) and not wrong:
            self.seen[key] = tallies, picture
        return picture

    def _judge_functions(self, run):
        """`trace`, `forward` and `loss`, and `step`, each by itself, at the parameters of some steps: (C, S, ...).

        Returns the arrays kept of them; None where something has the wrong form.
        """
        steps, *parameters = map(np.stack, zip(*run.checkpoints, (self.case.steps, *run.now), strict=True))
        if judgement.entries(self.p, parameters) <= AUDITED:
            for c in (0, -1):
                self._audit([Z[c, 0] for Z in parameters])
        at_once, kept = memory.steps_at_once(run.case), {}
        for first in range(0, len(steps), at_once):
            some = slice(first, first + at_once)
            at_these = self._judge_functions_at(run.case, steps[some], [Z[some] for Z in parameters])
            if at_these is None:
                return None
            kept = at_these | kept  # of the first step
            kept |= {name: Z for name, Z in at_these.items() if name == "Y_hat_final"}  # of the last step
        return kept if self.keep else {}

    def _audit(self, point):
        """Audits the judge at a point, unless another column has been there."""
        key = self.case.name, self.p.dtype, tally.digest(*point)
        if key not in self.audited:
            referee.audit(point, self.p)
            self.audited.add(key)

    def _judge_functions_at(self, case, steps, parameters):
        """The same at as many of the steps as there is memory for."""
        p, answers = self.p, {}
        for call in ("gradients", "forward", "trace", "step"):
            if call in self.able.functions and not (call == "step" and self.updating):
                answers[call] = self.column.ask(about(p, call, parameters, p.lr))
        for call, function in FUNCTIONS.items():
            if call in answers:
                complaint = contract.malformed_answer(self.column, call, answers[call], parameters, 1, p)
                if complaint:
                    function = function.replace(" and ", " or ")
                    self.rejections.append(malformed(self.where, 0, function, complaint, p.row))
                    return None
        points, kept, of_trace = (case, steps, parameters), {}, []
        with memory.turn(case):
            for call, function in FUNCTIONS.items():
                if call in answers:
                    kept = self._judge_answer(call, function, answers[call], points, of_trace) | kept
        return kept

    def _judge_answer(self, call, function, answer, points, of_trace):
        """Judges what a function gives at some points; returns the arrays kept of it."""
        case, steps, parameters = points
        key = call, case.name, self.p.dtype, int(steps[0]), tally.digest(*parameters, *answer.values())
        if self.seen and key in self.seen:
            tallies, kept = self.seen[key]
            tally.merge(self.tallies, tallies)
            return kept
        kept, each = {}, []
        if call == "step":
            judged = judgement.judge_steps(parameters, [*answer.values()], self.p)
        else:
            judged, each = self._judge_pass(call, answer, parameters, of_trace)
            kept = _at_start(judged, self.p.row) if self.keep else {}
            kept |= {"Y_hat_final": answer["Y_hat"][-1]} if call == "trace" and self.able == WHOLE else {}
        tallies = tally.count(layers.sharper(judged, each), self.p, every_step=call == "step")
        tally.merge(self.tallies, tallies)
        wrong = layers.first_wrong(judged, each, answer)
        if wrong:
            c, s, *_ = wrong.index
            point = Point(int(steps[c]), case.seeds[s], (), [Z[c, s] for Z in parameters])
            self.rejections.append(locate.in_function(self.column, self.where, function, wrong, point, self.p))
        elif isinstance(self.seen, dict):
            self.seen[key] = tallies, kept
        return kept

    def _judge_pass(self, call, answer, parameters, of_trace):
        """The Judged of what a pass gives, and of its layers by themselves.

        What has the bits of the trace, which is judged first and put into `of_trace`, is not judged again.
        """
        by_layer = {} if call == "gradients" else answer
        for trace, judged, each in of_trace:
            if all(Z.tobytes() == trace[name].tobytes() for name, Z in answer.items()):
                return [j for j in judged if j.quantity in answer], [j for j in each if j.quantity in by_layer]
        judged = judgement.judge_trace(answer, parameters, self.p)
        each = layers.judge(by_layer, parameters, self.p) if by_layer else []
        if call == "trace" and all(j.certified.all() for j in [*judged, *each]):
            of_trace.append((answer, judged, each))
        return judged, each

    def _count(self, judged, every_step):
        tally.merge(self.tallies, tally.count(judged, self.p, every_step))


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


def _one_after_the_other(pictures):
    """One picture from those of pieces of one run."""
    together = {}
    for key in pictures[0]:
        together[key] = np.concatenate([picture[key] for picture in pictures])
    return together


def _one_beside_the_other(parts, axis):
    """{name: array} of the first few seeds, which are along an axis, from those of seeds trained together."""
    together = {}
    for key, Z in parts[0].items():
        arrays = [part[key] for part in parts]
        if key == "step":
            together[key] = Z
        elif key.startswith("ratio_"):
            together[key] = np.max(arrays, axis=0)
        else:
            together[key] = np.concatenate(arrays, axis)[(slice(None),) * axis + (slice(SHOWN_SEEDS),)]
    return together


def _at_start(judged, row):
    """What was judged of the first few seeds at the initial weights, and its limits: NaN where nothing is certified."""
    seeds, kept = slice(SHOWN_SEEDS), {}
    for j in judged:
        name = shown(j.quantity, row)
        kept[f"trace_{name}"] = j.value[0, seeds]
        kept[f"limit_{name}"] = np.where(j.certified, j.limit, np.nan)[0, seeds]
    return kept
