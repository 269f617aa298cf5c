"""Which case and which check catches which mistake, and what the usual tolerances would have let pass."""

from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.agreement import contract, digits
from fourfold.compare.agreement.rejections import Where
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.columns.questions import about
from fourfold.compare.judge import form, judgement, layers
from fourfold.compare.judge.quantities import shown
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.trials import cut, plantings, runs

# What a tester gets without naming a tolerance: |a - b| <= atol + rtol |b|, (rtol, atol) for float64 and for float32.
TOLERANCES = {
    "numpy.allclose": ((1e-5, 1e-8), (1e-5, 1e-8)),  # numpy/_core/numeric.py; jax.numpy.allclose has the same
    "numpy.testing.assert_allclose": ((1e-7, 0), (1e-7, 0)),  # numpy/testing/_private/utils.py
    "torch.testing.assert_close": ((1e-7, 1e-7), (1.3e-6, 1e-5)),  # torch/testing/_comparison.py
    "jax.test_util.check_grads": ((1e-5, 1e-5), (2e-3, 2e-3)),  # jax/_src/public_test_util.py
    "tf.test.TestCase.assertAllClose": ((1e-6, 1e-6), (1e-6, 1e-6)),  # tensorflow/python/framework/test_util.py
}


class Attempt(NamedTuple):
    """What one column does on one case in one precision."""

    form: str  # what is wrong with its arrays, or what it raised; or ""
    point: str  # first wrong quantity of the trace, by the point certificate; or ""
    step: str  # first wrong quantity of the trajectory, by the step certificate; or ""
    shapes: str  # first wrong quantity in some shape of the contract, or what is beside it; or ""
    changed: bool  # it gives other bits than the column it was planted in
    close: tuple  # bool for each of TOLERANCES: it cannot be told from that column
    loses_digits: bool = False  # what is caught is lost digits, where that was asked

    @property
    def caught(self):
        return bool(self.form or self.point or self.step or self.shapes)


class Tried(NamedTuple):
    """One mistake, or one rewriting, in one column."""

    name: str
    column: str
    attempts: dict  # (case name, dtype) -> Attempt
    loses_digits: bool = False  # it is right on paper

    @property
    def caught(self):
        return bool(self.caught_on())

    @property
    def changes(self):
        return any(attempt.changed for attempt in self.attempts.values())

    @property
    def recognised(self):
        """Whether a form that loses digits is told from a mistake wherever it is caught."""
        return all(attempt.loses_digits for attempt in self.attempts.values() if attempt.caught)

    def on(self, cases=None):
        """The Attempts on all cases, or on those of these names."""
        return [attempt for (case, _), attempt in self.attempts.items() if cases is None or case in cases]

    def caught_on(self):
        """(case name, dtype) of every attempt that is caught."""
        return [run for run, attempt in self.attempts.items() if attempt.caught]

    def times(self, check, cases=None):
        """How many of them a check catches: "form", "point", "step" or "shapes"; "caught" is any."""
        caught = 0
        for attempt in self.on(cases):
            caught += bool(getattr(attempt, check))
        return caught

    def survives(self, rule, cases=None):
        """Whether a tolerance (by its place in TOLERANCES) lets it pass, on all cases or on these."""
        return all(attempt.close[rule] for attempt in self.on(cases))


def matrix(cases, columns, timeout, advance=lambda attempts: None):
    """Every mistake and every rewriting on every case of its row, in the columns given: two lists of Tried.

    Cases are cut as `trials.cut` does. Raises ColumnError where a worker fails.
    """
    with workers.open_pool(timeout) as pool:
        plan = []
        for planting in plantings(columns):
            module = planted.module_name(planting.column, planting.name)
            right, process = ("numpy", module) if planting.alone else (planting.column, planting.column)
            for case, dtype in runs(planting, cases):
                future = pool.submit(process, attempt, right, module, case, dtype, planting.loses_digits)
                plan.append((planting, (case.name, dtype), process, future))
        mistakes, rewritten = {}, {}
        for planting, run, process, future in plan:
            kind = rewritten if planting.rewritten else mistakes
            tried = kind.setdefault(planting, Tried(planting.name, planting.column, {}, planting.loses_digits))
            tried.attempts[run] = pool.result(process, future)
            advance(1)
    return [*mistakes.values()], [*rewritten.values()]


# Below: what runs in the worker.


class _Answers(NamedTuple):
    """What a column gives on a case: {name: array} each."""

    start: dict  # the trace at the initial weights
    path: dict  # all parameters after every step, and L
    end: dict  # the trace at the last weights; {} after a single step, or where these have the wrong shape


class _Verdict(NamedTuple):
    """What is wrong with a column's answers."""

    form: str = ""
    point: str = ""
    step: str = ""
    wrong: judgement.Wrong | None = None  # where the first of them is
    before: list | None = None  # that network's parameters there


