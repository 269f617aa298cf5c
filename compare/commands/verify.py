"""`fourfold lesson --verify`: the derivation, in numbers."""

from fourfold.compare.columns import workers
from fourfold.compare.columns.columns import Columns
from fourfold.compare.commands.terminal import out, write_json
from fourfold.compare.lesson import equations
from fourfold.compare.results import result, words


def verify(names, seeds, timeout, json):
    """Print the table equation × column; 1 where the two sides of one do not overlap."""
    with workers.open_pool(timeout) as pool:
        found = equations.check(Columns(names, pool), seeds)
    entries = sum(check.entries for of in found.values() for check in of.values())
    wrong = [f"E{n} ({name})" for name, of in found.items() for n, check in of.items() if not check.holds()]
    if json != "-":
        title = "Distance of both sides as a share of what rounding allows of both"
        out.print(words.grid(title, *equations.table(found)))
        work = f"{len(equations.EQUATIONS)} equations, {len(names)} columns, {entries:,} entries compared"
        said = f"do not overlap: {', '.join(wrong)}" if wrong else "both sides overlap in all"
        out.print(f"{'WRONG' if wrong else 'RIGHT'}: {said}. {work}.", style="bold", markup=False)
    record = lambda check: {"entries": check.entries, "ratio": result.number(check.ratio), "holds": check.holds()}
    write_json(json, result.encode({name: {f"E{n}": record(c) for n, c in of.items()} for name, of in found.items()}))
    return 1 if wrong else 0
