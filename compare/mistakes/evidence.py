"""What a target gave, beside the truth. Names are the anatomy's, whatever they were on the way in."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.cases import suites
from fourfold.compare.judge import form, judgement, truth
from fourfold.compare.judge.judgement import Problem
from fourfold.compare.judge.quantities import DEEP, TWO_LAYER, Anatomy, anatomy, every, internal

# Cases that tell the mistakes apart, of one depth in the row of any depth.
CASES = {
    TWO_LAYER: (
        "asymmetric-sigmoid",
        "one-output-sigmoid",
        "square-sigmoid",
        "saturated-sigmoid",
        "asymmetric-tanh",
        "asymmetric-relu",
        "zero-first-layer-relu",
    ),
    DEEP: ("deep-tanh", "deep-square-relu", "deep-saturated", "deep-zero-biases"),
}


class Observation(NamedTuple):
    """What a target gave at one point."""

    p: Problem
    parameters: tuple  # of one network: W1 ... WK and, with biases, b1 ... bK
    values: dict  # quantities of a trace -> arrays
    trajectory: tuple | None = None  # all parameters (steps, ...) after every step from these, and L (steps,)
    together: tuple = ()  # parameters (S, ...) of all networks that were asked about at once, if any
    place: int = 0  # of this one among them
    steps: int = 0  # that were asked for, if the trajectory may have others


class View(NamedTuple):
    """An observation and what is right there, by quantity; what is of the trajectory is called "every ..."."""

    p: Problem
    parameters: tuple
    network: Anatomy
    steps: int  # of the trajectory; 0: it is not shown
    values: dict  # what the target gave
    wide: dict  # what is right, in the numbers that judge
    exact: dict  # the same in float64
    limit: dict
    usable: bool  # it is within range, so that the limits hold
    wrong: set  # names, of `values`
    together: tuple  # parameters as they were asked about, with a leading axis where `place` is not None
    place: int | None

    def is_wrong(self, name, value):
        """Whether a value of a quantity of the trace is certainly wrong."""
        if value.shape != self.exact[name].shape:
            return True
        if not self.usable:  # then only a number can be wrong, where there is none
            (judged,) = judgement.judge_trace({name: value}, self.parameters, self.p._replace(exact=False))
            return bool(judged.wrong.any())
        error = truth.narrow(np.abs(truth.widen(value, self.p.wide) - self.wide[name]))
        return not (error <= self.limit[name]).all()


def points(row=TWO_LAYER, dtype="float64"):
    """(Problem, parameters) of one network of every case of a row's CASES."""
    entries = {entry.name: entry for entry in (*suites.TABLE, *suites.DEEP)}
    for name in CASES[row]:
        case = suites.build(entries[name])
        _, _, *parameters = case.cast(dtype)
        yield judgement.problem(case, dtype), tuple(Z[0] for Z in parameters)


def view(observation):
    """The View of an Observation."""
    p, parameters = observation.p, observation.parameters
    depth = len(p.activations)
    network = anatomy(p.row, depth, len(parameters) > depth)
    wide, limits, in_range = judgement.exact_values(parameters, p._replace(exact=False))
    exact, limit = {}, {}
    for name in network.trace:
        exact[name], limit[name] = truth.narrow(np.asarray(wide[name])), np.asarray(limits[name])
    trajectory = [np.asarray(Z, p.dtype) for Z in observation.trajectory or ()]
    steps = (observation.steps or len(trajectory[-1])) if trajectory else 0

    together, place = (observation.together, observation.place) if observation.together else (parameters, None)
    seen = View(p, parameters, network, steps, {}, wide, exact, limit, bool(in_range), set(), together, place)
    for given_name, Z in observation.values.items():
        name = internal(given_name, p.row)
        seen.values[name] = np.asarray(Z, p.dtype)
        if seen.is_wrong(name, seen.values[name]):
            seen.wrong.add(name)
    if trajectory:
        names = map(every, (*network.parameters, "L"))
        seen.values.update(zip(names, trajectory, strict=True))
        seen.wrong.update(wrong_in_run(seen, seen.values))
    return seen


def of_one(Z, view, axis=0):
    """The part of an array that is a View's own, where several networks were asked about along an axis."""
    if view.place is None or Z.ndim <= axis or Z.shape[axis] != len(view.together[0]):
        return Z
    return Z.take(view.place, axis)


def wrong_in_run(seen, run):
    """Names of what the step certificate rejects of a run {name: array}; all where an array is missing or misshapen."""
    names = [every(name) for name in (*seen.network.parameters, "L")]
    path = [run[name] for name in names if name in run]
    if len(path) < len(names) or form.malformed_path(path, seen.parameters, seen.steps, seen.p):
        return set(seen.network.run)
    before = [Z[:, None] for Z in form.before_each_step(seen.parameters, path)]
    judged = judgement.judge_steps(before, [Z[:, None] for Z in path], seen.p)
    return {every(j.quantity) for j in judged if j.wrong.any()}