def attempt(_process, right, name, case, dtype, ask_why=False):
    """The Attempt of a planted column; `right` is the column it is compared with.

    With `ask_why` it is also asked whether what is caught is no more than lost digits.
    """
    _leave_uncompiled(right, case.row)
    case = cut(case, right)
    expected, judged_right = _right_answers(right, case, dtype)
    module = impls.load(name)  # a mistake that cannot be planted is no mistake that was caught
    try:
        answers = _answers(name, case, dtype)
        shapes = _in_every_shape(InProcess(name, module), case, dtype) if case.shapes else ""
    except Exception as error:
        return Attempt(f"raises {type(error).__name__}: {error}"[:200], "", "", "", True, (False,) * len(TOLERANCES))
    changed = _differ(answers, expected)
    judged = _judged(answers, case, dtype) if changed else judged_right
    compared = _compared(answers, expected)
    close = []
    for in_float64, in_float32 in TOLERANCES.values():
        close.append(_close(compared, *(in_float32 if dtype == "float32" else in_float64)))
    digits_lost = ask_why and _loses_digits(InProcess(name, module), judged, case, dtype)
    return Attempt(judged.form, judged.point, judged.step, shapes, changed or bool(shapes), tuple(close), digits_lost)


def _leave_uncompiled(column, row, eager=True):
    """Compiling takes far longer than these few steps; with `eager` false everything is compiled again."""
    module = impls.load(column, row)
    if column == "jax":
        module.jax.config.update("jax_disable_jit", eager)
    if column == "tf":
        module.tf.config.run_functions_eagerly(eager)


_known = {}


def _right_answers(right, case, dtype):
    """(_Answers, _Verdict) of the column that mistakes are planted in."""
    key = right, case.name, dtype
    if key not in _known:
        answers = _answers(right, case, dtype)
        _known[key] = answers, _judged(answers, case, dtype)
    return _known[key]


def _answers(name, case, dtype):
    p = judgement.problem(case, dtype)
    _, _, *given = case.cast(dtype)
    with np.errstate(all="ignore"):
        start = calls.answer(name, about(p, "trace", given))
        path = calls.answer(name, about(p, "trajectory", given, case.lr, case.steps))
        *parameters, _ = path.values()
        end = {}
        if case.steps > 1 and all(Z.shape[1:] == old.shape for Z, old in zip(parameters, given, strict=True)):
            end = calls.answer(name, about(p, "trace", [Z[-1] for Z in parameters]))
    return _Answers(start, path, end)


def _judged(answers, case, dtype):
    p = judgement.problem(case, dtype)
    _, _, *given = case.cast(dtype)
    path = [*answers.path.values()]
    malformed = form.malformed_trace(answers.start, given, p)
    malformed = malformed or form.malformed_path(path, given, case.steps, p)
    if malformed:
        return _Verdict(malformed.sentence)
    point, before = None, None
    for trace, parameters in ((answers.start, given), (answers.end, [Z[-1] for Z in path[:-1]])):
        if trace and point is None:
            whole = judgement.judge_trace(trace, parameters, p)
            point = layers.first_wrong(whole, layers.judge(trace, parameters, p), trace)
            before = point and [Z[point.index[0]] for Z in parameters]
    earlier = form.before_each_step(given, path)
    step = judgement.first_wrong(judgement.judge_steps(earlier, path, p))
    if step and not point:
        before = [Z[step.index[:2]] for Z in earlier]
    return _Verdict("", _quantity(point, p), _quantity(step, p), point or step, before)


def _quantity(wrong, p):
    return shown(wrong.judged.quantity, p.row) if wrong else ""


def _in_every_shape(column, case, dtype):
    """What a function gives wrong in some shape of the contract: a quantity, or a sentence; or ""."""
    where = Where(column.name, case.name, dtype)
    rejections = contract.examine(column, where, case, judgement.problem(case, dtype), lambda *_: None)
    if not rejections:
        return ""
    first = rejections[0]
    return first.note if first.error is None else first.quantity


def _loses_digits(column, judged, case, dtype):
    """Whether all that is wrong, where it is first, is rounding."""
    if not judged.wrong:
        return False
    call = "trace" if judged.point else "step"
    quantity = judged.wrong.judged.quantity
    return digits.loses_digits(column, call, quantity, judged.before, judgement.problem(case, dtype))


def _pairs(answers, expected):
    """Arrays to compare, as far as there are any: both traces and the path."""
    for some, others in zip(answers, expected, strict=True):
        yield from zip(some.values(), others.values(), strict=False)


def _differ(answers, expected):
    return any(a.shape != b.shape or a.tobytes() != b.tobytes() for a, b in _pairs(answers, expected))


def _compared(answers, expected):
    """(|a - b|, |b|) of all entries that are not the same, one after the other; None where a shape is another."""
    distances, sizes = [np.zeros(0)], [np.zeros(0)]
    for a, b in _pairs(answers, expected):
        if a.shape != b.shape:
            return None
        other = (a != b) & ~(np.isnan(a) & np.isnan(b))
        with np.errstate(all="ignore"):
            distances.append(np.abs(a - b)[other])
        sizes.append(np.abs(b)[other])
    return np.concatenate(distances), np.concatenate(sizes)


def _close(compared, rtol, atol):
    """Whether a tolerance takes them for the same; what is infinite or no number is so only where it is the same."""
    if compared is None:
        return False
    distance, size = compared
    return bool(((distance <= atol + rtol * size) & np.isfinite(size)).all())
