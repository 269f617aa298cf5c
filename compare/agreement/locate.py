"""From a wrong entry to a Rejection: which step, which quantity first, whose fault, and how to see it.

An `examiner` has a `name` and answers `ask(question)`: a column in its worker, or a module in this process.
"""

from fourfold.compare.agreement import reproduce
from fourfold.compare.agreement.contract import malformed_answer
from fourfold.compare.agreement.digits import loses_digits
from fourfold.compare.agreement.rejections import Point, rejection
from fourfold.compare.columns.questions import abilities_of, about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement, layers
from fourfold.compare.judge.quantities import part


def in_run(examiner, where, wrong, before, first, case, p):
    """The Rejection of a wrong entry of a piece of a run from step `first` on, all parameters `before` each step.

    The step is evaluated again, to tell a fault from what is carried along. First the whole trace at the column's own
    weights, to name the first quantity that is wrong there; if all are right, one step of `train` from these weights;
    if that is right too, only the run from the start shows it.
    """
    t, s, *entry = wrong.index
    parameters = [Z[t, s] for Z in before]
    point = Point(first + int(t), case.seeds[s], tuple(entry), parameters)
    able = abilities_of(examiner)
    cause, sentence = _wrong_trace(examiner, able.evaluates(), parameters, p)
    if cause:
        return in_function(examiner, where, able.evaluates(), cause, point, p)

    if p.update:
        note = f"{sentence}, and the update from them is wrong" if sentence else ""
        # the optimiser's own memory is part of it: from weights alone no step can be seen again
        return rejection(where, wrong, point._replace(parameters=None), p, note)

    quantity, exact = wrong.judged.quantity, wrong.judged.exact[wrong.index]
    wrong_in_step = _wrong_step(examiner, parameters, p)
    runs = able.runs()
    one_step = "one step of `train`" if runs == "train" else f"`{runs}`"
    lossy = False
    if wrong_in_step:
        culprit = "what it gives for the loss" if wrong_in_step == {"L"} else "the update"
        note = f"{sentence}, and {one_step} from them is wrong: {culprit} is at fault"
        if not sentence:
            note = f"{one_step} from these weights is wrong"
        script = reproduce.of_function("train", where.column, p, parameters, quantity, entry, exact, able=able)
        lossy = loses_digits(examiner, "trajectory", quantity, parameters, p)
    else:
        right = f"{sentence}, and so is {one_step} from them" if sentence else f"{one_step} from these weights is right"
        note = f"{right}: something is carried from step to step"
        _, _, *initial = case.cast(p.dtype)
        start = [Z[s] for Z in initial]
        steps = point.step + 1
        script = reproduce.of_function("train", where.column, p, start, quantity, entry, exact, steps, able)
    return rejection(where, wrong, point, p, note, script, lossy)


def in_function(examiner, where, function, wrong, point, p):
    """The Rejection of a wrong entry of what a function gives by itself; its last axes are one seed's."""
    judged, able = wrong.judged, abilities_of(examiner)
    axes_before = len(wrong.index) - (0 if judged.quantity == "L" else 2)
    point = point._replace(entry=tuple(wrong.index[axes_before:]))
    called = function
    if function == "forward and loss":
        called = "loss" if judged.quantity in {"R", "L"} else "forward"
    notes = []
    if function not in {"trace", "gradients"}:
        right = [f"`{name}`" for name in ("trace", "train") if name in able.functions]
        verb = "is" if len(right) == 1 else "are"
        others = f"; {' and '.join(right)} {verb} right" if right else ""
        notes.append(f"`{called}` gives this, called by itself{others}")
    if wrong.own:
        guilty = part(judged.quantity, len(p.activations))
        notes.append(f"{guilty} is at fault: exact and limit are for the column's own inputs to it")
    exact = judged.exact[wrong.index]
    at = where.column, p, point.parameters, judged.quantity, point.entry, exact
    script = reproduce.of_function(called, *at, able=able)
    call = "forward" if function == "forward and loss" else function
    lossy = loses_digits(examiner, call, judged.quantity, point.parameters, p)
    return rejection(where, wrong, point, p, "; ".join(notes), script, lossy)


def _wrong_trace(examiner, call, parameters, p):
    """(What is first wrong in `trace` at one seed's parameters, or None; the start of a sentence on it).

    `call` may be "gradients" instead, or "" where there is neither.
    """
    if not call:
        return None, ""
    one_seed = [Z[None] for Z in parameters]
    try:
        quantities = examiner.ask(about(p, call, one_seed))
    except ColumnError as error:
        return None, f"`{call}` cannot be run at these weights ({error})"
    complaint = malformed_answer(examiner, call, quantities, one_seed, 1, p)
    if complaint:
        return None, f"`{call}` gives the wrong kind of array at these weights ({complaint.sentence})"
    whole = judgement.judge_trace(quantities, one_seed, p)
    each = [] if call == "gradients" else layers.judge(quantities, one_seed, p)
    return layers.first_wrong(whole, each, quantities), f"`{call}` at these weights is right"


def _wrong_step(examiner, parameters, p):
    """The names of what is wrong in one step of `train` from one seed's parameters."""
    one_seed = [Z[None] for Z in parameters]
    try:
        answer = examiner.ask(about(p, "trajectory", one_seed, p.lr, 1))
    except ColumnError:
        return set()
    path = [*answer.values()]
    if form.malformed_path(path, one_seed, 1, p):
        return set()
    before = [Z[None] for Z in one_seed]
    judged = judgement.judge_steps(before, path, p)
    return {j.quantity for j in judged if j.wrong.any()}
