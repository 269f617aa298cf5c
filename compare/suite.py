"""The agreement suite: every column trained from the same weights, every step of it certified."""

import hashlib
import os
import platform
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import numpy as np

import impls
from compare import agree, run, truth
from compare.errors import ColumnError
from compare.result import SCHEMA_VERSION, Column, Environment, Rejection, Result, Row, Setting, number

# Steps x seeds in one piece: large enough to hide the call, small enough to be judged while the next one runs.
PIECE = 25_000
SHOWN_SEEDS = 10


class Evidence(NamedTuple):
    """What judging one column in one precision leaves: rows for the verdict, arrays for the pictures."""

    rows: list
    rejection: Rejection | None
    arrays: dict


def agreement(names, case, dtypes, timeout, command, advance=lambda name, steps: None, grid=None):
    """Judge columns on a case: (Result, {(name, dtype): arrays}).

    `grid` (points, d_in) are inputs to predict with the final weights, for pictures. `advance` is called with a column's name and the steps it has just had certified. Columns of one framework share
    a process and take turns; frameworks run side by side.
    """
    start = monotonic()
    evidence, reasons = {}, {}
    groups = {}
    for name in names:
        groups.setdefault(impls.framework(name) or name, []).append(name)

    with run.workers(timeout) as pool, ThreadPoolExecutor(len(groups)) as threads:

        def judge_group(group):
            for name in group:
                try:
                    for dtype in dtypes:
                        evidence[name, dtype] = judge_column(pool, name, case, dtype, advance, grid)
                except ColumnError as error:
                    reasons[name] = str(error)

        futures = [threads.submit(judge_group, group) for group in groups.values()]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            pool.stop()
            raise
        seconds = {name: round(pool.seconds(name), 3) for name in names}

    judged = [evidence[key] for key in ((n, d) for n in names for d in dtypes) if key in evidence]
    rejections = [e.rejection for e in judged if e.rejection]
    wrong = {r.column for r in rejections}
    columns = [
        Column(name, "disagrees" if name in wrong else "not judged" if name in reasons else "agrees", reasons.get(name, ""))
        for name in names
    ]
    result = Result(
        schema_version=SCHEMA_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        setting=setting(case, dtypes),
        environment=environment(names, dtypes, command),
        columns=columns,
        rows=[row for e in judged for row in e.rows],
        rejections=rejections,
        seconds={**seconds, "total": round(monotonic() - start, 3)},
    )
    return result, {key: e.arrays for key, e in evidence.items()}


