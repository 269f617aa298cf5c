"""Results as text: tables are (headers, rows) until the last moment."""

import math
from operator import attrgetter
from textwrap import indent

import msgspec
from rich.table import Table
from rich.text import Text

from fourfold.compare.judge.quantities import anatomy, is_of_every_step, of_every_step, shown


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
    names = []
    for name in anatomy(s.row(), s.depth(), s.biases).all:
        names.append(shown(name, s.row()))
    return tuple(names)


def column_names(result):
    return [column.name for column in result.columns]


def grouped(things, *attributes):
    """{the value of an attribute, or of several: the things that have it}"""
    key, groups = attrgetter(*attributes), {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return groups


def total(things, attribute):
    """The sum of one number of several rows, or movements."""
    return sum(map(attrgetter(attribute), things))


def tables(result, dtype):
    """Yields (what, headers, lines of cells) for one precision, one for all cases that have the same quantities.

    A cell has the worst of all these cases: fraction of the limit, and error in ULP. `what` says which cases those
    are, "" for the first.
    """
    alike = {}
    for s in result.settings:
        if dtype in s.dtypes:
            alike.setdefault(quantities(s), []).append(s)
    rows_of_case = grouped(result.rows, "dtype", "case")
    for n, (judged, settings) in enumerate(alike.items()):
        rows = []
        for s in settings:
            rows += rows_of_case.get((dtype, s.name), [])
        names = column_names(result)
        if len(alike) > 1:
            names = list(filter(grouped(rows, "column").get, names))
        what = f" ({layers(settings[0])})" if n else ""
        yield what, ["", *names], lines_of_cells(rows, judged, names, cell)


def lines_of_cells(things, quantities, columns, cell):
    """A line a quantity, of rows or movements: its label, then the cell of each column's things."""
    by_column = grouped(things, "column", "quantity")
    lines = []
    for quantity in quantities:
        line = [label(quantity)]
        for column in columns:
            line.append(cell(by_column.get((column, quantity), [])))
        lines.append(line)
    return lines


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
    mark = "✗ " if total(rows, "rejected") else ""
    return f"{mark}{fraction(worst(rows, 'worst_ratio'))}  {brief(worst(rows, 'worst_ulps'))}"


def case_table(result):
    """(headers, lines of cells), a line a case: the largest error of any quantity as a fraction of its limit."""
    names = column_names(result)
    rows = grouped(result.rows, "case", "column")
    lines = []
    for s in result.settings:
        line = [s.name]
        for name in names:
            line.append(_case_cell(rows.get((s.name, name), [])))
        lines.append(line)
    return ["case", *names], lines


def _case_cell(rows):
    if not rows:
        return "–"
    if not total(rows, "checked"):
        return "✗" if total(rows, "rejected") else "no number"
    ratio, _ = cell(rows).split("  ")
    return ratio


def rich_tables(result, dtype):
    for what, *table in tables(result, dtype):
        yield grid(f"{dtype}{what}: largest error as a fraction of its limit, and in ULP", *table)


def rich_case_table(result):
    return grid("Every case, worst quantity: largest error as a fraction of its limit", *case_table(result))


def grid(title, headers, lines):
    """A table for the terminal."""
    table = Table(title=Text(title), title_justify="left", box=None)
    table.add_column(headers[0])
    for name in headers[1:]:
        table.add_column(Text(name), justify="right", no_wrap=True)
    for first, *cells in lines:
        table.add_row(Text(first), *map(_coloured, cells))
    return table


def _coloured(text):
    return Text(text, style="bold red" if text.startswith("✗") else "")


def verdict(result):
    """One sentence: who agrees, on how much."""
    rows = result.rows
    s = result.settings[0]
    if len(result.settings) == 1:
        work = f"{count(s.seeds, 'seed')} × {count(s.steps, 'step')} × {' and '.join(s.dtypes)}"
    else:
        work = f"{count(len(result.settings), 'case')} × {' and '.join(dtypes(result))}"
    certified, rejected = total(rows, "checked"), total(rows, "rejected")
    out = total(rows, "no_number") + total(rows, "out_of_range")
    beyond = f", {out:,} beyond the format's range" if out else ""
    return f"{who(result.columns)}. {work}: {certified:,} numbers certified, {rejected:,} rejected{beyond}."


def summary(result):
    """One more sentence: what was wrong first in each wrong column; where none is, what came nearest to its limit."""
    if result.rejections:
        rejections = grouped(result.rejections, "column")
        sentences = []
        for name in filter(rejections.get, column_names(result)):
            sentences.append(f"{_first_wrong(rejections[name][0])}.")
        return " ".join(sentences)
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
    return (
        f"{r.column} is wrong first at step {r.step}{seed}, in {r.quantity}{r.index or ''} ({r.case}, {r.dtype}): {off}"
    )


def who(columns):
    """Who agrees, who is wrong, and who could not be judged."""
    names = {"agrees": [], "disagrees": [], "not judged": []}
    for column in columns:
        names[column.verdict].append(column.name)
    agreeing, wrong, missing = names.values()
    if wrong:
        start = f"DISAGREED: {listed(wrong)} {'is' if len(wrong) == 1 else 'are'} wrong"
        start += f"; {listed(agreeing)} within what rounding allows" if agreeing else ""
    elif agreeing:
        start = f"AGREED: {listed(agreeing)} within what rounding allows"
    else:
        start = "NOT JUDGED"
    return f"{start}; not judged: {listed(missing)}" if missing and (agreeing or wrong) else start


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
    for line in filter(None, (r.certificate, r.note)):
        lines.append(f"    {line}")
    if r.reproduce:
        lines += ["    to see it:", indent(r.reproduce.rstrip("\n"), " " * 8, lambda line: True)]
    return "\n".join(lines)


def settings(result):
    """One line a case."""
    return "\n".join(map(_setting, result.settings))


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
    packages = ", ".join(map(" ".join, e.versions.items()))
    judged = ", ".join(map(" by ".join, e.wide.items()))
    return (
        f"fourfold {e.fourfold}, Python {e.python}, {packages}\n"
        f"{e.system}, {e.cpu}, {e.cores} cores, threads a column: {e.threads}; judged: {judged}"
    )
