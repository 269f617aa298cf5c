"""From wrong numbers to the mistake behind them: what may be wrong first, what is odd about it, who makes it so.

Pure NumPy: what a target gave at a few points is compared with what each mistake of the catalogue gives there.
"""

from typing import NamedTuple

import numpy as np

from fourfold.compare.judge.quantities import (
    UPDATE,
    anatomy_at,
    formula,
    gradient,
    is_of_every_step,
    of_every_step,
    shown,
)
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.candidates import candidates, nearest
from fourfold.compare.mistakes.catalogue import find
from fourfold.compare.mistakes.constants import Constant, constant
from fourfold.compare.mistakes.evidence import view
from fourfold.compare.mistakes.mistake import Mistake
from fourfold.compare.mistakes.patterns import pattern
from fourfold.compare.mistakes.suspects import Suspects, suspects

# Of so many quantities that are off it is said what is odd about them.
PATTERNS = 3


class Diagnosis(NamedTuple):
    """Quantities are called what people call them.

    `candidates` are tuples of one Mistake, or of two made together; all of them give these numbers.
    """

    quantity: str | None  # what a known mistake breaks first, or the first suspect; None: nothing is wrong
    equation: str = ""
    suspects: Suspects = Suspects()
    equations: dict[str, str] | None = None  # of all quantities
    formulas: dict[str, str] | None = None  # of all quantities of an evaluation
    seen: frozenset = frozenset()  # what the target showed
    pattern: str = ""  # what is odd about what is off
    candidates: tuple[tuple[Mistake, ...], ...] = ()
    constant: Constant | None = None  # where there are none: one gives all, with another constant
    near: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] | None = None  # or, by name, some: a Near


def diagnose(observations):
    """The Diagnosis of what a target gave at one or more points, all of one row and depth.

    A candidate reproduces every number shown within what rounding allows, and gives a wrong number somewhere.
    """
    with np.errstate(all="ignore"):
        return _diagnosis([*map(view, observations)])


def _diagnosis(views):
    wrong, seen = set(), set()
    for one in views:
        wrong |= one.wrong
        seen |= one.values.keys()
    if not wrong:
        return Diagnosis(None)
    p = views[0].p
    network = anatomy_at(views[0].parameters, p)
    accused = suspects(views)
    fitting = candidates(views, wrong, seen)
    broken = {network.first(candidate.firsts) for candidate in fitting}
    first = network.first(broken or accused.all)
    patterns = []
    for name in accused.off[:PATTERNS]:
        if not (patterns and is_of_every_step(name)):
            patterns.append(pattern(name, [one for one in views if name in one.wrong]))
    equation = network.all[first].equation
    if fitting and is_of_every_step(first):
        equation = fitting[0].mistakes[0].equation
    in_training = all(map(is_of_every_step, wrong))
    fitted = constant([one for one in views if one.steps]) if in_training and not fitting else None
    near = None if fitting else nearest(views, wrong)
    return Diagnosis(
        quantity=shown(first, p.row),
        equation=equation,
        suspects=_as_shown(accused, p.row),
        equations={shown(name, p.row): quantity.equation for name, quantity in network.all.items()},
        formulas=_formulas(network, p.row, len(views[0].parameters) > network.depth),
        seen=frozenset(shown(name, p.row) for name in seen),
        pattern=" ".join(filter(None, patterns)),
        candidates=tuple(candidate.mistakes for candidate in fitting),
        constant=fitted,
        near=_near_as_shown(near, p.row) if near else None,
    )


def _near_as_shown(near, row):
    """Names of mistakes, and of quantities as people know them."""
    as_shown = lambda names: tuple(shown(name, row) for name in names)
    return tuple(mistake.name for mistake in near.mistakes), as_shown(near.same), as_shown(near.other)


def _formulas(network, row, biases):
    """{name people know: formula}."""
    formulas = {}
    for name, quantity in network.trace.items():
        formulas[shown(name, row)] = formula(quantity, row, network.depth, biases)
    return formulas


