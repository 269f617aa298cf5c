"""A Diff as text."""

from fourfold.compare.judge.quantities import is_of_every_step
from fourfold.compare.results import tables, words
from fourfold.compare.results.words import brief, measure, percent, worst

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
    """(title, headers, lines of cells) for one precision, the worst of all cases.

    How far each quantity moved at the same weights, in percent of what two correct versions may differ by. Without
    arrays that is not known, and it is the share of the limit on either side, A→B.
    """
    movements, quantities = {}, {}
    here = [m for m in diff.movements if m.dtype == dtype]
    moves = any(m.compared for m in here)
    for movement in here:
        if not (moves and is_of_every_step(movement.quantity)):
            quantities[movement.quantity] = None  # in order
            movements.setdefault((movement.column, movement.quantity), []).append(movement)
    cell = _moved if moves else _shares
    lines = []
    for quantity in quantities:
        cells = [cell(movements.get((column, quantity), [])) for column in diff.columns]
        lines.append([words.label(quantity), *cells])
    title = "largest error, in percent of what rounding allows (A→B)"
    if moves:
        title = "movement, in percent of what two correct versions may differ by"
    return f"{dtype}: {title}", ["", *diff.columns], lines


def _moved(movements):
    if not any(m.compared for m in movements):
        return "–"
    if not any(m.moved for m in movements):
        return "same"
    return f"{_mark(movements)}{percent(worst(movements, 'share'))}"


def _shares(movements):
    if not movements:
        return "–"
    a, b = percent(worst(movements, "ratio_a")), percent(worst(movements, "ratio_b"))
    return f"{_mark(movements)}{a if a == b else f'{a}→{b}'}"


def _mark(movements):
    return "✗ " if any(m.beyond for m in movements) else ""


def rich_table(diff, dtype):
    return tables.grid(*table(diff, dtype))


def drifts(diff):
    """Where the trajectories part, a line each."""
    apart = [d for d in diff.drifts if d.differs_at is not None]
    if diff.drifts:
        yield f"{len(apart)} of {len(diff.drifts)} trajectories part; each step is judged at its own weights."
    for d in apart[:MOST_LINES]:
        yield (
            f"  {d.column}, {d.case}, {d.dtype}: from step {_first_step(d)} on, "
            f"at most {measure(d.loss):.2g} apart in L, {measure(d.weights):.2g} in the weights"
        )
    if len(apart) > MOST_LINES:
        yield f"  and {len(apart) - MOST_LINES} more: see --json."


def _first_step(drift):
    """The step, or the steps among which it is: not every step is recorded."""
    if drift.same_until in {None, drift.differs_at - 1}:
        return f"{drift.differs_at:,}"
    return f"{drift.same_until + 1:,} to {drift.differs_at:,}"


def verdict(diff):
    """The headline, and which columns did not move."""
    return " ".join([headline(diff), *unmoved(diff)])


def headline(diff):
    """One sentence: what moved, and whether it may."""
    columns = ", ".join(diff.columns)
    if diff.beyond:
        return f"MOVED BEYOND BOUNDS: {', '.join(_first_beyond(diff, name) for name in diff.beyond)}."
    if not diff.movements:
        return "NOTHING COMPARED."
    if not any(m.compared for m in diff.movements):
        return f"WITHIN BOUNDS on both sides: {columns}. Whether bits moved is not known."
    moved = [m for m in diff.movements if m.moved]
    moving = _moving(diff)
    compared = sum(m.compared for m in diff.movements if m.column in moving or not moving)
    if moved:
        count = f"{sum(m.moved for m in moved):,} of {compared:,} numbers"
        return f"MOVED WITHIN BOUNDS: {', '.join(moving)}; {count}, by at most {brief(worst(moved, 'ulps'))} ULP."
    what = "the trajectories do not part"
    if any(drift.differs_at is not None for drift in diff.drifts):
        what = "the trajectories part later, each within its bounds"
    return f"SAME BITS: {columns}; {compared:,} numbers at the same weights; {what}."


def unmoved(diff):
    """[a sentence on the columns that did not move beside those that did]"""
    moving = _moving(diff)
    same = [name for name in diff.columns if name not in moving]
    return [f"Same bits: {', '.join(same)}."] if moving and same and not diff.beyond else []


def _moving(diff):
    movers = {m.column for m in diff.movements if m.moved}
    return [name for name in diff.columns if name in movers]


def _first_beyond(diff, column):
    for movement in diff.movements:
        if movement.column == column and movement.beyond:
            place = f"first {movement.quantity}, {movement.case}, {movement.dtype}"
            return f"{column} ({place}{_wrong_side(movement)})"
    return column


def _wrong_side(movement):
    """Which side is beyond its own limit."""
    wrong = []
    for side, ratio in (("A", movement.ratio_a), ("B", movement.ratio_b)):
        if not measure(ratio) <= 1:
            wrong.append(side)
    return f"; wrong in {' and '.join(wrong)}" if wrong else ""
