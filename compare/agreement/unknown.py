"""Tells an activation that somebody's column does not know from a fault of the column: one costs only its own cases."""

from fourfold.compare.columns.questions import about
from fourfold.compare.errors import Breach
from fourfold.compare.judge import judgement

CALLS = {"gradients": "gradients", "forward": "forward", "trace": "trace", "step": "step", "train": "trajectory"}
STEPS = 2  # of `train`


def refusal(column, case, dtype, known):
    """What a column raises for a Case's activations, if it raises nothing for others on the same network; or "".

    `known`: a name a layer, of a case that is judged.
    """
    first = case.first_seeds(1)
    why = _raised(column, first, dtype)
    if not why:
        return ""
    others = (known[0],) * (len(case.activations) - 1) + known[-1:]
    return "" if _raised(column, first._replace(activations=others), dtype) else why


def _raised(column, case, dtype):
    """What the first function that raises does on a Case; "" where none does."""
    p = judgement.problem(case, dtype)
    _, _, *parameters = case.cast(dtype)
    for function in column.abilities.functions:
        if function in CALLS:
            try:
                column.ask(about(p, CALLS[function], parameters, p.lr, STEPS))
            except Breach as error:
                return str(error).removeprefix(f"{column.name} ")
    return ""
