"""Judges somebody's own implementation by the numbers it gives: gradients, and as much more as it has.

`peer` is whatever has `name`, `functions` (some of JUDGES) and `ask`: peer.Peer, or here.Here.
"""

from functools import partial
from typing import NamedTuple

import msgspec
import numpy as np

from fourfold.compare.agreement.rejections import Point, Where, rejection
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError, Misfit, exit_code
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import TWO_LAYER, anatomy_of, shapes, shown
from fourfold.compare.results.result import Rejection

TRAJECTORIES = 4  # that are compared with those of known mistakes
STEPS = 10  # of a training run: each alone, then all in one call


class FunctionVerdict(msgspec.Struct, frozen=True):
    """What was found out about one function."""

    name: str
    verdict: str  # "right", "wrong", "not judged"
    numbers: int  # certified
    rejection: Rejection | None = None
    reason: str = ""  # why it is wrong, or was not judged, other than by a number


class Checked(msgspec.Struct, frozen=True):
    """What was found out about an implementation; as JSON, what `fourfold check --json` writes."""

    target: str
    dtype: str
    cases: list[str]
    activations: list[str]
    seeds: int
    functions: list[FunctionVerdict]
    missing: list[str]  # functions and quantities that are not there to be judged
    diagnosis: str = ""
    printed: str = ""  # by the target

    def exit_code(self):
        verdicts = {f.verdict for f in self.functions}
        return exit_code("wrong" in verdicts, "not judged" in verdicts)


class Exam(NamedTuple):
    """One case in one precision, for all seeds: W1 ... WK (S, d_k-1, d_k) and, with biases, b1 ... bK (S, 1, d_k)."""

    name: str  # of the case, and its activations
    seeds: range
    p: judgement.Problem
    parameters: list

    def parameters_of(self, s):
        """Those of seed number s."""
        return [Z[s] for Z in self.parameters]

    def anatomy(self):
        return anatomy_of(about(self.p, "trace", self.parameters))


class Finding(NamedTuple):
    """What one function gave in one exam."""

    numbers: int  # certified
    rejection: Rejection | None
    quantities: dict  # {name: (S, ...)}, or "trajectory": all parameters after every step, and L
    varies: bool = False  # it gave something else before


@np.errstate(all="ignore")
def check(peer, cases, dtype, hint=False, advance=lambda n: None):
    """The Checked on a peer. `advance(1)` is called as each case of each function is done."""
    exams = [_exam(case, dtype) for case in cases]
    given = [{} for _ in exams]  # the quantities of all findings in each, for the diagnosis
    verdicts, missing = [], []
    for function in JUDGES:
        if function in peer.functions:
            verdicts.append(_judge(peer, function, exams, given, advance))
        else:
            missing.append(function)
    if "trace" in peer.functions and given[0]:
        for quantity in exams[0].anatomy().trace:
            if quantity not in given[0]:
                missing.append(f"{shown(quantity, exams[0].p.row)} of trace")
    rejections = [verdict.rejection for verdict in verdicts if verdict.rejection]
    activations = {}  # in order, each once
    for case in cases:
        activations |= dict.fromkeys(case.activation.split(","))
    return Checked(
        target=peer.name,
        dtype=dtype,
        cases=list(dict.fromkeys(case.name for case in cases)),
        activations=list(activations),
        seeds=len(cases[0].seeds),
        functions=verdicts,
        missing=missing,
        diagnosis=_diagnosis(exams, given, rejections, hint) if rejections else "",
    )


def _exam(case, dtype):
    _, _, *parameters = case.cast(dtype)
    p = judgement.problem(case, dtype)
    activations = p.activation if p.row == TWO_LAYER else ",".join(p.activations)
    return Exam(f"{case.name}, {activations}", case.seeds, p, parameters)


