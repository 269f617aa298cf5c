"""Which case and which check catches which mistake, and what the usual tolerances would have let pass."""

from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.questions import about
from fourfold.compare.judge import form, judgement
from fourfold.compare.judge.quantities import shown
from fourfold.compare.mistakes import planted, rewritings
from fourfold.compare.mistakes.catalogue import MISTAKES

# Long enough for all that is carried from step to step; uncompiled, these two take 10 ms a step.
STEPS, FEW_STEPS = 40, {"jax": 2, "tf": 3}
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
    changed: bool  # it gives other bits than the column it was planted in
    close: tuple  # bool for each of TOLERANCES: it cannot be told from that column

    @property
    def caught(self):
        return bool(self.form or self.point or self.step)


class Tried(NamedTuple):
    """One mistake, or one rewriting, in one column."""

    name: str
    column: str
    attempts: dict  # (case name, dtype) -> Attempt

    @property
    def caught(self):
        return bool(self.caught_on())

    @property
    def changes(self):
        return any(attempt.changed for attempt in self.attempts.values())

    def on(self, cases=None):
        """The Attempts on all cases, or on those of these names."""
        return [attempt for (case, _), attempt in self.attempts.items() if cases is None or case in cases]

    def caught_on(self):
        """(case name, dtype) of every attempt that is caught."""
        return [run for run, attempt in self.attempts.items() if attempt.caught]

    def times(self, check, cases=None):
        """How many of them a check catches: "form", "point" or "step"; "caught" is any."""
        caught = 0
        for attempt in self.on(cases):
            caught += bool(getattr(attempt, check))
        return caught

    def survives(self, rule, cases=None):
        """Whether a tolerance (by its place in TOLERANCES) lets it pass, on all cases or on these."""
        return all(attempt.close[rule] for attempt in self.on(cases))


class Planting(NamedTuple):
    """Something to be planted in a column."""

    name: str
    column: str
    row: str
    alone: bool = False  # it needs a process of its own
    rewritten: bool = False  # it is no mistake


def matrix(cases, columns, timeout, advance=lambda attempts: None):
    """Every mistake and every rewriting on every case of its row, in the columns given: two lists of Tried.

    Cases are cut to STEPS, or to a column's FEW_STEPS. Raises ColumnError where a worker fails.
    """
    with workers.open_pool(timeout) as pool:
        plan = []
        for planting in plantings(columns):
            module = planted.module_name(planting.column, planting.name)
            right, process = ("numpy", module) if planting.alone else (planting.column, planting.column)
            for case, dtype in runs(planting, cases):
                future = pool.submit(process, attempt, right, module, case, dtype)
                plan.append((planting, (case.name, dtype), process, future))
        mistakes, rewritten = {}, {}
        for planting, run, process, future in plan:
            kind = rewritten if planting.rewritten else mistakes
            tried = kind.setdefault(planting, Tried(planting.name, planting.column, {}))
            tried.attempts[run] = pool.result(process, future)
            advance(1)
    return [*mistakes.values()], [*rewritten.values()]


def plantings(columns):
    """A Planting of everything that can be planted in these columns."""
    for mistake in MISTAKES.values():
        for column in mistake.planted:
            if column in columns:
                yield Planting(mistake.name, column, mistake.row, mistake.alone)
    if "numpy" in columns:
        for row, named in rewritings.OF_ROW.items():
            for name in named:
                yield Planting(f"rewritten {name}", "numpy", row, rewritten=True)


def runs(planting, cases):
    """The (case, dtype) that it is tried on."""
    return [(case, dtype) for case in cases if case.row == planting.row for dtype in case.dtypes]


# Below: what runs in the worker.


class _Answers(NamedTuple):
    """What a column gives on a case: {name: array} each."""

    start: dict  # the trace at the initial weights
    path: dict  # all parameters after every step, and L
    end: dict  # the trace at the last weights; {} where these have the wrong shape


def attempt(_process, right, name, case, dtype):
    """The Attempt of a planted column; `right` is the column it is compared with."""
    _leave_uncompiled(right, case.row)
    case = case._replace(steps=min(case.steps, FEW_STEPS.get(right, STEPS)))
    expected = _right_answers(right, case, dtype)
    impls.load(name)  # a mistake that cannot be planted is no mistake that was caught
    try:
        answers = _answers(name, case, dtype)
    except Exception as error:
        return Attempt(f"raises {type(error).__name__}: {error}"[:200], "", "", True, (False,) * len(TOLERANCES))
    close = []
    for in_float64, in_float32 in TOLERANCES.values():
        close.append(_close(answers, expected, *(in_float32 if dtype == "float32" else in_float64)))
    return Attempt(*_judged(answers, case, dtype), _differ(answers, expected), tuple(close))


def _leave_uncompiled(column, row):
    """Compiling takes far longer than these few steps."""
    module = impls.load(column, row)
    if column == "jax":
        module.jax.config.update("jax_disable_jit", True)
    if column == "tf":
        module.tf.config.run_functions_eagerly(True)


_known = {}


def _right_answers(right, case, dtype):
    key = right, case.name, dtype
    if key not in _known:
        _known[key] = _answers(right, case, dtype)
    return _known[key]


def _answers(name, case, dtype):
    p = judgement.problem(case, dtype)
    _, _, *given = case.cast(dtype)
    with np.errstate(all="ignore"):
        start = calls.answer(name, about(p, "trace", given))
        path = calls.answer(name, about(p, "trajectory", given, case.lr, case.steps))
        *parameters, _ = path.values()
        end = {}
        if all(Z.shape[1:] == old.shape for Z, old in zip(parameters, given, strict=True)):
            end = calls.answer(name, about(p, "trace", [Z[-1] for Z in parameters]))
    return _Answers(start, path, end)


def _judged(answers, case, dtype):
    """(form, point, step) of an Attempt."""
    p = judgement.problem(case, dtype)
    _, _, *given = case.cast(dtype)
    path = [*answers.path.values()]
    malformed = form.malformed_trace(answers.start, given, p)
    malformed = malformed or form.malformed_path(path, given, case.steps, p)
    if malformed:
        return malformed.sentence, "", ""
    last = [Z[-1] for Z in path[:-1]]
    point = _first(judgement.judge_trace(answers.start, given, p), p)
    point = point or _first(judgement.judge_trace(answers.end, last, p), p)
    return "", point, _first(judgement.judge_steps(form.before_each_step(given, path), path, p), p)


def _first(judged, p):
    wrong = judgement.first_wrong(judged)
    return shown(wrong.judged.quantity, p.row) if wrong else ""


def _pairs(answers, expected):
    """Arrays to compare, as far as there are any: both traces and the path."""
    for some, others in zip(answers, expected, strict=True):
        yield from zip(some.values(), others.values(), strict=False)


def _differ(answers, expected):
    return any(a.shape != b.shape or a.tobytes() != b.tobytes() for a, b in _pairs(answers, expected))


def _close(answers, expected, rtol, atol):
    for a, b in _pairs(answers, expected):
        if a.shape != b.shape or not np.allclose(a, b, rtol, atol, equal_nan=True):
            return False
    return True
