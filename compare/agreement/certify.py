"""Trains one column on one case and certifies every step, and all functions at steps 0, 1, 10, 100 ... and last."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.agreement import locate
from fourfold.compare.agreement.locate import Where
from fourfold.compare.columns import calls, workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import judgement, layers, referee
from fourfold.compare.judge.quantities import parameter_names
from fourfold.compare.results.arrays import SHOWN_SEEDS, ULPS, histogram, recorded
from fourfold.compare.results.result import Rejection, Row, number

# Steps x seeds in one piece: large enough to hide the call, small enough to be judged while the next one runs, and to
# take less memory than what is imported: that does not grow with the steps.
PIECE = 5_000
# Weights in one piece, of all steps and seeds: a dozen arrays of that size are held at once.
PIECE_WEIGHTS = 2_000_000


class Evidence(NamedTuple):
    """What is left of a column's run: rows for the verdict, the first rejection, arrays for pictures and `diff`."""

    rows: list
    rejection: Rejection | None
    arrays: dict


def certify(pool, name, case, dtype, advance, grid=None):
    """The Evidence on a column. Raises ColumnError where it cannot be run, unless it is proved wrong before.

    `advance(steps)` is called as steps are certified; `grid` (points, d_in) is predicted with the final weights.
    """
    where, p = Where(name, case.name, dtype), judgement.problem(case, dtype)
    rows, rejections, arrays = {}, [], {}
    try:
        arrays = _certify_run(pool, where, case, p, advance, rows, rejections, grid)
    except ColumnError:
        if not rejections:
            raise
    first = min(rejections, key=lambda r: r.step, default=None)
    counts = {f"ulps_{quantity}": histogram for quantity, (*_, histogram) in rows.items()} if arrays else {}
    return Evidence([_row(where, quantity, counts) for quantity, counts in rows.items()], first, arrays | counts)


def _certify_run(pool, where, case, p, advance, rows, rejections, grid):
    """Adds to `rows` and `rejections`, and returns the arrays for pictures and `diff`."""
    pictures, checkpoints = [], []
    names = parameter_names(case.weights, p)
    piece = max(1, min(PIECE, PIECE_WEIGHTS // case.parameters()) // len(case.seeds))
    _, _, *now = case.cast(p.dtype)

    def judge_piece(first, path, now):
        """What is computed of a piece is gone when the next is judged: of it, copies are kept."""
        before = [np.concatenate([w[None], ws[:-1]]) for w, ws in zip(now, path, strict=False)]
        judged = judgement.judge_steps(before, path, p)
        _add(rows, judged, "every ")
        wrong = judgement.first_wrong(judged)
        if wrong and not rejections:
            rejections.append(locate.in_run(pool, where, wrong, before, first, case, p))
        checkpoints.extend((first + t, *(Z[t].copy() for Z in before)) for t in _powers_of_ten(first, len(path[-1])))
        pictures.append(_picture(first, dict(zip(names, before, strict=True)), path[-1], judged, case.steps))
        return [Z[-1].copy() for Z in path[:-1]]

    for first, path in workers.stream(pool, where.column, case, p.dtype, piece):
        complaint = judgement.malformed_path(path, now, min(piece, case.steps - first), p)
        if complaint:
            rejections.append(locate.malformed(where, first, "train", complaint))
            return {}
        now = judge_piece(first, path, now)
        advance(len(path[-1]))

    steps, *at = (np.stack(Z) for Z in zip(*checkpoints, (case.steps, *now), strict=True))
    kept = _certify_functions(pool, where, steps, at, case, p, rows, rejections)
    if kept is None:
        return {}
    for c in (0, -1):
        referee.audit([Z[c, 0] for Z in at], p)

    arrays = {key: np.concatenate([part[key] for part in pictures]) for key in pictures[0]}
    final = {f"{name}_final": Z[:SHOWN_SEEDS] for name, Z in zip(names, now, strict=True)}
    if grid is not None and p.X.shape[1] == grid.shape[1]:
        points, last = grid.astype(p.dtype), [*final.values()]
        arrays["Y_hat_grid"] = pool.call(where.column, calls.predict, p.row, points, last, p.activations)
    return arrays | final | kept


def _certify_functions(pool, where, steps, at, case, p, rows, rejections):
    """`trace`, then `forward` and `loss`, then `step`, each by itself, at the parameters of some steps: (C, S, ...).

    Returns the arrays kept of them; None where something has the wrong form.
    """
    given = pool.call(where.column, calls.functions, p.row, p.X, p.Y, at, p.lr, p.activations)
    whole, parts, stepped = given
    as_path = [Z[None] for Z in stepped]
    for function, complaint in (
        ("trace", judgement.malformed_trace(whole, at, p)),
        ("forward or loss", judgement.malformed_trace({**whole, **parts}, at, p)),
        ("step", judgement.malformed_path(as_path, at, 1, p)),
    ):
        if complaint:
            rejections.append(locate.malformed(where, 0, function, complaint))
            return None
    traced = judgement.judge_trace(whole, at, p)
    for function, judged, quantities, prefix in (
        ("trace", traced, whole, ""),
        ("forward and loss", judgement.judge_trace(parts, at, p), parts, ""),
        ("step", judgement.judge_steps(at, stepped, p), {}, "every "),
    ):
        each = layers.judge(quantities, at, p) if quantities else []
        _add(rows, layers.sharper(judged, each), prefix)
        wrong = layers.first_wrong(judged, each, quantities)
        if wrong:
            c, s, *_ = wrong.index
            point = int(steps[c]), case.seeds[s], [Z[c, s] for Z in at]
            rejections.append(locate.in_function(where, function, wrong, point, p))
    return {"Y_hat_final": whole["Y_hat"][-1, :SHOWN_SEEDS], **_at_start(traced)}


def _row(where, quantity, counts):
    checked, no_number, out_of_range, rejected, ratio, ulps, _ = counts
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
    """Add Judged to {quantity: (checked, no number, out of range, rejected, worst ratio, worst ULPs, histogram)}."""
    for j in judged:
        counts = [int(Z.sum()) for Z in (j.certified, j.no_number, ~(j.certified | j.no_number), j.wrong)]
        worst = float(j.ratio.max()), float(j.ulps.max())
        old = rows.get(prefix + j.quantity, (0, 0, 0, 0, 0.0, 0.0, np.zeros(len(ULPS) + 1, np.int64)))
        sums = (a + b for a, b in zip(old, counts, strict=False))
        rows[prefix + j.quantity] = (*sums, *map(max, old[4:6], worst), old[6] + histogram(j.ulps[j.certified]))


def _powers_of_ten(first, length):
    """Steps 0, 1, 10, 100 ... in a piece, counted from its start."""
    return [t - first for t in (0, *(10**n for n in range(19))) if first <= t < first + length]


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
        **{name: Z[t, seeds] for name, Z in before.items()},
        **{f"ratio_{j.quantity}": j.ratio.reshape(len(losses), -1).max(axis=1)[t] for j in judged},
    }


def _at_start(judged):
    """The whole trace of the first few seeds at the initial weights, and its limits: NaN where nothing is certified."""
    seeds, kept = slice(SHOWN_SEEDS), {}
    for j in judged:
        kept[f"trace_{j.quantity}"] = j.value[0, seeds]
        kept[f"limit_{j.quantity}"] = np.where(j.certified, j.limit, np.nan)[0, seeds]
    return kept
