"""What a rejection says: made in one place, whoever was examined, and confirmed in ball arithmetic before it is."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.agreement.advice import advice_on
from fourfold.compare.judge import referee
from fourfold.compare.judge.quantities import shown
from fourfold.compare.results.result import Rejection, number


class Where(NamedTuple):
    """Who was examined, on what."""

    column: str
    case: str
    dtype: str


class Point(NamedTuple):
    """Where in a run an entry is wrong."""

    step: int
    seed: int | None
    entry: tuple  # its index within one seed's array
    parameters: list | None  # that seed's, from which the exact value is to be had; None: it is not


def rejection(where, wrong, point, p, note="", script="", loses_digits=False):
    """The Rejection of a `judgement.Wrong`; raises JudgeError where ball arithmetic does not bear it out.

    `note` says what else is known, `script` is how to see it; `loses_digits`: the formula is right.
    """
    j, index = wrong.judged, tuple(wrong.index)
    value, exact, error, limit = j.value[index], j.exact[index], j.error[index], j.limit[index]
    certificate, diagnosis = "", ""
    if loses_digits:
        diagnosis = advice_on(j.quantity, point.entry, point.parameters, p)
    if point.parameters is not None and _all_finite(p.X, p.Y, *point.parameters, exact):
        certificate = referee.confirm(j.quantity, point.entry, value, limit, point.parameters, p, wrong.own)
    return Rejection(
        column=where.column,
        case=where.case,
        dtype=where.dtype,
        step=point.step,
        seed=point.seed,
        quantity=shown(j.quantity, p.row),
        index=[int(i) for i in point.entry],
        value=number(value),
        truth=number(exact),
        error=number(error),
        limit=number(limit),
        note=note,
        certificate=certificate,
        reproduce=script,
        loses_digits=loses_digits,
        diagnosis=diagnosis,
    )


def malformed(where, step, function, complaint, row):
    """The Rejection of an array of the wrong dtype or shape; `complaint` is a `form.Malformed`."""
    note = f"{function} gives the wrong kind of array: {complaint.sentence}"
    if complaint.sentence.endswith("is float32, not float64"):
        note += ". JAX keeps float64 once jax_enable_x64 is set; --dtype float32 asks for float32 alone"
    return Rejection(
        column=where.column,
        case=where.case,
        dtype=where.dtype,
        step=step,
        seed=None,
        quantity=shown(complaint.quantity, row),
        note=note,
    )


def _all_finite(*arrays):
    return all(np.isfinite(Z).all() for Z in arrays)
