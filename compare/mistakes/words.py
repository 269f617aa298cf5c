"""The catalogue and the matrix in words: tables are (headers, lines) until the last moment."""

import shlex
from collections import Counter
from itertools import zip_longest

from fourfold.compare.judge.quantities import TWO_LAYER, UPDATE, anatomy, formula, shown
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import GROUPS
from fourfold.compare.mistakes.matrix import TOLERANCES

ON_XOR = {"xor", "deep-xor"}
CHECKS = ("point", "step", "form", "shapes")


# In two layers without biases a run shows these; biases come with depth.
RUNS = {"E7": "dL_db = column sums of dL_dH", "E23": f"W = {UPDATE}", "E24": "one step after another"}
# And by an optimiser, g the gradient of w
RUNS |= {
    "U1": "g ← g + l2 w",
    "U2": "w ← w - lr decay w",
    "U3": "u ← momentum u - lr g",
    "U4": "w ← w + u",
    "U5": "w ← w + momentum u - lr g",
    "U6": "v ← rho v + (1 - rho) g²",
    "U7": "w ← w - lr g / √(v + eps)",
    "U8": "m ← beta1 m + (1 - beta1) g",
    "U9": "v ← beta2 v + (1 - beta2) g²",
    "U10": "m̂ = m / (1 - beta1ᵗ), v̂ = v / (1 - beta2ᵗ)",
    "U11": "w ← w - lr m̂ / (√v̂ + eps)",
}


def overview(mistakes):
    """A record an equation that goes wrong first: its number, formula, how many of `mistakes`, and one of them."""
    formulas = {}
    for name, quantity in anatomy(TWO_LAYER, 2, biases=False).trace.items():
        formulas[quantity.equation] = f"{shown(name, TWO_LAYER)} = {formula(quantity, TWO_LAYER, 2, False)}"
    formulas |= RUNS
    records = []
    for equation in sorted(formulas, key=lambda text: (text[0], int(text[1:]))):
        own = [mistake for mistake in mistakes if mistake.equation == equation]
        if own:
            short = min((mistake.name for mistake in own), key=len)
            about = {"equation": equation, "formula": formulas[equation], "mistakes": len(own), "such_as": short}
            records.append(about)
    return records


def by_group(mistakes):
    """(group, lines) pairs; a line is name, first wrong quantity, equation, columns it is planted in."""
    names, groups = {mistake.name for mistake in mistakes}, []
    for group, members in GROUPS.items():
        lines = []
        for mistake in members:
            if mistake.name in names:
                lines.append([mistake.name, mistake.quantity, mistake.equation, " ".join(mistake.planted)])
        if lines:
            groups.append((group, lines))
    return groups


def count(mistakes):
    """How many of each kind, in words."""
    forms = sum(mistake.loses_digits for mistake in mistakes)
    parts = []
    if len(mistakes) > forms:
        parts.append(f"{len(mistakes) - forms} mistake{'s' * (len(mistakes) - forms > 1)}")
    if forms:
        parts.append(f"{forms} form{'s' * (forms > 1)} that lose{'s' * (forms == 1)} digits")
    return " and ".join(parts)


def command(mistakes):
    """A command that explains one of these; if possible, one whose name needs no quotes."""
    plain = [mistake.name for mistake in mistakes if shlex.join(mistake.name.split()) == mistake.name]
    return f"fourfold mistakes {plain[0]}" if plain else f'fourfold mistakes "{mistakes[0].name}"'


def side_by_side(mistake, column):
    """Pairs of lines: what is wrong, what is right."""
    wrong, right = planted.differing_lines(column, *mistake.planted[column], row=mistake.row)
    return list(zip_longest(wrong, right, fillvalue=""))


def record(mistake, columns=None):
    """A Mistake as JSON can hold it, with its lines in all columns it is planted in, or in some."""
    code = {}
    for column in columns or mistake.planted:
        texts = mistake.planted[column]
        wrong, right = planted.differing_lines(column, *texts, row=mistake.row)
        code[column] = {"wrong": "\n".join(wrong), "right": "\n".join(right)}
    names = ("name", "quantity", "equation", "why", "case", "row", "loses_digits", "update")
    return {name: getattr(mistake, name) for name in names} | {"code": code}


