"""`fourfold doctor`."""

from fourfold import impls
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.questions import about
from fourfold.compare.commands.options import Json, Timeout
from fourfold.compare.commands.terminal import out, status, write_json
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import shown
from fourfold.compare.results import environment, result
from fourfold.compare.results.words import listed


def doctor(*, json: Json = None, timeout: Timeout = 120):
    """List the frameworks: version, whether gradients are right, seconds to import.

    Example: fourfold doctor

    Parameters
    ----------
    json
        Write the list as JSON to this file; - means standard output.
    timeout
        Seconds each column may take in all.
    """
    waiting = [*impls.NAMES]
    with workers.open_pool(timeout) as pool, status(_importing(waiting)) as say:

        def try_out(name):
            state = _state(pool, name)
            waiting.remove(name)
            if json != "-":
                _print(state)
            if waiting:
                say(_importing(waiting))
            return state

        states = [*workers.each(pool, impls.NAMES, try_out).values()]
    if json != "-":
        out.print(_verdict(states), style="bold", markup=False)
    write_json(json, result.encode(states))
    return 3 if any(state["version"] and not state["works"] for state in states) else 0


def _verdict(states):
    """The last line: do the columns that are installed work?"""
    installed = [state for state in states if state["version"]]
    broken = [state["column"] for state in installed if not state["works"]]
    if broken:
        return f"{listed(broken)} {'does' if len(broken) == 1 else 'do'} not work."
    return f"All {len(installed)} installed columns work: fourfold agree judges them on more."


def _importing(names):
    packages = dict.fromkeys(str(impls.framework(name)) for name in names if workers.installed(name))
    return f"importing {', '.join(packages)}…"


def _print(state):
    colour = "green" if state["works"] else "red" if state["version"] else "dim"
    line = f"{state['column']:<12} {state['version']:<10} {state['note']}"
    out.print(line, style=colour, markup=False)


def _state(pool, name):
    """A built-in column's version, seconds to import, whether its gradients are right, and a sentence on it."""
    state = {"column": name, "version": "", "seconds": None, "works": False}
    if not workers.installed(name):
        return state | {"note": f"not installed: pip install '.[{name}]'"}
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
        state |= {"works": True, "note": f"gradients right, imported in {state['seconds']:.1f} s"}
    return state
