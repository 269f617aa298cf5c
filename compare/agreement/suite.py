"""The agreement suite: every column, on every case, in every precision, from the same weights."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from time import monotonic

from fourfold import impls
from fourfold.compare.agreement.certify import certify
from fourfold.compare.columns import workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.results.environment import environment, setting
from fourfold.compare.results.result import SCHEMA_VERSION, Column, Result


def agreement(names, cases, dtypes, timeout, command, advance=lambda name, steps: None, grid=None, memory=None):
    """Judge columns on cases: (Result, {(column, case name, dtype): arrays for pictures}).

    `advance` is called with a column's name and the steps it has just had certified; `grid` (points, d_in) is
    predicted with the final weights; `timeout` and `memory` are those of workers.Pool. Columns of one framework share
    a process and take turns; frameworks run side by side.
    """
    start = monotonic()
    evidence, reasons, groups = {}, {}, {}
    for name in names:
        groups.setdefault(impls.framework(name) or name, []).append(name)

    with workers.open_pool(timeout, memory) as pool, ThreadPoolExecutor(len(groups)) as threads:

        def judge_in_turn(group):
            for name in group:
                try:
                    for case, dtype in pairs(name, cases, dtypes):
                        key = name, case.name, dtype
                        evidence[key] = certify(pool, name, case, dtype, lambda n: advance(name, n), grid)  # noqa: B023
                except ColumnError as error:
                    reasons[name] = str(error)

        try:
            futures = [threads.submit(judge_in_turn, group) for group in groups.values()]
            for future in as_completed(futures):
                future.result()
        except BaseException:
            pool.stop()
            raise
        seconds = {name: round(pool.seconds(name), 3) for name in names}

    keys = [(name, case.name, dtype) for name in names for case, dtype in pairs(name, cases, dtypes)]
    judged = [evidence[key] for key in keys if key in evidence]
    by_name = {case.name: case for case in cases}
    for name, case, dtype in keys:
        found = evidence.get((name, case, dtype))
        if found and not found.rejection and by_name[case].is_finite() and not any(row.checked for row in found.rows):
            reasons[name] = f"{name} on {case} in {dtype} leaves the format's range at once: nothing could be certified"
    rejections = [e.rejection for e in judged if e.rejection]
    wrong = {r.column for r in rejections}
    verdicts = {n: "disagrees" if n in wrong else "not judged" if n in reasons else "agrees" for n in names}
    result = Result(
        schema_version=SCHEMA_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=[setting(case, _in_both(dtypes, case.dtypes)) for case in cases],
        environment=environment(names, dtypes, command),
        columns=[Column(name, verdict, reasons.get(name, "")) for name, verdict in verdicts.items()],
        rows=[row for e in judged for row in e.rows],
        rejections=rejections,
        seconds={**seconds, "total": round(monotonic() - start, 3)},
    )
    return result, {key: evidence[key].arrays for key in keys if key in evidence}


def pairs(name, cases, dtypes):
    """Yields the (case, dtype) that a column is judged on; modules from elsewhere are of the first case's row."""
    rows = [row for row, of in impls.ROWS.items() if name in of] or [cases[0].row]
    yield from ((case, dtype) for case in cases if case.row in rows for dtype in _in_both(dtypes, case.dtypes))


def _in_both(dtypes, others):
    return [dtype for dtype in dtypes if dtype in others]
