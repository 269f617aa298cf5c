"""From a wrong entry to a Rejection: which step, which quantity first, whose fault, and how to see it."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.agreement import reproduce
from fourfold.compare.columns import calls
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement, layers, referee
from fourfold.compare.judge.quantities import part
from fourfold.compare.results.result import Rejection, number


class Where(NamedTuple):
    column: str
    case: str
    dtype: str


def in_run(pool, where, wrong, before, first, case, p):
    """The Rejection of a wrong entry of a piece of a run from step `first` on, all parameters `before` each step.

    The step is evaluated again, to tell a fault from what is carried along. First the whole trace at the column's own
    weights, to name the first quantity that is wrong there; if all are right, one step of `train` from these weights;
    if that is right too, only the run from the start shows it.
    """
    name, quantity = where.column, wrong.judged.quantity
    t, s, *entry = wrong.index
    step = first + int(t)
    parameters = [Z[t, s] for Z in before]
    at = step, case.seeds[s], parameters
    cause, sentence = _wrong_trace(pool, name, parameters, p)
    if cause:
        return in_function(where, "trace", cause, at, p)

    exact = wrong.judged.exact[wrong.index]
    if _wrong_step(pool, name, parameters, p):
        note = f"{sentence}, and one step of `train` from them is wrong: the update is at fault"
        script = reproduce.of_function("train", name, p, parameters, quantity, entry, exact)
    else:
        note = f"{sentence}, and so is one step of `train` from them: something is carried from step to step"
        _, _, *first = (Z[s] for Z in case.cast(p.dtype))
        script = reproduce.of_function("train", name, p, first, quantity, entry, exact, step + 1)
    return _rejected(where, wrong, entry, at, p, note, script)


def in_function(where, function, wrong, at, p):
    """The Rejection of a wrong entry of what a function gives by itself; its last axes are one seed's.

    `at`: step, seed, and that seed's parameters.
    """
    j, (*_, parameters) = wrong.judged, at
    entry = wrong.index[len(wrong.index) - (0 if j.quantity == "L" else 2) :]
    called = {"forward and loss": "loss" if j.quantity in {"R", "L"} else "forward"}.get(function, function)
    note = "" if function == "trace" else f"`{called}` gives this, called by itself; `trace` and `train` are right"
    if wrong.own:
        by = f"{part(j.quantity, p)} is at fault: exact and limit are for the column's own inputs to it"
        note = f"{note}; {by}" if note else by
    exact = j.exact[wrong.index]
    script = reproduce.of_function(called, where.column, p, parameters, j.quantity, entry, exact)
    return _rejected(where, wrong, entry, at, p, note, script)


def malformed(where, step, function, complaint):
    """The Rejection of an array of the wrong dtype or shape."""
    quantity, *_ = complaint.split()
    note = f"{function} gives the wrong kind of array: {complaint}"
    return Rejection(
        column=where.column, case=where.case, dtype=where.dtype, step=step, seed=None, quantity=quantity, note=note
    )


def _wrong_trace(pool, name, parameters, p):
    """(What is first wrong in `trace` at one seed's parameters, or None; the start of a sentence on it)."""
    alone = [Z[None] for Z in parameters]
    try:
        quantities = pool.call(name, calls.trace, p.row, p.X, p.Y, alone, p.activations)
    except ColumnError:
        return None, "`trace` cannot be run at these weights"
    if judgement.malformed_trace(quantities, alone, p):
        return None, "`trace` gives the wrong kind of array at these weights"
    whole, each = judgement.judge_trace(quantities, alone, p), layers.judge(quantities, alone, p)
    return layers.first_wrong(whole, each, quantities), "`trace` at these weights is right"


def _wrong_step(pool, name, parameters, p):
    alone = [Z[None] for Z in parameters]
    try:
        path = pool.call(name, calls.train, p.row, p.X, p.Y, alone, p.lr, 1, p.activations)
    except ColumnError:
        return None
    if judgement.malformed_path(path, alone, 1, p):
        return None
    return judgement.first_wrong(judgement.judge_steps([Z[None] for Z in alone], path, p))


def _rejected(where, wrong, entry, at, p, note, script):
    """Confirmed in ball arithmetic, wherever there are numbers to confirm."""
    j, index, (step, seed, parameters) = wrong.judged, tuple(wrong.index), at
    value, exact, error, limit = (Z[index] for Z in (j.value, j.exact, j.error, j.limit))
    certificate = ""
    if all(np.isfinite(Z).all() for Z in (p.X, p.Y, *parameters)) and np.isfinite(exact):
        certificate = referee.confirm(j.quantity, tuple(entry), value, limit, parameters, p, wrong.own)
    return Rejection(
        column=where.column,
        case=where.case,
        dtype=where.dtype,
        step=step,
        seed=seed,
        quantity=j.quantity,
        index=[int(i) for i in entry],
        value=number(value),
        truth=number(exact),
        error=number(error),
        limit=number(limit),
        note=note,
        certificate=certificate,
        reproduce=script,
    )
