"""Results as text: tables are (headers, rows) until the last moment."""

import math
from textwrap import indent

import msgspec
from rich.table import Table
from rich.text import Text

from fourfold.compare.judge.quantities import anatomy, gradient, is_of_every_step, of_every_step, shown

LISTED_CASES = 8
LOSES_DIGITS = "right, but loses digits: in float64 and float32 no more than rounding in numbers of the size that go in"


def measure(x):
    """A number of the result file as a float."""
    return float(x)


def brief(x):
    """Two or three significant digits, short enough for a cell."""
    x = measure(x)
    if not math.isfinite(x) or x == 0:
        return {math.inf: "∞", 0.0: "0"}.get(x, str(x))
    if x >= 9999.5:
        return f"{x:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{x:.2g}" if x < 9.95 else f"{x:.0f}"


def fraction(ratio):
    """A share of the limit: what is within it never reads as 1.00, what is beyond it never as less."""
    ratio = measure(ratio)
    if ratio > 1:
        return f"×{brief(max(ratio, 1.1))}"
    return "0" if ratio == 0 else "<.01" if ratio < 0.01 else f"{min(ratio, 0.99):.2f}".removeprefix("0")


def dtypes(result):
    """All precisions of a result, in the order of its cases."""
    together = {}
    for s in result.settings:
        together |= dict.fromkeys(s.dtypes)
    return list(together)


def quantities(s):
    """What is judged in a Setting: the trace in order of computation, then what is judged at every step."""
    network = anatomy(s.row(), s.depth(), s.biases)
    return tuple(shown(name, s.row()) for name in network.all)


def tables(result, dtype):
    """Yields (what, headers, lines of cells) for one precision, one for all cases that have the same quantities.

    A cell has the worst of all these cases: fraction of the limit, and error in ULP. `what` says which cases those
    are, "" for the first.
    """
    alike = {}
    for s in result.settings:
        if dtype in s.dtypes:
            alike.setdefault(quantities(s), []).append(s)
    names = [column.name for column in result.columns]
    for n, (judged, settings) in enumerate(alike.items()):
        cases = {s.name for s in settings}
        rows, columns = {}, set()
        for row in result.rows:
            if row.dtype == dtype and row.case in cases:
                rows.setdefault((row.column, row.quantity), []).append(row)
                columns.add(row.column)
        here = [name for name in names if name in columns] if len(alike) > 1 else names
        what = f" ({layers(settings[0])})" if n else ""
        lines = []
        for quantity in judged:
            lines.append([label(quantity), *(cell(rows.get((name, quantity), [])) for name in here)])
        yield what, ["", *here], lines


def layers(s):
    return f"{count(s.depth(), 'layer')} with{'' if s.biases else 'out'} biases"


def label(quantity):
    return f"{of_every_step(quantity)}, every step" if is_of_every_step(quantity) else quantity


def worst(things, attribute):
    """The largest of one number of several rows, or movements."""
    return max(measure(getattr(thing, attribute)) for thing in things)


def cell(rows):
    if not rows:
        return "–"
    mark = "✗ " if any(row.rejected for row in rows) else ""
    return f"{mark}{fraction(worst(rows, 'worst_ratio'))}  {brief(worst(rows, 'worst_ulps'))}"


def case_table(result):
    """(headers, lines of cells), a line a case: the largest error of any quantity as a fraction of its limit."""
    names = [column.name for column in result.columns]
    rows = {}
    for row in result.rows:
        rows.setdefault((row.case, row.column), []).append(row)
    lines = []
    for s in result.settings:
        lines.append([s.name, *(_case_cell(rows.get((s.name, name), [])) for name in names)])
    return ["case", *names], lines


def _case_cell(rows):
    if not rows:
        return "–"
    if not any(row.checked for row in rows):
        return "✗" if any(row.rejected for row in rows) else "no number"
    ratio, _ = cell(rows).split("  ")
    return ratio


def rich_tables(result, dtype):
    for what, *table in tables(result, dtype):
        yield grid(f"{dtype}{what}: largest error as a fraction of its limit, and in ULP", *table)


def rich_case_table(result):
    return grid("Every case, worst quantity: largest error as a fraction of its limit", *case_table(result))


