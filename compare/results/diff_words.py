"""A Diff as text."""

from fourfold.compare.judge.quantities import is_of_every_step
from fourfold.compare.results import tables, words
from fourfold.compare.results.words import brief, fraction, measure, worst

MOST_LINES = 12  # of cases or trajectories, most of a full suite's being alike


def environment(diff):
    """One line a change, or that there is none."""
    if not diff.environment:
        return ["Environment: the same."]
    width = max(len(change.name) for change in diff.environment)
    lines = ["Environment:"]
    for change in diff.environment:
        lines.append(f"  {change.name:<{width}}  {_or_dash(change.a)} → {_or_dash(change.b)}")
    return lines


def _or_dash(value):
    return "–" if value is None else value


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
    """(headers, lines of cells) for one precision, worst of all cases: movement in ULP, share of the limit A→B."""
    movements, quantities = {}, {}
    for movement in diff.movements:
        quantities[movement.quantity] = None  # in order
        if movement.dtype == dtype:
            movements.setdefault((movement.column, movement.quantity), []).append(movement)
    lines = []
    for quantity in quantities:
        cells = [_cell(movements.get((column, quantity), [])) for column in diff.columns]
        lines.append([words.label(quantity), *cells])
    return ["", *diff.columns], lines


def _cell(movements):
    if not movements:
        return "–"
    a, b = fraction(worst(movements, "ratio_a")), fraction(worst(movements, "ratio_b"))
    mark = "✗ " if any(m.beyond for m in movements) else ""
    return f"{mark}{_moved(movements)}  {a if a == b else f'{a}→{b}'}"


def _moved(movements):
    if not any(m.compared for m in movements):
        return "" if is_of_every_step(movements[0].quantity) else "?"
    return brief(worst(movements, "ulps")) if any(m.moved for m in movements) else "same"


def rich_table(diff, dtype):
    title = f"{dtype}: movement at the first weights in ULP, and largest share of the limit over the whole run (A→B)"
    return tables.grid(title, *table(diff, dtype))


def drifts(diff):
    """Where the trajectories part, a line each."""
    apart = [d for d in diff.drifts if d.differs_at is not None]
    if diff.drifts:
        yield f"Trajectories (each step is certified at its own weights): {len(apart)} of {len(diff.drifts)} part."
    for d in apart[:MOST_LINES]:
        yield (
            f"  {d.column}, {d.case}, {d.dtype}: first other bit at step {_first_step(d)}, "
            f"then at most {measure(d.loss):.2g} apart in L, {measure(d.weights):.2g} in the weights"
        )
    if len(apart) > MOST_LINES:
        yield f"  and {len(apart) - MOST_LINES} more: see --json."


def _first_step(drift):
    """The step, or the steps among which it is: not every step is recorded."""
    if drift.same_until in {None, drift.differs_at - 1}:
        return f"{drift.differs_at:,}"
    return f"{drift.same_until + 1:,} to {drift.differs_at:,}"


def verdict(diff):
    """One sentence: what moved, and whether it may."""
    if diff.beyond:
        return f"MOVED BEYOND BOUNDS: {', '.join(_first_beyond(diff, name) for name in diff.beyond)}."
    if not diff.movements:
        return "NOTHING COMPARED."
    columns = ", ".join(diff.columns)
    compared, moved = dict.fromkeys(diff.columns, 0), []
    for movement in diff.movements:
        compared[movement.column] += movement.compared
        if movement.moved:
            moved.append(movement)
    if not any(compared.values()):
        return f"WITHIN BOUNDS on both sides: {columns}. Whether bits moved is not known."
    if not moved:
        what = "the trajectories do not part"
        if any(drift.differs_at is not None for drift in diff.drifts):
            what = "the trajectories part later, each within its bounds"
        return f"SAME BITS: {columns}: {sum(compared.values()):,} numbers at the same weights; {what}."
    movers = {movement.column for movement in moved}
    moving = [name for name in diff.columns if name in movers]
    same = [name for name in diff.columns if name not in movers]
    count = f"{sum(m.moved for m in moved):,} of {sum(compared[name] for name in moving):,} numbers"
    rest = f" Same bits: {', '.join(same)}." if same else ""
    return (
        f"MOVED WITHIN BOUNDS: {', '.join(moving)}: {count} at the same weights, by at most "
        f"{brief(worst(moved, 'ulps'))} ULP and {fraction(worst(moved, 'share'))} of both limits together.{rest}"
    )


def _first_beyond(diff, column):
    for movement in diff.movements:
        if movement.column == column and movement.beyond:
            return f"{column} (first {movement.quantity}, {movement.case}, {movement.dtype})"
    return column