def judge_column(pool, name, case, dtype, advance, grid=None):
    """Train one column in one precision and certify every step, piece by piece. Raises ColumnError."""
    p = agree.problem(case, dtype)
    rows, rejection, pictures, checkpoints = {}, None, [], []

    def reject(step, seed, quantity, index, note, numbers=(None,) * 4):
        value, exact, error, limit = (x if x is None else number(x) for x in numbers)
        return Rejection(name, dtype, step, seed, quantity, [int(i) for i in index], value, exact, error, limit, note)

    def reject_entry(j, at, inner, step, seed, note=""):
        return reject(step, seed, j.quantity, inner, note, (j.value[at], j.exact[at], j.error[at], j.limit[at]))

    def replay(j, index, first, before):
        """Evaluate a rejected step again at the column's own weights, to name the first quantity wrong there."""
        (t, s), step, seed = index[:2], first + int(index[0]), case.seeds[index[1]]
        W1, W2 = before[0][t, s], before[1][t, s]
        quantities = pool.call(name, run.trace, p.X, p.Y, W1, W2, p.activation)
        wrong = None
        if not agree.malformed_trace(quantities, W1, W2, p):
            wrong = agree.first_wrong(agree.judge_trace(quantities, W1, W2, p))
        if wrong:
            return reject_entry(wrong[0], tuple(wrong[1]), wrong[1], step, seed)
        note = "`trace` at these weights is right, so it is the step itself that went wrong"
        return reject_entry(j, tuple(index), index[2:], step, seed, note)

    piece = max(1, PIECE // len(case.seeds))
    for first, (W1, W2), path in run.stream(pool, name, case, dtype, piece):
        complaint = agree.malformed_path(path, W1, W2, min(piece, case.steps - first), p)
        if complaint:
            return Evidence([], reject(first, None, complaint.split()[0], [], f"train: {complaint}"), {})
        before = [np.concatenate([w[None], ws[:-1]]) for w, ws in zip((W1, W2), path, strict=False)]
        judged = agree.judge_steps(W1, W2, path, p)
        _add(rows, judged, "every ")
        wrong = agree.first_wrong(judged)
        if wrong and not rejection:
            rejection = replay(*wrong, first, before)
        checkpoints += [(first + t, before[0][t], before[1][t]) for t in _powers_of_ten(first, len(path[2]))]
        pictures.append(_picture(first, before, path[2], judged, case.steps))
        W1, W2 = path[0][-1], path[1][-1]
        advance(name, len(path[2]))

    steps, *W = (np.stack(Z) for Z in zip(*checkpoints, (case.steps, W1, W2), strict=True))
    quantities = pool.call(name, run.trace, p.X, p.Y, *W, p.activation)
    complaint = agree.malformed_trace(quantities, *W, p)
    if complaint:
        return Evidence([], reject(0, None, complaint.split()[0], [], f"trace: {complaint}"), {})
    judged = agree.judge_trace(quantities, *W, p)
    _add(rows, judged)
    wrong = agree.first_wrong(judged)
    if wrong and (not rejection or steps[wrong[1][0]] < rejection.step):
        j, index = wrong
        rejection = reject_entry(j, tuple(index), index[2:], int(steps[index[0]]), case.seeds[index[1]])
    arrays = {key: np.concatenate([part[key] for part in pictures]) for key in pictures[0]}
    arrays |= {"W1_final": W1[:SHOWN_SEEDS], "W2_final": W2[:SHOWN_SEEDS], "Y_hat_final": quantities.Y_hat[-1, :SHOWN_SEEDS]}
    if grid is not None:
        final = (arrays["W1_final"], arrays["W2_final"])
        arrays["Y_hat_grid"] = pool.call(name, run.predict, grid.astype(dtype), *final, p.activation)
    table = [Row(name, dtype, q, *counts[:3], *map(number, counts[3:])) for q, counts in rows.items()]
    return Evidence(table, rejection, arrays)


def _add(rows, judged, prefix=""):
    for j in judged:
        old = rows.get(prefix + j.quantity, (0, 0, 0, 0.0, 0.0))
        counts = (int(Z.sum()) for Z in (j.certified, ~j.certified, j.wrong))
        worst = (float(j.ratio.max()), float(j.ulps.max()))
        rows[prefix + j.quantity] = (*map(sum, zip(old, counts, strict=False)), *map(max, zip(old[3:], worst, strict=True)))


def _powers_of_ten(first, length):
    """Steps 0, 1, 10, 100 ... in a piece, counted from its start: where the whole trace is judged."""
    return [t - first for t in (0, *(10**n for n in range(19))) if first <= t < first + length]


def recorded(steps):
    """The steps kept for pictures: at most 300, as many in every decade."""
    return np.unique(np.geomspace(1, steps, min(steps, 300)).round().astype(int)) - 1


def _picture(first, before, losses, judged, steps):
    """Arrays for pictures, of the recorded steps in one piece and the first few seeds."""
    at = recorded(steps)
    t = at[(at >= first) & (at < first + len(losses))] - first
    seeds = slice(SHOWN_SEEDS)
    every = {f"ratio_{j.quantity}": j.ratio.reshape(len(losses), -1).max(axis=1)[t] for j in judged}
    L = judged[0]
    return {
        "step": t + first,
        "L": losses[t, seeds],
        "L_error": L.error[t, seeds],
        "L_limit": L.limit[t, seeds],
        "W1": before[0][t, seeds],
        "W2": before[1][t, seeds],
        **every,
    }


def setting(case, dtypes):
    digest = hashlib.sha256()
    for Z in (case.X, case.Y, case.W1, case.W2):
        digest.update(repr(Z.shape).encode() + np.ascontiguousarray(Z).tobytes())
    return Setting(
        data=case.data,
        samples=len(case.X),
        widths=[case.X.shape[1], case.W1.shape[-1], case.Y.shape[1]],
        parameters=case.parameters(),
        activation=case.activation,
        lr=case.lr,
        steps=case.steps,
        first_seed=case.seeds.start,
        seeds=len(case.seeds),
        dtypes=list(dtypes),
        inputs_sha256=digest.hexdigest(),
    )


def environment(names, dtypes, command):
    return Environment(
        fourfold=version("fourfold"),
        python=platform.python_version(),
        versions=run.versions(names),
        system=f"{platform.system()} {platform.machine()}",
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        threads=os.environ.get("OMP_NUM_THREADS", "default"),
        wide={dtype: _wide_name(truth.wide_dtype(dtype)) for dtype in dtypes},
        command=command,
    )


def _wide_name(wide):
    return f"ball arithmetic, {truth.BALL_BITS} bits" if wide == truth.BALL else f"{wide.name}, {np.finfo(wide).nmant + 1} bits"


def _cpu():
    """The processor's name: `platform.processor()` is empty on many Linux systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
