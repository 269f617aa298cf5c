"""The catalogue and the matrix in words: tables are (headers, rows) until the last moment."""

from itertools import zip_longest

from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import GROUPS
from fourfold.compare.mistakes.matrix import TOLERANCES

ON_XOR = {"xor", "deep-xor"}


def catalogue():
    """(group, rows) pairs; a row is name, first wrong quantity, equation, columns it is planted in."""
    row = lambda m: [m.name, m.quantity, m.equation, " ".join(m.planted)]
    return [(group, [row(m) for m in mistakes]) for group, mistakes in GROUPS.items()]


def side_by_side(mistake, column):
    """Pairs of lines: what is wrong, what is right."""
    wrong, right = planted.differing_lines(column, *mistake.planted[column], row=mistake.row)
    return list(zip_longest(wrong, right, fillvalue=""))


def record(mistake):
    """A Mistake as JSON can hold it."""
    lines = {c: planted.differing_lines(c, *texts, row=mistake.row) for c, texts in mistake.planted.items()}
    code = {c: {"wrong": "\n".join(wrong), "right": "\n".join(right)} for c, (wrong, right) in lines.items()}
    return {key: getattr(mistake, key) for key in ("name", "quantity", "equation", "why", "case", "row")} | {
        "code": code
    }


def caught(tried):
    """A row a mistake: in how many runs each check catches it, and where first."""
    rows = []
    for t in tried:
        outcomes = t.outcomes.values()
        counts = [sum(bool(getattr(o, check)) for o in outcomes) for check in ("point", "step", "form")]
        first = next((f"{case}, {dtype}" for (case, dtype), o in t.outcomes.items() if o.caught), "nowhere")
        rows.append([t.name, t.column, *(str(n or "") for n in counts), first])
    return ["mistake", "column", "point", "step", "form", "first caught on"], rows


def cases(tried):
    """A row a case: how many mistakes each check catches there, and how many no other case catches."""
    names = list(dict.fromkeys(case for t in tried for case, _ in t.outcomes))
    rows = []
    for name in names:
        here = [[o for (case, _), o in t.outcomes.items() if case == name] for t in tried]
        counts = [sum(any(getattr(o, check) for o in of) for of in here) for check in ("point", "step", "form")]
        anyone = sum(any(o.caught for o in of) for of in here)
        alone = sum({case for (case, _), o in t.outcomes.items() if o.caught} == {name} for t in tried)
        rows.append([name, *map(str, (*counts, anyone)), str(alone or "")])
    return ["case", "point", "step", "form", "any", "only here"], rows


def tolerances(tried, rewritings):
    """A row a rule: mistakes that survive it on XOR alone and on all cases, and equal rewritings that it rejects.

    Those of the row of any depth have an XOR of their own.
    """
    rows = []
    for k, rule in enumerate(TOLERANCES):
        survivors = [sum(t.survives(k, cases) for t in tried) for cases in (ON_XOR, None)]
        rows.append([rule, *survivors, sum(not t.survives(k) for t in rewritings)])
    survive = lambda kept: sum(not any(o.caught for (c, _), o in t.outcomes.items() if kept(c)) for t in tried)
    rejected = sum(t.caught for t in rewritings)
    rows.append(["fourfold", survive(ON_XOR.__contains__), survive(lambda case: True), rejected])
    return ["", "survive on xor", "survive on all cases", "rewritings rejected"], [
        [rule, *map(str, numbers)] for rule, *numbers in rows
    ]


def verdict(tried, rewritings):
    """One sentence."""
    missed, silent = [t for t in tried if not t.caught], [t for t in tried if not t.changes]
    rejected = [t.name for t in rewritings if t.caught]
    names = lambda of: ", ".join(f"{t.name} ({t.column})" for t in of)
    mistakes, runs = len({t.name for t in tried}), sum(len(t.outcomes) for t in (*tried, *rewritings))
    text = f"{mistakes} mistakes planted {len(tried)} times, {len(rewritings)} equal rewritings, {runs:,} runs: "
    text += f"{len(missed)} mistakes survive, {len(rejected)} rewritings rejected."
    text += f" Not caught: {names(missed)}." if missed else ""
    text += f" Changes nothing on these cases: {names(silent)}." if silent else ""
    return text + (f" Rejected: {', '.join(rejected)}." if rejected else "")
