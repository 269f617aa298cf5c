"""Trains one column on one case and certifies every step, and all functions at steps 0, 1, 10, 100 ... and last."""

from typing import NamedTuple

import numpy as np

from compare import agree, locate, referee, run
from compare.errors import ColumnError
from compare.locate import Where
from compare.result import Rejection, Row, number
from impls.model import Trace

# Steps x seeds in one piece: large enough to hide the call, small enough to be judged while the next one runs.
PIECE = 25_000
# Weights in one piece, of all steps and seeds: a dozen arrays of that size are held at once.
PIECE_WEIGHTS = 2_000_000
SHOWN_SEEDS = 10


class Evidence(NamedTuple):
    """What is left of a column's run: rows for the verdict, the first rejection, arrays for pictures and `diff`."""

    rows: list
    rejection: Rejection | None
    arrays: dict


def certify(pool, name, case, dtype, advance, grid=None):
    """The Evidence on a column. Raises ColumnError where it cannot be run, unless it is proved wrong before.

    `advance(steps)` is called as steps are certified; `grid` (points, d_in) is predicted with the final weights.
    """
    where, p = Where(name, case.name, dtype), agree.problem(case, dtype)
    rows, rejections, arrays = {}, [], {}
    try:
        arrays = _certify_run(pool, where, case, p, advance, rows, rejections, grid)
    except ColumnError:
        if not rejections:
            raise
    first = min(rejections, key=lambda r: r.step, default=None)
    return Evidence([_row(where, quantity, counts) for quantity, counts in rows.items()], first, arrays)


def _certify_run(pool, where, case, p, advance, rows, rejections, grid):
    """Adds to `rows` and `rejections`, and returns the arrays for pictures and `diff`."""
    pictures, checkpoints = [], []
    piece = max(1, min(PIECE, PIECE_WEIGHTS // case.parameters()) // len(case.seeds))
    *_, W1, W2 = case.cast(p.dtype)

    for first, path in run.stream(pool, where.column, case, p.dtype, piece):
        complaint = agree.malformed_path(path, W1, W2, min(piece, case.steps - first), p)
        if complaint:
            rejections.append(locate.malformed(where, first, "train", complaint))
            return {}
        before = [np.concatenate([w[None], ws[:-1]]) for w, ws in zip((W1, W2), path, strict=False)]
        judged = agree.judge_steps(before[0], before[1], path, p)
        _add(rows, judged, "every ")
        wrong = agree.first_wrong(judged)
        if wrong and not rejections:
            rejections.append(locate.in_run(pool, where, wrong, before, first, case, p))
        checkpoints += [(first + t, before[0][t], before[1][t]) for t in _powers_of_ten(first, len(path[2]))]
        pictures.append(_picture(first, before, path[2], judged, case.steps))
        W1, W2 = path[0][-1], path[1][-1]
        advance(len(path[2]))

    steps, W1s, W2s = (np.stack(Z) for Z in zip(*checkpoints, (case.steps, W1, W2), strict=True))
    kept = _certify_functions(pool, where, steps, W1s, W2s, case, p, rows, rejections)
    if kept is None:
        return {}
    for c in (0, -1):
        referee.audit(W1s[c, 0], W2s[c, 0], p)

    arrays = {key: np.concatenate([part[key] for part in pictures]) for key in pictures[0]}
    final = {"W1_final": W1[:SHOWN_SEEDS], "W2_final": W2[:SHOWN_SEEDS]}
    if grid is not None and p.X.shape[1] == grid.shape[1]:
        arrays["Y_hat_grid"] = pool.call(where.column, run.predict, grid.astype(p.dtype), *final.values(), p.activation)
    return arrays | final | kept


def _certify_functions(pool, where, steps, W1s, W2s, case, p, rows, rejections):
    """`trace`, then `forward` and `loss`, then `step`, each by itself, at the weights of some steps: (C, S, ...).

    Returns the arrays kept of them; None where something has the wrong form.
    """
    given = pool.call(where.column, run.functions, p.X, p.Y, W1s, W2s, p.lr, p.activation)
    whole, parts, stepped = given
    as_trace = Trace(*parts, *whole[len(parts) :])
    as_path = [Z[None] for Z in stepped]
    for function, complaint in (
        ("trace", agree.malformed_trace(whole, W1s, W2s, p)),
        ("forward or loss", agree.malformed_trace(as_trace, W1s, W2s, p)),
        ("step", agree.malformed_path(as_path, W1s, W2s, 1, p)),
    ):
        if complaint:
            rejections.append(locate.malformed(where, 0, function, complaint))
            return None
    traced = agree.judge_trace(whole, W1s, W2s, p)
    for function, judged, prefix in (
        ("trace", traced, ""),
        ("forward and loss", agree.judge_trace(as_trace, W1s, W2s, p)[: len(parts)], ""),
        ("step", agree.judge_steps(W1s, W2s, stepped, p), "every "),
    ):
        _add(rows, judged, prefix)
        wrong = agree.first_wrong(judged)
        if wrong:
            c, s, *_ = wrong.index
            at = int(steps[c]), case.seeds[s], W1s[c, s], W2s[c, s]
            rejections.append(locate.in_function(where, function, wrong, at, p))
    return {"Y_hat_final": whole.Y_hat[-1, :SHOWN_SEEDS], **_at_start(traced)}


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
