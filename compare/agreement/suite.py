"""The agreement suite: every column, on every case, in every precision, from the same weights."""

from datetime import UTC, datetime
from functools import partial
from time import monotonic
from types import MappingProxyType

from msgspec.structs import replace

from fourfold import impls
from fourfold.compare.agreement import conventions, half, modes
from fourfold.compare.agreement import memory as estimate
from fourfold.compare.agreement.certify import certify
from fourfold.compare.agreement.diagnose import diagnosis
from fourfold.compare.agreement.plan import plan
from fourfold.compare.agreement.twice import difference
from fourfold.compare.agreement.unknown import refusal
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.questions import WHOLE
from fourfold.compare.columns.surroundings import seen
from fourfold.compare.errors import Breach, ColumnError, UsageError
from fourfold.compare.judge.formats import HALF
from fourfold.compare.judge.quantities import is_of_every_step
from fourfold.compare.results.environment import environment, setting
from fourfold.compare.results.result import SCHEMA_VERSION, Column, Result
from fourfold.compare.results.words import count, label

# Rejections of a column that are diagnosed at most, until one shows a known mistake.
DIAGNOSED = 3


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
    asked_for=1,
    twice=(),
):
    """Judge columns on cases: (Result, {(column, case name, dtype): arrays for pictures}).

    `advance` is called with a column's name and how many steps of its seeds have just been judged; `grid` (points,
    d_in) is predicted with the final weights; `timeout`, `memory` and `surroundings` are workers.Pool's; `keep` is
    certify's. So many of the cases, from the first, are `asked_for` by name: a column that does not know the
    activations of one is not judged. Of the columns in `twice` it is found out whether a new process gives the same
    bits.
    Columns of one framework share a process and take turns; frameworks run side by side. Raises UsageError where that
    needs more memory than there is.
    """
    start = monotonic()
    names_of_cases = [case.name for case in cases]
    if len(set(names_of_cases)) < len(names_of_cases):
        raise UsageError(f"Every case needs a name of its own, not {', '.join(names_of_cases)}.")
    estimate.check(cases, names, dtypes, keep)
    evidence, reasons, parts, processes, again = {}, {}, {}, {}, {}
    judged_before = _judged_before(names)
    pools = [workers.open_pool(timeout, memory, apart, surroundings) for apart in (False, True)]
    with pools[0] as pool, pools[1] as new_pool:

        def judge(name):
            asked, refused = [*pairs(name, cases, dtypes)], []
            undiagnosed = DIAGNOSED
            try:
                by_row, left_out = _abilities(pool, name, cases, asked_for)
                asked = [(case, dtype) for case, dtype in asked if case.row in by_row]
                first, unknown = by_row[asked[0][0].row], {}
                parts[name] = first, unknown, left_out
                for case in cases[:asked_for]:
                    first.check(name, case)
                for case, dtype in asked:
                    able = by_row[case.row]
                    column = pool.column(name, able)
                    is_asked_for = any(case is one for one in cases[:asked_for])
                    known = () if is_asked_for else cases[0].activations
                    watched = partial(advance, name)
                    run = partial(certify, pool, name, case, dtype, watched, grid, keep, able, *judged_before[name])
                    seen_here = _evidence(run, column, case, dtype, known, unknown, refused)
                    if not seen_here:
                        continue
                    if seen_here.rejection and case.update:
                        seen_here = seen_here._replace(rejection=conventions.diagnosed(column, case, seen_here))
                    elif seen_here.rejection and undiagnosed:
                        rejection = _diagnosed(column, case, seen_here.rejection)
                        seen_here = seen_here._replace(rejection=rejection)
                        undiagnosed = 0 if rejection.mistakes else undiagnosed - 1
                    evidence[name, case.name, dtype] = seen_here
                processes[name] = pool.call(name, seen)
                if name in twice and (name, asked[0][0].name, asked[0][1]) in evidence:
                    again[name] = difference(pool.column(name, first), new_pool.column(name, first), *asked[0])
            except ColumnError as error:
                reasons[name] = str(error)
            if refused:
                judged = sum(column_name == name for column_name, *_ in evidence)
                reasons[name] = _refused(refused, judged, len(asked))

        workers.each(pool, names, judge)
        seconds = {name: round(pool.seconds(name), 3) for name in names}

    in_order = _judged(names, cases, dtypes, evidence, reasons)
    rows = [row for one in in_order.values() for row in one.rows]
    rejections = [one.rejection for one in in_order.values() if one.rejection]
    seconds["total"] = round(monotonic() - start, 3)
    result = Result(
        schema_version=SCHEMA_VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=[setting(case, _in_both(dtypes, case.dtypes), plan(case).steps[0]) for case in cases],
        environment=environment(names, dtypes, command, _in_order(names, processes)),
        columns=_verdicts(names, rejections, reasons, parts),
        rows=rows,
        rejections=rejections,
        seconds=seconds,
        modes=modes.differences(in_order),
        twice=_in_order(names, again),
        conventions=conventions.named(
            names, _by_one_rule(cases, in_order), {rejection.column for rejection in rejections}
        ),
    )
    return result, {key: one.arrays for key, one in in_order.items()}


def _judged_before(names):
    """{column: what is kept of the first one of its process, or None, and where the judge was audited, for all}.

    The others of that process may give the same bits. They add nothing to it.
    """
    by_name, audited = {}, set()
    for first, *others in workers.by_process(names):
        kept = {}
        by_name[first] = kept if others else None, audited
        for name in others:
            by_name[name] = MappingProxyType(kept), audited
    return by_name


