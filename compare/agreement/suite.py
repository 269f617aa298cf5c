"""The agreement suite: every column, on every case, in every precision, from the same weights."""

from datetime import UTC, datetime
from functools import partial
from time import monotonic

from msgspec.structs import replace

from fourfold import impls
from fourfold.compare.agreement import memory as estimate
from fourfold.compare.agreement.certify import certify
from fourfold.compare.agreement.diagnose import diagnosis
from fourfold.compare.agreement.plan import plan
from fourfold.compare.columns import calls, workers
from fourfold.compare.errors import Breach, ColumnError, UsageError
from fourfold.compare.results.environment import environment, setting
from fourfold.compare.results.result import SCHEMA_VERSION, Column, Result
from fourfold.compare.results.words import label

# Rejections of a column that are diagnosed at most, until one shows a known mistake.
DIAGNOSED = 3
# Relative to the quantity: where nothing smaller is seen, nothing is judged.
DULLEST = 1e-3


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
    keep=True,
):
    """Judge columns on cases: (Result, {(column, case name, dtype): arrays for pictures}).

    `advance` is called with a column's name and how many steps of its seeds have just been judged; `grid` (points,
    d_in) is predicted with the final weights; `timeout`, `memory` and `surroundings` are workers.Pool's; `keep` is
    certify's.
    Columns of one framework share a process and take turns; frameworks run side by side. Raises UsageError where that
    needs more memory than there is.
    """
    start = monotonic()
    names_of_cases = [case.name for case in cases]
    if len(set(names_of_cases)) < len(names_of_cases):
        raise UsageError(f"Every case needs a name of its own, not {', '.join(names_of_cases)}.")
    estimate.check(cases, names, dtypes, keep)
    evidence, reasons = {}, {}
    with workers.open_pool(timeout, memory, surroundings=surroundings) as pool:

        def judge(name):
            asked, refused = [*pairs(name, cases, dtypes)], []
            undiagnosed = DIAGNOSED
            try:
                pool.call(name, calls.check_whole, cases[0].row)
                for case, dtype in asked:
                    try:
                        seen_here = certify(pool, name, case, dtype, partial(advance, name), grid, keep)
                    except Breach as error:  # it can still be asked something else
                        refused.append(f"{error}, asked about {case.name} in {dtype}")
                        continue
                    if seen_here.rejection and undiagnosed:
                        rejection = _diagnosed(pool.column(name), case, seen_here.rejection)
                        seen_here = seen_here._replace(rejection=rejection)
                        undiagnosed = 0 if rejection.mistakes else undiagnosed - 1
                    evidence[name, case.name, dtype] = seen_here
            except ColumnError as error:
                reasons[name] = str(error)
            if refused:
                more = f", and so {len(refused) - 1} times more" if len(refused) > 1 else ""
                left = len(asked) - len(refused)
                reasons[name] = f"{refused[0]}{more}; what else was asked, {left} of {len(asked)}, is judged"

        workers.each(pool, names, judge)
        seconds = {name: round(pool.seconds(name), 3) for name in names}

    in_order = {}  # of the columns asked for, and their cases
    for name in names:
        for case, dtype in pairs(name, cases, dtypes):
            key = name, case.name, dtype
            if key in evidence:
                in_order[key] = evidence[key]
                reason = _not_judged(evidence[key], case, dtype, case is cases[0])
                if reason:
                    reasons[name] = f"{name} on {case.name} in {dtype} {reason}"
    rows, rejections = [], []
    for one in in_order.values():
        rows += one.rows
        if one.rejection:
            rejections.append(one.rejection)
    seconds["total"] = round(monotonic() - start, 3)
    result = Result(
        schema_version=SCHEMA_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=[setting(case, _in_both(dtypes, case.dtypes), plan(case).steps[0]) for case in cases],
        environment=environment(names, dtypes, command),
        columns=_verdicts(names, rejections, reasons),
        rows=rows,
        rejections=rejections,
        seconds=seconds,
    )
    return result, {key: one.arrays for key, one in in_order.items()}


def _diagnosed(column, case, rejection):
    """The Rejection with what its numbers look like."""
    if rejection.value is None:
        return rejection
    mistakes, text = diagnosis(column, case, rejection)
    together = f"{rejection.diagnosis}\n{text}".strip()  # one that loses digits has advice already
    return replace(rejection, mistakes=mistakes, diagnosis=together)


def _not_judged(evidence, case, dtype, is_asked_for):
    """Why a case says nothing, or not enough, of a column; "" where it does.

    The case that was asked for has to be judged sharply. Those with teeth may be dull: it is at the ends of the
    format's range that they look.
    """
    certified = sum(row.checked for row in evidence.rows)
    if not certified and not evidence.rejection and case.is_finite():
        return "leaves the format's range at once: nothing could be certified"
    dull = []
    for row in evidence.rows if is_asked_for else ():
        if row.checked and row.sharpness is not None and not float(row.sharpness) <= DULLEST:
            dull.append(f"{label(row.quantity)} ({float(row.sharpness):.1g})")
    if not dull:
        return ""
    way_out = "fewer samples, or float64" if dtype == "float32" else "fewer samples, or data of another size"
    return f"is known too coarsely to be judged, relative to its size: {', '.join(dull)}. Take {way_out}"


def _verdicts(names, rejections, reasons):
    lossy = {}  # of the columns that disagree: whether they only lose digits
    for rejection in rejections:
        lossy[rejection.column] = lossy.get(rejection.column, True) and rejection.loses_digits
    columns = []
    for name in names:
        verdict = "not judged" if name in reasons else "agrees"
        if name in lossy:
            verdict = "disagrees"
        columns.append(Column(name, verdict, reasons.get(name, ""), lossy.get(name, False)))
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
