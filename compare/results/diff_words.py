"""A Diff as text."""

from functools import partial
from operator import attrgetter

from fourfold.compare.judge.quantities import is_of_every_step
from fourfold.compare.results import words
from fourfold.compare.results.words import brief, fraction, grouped, measure, total, worst

MOST_LINES = 12  # of cases or trajectories, most of a full suite's being alike


def environment(diff):
    """One line a change, or that there is none."""
    if not diff.environment:
        return ["Environment: the same."]
    width = max(map(len, grouped(diff.environment, "name")))
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
    return list(grouped(diff.movements, "dtype"))


def table(diff, dtype):
    """(headers, lines of cells) for one precision, worst of all cases: movement in ULP, share of the limit A→B."""
    movements = grouped(diff.movements, "dtype").get(dtype, [])
    quantities = grouped(diff.movements, "quantity")
    return ["", *diff.columns], words.lines_of_cells(movements, quantities, diff.columns, _cell)


def _cell(movements):
    if not movements:
        return "–"
    a, b = fraction(worst(movements, "ratio_a")), fraction(worst(movements, "ratio_b"))
    mark = "✗ " if total(movements, "beyond") else ""
    return f"{mark}{_moved(movements)}  {a if a == b else f'{a}→{b}'}"


def _moved(movements):
    if not total(movements, "compared"):
        return "" if is_of_every_step(movements[0].quantity) else "?"
    return brief(worst(movements, "ulps")) if total(movements, "moved") else "same"


def rich_table(diff, dtype):
    title = f"{dtype}: movement at the first weights in ULP, and largest share of the limit over the whole run (A→B)"
    return words.grid(title, *table(diff, dtype))


def drifts(diff):
    """Where the trajectories part, a line each."""
    apart = _parted(diff)
    if diff.drifts:
        yield f"Trajectories (each step is certified at its own weights): {len(apart)} of {len(diff.drifts)} part."
    for d in apart[:MOST_LINES]:
        yield (
            f"  {d.column}, {d.case}, {d.dtype}: first other bit at step {_first_step(d)}, "
            f"then at most {measure(d.loss):.2g} apart in L, {measure(d.weights):.2g} in the weights"
        )
    if len(apart) > MOST_LINES:
        yield f"  and {len(apart) - MOST_LINES} more: see --json."


def _parted(diff):
    return [drift for drift in diff.drifts if drift.differs_at is not None]


def _first_step(drift):
    """The step, or the steps among which it is: not every step is recorded."""
    if drift.same_until in {None, drift.differs_at - 1}:
        return f"{drift.differs_at:,}"
    return f"{drift.same_until + 1:,} to {drift.differs_at:,}"


def verdict(diff):
    """One sentence: what moved, and whether it may."""
    if diff.beyond:
        return f"MOVED BEYOND BOUNDS: {', '.join(map(partial(_first_beyond, diff), diff.beyond))}."
    if not diff.movements:
        return "NOTHING COMPARED."
    columns = ", ".join(diff.columns)
    compared = total(diff.movements, "compared")
    moved = list(filter(attrgetter("moved"), diff.movements))
    if not compared:
        return f"WITHIN BOUNDS on both sides: {columns}. Whether bits moved is not known."
    if not moved:
        what = "part later, each within its bounds" if _parted(diff) else "do not part"
        return f"SAME BITS: {columns}: {compared:,} numbers at the same weights; the trajectories {what}."
    movements, moving, same, asked = grouped(diff.movements, "column"), [], [], 0
    for name in diff.columns:
        own = movements.get(name, [])
        if total(own, "moved"):
            moving.append(name)
            asked += total(own, "compared")
        else:
            same.append(name)
    count = f"{total(moved, 'moved'):,} of {asked:,} numbers"
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
