"""What `train` is asked: single steps, a few in one call, and whole runs in one call.

Single steps are certified like a column's. Of a longer call only the losses and the last weights are seen. It is right
if it ends, bit for bit, where the steps or shorter calls did that were certified from their own weights; if not, as a
compiler may order the operations of a loop otherwise, all it shows is certified by judge_run.
"""

from functools import partial

import numpy as np

from fourfold.compare.cases.situations import SHORT_CALLS
from fourfold.compare.check.exams import VARIES, Finding, ask, finding, refusal, refused
from fourfold.compare.errors import Misfit
from fourfold.compare.judge import judgement

# How many steps are made in an exam, each alone and then all in one call: in the first, the second, and so on again;
# and where they cost more or say less, in other precisions and in large cases, with one seed there.
STEPS, FEW = (10, 2, 3, 5), 2
APART = 1e-6  # losses of two runs, relatively, that are hardly told apart by rounding
CARRIED = "single steps are right, so something is carried from step to step"
TOGETHER = "shorter calls are right, so the number of steps makes a difference"


def train(peer, exam, n, first):
    """The Findings on the n-th exam: single steps, then all of them together; or, in the first group, a whole run."""
    if exam.case in SHORT_CALLS:
        return [whole_run(peer, exam.first_seed(), SHORT_CALLS[exam.case])] if exam.group() == first.group() else []
    steps = STEPS[n % len(STEPS)]
    if exam.is_large() or not np.isfinite(exam.p.X).all():
        exam, steps = exam.first_seed(), FEW
    elif exam.p.dtype != first.p.dtype:
        steps = FEW
    alone, trajectory = single_steps(peer, exam, steps)
    return [alone] if alone.rejection else [alone, _one_call(peer, exam, trajectory, steps)]


def single_steps(peer, exam, steps):
    """The Finding on calls of one step each, from where the last one led, and their trajectory."""
    p, now = exam.p, exam.parameters
    before, after = [], []
    for _ in range(steps):
        *end, losses = ask(peer, exam._replace(parameters=now), "train", p.lr, 1).values()
        before.append(now)
        after.append([*end, losses[:, 0]])
        now = [Z.astype(p.dtype) for Z in end]
    before, trajectory = _over_time(before), _over_time(after)
    judged = judgement.judge_steps(before, trajectory, p)
    wrong = refusal(peer, "train", exam, judged, 2, "one step of train", before)
    return finding(judged, wrong, {"trajectory": trajectory} if wrong else {}, 1), trajectory


def _over_time(points):
    """Arrays whose first axis is time, from a list of arrays a step."""
    return list(map(np.stack, zip(*points, strict=True)))


def _one_call(peer, exam, trajectory, steps):
    """The Finding on one call of all the steps of a trajectory that is right."""
    end = _ran(peer, exam, steps)
    *weights, each_loss = trajectory
    if _same([*(Z[-1] for Z in weights), each_loss], end):
        return Finding(0, 0, None, {}, steps=steps)
    longer = _run_judged(peer, exam, end, steps, "train", CARRIED)
    if longer.rejection:
        return longer._replace(quantities={"trajectory": _by_calls(peer, exam, end, steps)})
    return longer


def _ran(peer, exam, steps):
    """The parameters after one call of so many steps, and the losses (steps, S)."""
    *parameters, losses = ask(peer, exam, "train", exam.p.lr, steps).values()
    return [*parameters, losses.T]


def _same(arrays, others):
    """Whether they are the same, bit for bit."""
    return all(map(partial(np.array_equal, equal_nan=True), arrays, others))


def _run_judged(peer, exam, end, steps, called, why, losses_alone=False):
    """The Finding on all that one call shows, within limits that are carried on from step to step."""
    judged_losses, *judged = judgement.judge_run(exam.parameters, end, exam.p)
    judged = [] if losses_alone else judged
    wrong = None
    if first := judgement.first_wrong([judged_losses]):
        wrong = refused(peer, exam, first, 2, f"{called}, step {first.index[0]:,} of {steps:,}: {why}")
    elif first := judgement.first_wrong(judged):
        wrong = refused(peer, exam, first, 1, f"{called}, after {steps:,} steps: {why}")
    return finding([judged_losses, *judged], wrong, {}, steps)


def _by_calls(peer, exam, end, steps):
    """The trajectory of a call, by calls that stop after one step, after two, and so on."""
    points = []
    for t in range(1, steps + 1):
        *weights, losses = _ran(peer, exam, t)
        points.append([*weights, losses[-1]])
    return _over_time(points)


def whole_run(peer, exam, short):
    """The Finding on one call of all steps of the exam, of one seed, beside calls of `short` steps.

    Each short call begins where the last one ended and is certified from there; all are judged as if they were seeds.
    """
    p, steps = exam.p, exam.steps
    begins, ends = [exam.parameters], []
    for _ in range(steps // short):
        end = _ran(peer, exam._replace(parameters=begins[-1]), short)
        ends.append(end)
        begins.append([Z.astype(p.dtype) for Z in end[:-1]])
    *last, _ = ends[-1]
    before = list(map(np.concatenate, zip(*begins[:-1], strict=True)))
    *weights, losses = zip(*ends, strict=True)
    after = [*map(np.concatenate, weights), np.concatenate(losses, axis=1)]
    judged = judgement.judge_run(before, after, p)
    wrong = _first_call(judged)
    if wrong is not None:
        return _wrong_call(peer, exam, begins[wrong], wrong * short, short, judged)
    whole = _ran(peer, exam, steps)
    each_loss = np.concatenate(losses)
    if _same([*last, each_loss], whole):
        return finding(judged, None, {}, steps)
    called = f"one call of train with steps={steps}"
    apart = ~(np.abs(whole[-1] - each_loss) <= APART * np.abs(each_loss))
    if apart.any():  # most likely wrong there: the steps that follow need not be judged then
        start = [*whole[:-1], whole[-1][: np.argmax(apart) + 1]]
        longer = _run_judged(peer, exam, start, steps, called, TOGETHER, losses_alone=True)
        if longer.rejection:
            return longer
    return _run_judged(peer, exam, whole, steps, called, TOGETHER)


def _first_call(judged):
    """The number of the first call with anything wrong: losses (steps, calls), parameters (calls, ...); or None."""
    losses, *parameters = judged
    wrong = losses.wrong.any(axis=0)
    for j in parameters:
        wrong = wrong | j.wrong.any(axis=(-2, -1))
    return int(np.argmax(wrong)) if wrong.any() else None


def _wrong_call(peer, exam, parameters, after, steps, judged):
    """The Finding on a call that is wrong, begun after so many steps: by its single steps if these are wrong."""
    there = exam._replace(parameters=parameters)
    alone, _ = single_steps(peer, there, steps)
    if alone.rejection:
        return alone
    end = _ran(peer, there, steps)
    called = f"train from where {after:,} steps lead" if after else "train"
    longer = _run_judged(peer, there, end, steps, called, CARRIED)
    if longer.rejection:
        return longer._replace(quantities={} if after else {"trajectory": _by_calls(peer, there, end, steps)})
    raise Misfit(VARIES.format("train"))
