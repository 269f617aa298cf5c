"""Trains one column on one case and certifies every step, and the whole trace at steps 0, 1, 10, 100 ... and last."""

from typing import NamedTuple

import numpy as np

from compare import agree, referee, reproduce, run
from compare.result import Rejection, Row, number

# Steps x seeds in one piece: large enough to hide the call, small enough to be judged while the next one runs.
PIECE = 25_000
SHOWN_SEEDS = 10


class Evidence(NamedTuple):
    """What is left of a column's run: rows for the verdict, the first rejection, arrays for pictures and `diff`."""

    rows: list
    rejection: Rejection | None
    arrays: dict


class Where(NamedTuple):
    column: str
    case: str
    dtype: str


def certify(pool, name, case, dtype, advance, grid=None):
    """The Evidence on a column. Raises ColumnError where it cannot be run.

    `advance(steps)` is called as steps are certified; `grid` (points, d_in) is predicted with the final weights.
    """
    where, p = Where(name, case.name, dtype), agree.problem(case, dtype)
    rows, rejection, pictures, checkpoints = {}, None, [], []
    piece = max(1, PIECE // len(case.seeds))
    *_, W1, W2 = case.cast(dtype)

    for first, path in run.stream(pool, name, case, dtype, piece):
        complaint = agree.malformed_path(path, W1, W2, min(piece, case.steps - first), p)
        if complaint:
            return Evidence([], _malformed(where, first, "train", complaint), {})
        before = [np.concatenate([w[None], ws[:-1]]) for w, ws in zip((W1, W2), path, strict=False)]
        judged = agree.judge_steps(before[0], before[1], path, p)
        _add(rows, judged, "every ")
        if not rejection:
            rejection = _first_rejection(pool, where, judged, before, first, case, p)
        checkpoints += [(first + t, before[0][t], before[1][t]) for t in _powers_of_ten(first, len(path[2]))]
        pictures.append(_picture(first, before, path[2], judged, case.steps))
        W1, W2 = path[0][-1], path[1][-1]
        advance(len(path[2]))

    steps, W1s, W2s = (np.stack(Z) for Z in zip(*checkpoints, (case.steps, W1, W2), strict=True))
    quantities = pool.call(name, run.trace, p.X, p.Y, W1s, W2s, p.activation)
    complaint = agree.malformed_trace(quantities, W1s, W2s, p)
    if complaint:
        return Evidence([], _malformed(where, 0, "trace", complaint), {})
    for c in (0, -1):
        referee.audit(W1s[c, 0], W2s[c, 0], p)
    judged = agree.judge_trace(quantities, W1s, W2s, p)
    _add(rows, judged)
    wrong = agree.first_wrong(judged)
    if wrong and (not rejection or steps[wrong.index[0]] < rejection.step):
        c, s, *entry = wrong.index
        rejection = _rejected(where, wrong, entry, int(steps[c]), case.seeds[s], W1s[c, s], W2s[c, s], p)

    arrays = {key: np.concatenate([part[key] for part in pictures]) for key in pictures[0]}
    final = {"W1_final": W1[:SHOWN_SEEDS], "W2_final": W2[:SHOWN_SEEDS]}
    if grid is not None and p.X.shape[1] == grid.shape[1]:
        arrays["Y_hat_grid"] = pool.call(name, run.predict, grid.astype(dtype), *final.values(), p.activation)
    arrays |= final | {"Y_hat_final": quantities.Y_hat[-1, :SHOWN_SEEDS]} | _at_start(judged)
    return Evidence([_row(where, quantity, counts) for quantity, counts in rows.items()], rejection, arrays)


def _first_rejection(pool, where, judged, before, first, case, p):
    """The first wrong entry of a piece, its step evaluated again to tell a fault from what is carried along.

    First the whole trace at the column's own weights, to name the first quantity that is wrong there; if all are
    right, one step of `train` from these weights; if that is right too, only the run from the start shows it.
    """
    wrong = agree.first_wrong(judged)
    if not wrong:
        return None
    name, quantity = where.column, wrong.judged.quantity
    t, s, *entry = wrong.index
    step, seed, entry = first + int(t), case.seeds[s], tuple(entry)
    W1, W2 = before[0][t, s], before[1][t, s]
    quantities = pool.call(name, run.trace, p.X, p.Y, W1, W2, p.activation)
    if not agree.malformed_trace(quantities, W1, W2, p):
        cause = agree.first_wrong(agree.judge_trace(quantities, W1, W2, p))
        if cause:
            return _rejected(where, cause, cause.index, step, seed, W1, W2, p)

    again = pool.call(name, run.train, p.X, p.Y, W1[None], W2[None], p.lr, 1, p.activation)
    alone = None
    if not agree.malformed_path(again, W1[None], W2[None], 1, p):
        alone = agree.first_wrong(agree.judge_steps(W1[None, None], W2[None, None], again, p))
    exact = wrong.judged.exact[wrong.index]
    if alone:
        note = "`trace` at these weights is right, and one step of `train` from them is wrong: the update is at fault"
        script = reproduce.of_step(name, p, W1, W2, quantity, entry, exact)
    else:
        note = "`trace` and one step of `train` from these weights are right: something is carried from step to step"
        *_, W1s, W2s = case.cast(p.dtype)
        script = reproduce.of_run(name, p, W1s[s], W2s[s], quantity, entry, exact, step)
    return _rejected(where, wrong, entry, step, seed, W1, W2, p, note, script)


def _rejected(where, wrong, entry, step, seed, W1, W2, p, note="", script=None):
    """The Rejection of an entry of one seed's array; W1, W2 are that seed's weights. Confirmed in ball arithmetic."""
    j, at, entry = wrong.judged, tuple(wrong.index), tuple(entry)
    value, exact, error, limit = (Z[at] for Z in (j.value, j.exact, j.error, j.limit))
    certificate = ""
    if all(np.isfinite(Z).all() for Z in (p.X, p.Y, W1, W2)) and np.isfinite(exact):
        certificate = referee.confirm(j.quantity, entry, value, limit, W1, W2, p)
    if script is None:
        script = reproduce.of_trace(where.column, p, W1, W2, j.quantity, entry, exact)
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


def _malformed(where, step, function, complaint):
    quantity, *_ = complaint.split()
    note = f"{function} gives the wrong kind of array: {complaint}"
    return Rejection(
        column=where.column, case=where.case, dtype=where.dtype, step=step, seed=None, quantity=quantity, note=note
    )


def _row(where, quantity, counts):
    checked, no_number, out_of_range, rejected, ratio, ulps = counts
    return Row(
        column=where.column,
        case=where.case,
        dtype=where.dtype,
        quantity=quantity,
        checked=checked,
        no_number=no_number,
        out_of_range=out_of_range,
        rejected=rejected,
        worst_ratio=number(ratio),
        worst_ulps=number(ulps),
    )


def _add(rows, judged, prefix=""):
    """Add Judged quantities to {quantity: (checked, no number, out of range, rejected, worst ratio, worst ULPs)}."""
    for j in judged:
        counts = [int(Z.sum()) for Z in (j.certified, j.no_number, ~(j.certified | j.no_number), j.wrong)]
        worst = float(j.ratio.max()), float(j.ulps.max())
        old = rows.get(prefix + j.quantity, (0, 0, 0, 0, 0.0, 0.0))
        sums = (a + b for a, b in zip(old, counts, strict=False))
        rows[prefix + j.quantity] = (*sums, *map(max, old[4:], worst))


def _powers_of_ten(first, length):
    """Steps 0, 1, 10, 100 ... in a piece, counted from its start."""
    return [t - first for t in (0, *(10**n for n in range(19))) if first <= t < first + length]


def recorded(steps):
    """The steps kept for pictures: at most 300, as many in every decade."""
    return np.unique(np.geomspace(1, steps, min(steps, 300)).round().astype(int)) - 1


def _picture(first, before, losses, judged, steps):
    """Arrays for pictures, of the recorded steps in one piece and the first few seeds."""
    at = recorded(steps)
    t = at[(at >= first) & (at < first + len(losses))] - first
    seeds = slice(SHOWN_SEEDS)
    L, *_ = judged
    return {
        "step": t + first,
        "L": losses[t, seeds],
        "L_error": L.error[t, seeds],
        "L_limit": L.limit[t, seeds],
        "W1": before[0][t, seeds],
        "W2": before[1][t, seeds],
        **{f"ratio_{j.quantity}": j.ratio.reshape(len(losses), -1).max(axis=1)[t] for j in judged},
    }


def _at_start(judged):
    """The whole trace of the first few seeds at the initial weights, and its limits: NaN where nothing is certified."""
    seeds, kept = slice(SHOWN_SEEDS), {}
    for j in judged:
        kept[f"trace_{j.quantity}"] = j.value[0, seeds]
        kept[f"limit_{j.quantity}"] = np.where(j.certified, j.limit, np.nan)[0, seeds]
    return kept


def layout(s, dtype):
    """{name: (dtype, shape)} of the arrays kept for a Setting; `Y_hat_grid` (any number of points) may be missing."""
    T, S, N, (d_in, d_hidden, d_out) = len(recorded(s.steps)), min(s.seeds, SHOWN_SEEDS), s.samples, s.widths
    W1, W2 = (S, d_in, d_hidden), (S, d_hidden, d_out)
    trace = agree.trace_shapes((S,), N, s.widths)._asdict()
    return {
        "step": ("int64", (T,)),
        "L": (dtype, (T, S)),
        "W1": (dtype, (T, *W1)),
        "W2": (dtype, (T, *W2)),
        **{f"L_{key}": ("float64", (T, S)) for key in ("error", "limit")},
        **{f"ratio_{key}": ("float64", (T,)) for key in ("L", "W2", "W1")},
        "W1_final": (dtype, W1),
        "W2_final": (dtype, W2),
        "Y_hat_final": (dtype, (S, N, d_out)),
        "Y_hat_grid": (dtype, (S, None, d_out)),
        **{f"trace_{name}": (dtype, shape) for name, shape in trace.items()},
        **{f"limit_{name}": ("float64", shape) for name, shape in trace.items()},
    }
