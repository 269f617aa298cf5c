"""Judges somebody's own implementation by the numbers it gives: gradients, and as much more as it has.

`peer` is whatever has `name`, `functions` (some of JUDGES) and `ask`: peer.Peer, or here.Here.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from fourfold.compare.check import protocol
from fourfold.compare.errors import ColumnError, Misfit
from fourfold.compare.judge import judgement, referee
from fourfold.compare.judge.quantities import parameter_names, trace_names, trace_shapes
from fourfold.compare.results.result import Rejection, number

PATHS = 4  # that are compared with those of known mistakes
STEPS = 10  # of a training run: each alone, then all in one call


class Function(msgspec.Struct, frozen=True):
    """What was found out about one function."""

    name: str
    verdict: str  # "right", "wrong", "not judged"
    numbers: int  # certified
    rejection: Rejection | None = None
    reason: str = ""  # why it is wrong, or was not judged, other than by a number


class Checked(msgspec.Struct, frozen=True):
    target: str
    dtype: str
    cases: list[str]
    activations: list[str]
    seeds: int
    functions: list[Function]
    missing: list[str]  # functions and quantities that are not there to be judged
    diagnosis: str = ""
    printed: str = ""  # by the target

    def exit_code(self):
        verdicts = {f.verdict for f in self.functions}
        return 1 if "wrong" in verdicts else 3 if "not judged" in verdicts else 0


class Point(NamedTuple):
    """One case in one precision, for all seeds: W1 ... WK (S, d_k-1, d_k) and, with biases, b1 ... bK (S, 1, d_k)."""

    case: str
    seeds: range
    p: judgement.Problem
    parameters: dict

    def of_seed(self, s):
        return [Z[s] for Z in self.parameters.values()]


class Found(NamedTuple):
    """Of one function on one case: numbers certified, the first rejection, what was given, whether that varies."""

    numbers: int
    rejection: Rejection | None
    quantities: dict
    varies: bool = False


@np.errstate(all="ignore")
def check(peer, cases, dtype, hint=False, advance=lambda n: None):
    """The Checked on a peer. `advance(1)` is called as each case of each function is done."""
    points = [_point(case, dtype) for case in cases]
    given = [{} for _ in points]  # {quantity: (S, ...)} of each, for the diagnosis
    functions = [_judge(peer, name, points, given, advance) for name in JUDGES if name in peer.functions]
    rejections = [f.rejection for f in functions if f.rejection]
    missing = [name for name in JUDGES if name not in peer.functions]
    if "trace" in peer.functions and given[0]:
        names = trace_names(points[0].p.row, *_depth(points[0]))
        missing += [f"{quantity} of trace" for quantity in names if quantity not in given[0]]
    return Checked(
        target=peer.name,
        dtype=dtype,
        cases=list(dict.fromkeys(case.name for case in cases)),
        activations=list(dict.fromkeys(name for case in cases for name in case.activation.split(","))),
        seeds=len(cases[0].seeds),
        functions=functions,
        missing=missing,
        diagnosis=_diagnosis(points, given, rejections, hint) if rejections else "",
    )


def _point(case, dtype):
    _, _, *parameters = case.cast(dtype)
    p = judgement.problem(case, dtype)
    names = parameter_names(parameters, p)
    return Point(case.name, case.seeds, p, dict(zip(names, parameters, strict=True)))


def _depth(point):
    """(Number of layers, whether they have biases)"""
    K = len(point.p.activations)
    return K, len(point.parameters) > K


def _judge(peer, name, points, given, advance):
    numbers, rejection, varies, verdict, reason = 0, None, False, "right", ""
    try:
        for n, found in JUDGES[name](peer, points):
            given[n] |= {quantity: Z for quantity, Z in found.quantities.items() if quantity not in given[n]}
            numbers, rejection, varies = numbers + found.numbers, rejection or found.rejection, varies or found.varies
            advance(1)
    except Misfit as error:
        verdict, reason = "wrong", str(error)
    except ColumnError as error:
        verdict, reason = "not judged", str(error)
    if rejection:
        verdict, reason = "wrong", VARIES.format(name) if varies else reason
    elif verdict == "right" and not numbers:
        verdict, reason = "not judged", f"{name} leaves the format's range at once: nothing could be certified"
    return Function(name, verdict, numbers, rejection, reason)


def _gradients(peer, points):
    """Every case, and once more in reverse order: the same question has to get an answer as right."""
    first = []
    for n, point in enumerate(points):
        first.append(_ask(peer, "gradients", point))
        yield n, _evaluated(peer, "gradients", point, first[n])
    for n, point in reversed([*enumerate(points)]):
        again = _ask(peer, "gradients", point, backwards=True)
        if any(Z.tobytes() != first[n][name].tobytes() for name, Z in again.items()):
            yield n, _evaluated(peer, "gradients", point, again)._replace(numbers=0, varies=True)


def _trace(peer, points):
    for n, point in enumerate(points):
        yield n, _evaluated(peer, "trace", point, _ask(peer, "trace", point))


def _train(peer, points):
    """Step by step, each from where the last one led, certified like a column's; then all in one call.

    That call is right if it ends, bit for bit, where the single steps did. If not, as a compiler may order the
    operations of a loop otherwise, every loss and the last weights are certified by judge_run.
    """
    for n, point in enumerate(points):
        before, path, at = [], [], point
        for _ in range(STEPS):
            end = _ask(peer, "train", at, lr=point.p.lr, steps=1)
            before.append([*at.parameters.values()])
            path.append([*(end[name] for name in at.parameters), end["losses"][:, 0]])
            at = at._replace(parameters={name: end[name].astype(point.p.dtype) for name in at.parameters})
        before, path = (tuple(np.stack(Z) for Z in zip(*rows, strict=True)) for rows in (before, path))
        judged, rejection = judgement.judge_steps(before, path, point.p), None
        if wrong := judgement.first_wrong(judged):
            t, s, *entry = wrong.index
            rejection = _rejected(peer, point, wrong, s, entry, "one step of train", [Z[t, s] for Z in before])
        yield n, Found(_count(judged), rejection, {"path": path} if rejection else {})
        if rejection:
            continue

        end = _ask(peer, "train", point, lr=point.p.lr, steps=STEPS)
        alone = dict(zip(point.parameters, (Z[-1] for Z in path), strict=False)) | {"losses": path[-1].T}
        if all(np.array_equal(Z, end[name], equal_nan=True) for name, Z in alone.items()):
            yield n, Found(0, None, {})
            continue
        last = [*(end[name] for name in point.parameters), end["losses"].T]
        losses, *weights = judgement.judge_run([*point.parameters.values()], last, point.p)
        if wrong := judgement.first_wrong([losses]):
            t, s = wrong.index
            rejection = _rejected(peer, point, wrong, s, [], f"train, step {t} of {STEPS}: {CARRIED}")
        elif wrong := judgement.first_wrong(weights):
            s, *entry = wrong.index
            rejection = _rejected(peer, point, wrong, s, entry, f"train, after {STEPS} steps: {CARRIED}")
        yield n, Found(_count([losses, *weights]), rejection, {})


VARIES = (
    "{} answers the same question differently when it is asked again: "
    "it keeps something from call to call, or draws at random"
)
CARRIED = "single steps are right, so something is carried from step to step"
# in the order in which they are put; gradients is the one that has to be there
JUDGES = {"gradients": _gradients, "trace": _trace, "train": _train}


def _ask(peer, call, point, backwards=False, **more):
    """The answers for all seeds, {name: (S, ...)}; raises Misfit for another form than asked for."""
    p, order = point.p, [*range(len(point.seeds))]
    answers = {}
    for s in reversed(order) if backwards else order:
        parameters = dict(zip(point.parameters, point.of_seed(s), strict=True))
        question = protocol.Question(call, p.row, p.dtype, p.activations, p.X, p.Y, parameters, more)
        answers[s] = peer.ask(question)
        _check_shapes(question, answers[s], _depth(point)[1])
        if answers[s].keys() != answers[order[-1] if backwards else 0].keys():
            raise Misfit(f"{call} gives other quantities from call to call")
    return {name: np.stack([answers[s][name] for s in order]) for name in answers[0]}


def _check_shapes(question, answer, biases):
    q = question
    widths = (q.X.shape[1], *(W.shape[1] for W in [*q.parameters.values()][: len(q.activations)]))
    shapes = trace_shapes((), len(q.X), widths, q.row, biases).named()
    shapes |= {name: Z.shape for name, Z in q.parameters.items()} | {"losses": (q.train.get("steps"),)}
    for name, Z in answer.items():
        if Z.shape != shapes[name]:
            swapped = [other for other in answer if other != name and Z.shape == shapes[other]]
            hint = f", the shape of {swapped[0]}" if swapped else ""
            raise Misfit(f"{q.call} gives {name} of shape {Z.shape}, not {shapes[name]}{hint}")


def _evaluated(peer, call, point, quantities):
    judged = judgement.judge_trace(quantities, [*point.parameters.values()], point.p)
    rejection = None
    if wrong := judgement.first_wrong(judged):
        s, *entry = wrong.index
        rejection = _rejected(peer, point, wrong, s, entry, call, point.of_seed(s))
    return Found(_count(judged), rejection, quantities)


def _count(judged):
    return sum(int((j.certified | j.no_number).sum()) for j in judged)


def _rejected(peer, point, wrong, s, entry, note, parameters=None):
    """The Rejection of an entry of seed number s; with the weights it comes from, confirmed in ball arithmetic."""
    j, p = wrong.judged, point.p
    value, exact, error, limit = (Z[wrong.index] for Z in (j.value, j.exact, j.error, j.limit))
    certificate = ""
    if parameters and all(np.isfinite(Z).all() for Z in (p.X, p.Y, *parameters, exact)):
        certificate = referee.confirm(j.quantity, tuple(entry), value, limit, parameters, p)
    return Rejection(
        column=peer.name,
        case=_name(point),
        dtype=p.dtype,
        step=0,
        seed=point.seeds[s],
        quantity=j.quantity,
        index=[int(i) for i in entry],
        value=number(value),
        truth=number(exact),
        error=number(error),
        limit=number(limit),
        note=note,
        certificate=certificate,
    )


def _name(point):
    p = point.p
    return f"{point.case}, {p.activation if p.row == 'two_layer' else ','.join(p.activations)}"


def first_rejection(checked):
    """The first wrong number in order of computation: of `trace` if that shows it, else of `gradients` or `train`."""
    by_name = {f.name: f.rejection for f in checked.functions}
    return next((r for name in ("trace", "gradients", "train") if (r := by_name.get(name))), None)


def _diagnosis(points, given, rejections, hint):
    """What the numbers of the first wrong seed look like, in words; "" where they do not show the fault.

    A path is evidence only where nothing else is wrong: `train` need not have its gradients from `gradients`. A few
    are enough, as every mistake there is has to be trained beside them. Networks of one depth are compared, that of
    the first rejection.
    """
    from fourfold.compare.mistakes.diagnosis import diagnose, show_diagnosis
    from fourfold.compare.mistakes.evidence import Observation

    observations, others = [], any("train" not in r.note for r in rejections)
    depth = next(_depth(point) for point in points if _name(point) == rejections[0].case)
    alike = [pair for pair in zip(points, given, strict=True) if _depth(pair[0]) == depth]
    for point, quantities in alike[: None if others else PATHS]:
        s = point.seeds.index(rejections[0].seed)
        found = {name: Z[s] for name, Z in quantities.items() if name != "path"}
        path = tuple(Z[:, s] for Z in quantities["path"]) if "path" in quantities and not others else None
        observations.append(Observation(point.p, tuple(point.of_seed(s)), found, path))
    diagnosis = diagnose(observations)
    return show_diagnosis(diagnosis, hint) if diagnosis.quantity else ""
