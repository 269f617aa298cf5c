"""A Diff as text."""

from collections import Counter

from fourfold.compare.judge.quantities import is_of_every_step, of_every_step
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
    kept = _compared(diff) | {d.column for d in diff.drifts}
    unknown = dict.fromkeys(m.column for m in diff.movements if m.column not in kept)
    if unknown:
        yield f"No numbers of {', '.join(unknown)} are kept on both sides: only the shares of the limits are compared."


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
    sizes = Counter(m.column for m in here)
    for movement in sorted(here, key=lambda m: -sizes[m.column]):  # a column in part has not all that is between
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
    """One sentence, or one for each side that is wrong: what moved, and whether it may."""
    columns = ", ".join(diff.columns)
    wrong = {w.column for w in diff.wrong}
    apart = [_first_beyond(diff, name) for name in diff.beyond if name not in wrong]
    if diff.wrong or apart:
        sentences = [*_wrong(diff), *([f"MOVED BEYOND BOUNDS: {', '.join(apart)}."] if apart else ())]
        return " ".join(sentences)
    if not diff.movements:
        return "NOTHING COMPARED."
    moved = [m for m in diff.movements if m.moved]
    moving = _moving(diff)
    compared = sum(m.compared for m in diff.movements if m.column in moving or not moving)
    if moved:
        count = f"{sum(m.moved for m in moved):,} of {compared:,} numbers"
        return f"MOVED WITHIN BOUNDS: {', '.join(moving)}; {count}, by at most {brief(worst(moved, 'ulps'))} ULP."
    same, part = _same(diff), any(drift.differs_at is not None for drift in diff.drifts)
    if not same:
        what = "The trajectories part" if part else "Whether bits moved is not known"
        return f"WITHIN BOUNDS on both sides: {columns}. {what}."
    clauses = [f"SAME BITS: {', '.join(same)}"]
    if compared:
        clauses.append(f"{compared:,} numbers at the same weights")
    if diff.drifts:
        clauses.append(f"the trajectories {'part later, each within its bounds' if part else 'do not part'}")
    return f"{'; '.join(clauses)}."


def _wrong(diff):
    """A sentence for the columns that are wrong in B alone, for those in A alone, and for those in both."""
    sides = {}
    for w in diff.wrong:
        sides.setdefault(w.column, []).append(w)
    groups = {}
    for column, wrong in sides.items():
        first, *second = wrong
        places = [from_where_on(w) for w in wrong]
        if not second:
            clause, where, other = places[0], first.side, _other(first)
        else:
            clause = places[0] if places[0] == places[1] else f"{places[0]} in A and {places[1]} in B"
            where, other = "A AND B", ""
        groups.setdefault((where, other), []).append(f"{column} {clause}")
    for (where, other), clauses in sorted(groups.items(), key=lambda group: ["B", "A", "A AND B"].index(group[0][0])):
        yield f"WRONG IN {where}: {', '.join(clauses)}{other}."


def from_where_on(w):
    """Where a column is wrong first: "from dL_dH (E16) on"."""
    place = of_every_step(w.rejection.quantity)
    if w.equation:
        place += f" ({w.equation})"
    if w.rejection.step:
        place += f" of step {w.rejection.step:,}"
    lossy = " (loses digits)" if w.rejection.loses_digits else ""
    return f"from {place} on{lossy}"


def _other(w):
    """What became of a wrong column on the other side."""
    other, is_, was = ("A", "was", "was") if w.side == "B" else ("B", "is", "was")
    outcomes = {"agrees": f"; {other} {is_} right", "not judged": f"; in {other} it {was} not judged"}
    return outcomes.get(w.other, f"; {other} has no such column")


def first_wrong(diff):
    """Lines on the first wrong element of every wrong column, and on who is right."""
    for w in diff.wrong:
        first, *others = words.rejection(w.rejection).splitlines()
        yield f"In {w.side}, {first}"
        yield from others
    if diff.wrong:
        yield f"Right in A: {', '.join(diff.right_a) or 'nobody'}. Right in B: {', '.join(diff.right_b) or 'nobody'}."


def unmoved(diff):
    """[a sentence on the columns that did not move beside those that did]"""
    moving, same = _moving(diff), _same(diff)
    return [f"Same bits: {', '.join(same)}."] if moving and same and not (diff.beyond or diff.wrong) else []


def _same(diff):
    """The columns that did not move at the same weights or, where only those were kept, along the trajectories."""
    moving, compared = _moving(diff), _compared(diff)
    apart = {d.column for d in diff.drifts if d.differs_at is not None}
    unmoved = {d.column for d in diff.drifts} - apart | compared
    return [name for name in diff.columns if name in unmoved and name not in moving]


def _compared(diff):
    return {m.column for m in diff.movements if m.compared}


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
