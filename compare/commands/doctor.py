"""`fourfold doctor`."""

from fourfold import impls
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.questions import about
from fourfold.compare.commands.options import Json, Timeout
from fourfold.compare.commands.terminal import out, write_json
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import shown
from fourfold.compare.results import environment, result


def doctor(*, json: Json = None, timeout: Timeout = 120):
    """List the frameworks: version, seconds to import, and whether each computes known gradients.

    Example: fourfold doctor

    Parameters
    ----------
    json
        Write what was found as JSON to this file; - is standard output.
    timeout
        Seconds a column may take, in all.
    """
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