def _abilities(pool, name, cases, asked_for):
    """({row: the Abilities of a column}, why it is not asked about the other rows of the Cases or "").

    Raises ColumnError where it cannot be asked about a Case that was asked for.
    """
    by_row, left_out = {}, ""
    wanted = {case.row for case in cases[:asked_for]}
    for row in dict.fromkeys(case.row for case in cases):
        if impls.is_built_in(name) and row not in impls.rows_of(name):
            continue
        try:
            by_row[row] = pool.call(name, calls.abilities, row)
        except ColumnError as error:
            if row in wanted:
                raise
            left_out = str(error).removeprefix(f"{name} ")
    return by_row, left_out


def _judged(names, cases, dtypes, evidence, reasons):
    """The evidence in the order of columns and cases; what says nothing, or not enough, of a column is a reason."""
    in_order = {}
    for name in names:
        for case, dtype in pairs(name, cases, dtypes):
            key = name, case.name, dtype
            if key in evidence:
                in_order[key] = evidence[key]
                reason = _not_judged(name, evidence[key], case, dtype, case is cases[0])
                if reason:
                    reasons[name] = f"{name} on {case.name} in {dtype} {reason}"
    return in_order


def _by_one_rule(cases, evidence):
    """What of the evidence is by the first Case's optimiser: points have one name in several, and other choices."""
    same = {case.name for case in cases if case.update == cases[0].update}
    return {key: one for key, one in evidence.items() if key[1] in same}


def _in_order(names, entries):
    return {name: entries[name] for name in names if name in entries}


def _evidence(run, column, case, dtype, known, unknown, refused):
    """The Evidence of `run` on a Case; None where it cannot be had: why is added to `unknown` or `refused`.

    `known`: activations that the column is judged with, where it may not know those of the Case.
    """
    if not column.abilities.computes(case.activations):
        only = column.abilities.activations
        unknown[case.activation] = f"it computes {only} alone"
        return None
    try:
        return run()
    except Breach as error:  # it can still be asked something else
        why = refusal(column, case, dtype, known) if known and not impls.is_built_in(column.name) else ""
        if why:
            unknown.setdefault(case.activation, why)
        else:
            refused.append(f"{error} (asked about {case.name} in {dtype})")
    return None


def _refused(refused, judged, asked):
    """Why a column is not judged that refused what it was asked so often."""
    again = len(refused) - 1
    more = f", and so in {count(again, 'other run')}" if again else ""
    rest = f"; what else was asked, {judged} of {asked}, is judged" if judged else ""
    return f"{refused[0]}{more}{rest}"


def _diagnosed(column, case, rejection):
    """The Rejection with what its numbers look like."""
    if rejection.value is None or impls.is_mixed(column.name):
        return rejection
    # what is the same mistake in float32 has more digits to be known by
    sharp = replace(rejection, dtype="float32") if rejection.dtype in HALF else rejection
    mistakes, text = diagnosis(column, case, sharp)
    together = f"{rejection.diagnosis}\n{text}".strip()  # one that loses digits has advice already
    return replace(rejection, mistakes=mistakes, diagnosis=together)


def _not_judged(name, evidence, case, dtype, is_asked_for):
    """Why a case says nothing, or not enough, of a column; "" where it does.

    The case that was asked for has to be judged sharply. Those with teeth may be dull: it is at the ends of the
    format's range that they look.
    """
    certified = sum(row.checked for row in evidence.rows)
    if not certified and not evidence.rejection and case.is_finite():
        return half.no_limits(case, dtype) or "leaves the format's range at once: nothing could be certified"
    blind = [label(row.quantity) for row in evidence.rows if is_of_every_step(row.quantity) and not row.checked]
    if is_asked_for and case.update and blind and not evidence.rejection:
        return f"cannot be known from the first step on, by its range or its few digits: {', '.join(blind)}"
    dull, dullest = [], half.dullest(name, dtype)
    for row in evidence.rows if is_asked_for else ():
        if row.checked and row.sharpness is not None and not float(row.sharpness) <= dullest:
            dull.append(f"{label(row.quantity)} ({float(row.sharpness):.1g})")
    if not dull:
        return ""
    wider = {"float64": "data of another size", "float32": "float64"}
    other = wider.get(half.arithmetic(name, dtype), "float32, or more seeds")
    return (
        f"is known too coarsely to be judged, relative to its size: {', '.join(dull)}. Take fewer samples, or {other}"
    )


def _verdicts(names, rejections, reasons, parts):
    lossy = {}  # of the columns that disagree: whether they only lose digits
    for rejection in rejections:
        lossy[rejection.column] = lossy.get(rejection.column, True) and rejection.loses_digits
    columns = []
    for name in names:
        verdict = "not judged" if name in reasons else "agrees"
        if name in lossy:
            verdict = "disagrees"
        column = Column(name, verdict, reasons.get(name, ""), lossy.get(name, False))
        able, unknown, left_out = parts.get(name, (WHOLE, {}, ""))
        judged = [] if able.whole else [*able.functions]
        missing, alone = [] if able.whole else [*able.missing], able.one_at_a_time
        column = replace(column, judged=judged, missing=missing, one_at_a_time=alone)
        columns.append(replace(column, unknown=unknown, left_out=left_out))
    return columns


def pairs(name, cases, dtypes):
    """Yields the (case, dtype) that a column is asked about; what rows a module from elsewhere has is not known yet."""
    rows = impls.rows_of(name)
    for case in cases:
        if case.row in rows or not impls.is_built_in(name):
            for dtype in _in_both(dtypes, case.dtypes):
                if impls.has(name, dtype):
                    yield case, dtype


def _in_both(dtypes, others):
    return [dtype for dtype in dtypes if dtype in others]
