"""A Checked in words."""

from fourfold.compare.check import check
from fourfold.compare.results import words


def text(checked):
    """What is wrong, where, by how much and why; the verdict last."""
    rejection = check.first_rejection(checked)
    parts = [_rejection(rejection)] if rejection else []
    parts += [f"{f.reason}." for f in checked.functions if f.reason]
    parts += [checked.diagnosis] if checked.diagnosis else []
    if checked.printed and checked.exit_code():
        parts += ["It printed:", *(f"    {line}" for line in checked.printed.splitlines())]
    return "\n".join([*parts, verdict(checked)])


def verdict(checked):
    """One sentence: what is wrong, what is right, what could not be judged, on how much."""
    names = {v: [f.name for f in checked.functions if f.verdict == v] for v in ("wrong", "right", "not judged")}
    said = [f"{words.listed(found)} {_is(found, v)}" for v, found in names.items() if found]
    start = "WRONG" if names["wrong"] else "NOT JUDGED" if names["not judged"] else "RIGHT"
    numbers = sum(f.numbers for f in checked.functions)
    work = f"{words.count(len(checked.cases), 'case')} × {words.count(checked.seeds, 'seed')}"
    work += f" × {words.listed(checked.activations)} × {checked.dtype}"
    missing = f" Not there to be judged: {', '.join(checked.missing)}." if checked.missing else ""
    return f"{start}: {checked.target}: {'; '.join(said)}. {work}: {numbers:,} numbers certified.{missing}"


def _is(names, verdict):
    be = "is" if len(names) == 1 else "are"
    return {
        "wrong": f"{be} wrong",
        "right": f"{be} within what rounding allows",
        "not judged": "could not be judged",
    }[verdict]


def _rejection(r):
    where = f"{r.column} ({r.case}, {r.dtype}, seed {r.seed})"
    lines = [
        f"{where}: the first wrong number is {r.quantity}{r.index or ''} of {r.note}",
        f"    got    {r.value!r}",
        f"    exact  {r.truth!r}",
        f"    error  {words.measure(r.error):.3g}, limit {words.measure(r.limit):.3g}",
    ]
    return "\n".join([*lines, f"    {r.certificate}"] if r.certificate else lines)
