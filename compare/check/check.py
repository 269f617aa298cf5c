"""Judges somebody's own implementation by the numbers it gives: gradients, and as much more as it has.

`peer` is whatever has `name`, `functions` (some of record.JUDGES) and `ask`: peer.Peer, or here.Here.
"""

import numpy as np
from msgspec.structs import replace

from fourfold.compare.check import in_lesson
from fourfold.compare.check.checked import RIGHT, WRONG, Checked, first_rejection
from fourfold.compare.check.exams import exam_of
from fourfold.compare.check.record import JUDGES, Record
from fourfold.compare.check.stepping.trajectory import PLAIN
from fourfold.compare.check.words import is_zero
from fourfold.compare.judge.quantities import shown

TRAJECTORIES = 4  # that are compared with those of known mistakes


@np.errstate(all="ignore")
def check(peer, cases, extra=(), hint=False, advance=lambda n: None, stepping=None, undone=False):
    """The Checked on a peer. `advance(1)` is called as each case of each function is done.

    cases: {dtype: [Case]}. `extra`: dtypes, and names of cases, that cost nothing but themselves where a function
    does not take them: nobody asked for them by name. `stepping`: the updates.Stepping that is asked for. `undone`:
    lines are still to be filled in, and where the first wrong number is 0 no mistake is looked for.
    """
    exams, activations = [], {}  # activations in order, each once
    for dtype, of_dtype in cases.items():
        for case in of_dtype:
            exams.append(exam_of(case, dtype, extra))
            activations |= dict.fromkeys(case.activation.split(","))
    given = [{} for _ in exams]  # the quantities of all findings in each, for the diagnosis
    records, missing = [], []
    for function in JUDGES:
        if function in peer.functions:
            records.append(Record(peer, function, exams, extra))
            records[-1].judge(given, advance)
        else:
            missing.append(function)
    if "trace" in peer.functions and given[0]:
        for quantity in exams[0].anatomy().trace:
            if quantity not in given[0]:
                missing.append(f"{shown(quantity, exams[0].p.row)} of trace")
    judged = [dtype for dtype in cases if dtype not in extra]
    for record in records:
        judged += [dtype for dtype in record.judged_in() if dtype not in judged]
    functions, update = _with_update([record.verdict() for record in records], exams, given, stepping)
    proof = getattr(peer, "proof", None)
    checked = Checked(
        target=peer.name,
        dtype=",".join(judged),
        cases=list(dict.fromkeys(exam.case for exam in exams)),
        activations=list(activations),
        seeds=len(exams[0].seeds),
        functions=functions,
        update=update,
        missing=missing,
        proof=proof,
    )
    rejection = first_rejection(checked)
    if undone and rejection and is_zero(rejection):
        return checked
    diagnosis = _diagnosis(exams, given, [f.rejection for f in functions if f.rejection])
    in_words = _in_words(diagnosis, hint) if diagnosis else ""
    return replace(checked, diagnosis=in_words, lesson="" if hint else _in_lesson(diagnosis, proof))


def _with_update(functions, exams, given, stepping):
    """(the verdicts, how train steps): right gradients taken in another way than plain descent are not wrong.

    Where a `stepping` is asked for, another one is.
    """
    verdicts = {f.name: f.verdict for f in functions}
    trains_right = verdicts.get("train") == RIGHT
    if verdicts["gradients"] == WRONG or not (trains_right or verdicts.get("train") == WRONG):
        return functions, ""
    if trains_right:
        if stepping is None or stepping.kind == PLAIN:
            return functions, ""
        return _with_train(functions, WRONG, f"Its step is {PLAIN}; you asked for {stepping.words()}"), ""
    from fourfold.compare.check import stepped, updates  # few have such a train

    update = stepped.update_of(exams, given)
    if update is None or not update.is_as_usual or update.kind not in stepped.OPTIMISERS:
        return functions, ""
    if stepping is not None and (sentence := updates.unlike(stepping, update)):
        return _with_train(functions, WRONG, sentence.rstrip(".")), ""
    return _with_train(functions, RIGHT, ""), f"train steps by {update.words}, with right gradients."


def _with_train(functions, verdict, reason):
    changed = []
    for f in functions:
        is_train = f.name == "train"
        changed.append(replace(f, verdict=verdict, wrong=0, rejection=None, reason=reason) if is_train else f)
    return changed


def _diagnosis(exams, given, rejections):
    """The Diagnosis of the numbers of the first wrong seed; None where they do not show the fault.

    A trajectory is evidence only where nothing else is wrong: `train` need not have its gradients from `gradients`.
    A few are enough, as every mistake there is has to be trained beside them. Networks of one depth are compared,
    that of the first rejection. Of right forms that lose digits only those that are known are named.
    """
    from fourfold.compare.mistakes.diagnosis import diagnose
    from fourfold.compare.mistakes.evidence import Observation

    lossy = [r for r in rejections if r.loses_digits]
    rejections = [r for r in rejections if not r.loses_digits] or lossy
    if not rejections:
        return None
    first = rejections[0]
    wrong_exam = next(exam for exam in exams if (exam.name, exam.p.dtype) == (first.case, first.dtype))
    s = wrong_exam.seeds.index(first.seed)
    only_training = all("train" in r.note for r in rejections)
    observations = []
    for exam, quantities in zip(exams, given, strict=True):
        small = exam is wrong_exam or not exam.is_large()
        alike = exam.p.dtype == wrong_exam.p.dtype and exam.anatomy() == wrong_exam.anatomy()
        if not (small and alike and np.isfinite(exam.p.X).all()):
            continue
        trace = {name: Z[s] for name, Z in quantities.items() if name != "trajectory"}
        trajectory = None
        if only_training and "trajectory" in quantities and s < quantities["trajectory"][0].shape[1]:
            trajectory = tuple(Z[:, s] for Z in quantities["trajectory"])
        observations.append(Observation(exam.p, tuple(exam.parameters_of(s)), trace, trajectory))
    if only_training:
        observations = [one for one in observations if one.trajectory] or observations
        observations = observations[:TRAJECTORIES]
    diagnosis = diagnose(observations)
    if first.loses_digits:
        known = diagnosis.candidates and all(mistake.loses_digits for mistake in diagnosis.candidates[0])
        return diagnosis if known else None
    return diagnosis if diagnosis.quantity else None


def _in_words(diagnosis, hint):
    from fourfold.compare.mistakes.diagnosis import show_diagnosis

    return show_diagnosis(diagnosis, hint)


def _in_lesson(diagnosis, proof):
    """Where the lesson shows the mistake that is named first."""
    if not diagnosis:
        return in_lesson.place_of(proof)
    best = diagnosis.candidates[0] if diagnosis.candidates else ()
    return in_lesson.place([(mistake.name, mistake.equation) for mistake in best])