def _as_shown(accused, row):
    """The Suspects by the names people know."""
    groups = []
    for names in (accused.off, *accused.apart, accused.common):
        groups.append(tuple(shown(name, row) for name in names))
    off, *apart, common = groups
    return Suspects(off, tuple(apart), common)


def show_diagnosis(diagnosis, hint=False):
    """A Diagnosis in words; with `hint` only where to look."""
    if diagnosis.quantity is None:
        return "Nothing is wrong."
    where = _where(diagnosis)
    if hint:
        return where
    where_and_how = f"{where} {diagnosis.pattern}".rstrip()
    if diagnosis.constant:
        name, value, also = diagnosis.constant
        whole = f"{name}, of {value:g}, and {also}" if also else f"{name}, of {value:g}"
        return f"The mistake: {whole}.\n    {find(name).why}\n{where_and_how}"
    if not diagnosis.candidates:
        return f"{where_and_how}\n{_of_no_candidate(diagnosis)}"
    return "\n".join([*lines_of(diagnosis.candidates), where_and_how])


def lines_of(candidates):
    """Lines on the candidates that give the same numbers: the first is explained, the others are named."""
    best, *others = candidates
    lines = [f"The mistake: {_names(best)}."]
    for mistake in best:
        lines.append(f"    {mistake.why}")
        wrong, right = planted.differing_lines("numpy", *mistake.planted["numpy"], row=mistake.row)
        labels = ("loses digits  ", "keeps them    ") if mistake.loses_digits else ("wrong  ", "right  ")
        for label, shown_lines in zip(labels, (wrong, right), strict=True):
            lines += [f"    {label}{line}" for line in shown_lines]
    if others:
        lines.append(f"These give the same numbers: {'; '.join(map(_names, others))}.")
    return lines


def _of_no_candidate(diagnosis):
    """That no mistake gives all numbers, and which one comes nearest."""
    if not diagnosis.near:
        return "No known mistake gives these numbers."
    mistakes, same, other = diagnosis.near
    rest = f"but another {_listed(other)}" if other else "and gets wrong what is right here"
    return (
        f"No known mistake gives all these numbers. Nearest: {' or '.join(mistakes)}, "
        f"which gives the same {_listed(same)}, {rest}."
    )


def _where(diagnosis):
    """A sentence on what may be wrong first, one cause or several."""
    off, apart, common = diagnosis.suspects
    explained = set()
    if len(off) == 1:
        deduced = ", deduced" if not diagnosis.seen & {*apart[0]} else ""
        return f"First wrong: {_one_of(apart[0], diagnosis, explained)}{deduced}."
    gradients_are_right = any(name.startswith(gradient("W")) for name in diagnosis.seen)  # or one of them came first
    if all(map(is_of_every_step, diagnosis.suspects.all if not gradients_are_right else off)):
        names = _listed([*map(of_every_step, off)])
        return f"Training goes wrong in {names}: look at the update (E23: {UPDATE}) and the loop around it (E24)."
    names = "Both gradients" if set(off) == {"dL_dW1", "dL_dW2"} else _listed(off)
    if not common:
        causes = "; ".join(_one_of(names, diagnosis, explained) for names in apart)
        return f"{names} are wrong, for more than one reason: {causes}."
    shared = "their common factor" if common == ("dL_dY_hat",) else "something they share"
    what = _one_of(common, diagnosis, explained)
    return f"{names} are wrong. Either {shared} is wrong, {what}, or there is more than one mistake."


def _one_of(names, diagnosis, explained):
    """Names with the numbers of their equations, and with the formulas of those that are not `explained` yet."""
    texts = []
    for name in names:
        formula_there = "" if name in explained else diagnosis.formulas.get(name)
        explained.add(name)
        equation = diagnosis.equations[name]
        texts.append(f"{name} ({equation}: {formula_there})" if formula_there else f"{name} ({equation})")
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def _listed(names):
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _names(mistakes):
    return " and ".join(mistake.name for mistake in mistakes)