def what_it_breaks(mistake):
    """A sentence: what is wrong first, or in what digits are lost."""
    what = f"Loses digits in {mistake.quantity}" if mistake.loses_digits else f"Breaks {mistake.quantity} first"
    by = f", by --update {mistake.update}" if mistake.update else ""
    return f"{what} ({mistake.equation}). The case {mistake.case} shows it{by}."


def sides(mistake):
    """Headings of its lines and of the correct column's."""
    return ["loses digits", "the accurate form"] if mistake.loses_digits else ["wrong", "right"]


def record_of_tried(tried):
    """A Tried as JSON can hold it."""
    by_run = {f"{case} {dtype}": attempt._asdict() for (case, dtype), attempt in tried.attempts.items()}
    about = {"name": tried.name, "column": tried.column, "caught": tried.caught, "loses_digits": tried.loses_digits}
    return about | {"runs": by_run}


def caught(tried):
    """A line a mistake: in how many runs each check catches it, and where first."""
    lines = []
    for mutant in tried:
        line = [mutant.name, mutant.column]
        for check in CHECKS:
            line.append(_unless_0(mutant.times(check)))
        first = ", ".join(mutant.caught_on()[0]) if mutant.caught else "nowhere"
        lines.append([*line, first])
    return ["mistake", "column", *CHECKS, "first caught on"], lines


def cases(tried):
    """A line a case: how many mistakes each check catches there, and how many no other case catches."""
    names, only = {}, Counter()  # names in order
    for mutant in tried:
        names |= dict.fromkeys(case for case, _ in mutant.attempts)
        catching = {case for case, _ in mutant.caught_on()}
        if len(catching) == 1:
            only.update(catching)
    lines = []
    for name in names:
        line = [name]
        for check in (*CHECKS, "caught"):
            mutants = [mutant for mutant in tried if mutant.times(check, {name})]
            line.append(str(len(mutants)))
        lines.append([*line, _unless_0(only[name])])
    return ["case", *CHECKS, "any", "only here"], lines


def _unless_0(number):
    return str(number or "")


def tolerances(tried, rewritings):
    """A line a rule: mistakes that survive it on XOR alone and on all cases, and equal rewritings that it rejects.

    Those of the row of any depth have an XOR of their own. A form that loses digits is no mistake.
    """
    tried = [mutant for mutant in tried if not mutant.loses_digits]
    lines = []
    for k, rule in enumerate(TOLERANCES):
        on_xor = sum(mutant.survives(k, ON_XOR) for mutant in tried)
        on_all = sum(mutant.survives(k) for mutant in tried)
        rejected = sum(not rewriting.survives(k) for rewriting in rewritings)
        lines.append([rule, str(on_xor), str(on_all), str(rejected)])
    on_xor = sum(not mutant.times("caught", ON_XOR) for mutant in tried)
    on_all = sum(not mutant.caught for mutant in tried)
    rejected = sum(rewriting.caught for rewriting in rewritings)
    lines.append(["fourfold", str(on_xor), str(on_all), str(rejected)])
    return ["", "survive on xor", "survive on all cases", "rewritings rejected"], lines


def verdict(tried, rewritings):
    """One sentence."""
    missed = [mutant for mutant in tried if not mutant.caught]
    untold = [mutant for mutant in tried if mutant.loses_digits and not mutant.recognised]
    silent = [mutant for mutant in tried if not mutant.changes]
    rejected = [rewriting.name for rewriting in rewritings if rewriting.caught]
    mistakes = len({mutant.name for mutant in tried if not mutant.loses_digits})
    forms = len({mutant.name for mutant in tried if mutant.loses_digits})
    runs = sum(len(one.attempts) for one in (*tried, *rewritings))
    text = f"{mistakes} mistakes and {forms} forms that lose digits planted {len(tried)} times, "
    text += f"{len(rewritings)} equal rewritings, {runs:,} runs: "
    text += f"{len(missed)} mistakes survive, {len(rejected)} rewritings rejected."
    if missed:
        text += f" Not caught: {_names(missed)}."
    if untold:
        text += f" Taken for a mistake, and only loses digits: {_names(untold)}."
    if silent:
        text += f" Changes nothing on these cases: {_names(silent)}."
    if rejected:
        text += f" Rejected: {', '.join(rejected)}."
    return text


def _names(tried):
    return ", ".join(f"{mutant.name} ({mutant.column})" for mutant in tried)
