"""`fourfold mistakes`."""

from typing import Annotated

from cyclopts import Group, Parameter
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from fourfold import impls
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import workers
from fourfold.compare.commands.options import Json, Timeout
from fourfold.compare.commands.terminal import err, out, progress, write_json
from fourfold.compare.errors import UsageError
from fourfold.compare.mistakes import lookup, words
from fourfold.compare.mistakes.catalogue import MISTAKES, find
from fourfold.compare.mistakes.matrix import TOLERANCES
from fourfold.compare.mistakes.matrix import matrix as try_all
from fourfold.compare.mistakes.mistake import slug
from fourfold.compare.mistakes.trials import LONG, plantings, runs
from fourfold.compare.results import result

LARGEST = 10_000  # characters a table may want
MATRIX = Group("Which check catches which", sort_key=2)


def mistakes(
    *words: str,
    column: str | None = None,
    show: str | None = None,
    every: Annotated[bool, Parameter(name="--all")] = False,
    matrix: Annotated[bool, Parameter(group=MATRIX)] = False,
    suite: Annotated[str, Parameter(group=MATRIX)] = "full",
    timeout: Annotated[Timeout, Parameter(group=MATRIX)] = 600,
    json: Json = None,
):
    """Search the known mistakes, and see the wrong line beside the right one.

    fourfold mistakes slope         lists those that mention a slope
    fourfold mistakes E16           lists those of equation E16
    fourfold mistakes slope missing explains the one of that name

    Example: fourfold mistakes slope --column jax

    Parameters
    ----------
    words
        What is searched in names, reasons and lines. All words must match.
    column
        Only mistakes planted in this column: numpy, torch, jax or tf.
    show
        Explain the mistake of this name.
    every
        List all of them.
    matrix
        Plant every mistake, run it on every case, and count which check catches it.
    suite
        Cases to run: quick, default or full.
    timeout
        Seconds each column may take.
    json
        Write what is shown as JSON to this file; - means standard output.
    """
    _check_column(column)
    if matrix:
        return _try(suite, timeout, json)
    name = " ".join(words) if show is None else show
    if show is not None or slug(name) in MISTAKES:
        return _explain(find(name), column, json)
    matching = lookup.search(words, column)
    if not matching:
        raise UsageError(_nothing(words, column))
    if not words and not every:
        return _overview(matching, json)
    return _explain(matching[0], column, json) if len(matching) == 1 else _list(matching, json)


def _check_column(name):
    if name not in {None, *impls.FRAMEWORKS}:
        raise UsageError(f"There is no column {name!r}: mistakes are planted in {', '.join(impls.FRAMEWORKS)}.")


def _nothing(words, column):
    """Why nothing is listed, and what to try."""
    where = f" in {column}" if column else ""
    near = lookup.nearest_names(words)
    hint = f"did you mean {', or '.join(map(repr, near))}?" if near else "fourfold mistakes shows what there is."
    return f"No mistake{where} matches {' '.join(words)!r}: {hint}"


def _overview(matching, json):
    records = words.overview(matching)
    if json != "-":
        out.print(f"{words.count(matching)}, by the equation that breaks first", style="bold")
        lines = [[one["equation"], one["formula"], f"{one['mistakes']:>8}", one["such_as"]] for one in records]
        out.print(_table(None, ["", "", "mistakes", "such as"], lines))
        out.print("List those of an equation: fourfold mistakes E16")
        out.print("Search for words:          fourfold mistakes slope --column jax")
        out.print("Explain one:               fourfold mistakes slope missing")
    write_json(json, result.encode(records))
    return 0


def _list(matching, json):
    if json != "-":
        for group, lines in words.by_group(matching):
            out.print(_table(group, ["", "first wrong", "", "planted in"], lines), "")
        out.print(f"{words.count(matching)}. To see one: {words.command(matching)}")
    write_json(json, result.encode([words.record(mistake) for mistake in matching]))
    return 0


def _explain(mistake, column, json):
    if column not in {None, *mistake.planted}:
        raise UsageError(f"{mistake.name!r} is not planted in {column}: choose from {', '.join(mistake.planted)}.")
    columns, more = [column] if column else [*mistake.planted], lookup.see_also(mistake)
    if json != "-":
        out.print(Text(mistake.name, style="bold"))
        out.print(f"{mistake.why}\n{words.what_it_breaks(mistake)}\n")
        for name in columns:
            _print_lines(impls.FRAMEWORKS[name].title, words.sides(mistake), words.side_by_side(mistake, name))
        if more:
            out.print(f"See also: {', '.join(more)}.")
    write_json(json, result.encode(words.record(mistake, columns) | {"see_also": more}))
    return 0


def _print_lines(title, sides, pairs):
    """Wrong and right lines side by side; where the terminal is too narrow for that, one below the other."""
    table = _table(title, sides, pairs)
    if Measurement.get(out, out.options.update(width=LARGEST), table).maximum <= out.width:
        out.print(table, "")
        return
    out.print(title, style="bold")
    for side, lines in zip(sides, zip(*pairs, strict=True), strict=True):
        out.print(f" {side}", style="bold")
        for line in lines:
            if line:
                out.print(Text(f"   {line}"))
    out.print("")


def _try(suite, timeout, json):
    default = make_case("xor", "sigmoid", 0.1, 200, 3, range(3))
    columns = [*filter(workers.installed, impls.FRAMEWORKS)]
    cases = suites.choose(suite, None, default, deep=True)
    missing = [name for name in impls.FRAMEWORKS if name not in columns]
    if missing:
        err.print(f"Not installed, left out: {', '.join(missing)}.")
    if suite == "full":
        cases += map(suites.build, LONG)
    else:
        cases += [suites.build(entry) for entry in suites.DEEP if entry.name in words.ON_XOR]
    with progress() as bar:
        attempts = sum(len(runs(planting, cases)) for planting in plantings(columns))
        tried, rewritings = try_all(cases, columns, timeout, bar("attempts", attempts))
    if json != "-":
        out.print(_table("Runs in which each check catches a mistake", *words.caught(tried)), "")
        out.print(_table("Mistakes that each case catches", *words.cases(tried)), "")
        out.print(_table("What the usual tolerances let pass", *words.tolerances(tried, rewritings)), "")
        out.print(words.verdict(tried, rewritings), style="bold", markup=False)
    content = {
        "tolerances": list(TOLERANCES),
        "mistakes": [*map(words.record_of_tried, tried)],
        "rewritings": [*map(words.record_of_tried, rewritings)],
    }
    write_json(json, result.encode(content))
    rejected = any(rewriting.caught for rewriting in rewritings)
    missed = suite == "full" and not all(mutant.caught for mutant in tried)  # fewer cases cannot show everything
    untold = any(mutant.loses_digits and not mutant.recognised for mutant in tried)
    return 1 if rejected or missed or untold else 0


def _table(title, headers, lines):
    grid = Table(title=title, title_justify="left", title_style="bold", box=None)
    for name in headers:
        grid.add_column(name)
    for line in lines:
        grid.add_row(*map(Text, line))
    return grid
