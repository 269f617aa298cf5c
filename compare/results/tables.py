"""Results as tables: (headers, lines of cells) until the last moment, and then for the terminal. One number a cell."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from fourfold.compare.judge.quantities import anatomy, every, kept_name, of_every_step, shown
from fourfold.compare.judge.updates import kept_by
from fourfold.compare.results.words import brief, label, labels, layers, measure, percent, worst

NOTHING = "–"  # where nothing was judged


def quantities(s):
    """What is judged in a Setting: the trace in order of computation, then what is judged at every step."""
    network = anatomy(s.row(), s.depth(), s.biases)
    names = [shown(name, s.row()) for name in network.all]
    for letter in kept_by(s.update):
        names += [every(kept_name(letter, of_every_step(name))) for name in [*network.run][1:]]
    return tuple(names)


def tables(result, dtype=None):
    """Yields (what, headers, lines of cells), one for all cases that have the same quantities.

    A cell has the largest error as a percentage of what rounding allows, the worst of all these cases, in one precision
    or in all. `what` says which cases those are, "" for the first.
    """
    alike = {}
    for s in result.settings:
        if dtype is None or dtype in s.dtypes:
            alike.setdefault(quantities(s), []).append(s)
    heads = labels(result.columns)
    for n, (judged, settings) in enumerate(alike.items()):
        rows = _by_quantity(result, dtype, {s.name for s in settings})
        asked = {column for column, _ in rows}
        here = [name for name in heads if len(alike) == 1 or name in asked]
        what = f" ({layers(settings[0])})" if n else ""
        lines = []
        for quantity in judged:
            lines.append([label(quantity), *(cell(rows.get((name, quantity), [])) for name in here)])
        yield what, ["", *map(heads.get, here)], lines


def combined(result):
    """(headers, lines of cells): a line a quantity of the first case, and one for all other kinds of networks each.

    What was judged in no column has no line.
    """
    heads, first = labels(result.columns), quantities(result.settings[0])
    alike, others = set(), {}
    for s in result.settings:
        if quantities(s) == first:
            alike.add(s.name)
        else:
            others.setdefault(layers(s), set()).add(s.name)
    rows, lines = _by_quantity(result, None, alike), []
    for quantity in first:
        lines.append([label(quantity), *(cell(rows.get((name, quantity), [])) for name in heads)])
    for what, cases in others.items():
        cells = []
        for name in heads:
            cells.append(cell([row for row in result.rows if row.column == name and row.case in cases]))
        lines.append([what, *cells])
    some = [line for line in lines if set(line[1:]) != {NOTHING}]
    return ["", *heads.values()], some or lines


def ulp_table(result, dtype):
    """(headers, lines of cells) of the first case: the largest error of each quantity in units in the last place."""
    heads, first = labels(result.columns), result.settings[0]
    rows = _by_quantity(result, dtype, {first.name})
    lines = []
    for quantity in quantities(first):
        cells = []
        for name in heads:
            own = rows.get((name, quantity), [])
            cells.append(brief(worst(own, "worst_ulps")) if own else "–")
        lines.append([label(quantity), *cells])
    return ["", *heads.values()], lines


def _by_quantity(result, dtype, cases):
    """{(column, quantity): [Row]} of these cases, in one precision or in all."""
    rows = {}
    for row in result.rows:
        if row.case in cases and dtype in {None, row.dtype}:
            rows.setdefault((row.column, row.quantity), []).append(row)
    return rows


def cell(rows):
    if not rows:
        return NOTHING
    mark = "✗ " if any(row.rejected for row in rows) else ""
    return f"{mark}{percent(worst(rows, 'worst_ratio'))}"


def case_table(result):
    """(headers, lines of cells), a line a case: the largest error of any quantity, as a percentage of its limit."""
    heads = labels(result.columns)
    rows = {}
    for row in result.rows:
        rows.setdefault((row.case, row.column), []).append(row)
    lines = []
    for s in result.settings:
        lines.append([s.name, *(_case_cell(rows.get((s.name, name), [])) for name in heads)])
    return ["case", *heads.values()], lines


def _case_cell(rows):
    if rows and not any(row.checked for row in rows):
        return "✗" if any(row.rejected for row in rows) else "no number"
    return cell(rows)


def nearest(result):
    """(headers, lines of cells), a line a column: its largest share of a limit, and where. For a narrow terminal."""
    lines = []
    for name, head in labels(result.columns).items():
        own = [row for row in result.rows if row.column == name and row.checked + row.rejected]
        if own:
            row = max(own, key=lambda row: (row.rejected > 0, measure(row.worst_ratio)))
            lines.append([head, cell([row]), label(row.quantity)])
        else:
            lines.append([head, "–", ""])
    return ["", "", "in"], lines


def grid(title, headers, lines, style=""):
    """A table for the terminal below its title; `style` is that of all cells but those marked ✗, which are red."""
    table = Table(box=None)
    table.add_column(headers[0])
    for name in headers[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for first, *cells in lines:
        coloured = [Text(cell, style="bold red" if cell.startswith("✗") else style) for cell in cells]
        table.add_row(first, *coloured)
    return Group(Text(title, style="italic"), table)
