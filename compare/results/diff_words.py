"""A Diff as text."""

from itertools import islice

from fourfold.compare.results import words
from fourfold.compare.results.words import brief, fraction, measure

MOST_LINES = 12  # of cases or trajectories, most of a full suite's being alike


def environment(diff):
    """One line a change, or that there is none."""
    if not diff.environment:
        return ["Environment: the same."]
    width = max(len(change.name) for change in diff.environment)
    told = [(change.name, *("–" if x is None else x for x in (change.a, change.b))) for change in diff.environment]
    return ["Environment:", *(f"  {name:<{width}}  {a} → {b}" for name, a, b in told)]


def inputs(diff):
    if len(diff.inputs) > MOST_LINES:
        return [f"Inputs of {len(diff.inputs)} cases: identical; their sha256 is in --json."]
    return [f"Inputs of {case}: identical, sha256 {sha256[:16]}…" for case, sha256 in diff.inputs.items()]


def missing(diff):
    """What could not be compared, and why."""
    for name, columns in ((diff.a, diff.only_a), (diff.b, diff.only_b)):
        if columns:
            yield f"Only in {name}: {', '.join(columns)}."
    for column, reason in diff.not_judged.items():
        yield f"{column} was not judged {reason}."
    if diff.movements and not diff.drifts:
        yield "Without the arrays of both reports, only the shares of the limits are compared."


def dtypes(diff):
    return list(dict.fromkeys(m.dtype for m in diff.movements))


def table(diff, dtype):
    """(headers, rows of cells) for one precision, worst of all cases: movement in ULP, share of the limit A→B."""
    found = {}
    for m in diff.movements:
        if m.dtype == dtype:
            found.setdefault((m.column, m.quantity), []).append(m)
    quantities = dict.fromkeys(m.quantity for m in diff.movements)
    rows = [[words.label(q), *(_cell(found.get((c, q), [])) for c in diff.columns)] for q in quantities]
    return ["", *diff.columns], rows


def _cell(movements):
    if not movements:
        return "–"
    a, b = (fraction(max(measure(getattr(m, key)) for m in movements)) for key in ("ratio_a", "ratio_b"))
    mark = "✗ " if any(m.beyond for m in movements) else ""
    return f"{mark}{_moved(movements)}  {a if a == b else f'{a}→{b}'}"


def _moved(movements):
    if not any(m.compared for m in movements):
        return "" if words.is_of_every_step(movements[0].quantity) else "?"
    return brief(max(measure(m.ulps) for m in movements)) if any(m.moved for m in movements) else "same"


def rich_table(diff, dtype):
    title = f"{dtype}: movement at the first weights in ULP, and largest share of the limit over the whole run (A→B)"
    return words.grid(title, *table(diff, dtype))


def drifts(diff):
    """Where the trajectories part, a line each."""
    apart = [d for d in diff.drifts if d.differs_at is not None]
    if diff.drifts:
        yield f"Trajectories (each step is certified at its own weights): {len(apart)} of {len(diff.drifts)} part."
    for d in islice(apart, MOST_LINES):
        first = (
            d.differs_at if d.same_until in (None, d.differs_at - 1) else f"{d.same_until + 1:,} to {d.differs_at:,}"
        )
        at = f"{first:,}" if isinstance(first, int) else first
        yield (
            f"  {d.column}, {d.case}, {d.dtype}: first other bit at step {at}, "
            f"then at most {measure(d.loss):.2g} apart in L, {measure(d.weights):.2g} in the weights"
        )
    if len(apart) > MOST_LINES:
        yield f"  and {len(apart) - MOST_LINES} more: see --json."


def verdict(diff):
    """One sentence: what moved, and whether it may."""
    within = [name for name in diff.columns if name not in diff.beyond]
    if diff.beyond:
        return f"MOVED BEYOND BOUNDS: {', '.join(_first_beyond(diff, name) for name in diff.beyond)}."
    if not diff.movements:
        return "NOTHING COMPARED."
    if not any(m.compared for m in diff.movements):
        return f"WITHIN BOUNDS on both sides: {', '.join(within)}. Whether bits moved is not known."
    moved = [m for m in diff.movements if m.moved]
    numbers = lambda names: sum(m.compared for m in diff.movements if m.column in names)
    parted = any(d.differs_at is not None for d in diff.drifts)
    if not moved:
        what = "the trajectories part later, each within its bounds" if parted else "the trajectories do not part"
        return f"SAME BITS: {', '.join(within)}: {numbers(within):,} numbers at the same weights; {what}."
    columns = [name for name in within if any(m.column == name for m in moved)]
    same = [name for name in within if name not in columns]
    rest = f" Same bits: {', '.join(same)}." if same else ""
    ulps, share = (max(measure(getattr(m, key)) for m in moved) for key in ("ulps", "share"))
    count = f"{sum(m.moved for m in moved):,} of {numbers(columns):,} numbers"
    return (
        f"MOVED WITHIN BOUNDS: {', '.join(columns)}: {count} at the same weights, by at most "
        f"{brief(ulps)} ULP and {fraction(share)} of both limits together.{rest}"
    )


def _first_beyond(diff, column):
    found = next((m for m in diff.movements if m.column == column and m.beyond), None)
    return f"{column} (first {found.quantity}, {found.case}, {found.dtype})" if found else column
