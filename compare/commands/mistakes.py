"""`fourfold mistakes`."""

from rich.table import Table
from rich.text import Text

from fourfold import impls
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import workers
from fourfold.compare.commands.options import Json, Timeout
from fourfold.compare.commands.terminal import err, out, progress, write_json
from fourfold.compare.mistakes import words
from fourfold.compare.mistakes.catalogue import MISTAKES, find, losing_digits
from fourfold.compare.mistakes.matrix import TOLERANCES
from fourfold.compare.mistakes.matrix import matrix as try_all
from fourfold.compare.mistakes.trials import LONG, plantings, runs
from fourfold.compare.results import result


def mistakes(
    *,
    show: str | None = None,
    matrix: bool = False,
    suite: str = "full",
    json: Json = None,
    timeout: Timeout = 600,
):
    """List the known mistakes; explain one; or try which check catches which.

    Example: fourfold mistakes --show "slope missing"

    Parameters
    ----------
    show
        Explain this one: wrong and right lines side by side.
    matrix
        Plant every mistake in real columns, run it on every case, and count who notices.
    suite
        Cases of the matrix: quick, default or full.
    json
        Write it as JSON to this file; - is standard output.
    timeout
        Seconds a column may take.
    """
    if show is not None:
        return _explain(find(show), json)
    return _try(suite, timeout, json) if matrix else _list(json)


def _list(json):
    if json != "-":
        for group, lines in words.catalogue():
            out.print(_table(group, ["", "first wrong", "", "planted in"], lines), "")
        forms = len(losing_digits())
        out.print(
            f"{len(MISTAKES) - forms} mistakes, {forms} forms that lose digits. "
            "fourfold mistakes --show NAME explains one."
        )
    write_json(json, result.encode([words.record(m) for m in MISTAKES.values()]))
    return 0


def _explain(mistake, json):
    if json != "-":
        out.print(Text(mistake.name, style="bold"))
        out.print(f"{mistake.why}\n{words.what_it_breaks(mistake)}\n")
        for column in mistake.planted:
            lines = words.side_by_side(mistake, column)
            out.print(_table(impls.FRAMEWORKS[column].title, words.sides(mistake), lines), "")
    write_json(json, result.encode(words.record(mistake)))
    return 0


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