def _judge(peer, function, exams, given, advance):
    """The FunctionVerdict on one function; what it gives is added to `given`, where no function before gave it."""
    numbers, first, varies = 0, None, False
    verdict, reason = "right", ""
    try:
        for n, finding in JUDGES[function](peer, exams):
            for quantity, Z in finding.quantities.items():
                given[n].setdefault(quantity, Z)
            numbers += finding.numbers
            first = first or finding.rejection
            varies = varies or finding.varies
            advance(1)
    except Misfit as error:
        verdict, reason = "wrong", str(error)
    except ColumnError as error:
        verdict, reason = "not judged", str(error)
    if first:
        verdict, reason = "wrong", VARIES.format(function) if varies else reason
    elif verdict == "right" and not numbers:
        verdict, reason = "not judged", f"{function} leaves the format's range at once: nothing could be certified"
    return FunctionVerdict(function, verdict, numbers, first, reason)


def _gradients(peer, exams):
    """Every exam, and once more in reverse order: the same question has to get an answer as right."""
    answers = []
    for n, exam in enumerate(exams):
        answers.append(_ask(peer, exam, "gradients"))
        yield n, _evaluated(peer, "gradients", exam, answers[n])
    for n in reversed(range(len(exams))):
        again = _ask(peer, exams[n], "gradients", backwards=True)
        if any(Z.tobytes() != answers[n][name].tobytes() for name, Z in again.items()):
            yield n, _evaluated(peer, "gradients", exams[n], again)._replace(numbers=0, varies=True)


def _trace(peer, exams):
    for n, exam in enumerate(exams):
        yield n, _evaluated(peer, "trace", exam, _ask(peer, exam, "trace"))


def _evaluated(peer, function, exam, quantities):
    """The Finding on what a function gives of one evaluation."""
    judged = judgement.judge_trace(quantities, exam.parameters, exam.p)
    wrong = judgement.first_wrong(judged)
    refused = wrong and _rejection(peer, exam, wrong, 1, function, exam.parameters)
    return Finding(_count(judged), refused, quantities)


def _train(peer, exams):
    """Step by step, each from where the last one led; then, if these are right, all in one call."""
    for n, exam in enumerate(exams):
        finding, trajectory = _single_steps(peer, exam)
        yield n, finding
        if not finding.rejection:
            yield n, _one_call(peer, exam, trajectory)


def _single_steps(peer, exam):
    """The Finding on STEPS calls of one step each, certified like a column's, and their trajectory."""
    p, now = exam.p, exam.parameters
    before, after = [], []
    for _ in range(STEPS):
        *end, losses = _ask(peer, exam._replace(parameters=now), "train", p.lr, 1).values()
        before.append(now)
        after.append([*end, losses[:, 0]])
        now = [Z.astype(p.dtype) for Z in end]
    before, trajectory = _over_time(before), _over_time(after)
    judged = judgement.judge_steps(before, trajectory, p)
    wrong = judgement.first_wrong(judged)
    refused = wrong and _rejection(peer, exam, wrong, 2, "one step of train", before)
    return Finding(_count(judged), refused, {"trajectory": trajectory} if wrong else {}), trajectory


def _over_time(points):
    """Arrays whose first axis is time, from a list of arrays a step."""
    return list(map(np.stack, zip(*points, strict=True)))


def _one_call(peer, exam, trajectory):
    """The Finding on one call of all steps.

    It is right if it ends, bit for bit, where the single steps did. If not, as a compiler may order the operations of
    a loop otherwise, every loss and the last weights are certified by judge_run.
    """
    *parameters, losses = _ask(peer, exam, "train", exam.p.lr, STEPS).values()
    end = [*parameters, losses.T]
    *weights, each_loss = trajectory
    alone = [*(Z[-1] for Z in weights), each_loss]
    if all(map(partial(np.array_equal, equal_nan=True), alone, end)):
        return Finding(0, None, {})
    judged_losses, *judged = judgement.judge_run(exam.parameters, end, exam.p)
    refused = None
    if wrong := judgement.first_wrong([judged_losses]):
        refused = _rejection(peer, exam, wrong, 2, f"train, step {wrong.index[0]} of {STEPS}: {CARRIED}")
    elif wrong := judgement.first_wrong(judged):
        refused = _rejection(peer, exam, wrong, 1, f"train, after {STEPS} steps: {CARRIED}")
    return Finding(_count([judged_losses, *judged]), refused, {})


