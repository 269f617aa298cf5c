"""The agreement suite: every column, on every case, in every precision, from the same weights."""

from datetime import UTC, datetime
from functools import partial
from time import monotonic

from fourfold import impls
from fourfold.compare.agreement.certify import certify
from fourfold.compare.columns import workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.results.environment import environment, setting
from fourfold.compare.results.result import SCHEMA_VERSION, Column, Result


def agreement(
    names,
    cases,
    dtypes,
    timeout,
    command,
    advance=lambda name, steps: None,
    grid=None,
    memory=None,
    surroundings=None,
):
    """Judge columns on cases: (Result, {(column, case name, dtype): arrays for pictures}).

    `advance` is called with a column's name and the steps it has just had certified; `grid` (points, d_in) is
    predicted with the final weights; `timeout`, `memory` and `surroundings` are workers.Pool's. Columns of one
    framework share a process and take turns; frameworks run side by side.
    """
    start = monotonic()
    evidence, reasons = {}, {}
    with workers.open_pool(timeout, memory, surroundings=surroundings) as pool:

        def judge(name):
            progressed = partial(advance, name)
            try:
                for case, dtype in pairs(name, cases, dtypes):
                    evidence[name, case.name, dtype] = certify(pool, name, case, dtype, progressed, grid)
            except ColumnError as error:
                reasons[name] = str(error)

        workers.each(pool, names, judge)
        seconds = {name: round(pool.seconds(name), 3) for name in names}

    in_order = {}  # of the columns asked for, and their cases
    for name in names:
        for case, dtype in pairs(name, cases, dtypes):
            key = name, case.name, dtype
            if key in evidence:
                in_order[key] = evidence[key]
                if _says_nothing(evidence[key], case):
                    where = f"{name} on {case.name} in {dtype}"
                    reasons[name] = f"{where} leaves the format's range at once: nothing could be certified"
    rows, rejections = [], []
    for one in in_order.values():
        rows += one.rows
        if one.rejection:
            rejections.append(one.rejection)
    seconds["total"] = round(monotonic() - start, 3)
    result = Result(
        schema_version=SCHEMA_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=[setting(case, _in_both(dtypes, case.dtypes)) for case in cases],
        environment=environment(names, dtypes, command),
        columns=_verdicts(names, rejections, reasons),
        rows=rows,
        rejections=rejections,
        seconds=seconds,
    )
    return result, {key: one.arrays for key, one in in_order.items()}


def _says_nothing(evidence, case):
    """Whether nothing could be certified, though the case has numbers and nothing is known to be wrong."""
    certified = sum(row.checked for row in evidence.rows)
    return not certified and not evidence.rejection and case.is_finite()


def _verdicts(names, rejections, reasons):
    wrong = {rejection.column for rejection in rejections}
    columns = []
    for name in names:
        verdict = "not judged" if name in reasons else "agrees"
        if name in wrong:
            verdict = "disagrees"
        columns.append(Column(name, verdict, reasons.get(name, "")))
    return columns


def pairs(name, cases, dtypes):
    """Yields the (case, dtype) that a column is judged on; modules from elsewhere are of the first case's row."""
    rows = [row for row, columns in impls.ROWS.items() if name in columns] or [cases[0].row]
    for case in cases:
        if case.row in rows:
            for dtype in _in_both(dtypes, case.dtypes):
                yield case, dtype


def _in_both(dtypes, others):
    return [dtype for dtype in dtypes if dtype in others]
