"""A Checked in words."""

from fourfold.compare.check import check
from fourfold.compare.results.words import count, listed, measure


def text(checked):
    """What is wrong, where, by how much and why; the verdict last."""
    rejection = check.first_rejection(checked)
    parts = [_first_wrong(rejection)] if rejection else []
    parts += [f"{f.reason}." for f in checked.functions if f.reason]
    if checked.diagnosis:
        parts.append(checked.diagnosis)
    if checked.printed and checked.exit_code():
        parts += ["It printed:", *(f"    {line}" for line in checked.printed.splitlines())]
    return "\n".join([*parts, verdict(checked)])


def verdict(checked):
    """One sentence: what is wrong, what is right, what could not be judged, on how much."""
    functions = {"wrong": [], "right": [], "not judged": []}
    for f in checked.functions:
        functions[f.verdict].append(f.name)
    start = {0: "RIGHT", 1: "WRONG", 3: "NOT JUDGED"}[checked.exit_code()]
    clauses = [f"{listed(names)} {_is(names, v)}" for v, names in functions.items() if names]
    numbers = sum(f.numbers for f in checked.functions)
    work = f"{count(len(checked.cases), 'case')} × {count(checked.seeds, 'seed')}"
    work += f" × {listed(checked.activations)} × {checked.dtype}"
    missing = f" Not there to be judged: {', '.join(checked.missing)}." if checked.missing else ""
    return f"{start}: {checked.target}: {'; '.join(clauses)}. {work}: {numbers:,} numbers certified.{missing}"


def _is(names, verdict):
    if verdict == "not judged":
        return "could not be judged"
    be = "is" if len(names) == 1 else "are"
    return f"{be} wrong" if verdict == "wrong" else f"{be} within what rounding allows"


def _first_wrong(r):
    where = f"{r.column} ({r.case}, {r.dtype}, seed {r.seed})"
    lines = [
        f"{where}: the first wrong number is {r.quantity}{r.index or ''} of {r.note}",
        f"    got    {r.value!r}",
        f"    exact  {r.truth!r}",
        f"    error  {measure(r.error):.3g}, limit {measure(r.limit):.3g}",
    ]
    if r.certificate:
        lines.append(f"    {r.certificate}")
    return "\n".join(lines)
