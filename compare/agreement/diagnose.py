"""From a rejected column to the mistake behind it: asked again at a few points that tell mistakes apart.

First whole traces, of networks of one shape and activation in one question; where these are right, some steps of
training; where these are right too, the rejected run itself. A column that agrees is never asked.
"""

import numpy as np

from fourfold.compare.columns.questions import abilities_of, about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import anatomy_at
from fourfold.compare.mistakes.diagnosis import diagnose, show_diagnosis
from fourfold.compare.mistakes.evidence import Observation, points

STEPS = 30  # of training at a point, of which there are so many
RUNS = 2
# Of the rejected run: so many steps at most, of so many numbers together, as every known mistake is trained beside it.
LONGEST, NUMBERS = 2_000, 4_000_000


def diagnosis(examiner, case, rejection):
    """([names of the mistakes], words) on what is behind a Rejection of a column on a Case; ([], "") if nothing shows.

    examiner: whatever answers `ask(question)`, and may raise ColumnError. Every mistake named gives the numbers that
    the column gives, all of them, or does with another constant; of several only one need be there.
    """
    observations, last = [], None
    for ask in (_traces, _runs, _rejected_run):
        observations += ask(examiner, case, rejection)
        last = diagnose(observations) if observations else None
        if last and last.quantity:
            break
    if not last or not last.quantity:
        return [], ""
    names = {}
    if last.constant:
        names = dict.fromkeys(filter(None, (last.constant.mistake, last.constant.also)))
    for candidate in last.candidates:
        names |= dict.fromkeys(mistake.name for mistake in candidate)
    return list(names), "\n".join([show_diagnosis(last), *_elsewhere(observations, case)])


def _elsewhere(observations, case):
    """[a sentence] where quantities are named that a case of fewer layers has not."""
    depth = max(len(one.p.activations) for one in observations)
    if depth <= len(case.activations):
        return []
    return [f"It was asked again on a network of {depth} layers: the quantities are of that one."]


def _traces(examiner, case, rejection):
    """An Observation of a trace at every point, and at the first weights of the case itself."""
    call, alike = abilities_of(examiner).evaluates(), {}
    if not call:
        return []
    for p, parameters in [*_points(examiner, case, rejection), *_start(case, rejection)]:
        key = p.activations, p.X.tobytes(), p.Y.tobytes(), *(Z.shape for Z in parameters)
        alike.setdefault(key, []).append((p, parameters))
    observed = []
    for group in alike.values():
        together = tuple(map(np.stack, zip(*(parameters for _, parameters in group), strict=True)))
        try:
            answer = examiner.ask(about(group[0][0], call, together))
        except ColumnError:  # it may be that this very fault keeps it from being run
            continue
        for place, (p, parameters) in enumerate(group):
            values = {}
            for name in anatomy_at(parameters, p).trace:
                if name in answer:
                    values[name] = _at(answer[name], place, len(group))
            observed.append(Observation(p, parameters, values, together=together, place=place))
    return observed


def _points(examiner, case, rejection):
    """The points whose activations the column computes."""
    for p, parameters in points(case.row, rejection.dtype):
        if abilities_of(examiner).computes(p.activations):
            yield p, parameters


def _at(Z, place, number):
    """One network's part of an array of so many; all of it where it has no such axis."""
    return Z[place] if Z.ndim and len(Z) == number else Z


def _runs(examiner, case, rejection):
    """An Observation of some steps of training from each of the first points."""
    observed = []
    for p, parameters in [*_points(examiner, case, rejection)][:RUNS]:
        observed += _run(examiner, p, parameters, STEPS)
    return observed


def _rejected_run(examiner, case, rejection):
    """An Observation of the run that was rejected, from its start until a few steps after the first wrong one."""
    steps = min(case.steps, max(STEPS, rejection.step + STEPS))
    numbers = steps * len(case.X) * sum(case.widths())
    if steps > LONGEST or numbers > NUMBERS:
        return []
    observed = []
    for p, parameters in _start(case, rejection):
        observed += _run(examiner, p, parameters, steps)
    return observed


def _start(case, rejection):
    """The (Problem, parameters) of the rejected seed at its first weights, unless it is too large for many mistakes."""
    if len(case.X) * sum(case.widths()) > NUMBERS / STEPS:
        return []
    seed = case.seeds.index(rejection.seed) if rejection.seed in case.seeds else 0
    _, _, *parameters = case.cast(rejection.dtype)
    return [(judgement.problem(case, rejection.dtype)._replace(exact=False), tuple(Z[seed] for Z in parameters))]


def _run(examiner, p, parameters, steps):
    """[Observation] of steps of training from parameters; [] where it cannot be run."""
    if not abilities_of(examiner).runs():
        return []
    together = tuple(Z[None] for Z in parameters)
    try:
        answer = examiner.ask(about(p, "trajectory", together, p.lr, steps))
    except ColumnError:
        return []
    path = []
    for name in (*anatomy_at(parameters, p).parameters, "L"):
        Z = answer[name]
        path.append(Z[:, 0] if Z.ndim > 1 and Z.shape[1] == 1 else Z)
    return [Observation(p, parameters, {}, tuple(path), together, steps=steps)]
