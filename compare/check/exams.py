"""What an implementation is asked, one case at a time, and what is found out by one answer."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.agreement.rejections import Point, Where, rejection
from fourfold.compare.check import lossy, recognise
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError, Misfit, Raised
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import TWO_LAYER, anatomy_of, shapes, shown
from fourfold.compare.results.result import Rejection

VARIES = (
    "{} answers the same question differently the second time: "
    "it keeps something between calls, or draws random numbers"
)

LARGE = 200  # numbers in the widest array of an exam


class Exam(NamedTuple):
    """One case in one precision, for all seeds: W1 ... WK (S, d_k-1, d_k) and, with biases, b1 ... bK (S, 1, d_k)."""

    case: str
    name: str  # of the case, and its activations
    seeds: range
    p: judgement.Problem
    parameters: list
    steps: int  # of the case
    may_be_refused: bool  # whether it costs nothing but itself where a function raises
    may_raise: bool  # whether that is so, or costs no more than all of this precision

    def parameters_of(self, s):
        """Those of seed number s."""
        return [Z[s] for Z in self.parameters]

    def first_seed(self):
        """The same exam of one seed."""
        return self._replace(seeds=self.seeds[:1], parameters=[Z[:1] for Z in self.parameters])

    def is_large(self):
        """Whether it takes long to do anything with it."""
        return judgement.entries(self.p, self.parameters) > LARGE

    def anatomy(self):
        return anatomy_of(about(self.p, "trace", self.parameters))

    def group(self):
        """What is judged by itself: a function that raises at ReLU may be right about tanh."""
        names = [self.p.activation] if self.p.row == TWO_LAYER else sorted(set(self.p.activations))
        return self.p.dtype, ", ".join(names)


class Finding(NamedTuple):
    """What one function gave in one exam."""

    judged: int  # how many numbers
    wrong: int  # of them
    rejection: Rejection | None
    quantities: dict  # {name: (S, ...)}, or "trajectory": all parameters after every step, and L
    varies: bool = False  # it gave something else before
    steps: int = 0  # of the longest call of train


def exam_of(case, dtype, extra):
    """The Exam of a Case; `extra` as in `check`."""
    _, _, *parameters = case.cast(dtype)
    p = judgement.problem(case, dtype)
    activations = p.activation if p.row == TWO_LAYER else ",".join(p.activations)
    name, may_be_refused = f"{case.name}, {activations}", case.name in extra
    return Exam(
        case.name, name, case.seeds, p, parameters, case.steps, may_be_refused, may_be_refused or dtype in extra
    )


def evaluated(peer, function, exam, quantities):
    """The Finding on what a function gives of one evaluation."""
    judged = judgement.judge_trace(quantities, exam.parameters, exam.p)
    refused = refusal(peer, function, exam, judged, 1, function, exam.parameters)
    return finding(judged, refused, quantities)


def finding(judged, refused, quantities, steps=0):
    """The Finding on what is Judged: numbers are certified to be right, or to be none."""
    numbers = sum(int((j.certified | j.no_number).sum()) for j in judged)
    wrong = sum(int(j.wrong.sum()) for j in judged)
    return Finding(numbers, wrong, refused, quantities, steps=steps)


def ask(peer, exam, call, lr=None, steps=0, backwards=False):
    """The answers for all seeds, {name: (S, ...)}; raises Misfit for another form than asked for."""
    answers = {}  # {quantity: a list, a seed after the other}
    order = range(len(exam.seeds))
    for s in reversed(order) if backwards else order:
        question = about(exam.p, call, exam.parameters_of(s), lr, steps)
        answer = _answer(peer, exam, question)
        _check_shapes(question, answer)
        if answers and answer.keys() != answers.keys():
            raise Misfit(f"{call} gives different quantities from call to call")
        for name, Z in answer.items():
            answers.setdefault(name, []).append(Z)
    return {name: np.stack(Zs[::-1] if backwards else Zs) for name, Zs in answers.items()}


def _answer(peer, exam, question):
    """One answer. What a function of this process raises may be a refusal, as what one of another process raises is."""
    try:
        return peer.ask(question)
    except (Misfit, ColumnError):
        raise
    except Exception as error:
        if exam.may_raise:
            raise Raised(recognise.explain(question.call, error)) from error
        raise


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


def refusal(peer, function, exam, judged, axes, note, parameters):
    """The Rejection of the first wrong number that is not only lossy, else of the first one; None: nothing is wrong.

    `axes`: how many of an index's come before one network's: the seed's, or the step's and the seed's. `parameters`
    have these too: where they are given, a number is confirmed in ball arithmetic.
    """
    first = None
    for wrong in _each_wrong(judged, axes):
        network = wrong.index[:axes]
        loses = lossy.is_lossy(peer, function, wrong.judged.quantity, [Z[network] for Z in parameters], exam.p)
        if not loses:
            return refused(peer, exam, wrong, axes, note, parameters)
        first = first or wrong
    return first and refused(peer, exam, first, axes, note, parameters, loses_digits=True)


def _each_wrong(judged, axes):
    """The first wrong entry of every quantity of every network, as `judgement.first_wrong` would find them."""
    wrongs = []
    for order, j in enumerate(judged):
        networks = set()
        for index in map(tuple, np.argwhere(j.wrong)):
            if index[:axes] not in networks:
                networks.add(index[:axes])
                wrongs.append((index[0], order, index, judgement.Wrong(j, index)))
    return [wrong for *_, wrong in sorted(wrongs, key=lambda one: one[:3])]


def refused(peer, exam, wrong, axes, note, parameters=None, loses_digits=False):
    """The Rejection of a wrong entry."""
    network, entry = wrong.index[:axes], wrong.index[axes:]
    its_own = None if parameters is None else [Z[network] for Z in parameters]
    point = Point(0, exam.seeds[network[-1]], entry, its_own)
    where = Where(peer.name, exam.name, exam.p.dtype)
    return rejection(where, wrong, point, exam.p, note, loses_digits=loses_digits)
