"""Results as text: tables are (headers, rows) until the last moment."""

import math

import msgspec
from rich.table import Table
from rich.text import Text

from fourfold.compare.judge.quantities import trace_shapes


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
    return list(dict.fromkeys(dtype for s in result.settings for dtype in s.dtypes))


def quantities(s):
    """What is judged in a Setting: the trace in order of computation, then what is judged at every step."""
    trace = trace_shapes((), s.samples, s.widths, s.row(), s.biases).named()
    weights = [name.removeprefix("dL_d") for name in trace if name.startswith(("dL_dW", "dL_db"))]
    return (*trace, "every L", *(f"every {name}" for name in weights))


def tables(result, dtype):
    """Yields (what, headers, rows of cells) for one precision, one for all cases that have the same quantities.

    A cell has the worst of all these cases: fraction of the limit, and error in ULP. `what` says which cases those
    are, "" for the first.
    """
    alike = {}
    for s in result.settings:
        if dtype in s.dtypes:
            alike.setdefault(quantities(s), []).append(s)
    names = [column.name for column in result.columns]
    for n, (rows, of) in enumerate(alike.items()):
        cases, found = {s.name for s in of}, {}
        for row in result.rows:
            if row.dtype == dtype and row.case in cases:
                found.setdefault((row.column, row.quantity), []).append(row)
        here = [name for name in names if any(column == name for column, _ in found)] if len(alike) > 1 else names
        what = f" ({layers(of[0])})" if n else ""
        yield what, ["", *here], [[label(q), *(cell(found.get((c, q), [])) for c in here)] for q in rows]


def layers(s):
    return f"{count(s.depth(), 'layer')} with{'' if s.biases else 'out'} biases"


def is_of_every_step(quantity):
    return quantity.startswith("every ")


def label(quantity):
    return f"{quantity.removeprefix('every ')}, every step" if is_of_every_step(quantity) else quantity


def cell(rows):
    if not rows:
        return "–"
    mark = "✗ " if any(row.rejected for row in rows) else ""
    ratio, ulps = (max(measure(getattr(row, key)) for row in rows) for key in ("worst_ratio", "worst_ulps"))
    return f"{mark}{fraction(ratio)}  {brief(ulps)}"


def case_table(result):
    """(headers, rows of cells), a row a case: the largest error of any quantity as a fraction of its limit."""
    names = [column.name for column in result.columns]
    found = {}
    for row in result.rows:
        found.setdefault((row.case, row.column), []).append(row)
    cases = [s.name for s in result.settings]
    return ["case", *names], [[c, *(_case_cell(found.get((c, n), [])) for n in names)] for c in cases]


def _case_cell(rows):
    if not rows:
        return "–"
    if not any(row.checked for row in rows):
        return "✗" if any(row.rejected for row in rows) else "no number"
    return cell(rows).split("  ")[0]


def rich_tables(result, dtype):
    for what, *table in tables(result, dtype):
        yield grid(f"{dtype}{what}: largest error as a fraction of its limit, and in ULP", *table)


def rich_case_table(result):
    return grid("Every case, worst quantity: largest error as a fraction of its limit", *case_table(result))


def grid(title, headers, rows):
    made = Table(title=Text(title), title_justify="left", box=None)
    made.add_column(headers[0])
    for name in headers[1:]:
        made.add_column(Text(name), justify="right", no_wrap=True)
    for row in rows:
        made.add_row(Text(row[0]), *(Text(c, style="bold red" if c.startswith("✗") else "") for c in row[1:]))
    return made


def verdict(result):
    """One sentence: who agrees, on how much."""
    numbers = sum(row.checked for row in result.rows)
    s = result.settings[0]
    if len(result.settings) == 1:
        work = f"{count(s.seeds, 'seed')} × {count(s.steps, 'step')} × {' and '.join(s.dtypes)}"
    else:
        work = f"{count(len(result.settings), 'case')} × {' and '.join(dtypes(result))}"
    rejected, none, out = (sum(getattr(r, k) for r in result.rows) for k in ("rejected", "no_number", "out_of_range"))
    beyond = f", {none + out:,} beyond the format's range" if none + out else ""
    return f"{who(result.columns)}. {work}: {numbers:,} numbers certified, {rejected:,} rejected{beyond}."


def summary(result):
    """One more sentence: what was wrong first in each wrong column; where none is, what came nearest to its limit."""
    if result.rejections:
        found = {r.column: r for r in reversed(result.rejections)}
        return " ".join(f"{_first_wrong(found[c.name])}." for c in result.columns if c.name in found)
    row = max((row for row in result.rows if row.checked), key=lambda r: measure(r.worst_ratio), default=None)
    if row is None:
        return "Nothing could be certified."
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
    agreeing = [c.name for c in columns if c.verdict == "agrees"]
    wrong = [c.name for c in columns if c.verdict == "disagrees"]
    missing = [c.name for c in columns if c.verdict == "not judged"]
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
    lines += [f"    {line}" for line in (r.certificate, r.note) if line]
    if r.reproduce:
        lines += ["    to see it:", *(f"        {line}" for line in r.reproduce.splitlines())]
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
    packages = ", ".join(f"{name} {version}" for name, version in e.versions.items())
    judged = ", ".join(f"{dtype} by {wide}" for dtype, wide in e.wide.items())
    return (
        f"fourfold {e.fourfold}, Python {e.python}, {packages}\n"
        f"{e.system}, {e.cpu}, {e.cores} cores, threads a column: {e.threads}; judged: {judged}"
    )
