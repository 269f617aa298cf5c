"""`fourfold doctor`."""

from fourfold import impls
from fourfold.compare.agreement import activation_errors
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.questions import about
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Json
from fourfold.compare.commands.terminal import out, write_json
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import bounds, judgement, sharpness
from fourfold.compare.judge.quantities import shown
from fourfold.compare.results import environment, result

SHOWN = ("L", "dL_dW2", "dL_dW1", "W2, every step", "W1, every step")


def doctor(*, activations: bool = False, thresholds: bool = False, json: Json = None, timeout: float = 120):
    """List the frameworks: version, seconds to import, and whether each computes known gradients.

    Example: fourfold doctor --activations

    Parameters
    ----------
    activations
        Instead, measure the error of each library's sigmoid and tanh, for which the limits allow a constant.
    thresholds
        Instead, say how small a fault in one number is sure to be rejected, case by case.
    json
        Write what was found as JSON to this file; - is standard output.
    timeout
        Seconds a column may take, in all.
    """
    timeout = options.timeout(timeout)
    if activations:
        return _activations(json, timeout)
    if thresholds:
        return _thresholds(json)
    states = []
    with workers.open_pool(timeout) as pool:
        for name in impls.NAMES:
            state = _state(pool, name)
            states.append(state)
            if json != "-":
                out.print(f"{name:<12} {state['version']:<14} {state['note']}", markup=False)
    write_json(json, result.encode(states))
    return 3 if any(state["version"] and not state["works"] for state in states) else 0


def _state(pool, name):
    """A built-in column's version, seconds to import, whether its gradients are right, and a sentence on it."""
    state = {"column": name, "version": "", "seconds": None, "works": False, "note": "not installed"}
    if not workers.installed(name):
        return state
    state["version"] = environment.version(impls.framework(name))
    case = make_case("xor", "tanh", 0.1, 1, 3, range(3))
    p = judgement.problem(case, "float64")
    try:
        state["seconds"] = pool.call(name, calls.introduce)
        trace = pool.ask(name, about(p, "trace", case.weights))
    except ColumnError as error:
        state["note"] = str(error)
        return state
    wrong = judgement.first_wrong(judgement.judge_trace(trace, case.weights, p))
    if wrong:
        state["note"] = f"{shown(wrong.judged.quantity, p.row)} is wrong"
    else:
        state |= {"works": True, "note": f"gradients right, imported in {state['seconds']:.2f} s"}
    return state


def _activations(json, timeout):
    found = [*activation_errors.measure(filter(workers.installed, impls.FRAMEWORKS), timeout)]
    worst = max(found, key=lambda cost: cost.eps)
    if json != "-":
        out.print("column    function  precision  largest error, at h")
        for c in found:
            line = f"{c.column:<9} {c.function:<9} {c.dtype:<9} {c.eps:6.2f} eps   {c.at:<12.6g} in {c.how}"
            out.print(line, markup=False)
        allowed = f"allowed {bounds.C_ACTIVATION} eps, {worst.headroom():.2g} times the largest"
        out.print(f"{allowed}: {worst.column} {worst.function} {worst.dtype}", style="bold", markup=False)
    write_json(json, result.encode([c._asdict() | {"eps": result.number(c.eps)} for c in found]))
    return 0 if worst.eps <= bounds.C_ACTIVATION else 1


def _thresholds(json):
    default = make_case("xor", "sigmoid", 0.1, 1, 3, range(10))
    chosen = [case for case in suites.choose("full", None, default) if case.is_finite() and not case.exact]
    found = [t for case in chosen for dtype in case.dtypes for t in sharpness.thresholds(case, dtype)]
    if json != "-":
        out.print("smallest relative fault that is sure to be rejected, in eps: least / median over entries and seeds")
        out.print(f"{'':<33}" + "".join(f"{quantity:>17}" for quantity in SHOWN))
        for case in chosen:
            (dtype, *_) = case.dtypes  # --json has both
            by_name = {t.quantity: t for t in found if (t.case, t.dtype) == (case.name, dtype)}
            cells = [_cell(by_name[q]) if q in by_name else "–" for q in SHOWN]
            out.print(f"{case.name:<25}{dtype:<8}" + "".join(f"{c:>17}" for c in cells), markup=False)
    write_json(json, result.encode([t._asdict() for t in found]))
    return 0


def _cell(t):
    return " / ".join(f"{x:.3g}" if x < 1e5 else ">1e5" for x in (t.least, t.median))