def grid(title, headers, lines):
    """A table for the terminal."""
    table = Table(title=title, title_justify="left", box=None)
    table.add_column(headers[0])
    for name in headers[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for first, *cells in lines:
        table.add_row(first, *map(_coloured, cells))
    return table


def _coloured(text):
    return Text(text, style="bold red" if text.startswith("✗") else "")


def verdict(result):
    """Who agrees, on how much, by calls of which length, and how small a fault would have been seen."""
    judged = sum(row.checked for row in result.rows)
    wrong = sum(row.rejected for row in result.rows)
    out = sum(row.no_number + row.out_of_range for row in result.rows)
    beyond = f", {out:,} beyond the format's range" if out else ""
    numbers = f"{judged:,} numbers judged, {wrong:,} wrong{beyond}"
    return " ".join([f"{who(result.columns)}.", f"{_work(result)}: {numbers}.", *_sharpness(result)])


def _work(result):
    first, *others = result.settings
    work = f"{first.name}, {count(first.seeds, 'seed')} × {count(first.steps, 'step')}"
    if others:
        names = "; ".join(s.name for s in others[:LISTED_CASES])  # a name may have a comma
        more = f"; {len(others) - LISTED_CASES} more" if len(others) > LISTED_CASES else ""
        work += f", and {count(len(others), 'case')} ({names}{more})"
    work += f", in {' and '.join(dtypes(result))}"
    in_parts = [s for s in result.settings if 0 < s.call_steps < s.steps]
    for s in in_parts:
        work += f", {s.name} in calls of {count(s.call_steps, 'step')}"
    if not in_parts and all(s.call_steps for s in result.settings):
        work += ", every run in one call"
    return work


def _sharpness(result):
    """The relative faults in gradients that are seen in the first case, a clause a precision; [] where none is."""
    clauses = []
    for dtype in dtypes(result):
        seen = []
        for row in result.rows:
            is_gradient = row.quantity.startswith(gradient(""))
            if is_gradient and (row.case, row.dtype) == (result.settings[0].name, dtype) and row.sharpness:
                seen.append(measure(row.sharpness))
        if seen and math.isfinite(max(seen)):
            clauses.append(f"{brief_power(min(seen))} … {brief_power(max(seen))} in {dtype}")
    if not clauses:
        return []
    return [f"In {result.settings[0].name}, relative faults in gradients are seen from {'; '.join(clauses)}."]


def brief_power(x):
    """A small number with one digit: 3e-16."""
    return f"{x:.0e}".replace("e-0", "e-")


def summary(result):
    """One more sentence: what was wrong first in each wrong column; where none is, what came nearest to its limit."""
    if result.rejections:
        first = {}
        for r in result.rejections:
            first.setdefault(r.column, r)
        in_order = [first[column.name] for column in result.columns if column.name in first]
        return " ".join(f"{_first_wrong(r)}." for r in in_order)
    certified = [row for row in result.rows if row.checked]
    if not certified:
        return "Nothing could be certified."
    row = max(certified, key=lambda row: measure(row.worst_ratio))
    return (
        f"Nearest to its limit is {label(row.quantity)} of {row.column} ({row.case}, {row.dtype}), "
        f"at {fraction(row.worst_ratio)} of what rounding allows."
    )


def _first_wrong(r):
    seed = "" if r.seed is None else f", seed {r.seed}"
    off = r.note if r.error is None else f"off by {brief(r.error)} where {brief(r.limit)} is allowed"
    verb = "loses digits" if r.loses_digits else "is wrong"
    return (
        f"{r.column} {verb} first at step {r.step}{seed}, in {r.quantity}{r.index or ''} ({r.case}, {r.dtype}): {off}"
    )


def who(columns):
    """Who agrees, who is wrong, and who could not be judged."""
    by_verdict = {"agrees": [], "disagrees": [], "not judged": []}
    for column in columns:
        by_verdict[column.verdict].append(column.name)
    agreeing, disagreeing, missing = by_verdict.values()
    lossy = [column.name for column in columns if column.loses_digits]
    wrong = [name for name in disagreeing if name not in lossy]
    if disagreeing:
        clauses = []
        if wrong:
            clauses.append(f"{listed(wrong)} {'is' if len(wrong) == 1 else 'are'} wrong")
        if lossy:
            clauses.append(f"{listed(lossy)} {'loses' if len(lossy) == 1 else 'lose'} digits")
        if agreeing:
            clauses.append(f"{listed(agreeing)} within what rounding allows")
        start = f"DISAGREED: {'; '.join(clauses)}"
    elif agreeing:
        start = f"AGREED: {listed(agreeing)} within what rounding allows"
    else:
        start = "NOT JUDGED"
    return f"{start}; not judged: {listed(missing)}" if missing and (agreeing or disagreeing) else start


def count(n, noun):
    return f"{n:,} {noun}{'s' * (n != 1)}"


def listed(names):
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def firsts(rejections):
    """Every rejection, but the script that shows it only with a column's first."""
    seen = set()
    for r in rejections:
        yield msgspec.structs.replace(r, reproduce="") if r.column in seen else r
        seen.add(r.column)


def rejection(r):
    """Who, when, what, and the numbers."""
    seed = "" if r.seed is None else f", seed {r.seed}"
    where = f"{r.column} ({r.case}, {r.dtype}): first wrong at step {r.step}{seed}, {r.quantity}{r.index or ''}"
    lines = [where]
    if r.value is not None:
        lines += [
            f"    got    {measure(r.value)!r}",
            f"    exact  {measure(r.truth)!r}",
            f"    error  {measure(r.error):.3g}, limit {measure(r.limit):.3g}",
        ]
    lossy = LOSES_DIGITS if r.loses_digits else ""
    lines += [f"    {line}" for line in (r.certificate, r.note, lossy, *r.diagnosis.splitlines()) if line]
    if r.reproduce:
        lines += ["    to see it:", indent(r.reproduce.rstrip("\n"), " " * 8, lambda line: True)]
    return "\n".join(lines)


def settings(result, number=None):
    """One line a case, of all or of the first few."""
    return "\n".join(map(_setting, result.settings[:number]))


def _setting(s):
    biases = " with biases" if s.biases else ""
    return (
        f"{s.name}: {s.samples} samples, layers {'-'.join(map(str, s.widths))}{biases} ({s.parameters} parameters), "
        f"{s.activation}, learning rate {s.lr:g}, seeds {s.first_seed}:{s.first_seed + s.seeds}, {s.steps:,} steps"
    )


def environment(result):
    return set_up(result.environment)


def set_up(e):
    """An Environment in two lines."""
    packages = ", ".join(f"{name} {version}" for name, version in e.versions.items())
    judged = ", ".join(f"{dtype} by {wide}" for dtype, wide in e.wide.items())
    return (
        f"fourfold {e.fourfold}, Python {e.python}, {packages}\n"
        f"{e.system}, {e.cpu}, {e.cores} cores, threads a column: {e.threads}; judged: {judged}"
    )
