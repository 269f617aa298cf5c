"""Which case and which check catches which mistake, and what the usual tolerances would have let pass."""

from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.columns import calls, workers
from fourfold.compare.judge import judgement
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import MISTAKES
from fourfold.compare.mistakes.rewritings import DEEP_REWRITINGS, REWRITINGS

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


class Outcome(NamedTuple):
    """What one column does on one case in one precision."""

    form: str  # what is wrong with its arrays, or what it raised; or ""
    point: str  # first wrong quantity of the trace, by the point certificate; or ""
    step: str  # first wrong quantity of the path, by the step certificate; or ""
    changed: bool  # it gives other bits than the column it was planted in
    close: tuple  # bool for each of TOLERANCES: it cannot be told from that column

    @property
    def caught(self):
        return bool(self.form or self.point or self.step)


class Tried(NamedTuple):
    """One mistake, or one rewriting, in one column."""

    name: str
    column: str
    outcomes: dict  # (case name, dtype) -> Outcome

    @property
    def caught(self):
        return any(outcome.caught for outcome in self.outcomes.values())

    @property
    def changes(self):
        return any(outcome.changed for outcome in self.outcomes.values())

    def survives(self, rule, cases=None):
        """Whether a tolerance (by its place in TOLERANCES) lets it pass, on all cases or on these."""
        return all(o.close[rule] for (case, _), o in self.outcomes.items() if cases is None or case in cases)


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
                plan.append((planting[:2], (case.name, dtype), process, future))
        found = {key: {} for key, *_ in plan}
        for key, run_, process, future in plan:
            found[key][run_] = pool.result(process, future)
            advance(1)
    tried = [Tried(name, column, outcomes) for (name, column), outcomes in found.items()]
    of = lambda rewritten: [t for t in tried if t.name.startswith("rewritten ") == rewritten]
    return of(False), of(True)


class Planting(NamedTuple):
    name: str
    column: str
    row: str
    alone: bool  # it needs a process of its own


def plantings(columns):
    """A Planting of everything that can be planted in these columns."""
    for m in MISTAKES.values():
        yield from (Planting(m.name, column, m.row, m.alone) for column in m.planted if column in columns)
    if "numpy" in columns:
        for row, rewritings in (("two_layer", REWRITINGS), ("deep", DEEP_REWRITINGS)):
            yield from (Planting(f"rewritten {name}", "numpy", row, False) for name in rewritings)


def runs(planting, cases):
    """The (case, dtype) that it is tried on."""
    return [(case, dtype) for case in cases if case.row == planting.row for dtype in case.dtypes]


# Below: what runs in the worker.


def attempt(_process, right, name, case, dtype):
    """The Outcome of a planted column; `right` is the column it is compared with."""
    _leave_uncompiled(right, case.row)
    case = case._replace(steps=min(case.steps, FEW_STEPS.get(right, STEPS)))
    p = judgement.problem(case, dtype)
    _, _, *given = case.cast(dtype)
    expected = _expected(right, case, dtype)
    impls.load(name)  # a mistake that cannot be planted is no mistake that was caught
    try:
        start, path, end = found = _run(name, case, dtype)
    except Exception as error:
        return Outcome(f"raises {type(error).__name__}: {error}"[:200], "", "", True, (False,) * len(TOLERANCES))
    changed = any(a.shape != b.shape or a.tobytes() != b.tobytes() for a, b in _pairs(found, expected))
    close = tuple(_close(found, expected, *pair[dtype == "float32"]) for pair in TOLERANCES.values())
    form = judgement.malformed_trace(start, given, p) or judgement.malformed_path(path, given, case.steps, p)
    if form:
        return Outcome(form, "", "", changed, close)
    last = [Z[-1] for Z in path[:-1]]
    point = _first(judgement.judge_trace(start, given, p)) or _first(judgement.judge_trace(end, last, p))
    before = [np.concatenate([w[None], ws[:-1]]) for w, ws in zip(given, path, strict=False)]
    return Outcome("", point, _first(judgement.judge_steps(before, path, p)), changed, close)


def _leave_uncompiled(column, row):
    """Compiling takes far longer than these few steps."""
    module = impls.load(column, row)
    if column == "jax":
        module.jax.config.update("jax_disable_jit", True)
    if column == "tf":
        module.tf.config.run_functions_eagerly(True)


def _first(judged):
    wrong = judgement.first_wrong(judged)
    return wrong.judged.quantity if wrong else ""


_known = {}


def _expected(right, case, dtype):
    key = right, case.name, dtype
    if key not in _known:
        _known[key] = _run(right, case, dtype)
    return _known[key]


def _run(name, case, dtype):
    """Trace at the initial weights, path, and trace at the last weights; () where their shape is wrong."""
    X, Y, *given = case.cast(dtype)
    with np.errstate(all="ignore"):
        start = calls.trace(name, case.row, X, Y, given, case.activations)
        path = calls.train(name, case.row, X, Y, given, case.lr, case.steps, case.activations)
        fits = all(Z.shape[1:] == old.shape for Z, old in zip(path, given, strict=False))
        end = calls.trace(name, case.row, X, Y, [Z[-1] for Z in path[:-1]], case.activations) if fits else {}
    return start, path, end


def _pairs(found, expected):
    """Arrays to compare: the trace at the start, the whole path, and the trace at the end."""
    for parts in zip(found, expected, strict=True):
        yield from zip(*(part.values() if isinstance(part, dict) else part for part in parts), strict=False)


def _close(found, expected, rtol, atol):
    same_shapes = all(a.shape == b.shape for a, b in _pairs(found, expected))
    return same_shapes and all(np.allclose(a, b, rtol, atol, equal_nan=True) for a, b in _pairs(found, expected))
