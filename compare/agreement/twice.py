"""The same bits twice: a column is asked the same in its process and in a new one. That is information, no verdict."""

import numpy as np

from fourfold.compare.columns.questions import abilities_of, about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import shown

SEEDS, STEPS = 2, 100


def difference(column, again, case, dtype):
    """What the column of a new process, `again`, gives with other bits first, or raises; "" where there is nothing.

    They are asked for one evaluation of the case's first seeds, and for its first steps, as far as they have that.
    """
    case = case.first_seeds(SEEDS)
    p = judgement.problem(case, dtype)
    _, _, *parameters = case.cast(dtype)
    able, questions = abilities_of(column), []
    if able.evaluates():
        questions.append(about(p, able.evaluates(), parameters))
    if able.runs():
        questions.append(about(p, "trajectory", parameters, case.rate(dtype), min(STEPS, case.steps)))
    for question in questions:
        try:
            first, second = column.ask(question), again.ask(question)
        except ColumnError as error:
            return str(error).removeprefix(f"{column.name} ")
        for name, Z in first.items():
            differs = _other_bits(Z, second[name])
            if differs is not None:
                step = f" of step {differs[0]:,}" if question.call == "trajectory" else ""
                return f"{shown(name, question.row)}{step}"
    return ""


def _other_bits(a, b):
    """The index of the first entry with other bits; None where there is none."""
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return (0,) * max(1, a.ndim)
    if a.tobytes() == b.tobytes():
        return None
    bits = np.dtype(f"u{a.itemsize}")
    return np.unravel_index(np.argmax(a.view(bits) != b.view(bits)), a.shape)