VARIES = (
    "{} answers the same question differently when it is asked again: "
    "it keeps something from call to call, or draws at random"
)
CARRIED = "single steps are right, so something is carried from step to step"
# in the order in which they are put; gradients is the one that has to be there
JUDGES = {"gradients": _gradients, "trace": _trace, "train": _train}


def _ask(peer, exam, call, lr=None, steps=0, backwards=False):
    """The answers for all seeds, {name: (S, ...)}; raises Misfit for another form than asked for."""
    answers = {}  # {quantity: a list, a seed after the other}
    order = range(len(exam.seeds))
    for s in reversed(order) if backwards else order:
        question = about(exam.p, call, exam.parameters_of(s), lr, steps)
        answer = peer.ask(question)
        _check_shapes(question, answer)
        if answers and answer.keys() != answers.keys():
            raise Misfit(f"{call} gives other quantities from call to call")
        for name, Z in answer.items():
            answers.setdefault(name, []).append(Z)
    return {name: np.stack(Zs[::-1] if backwards else Zs) for name, Zs in answers.items()}


def _check_shapes(q, answer):
    """Raises Misfit where an array of an answer to a Question has another shape than it must have."""
    expected = shapes(anatomy_of(q), (), len(q.X), q.widths()) | {"losses": (q.steps,)}
    for name, Z in q.parameters.items():
        expected[name] = Z.shape
    for name, Z in answer.items():
        if Z.shape != expected[name]:
            swapped = [other for other in answer if other != name and Z.shape == expected[other]]
            hint = f", the shape of {shown(swapped[0], q.row)}" if swapped else ""
            raise Misfit(f"{q.call} gives {shown(name, q.row)} of shape {Z.shape}, not {expected[name]}{hint}")


def _count(judged):
    """How many numbers are certified to be right, or to be none."""
    return sum(int((j.certified | j.no_number).sum()) for j in judged)


def _rejection(peer, exam, wrong, axes, note, parameters=None):
    """The Rejection of a wrong entry; with the parameters it comes from, confirmed in ball arithmetic.

    `axes`: how many of its index's come before one network's: the seed's, or the step's and the seed's. `parameters`
    have these too.
    """
    network, entry = wrong.index[:axes], wrong.index[axes:]
    its_own = None if parameters is None else [Z[network] for Z in parameters]
    point = Point(0, exam.seeds[network[-1]], entry, its_own)
    return rejection(Where(peer.name, exam.name, exam.p.dtype), wrong, point, exam.p, note)


def first_rejection(checked):
    """The first wrong number in order of computation: of `trace` if that shows it, else of `gradients` or `train`."""
    rejections = {f.name: f.rejection for f in checked.functions}
    return rejections.get("trace") or rejections.get("gradients") or rejections.get("train")


def _diagnosis(exams, given, rejections, hint):
    """What the numbers of the first wrong seed look like, in words; "" where they do not show the fault.

    A trajectory is evidence only where nothing else is wrong: `train` need not have its gradients from `gradients`.
    A few are enough, as every mistake there is has to be trained beside them. Networks of one depth are compared,
    that of the first rejection.
    """
    from fourfold.compare.mistakes.diagnosis import diagnose, show_diagnosis
    from fourfold.compare.mistakes.evidence import Observation

    wrong_exam = next(exam for exam in exams if exam.name == rejections[0].case)
    s = wrong_exam.seeds.index(rejections[0].seed)
    only_training = all("train" in r.note for r in rejections)
    observations = []
    for exam, quantities in zip(exams, given, strict=True):
        if exam.anatomy() != wrong_exam.anatomy():
            continue
        trace = {name: Z[s] for name, Z in quantities.items() if name != "trajectory"}
        trajectory = None
        if only_training and "trajectory" in quantities:
            trajectory = tuple(Z[:, s] for Z in quantities["trajectory"])
        observations.append(Observation(exam.p, tuple(exam.parameters_of(s)), trace, trajectory))
    diagnosis = diagnose(observations[:TRAJECTORIES] if only_training else observations)
    return show_diagnosis(diagnosis, hint) if diagnosis.quantity else ""
