"""From a wrong entry to a Rejection: which step, which quantity first, whose fault, and how to see it."""

from typing import NamedTuple

import numpy as np

from compare import agree, referee, reproduce, run
from compare.errors import ColumnError
from compare.result import Rejection, number


class Where(NamedTuple):
    column: str
    case: str
    dtype: str


def in_run(pool, where, wrong, before, first, case, p):
    """The Rejection of a wrong entry of a piece of a run that begins at step `first`, with weights `before` each step.

    The step is evaluated again, to tell a fault from what is carried along. First the whole trace at the column's own
    weights, to name the first quantity that is wrong there; if all are right, one step of `train` from these weights;
    if that is right too, only the run from the start shows it.
    """
    name, quantity = where.column, wrong.judged.quantity
    t, s, *entry = wrong.index
    step = first + int(t)
    W1, W2 = before[0][t, s], before[1][t, s]
    at = step, case.seeds[s], W1, W2
    cause, sentence = _wrong_trace(pool, name, W1, W2, p)
    if cause:
        return in_function(where, "trace", cause, at, p)

    exact = wrong.judged.exact[wrong.index]
    if _wrong_step(pool, name, W1, W2, p):
        note = f"{sentence}, and one step of `train` from them is wrong: the update is at fault"
        script = reproduce.of_function("train", name, p, W1, W2, quantity, entry, exact)
    else:
        note = f"{sentence}, and so is one step of `train` from them: something is carried from step to step"
        *_, W1s, W2s = case.cast(p.dtype)
        script = reproduce.of_run(name, p, W1s[s], W2s[s], quantity, entry, exact, step)
    return _rejected(where, wrong, entry, at, p, note, script)


def in_function(where, function, wrong, at, p):
    """The Rejection of a wrong entry of what a function gives by itself; its last axes are one seed's.

    `at`: step, seed, and that seed's weights W1 (d_in, d_hidden), W2.
    """
    j, (*_, W1, W2) = wrong.judged, at
    entry = wrong.index[len(wrong.index) - (0 if j.quantity == "L" else 2) :]
    called = {"forward and loss": "loss" if j.quantity in {"R", "L"} else "forward"}.get(function, function)
    note = "" if function == "trace" else f"`{called}` gives this, called by itself; `trace` and `train` are right"
    exact = j.exact[wrong.index]
    script = reproduce.of_function(called, where.column, p, W1, W2, j.quantity, entry, exact)
    return _rejected(where, wrong, entry, at, p, note, script)


def malformed(where, step, function, complaint):
    """The Rejection of an array of the wrong dtype or shape."""
    quantity, *_ = complaint.split()
    note = f"{function} gives the wrong kind of array: {complaint}"
    return Rejection(
        column=where.column, case=where.case, dtype=where.dtype, step=step, seed=None, quantity=quantity, note=note
    )


def _wrong_trace(pool, name, W1, W2, p):
    """(What is first wrong in `trace` at one seed's weights, or None; the start of a sentence on it)."""
    try:
        quantities = pool.call(name, run.trace, p.X, p.Y, W1[None], W2[None], p.activation)
    except ColumnError:
        return None, "`trace` cannot be run at these weights"
    if agree.malformed_trace(quantities, W1[None], W2[None], p):
        return None, "`trace` gives the wrong kind of array at these weights"
    found = agree.first_wrong(agree.judge_trace(quantities, W1[None], W2[None], p))
    return found, "`trace` at these weights is right"


def _wrong_step(pool, name, W1, W2, p):
    try:
        path = pool.call(name, run.train, p.X, p.Y, W1[None], W2[None], p.lr, 1, p.activation)
    except ColumnError:
        return None
    if agree.malformed_path(path, W1[None], W2[None], 1, p):
        return None
    return agree.first_wrong(agree.judge_steps(W1[None, None], W2[None, None], path, p))


def _rejected(where, wrong, entry, at, p, note, script):
    """Confirmed in ball arithmetic, wherever there are numbers to confirm."""
    j, index, (step, seed, W1, W2) = wrong.judged, tuple(wrong.index), at
    value, exact, error, limit = (Z[index] for Z in (j.value, j.exact, j.error, j.limit))
    certificate = ""
    if all(np.isfinite(Z).all() for Z in (p.X, p.Y, W1, W2)) and np.isfinite(exact):
        certificate = referee.confirm(j.quantity, tuple(entry), value, limit, W1, W2, p)
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
