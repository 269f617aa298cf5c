"""From wrong numbers to the mistake behind them: the first wrong quantity, what is odd about it, who makes it so.

Pure NumPy: what a target gave at a few points is compared with what each mistake of the catalogue gives there.
"""

from typing import NamedTuple

import numpy as np

from fourfold.compare.judge.quantities import is_of_every_step, shown
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.candidates import candidates
from fourfold.compare.mistakes.evidence import view
from fourfold.compare.mistakes.mistake import Mistake
from fourfold.compare.mistakes.patterns import pattern


class Diagnosis(NamedTuple):
    """Quantities are called what people call them.

    `candidates` are tuples of one Mistake, or of two made together; all of them give these numbers.
    """

    quantity: str | None  # the first wrong one, in order of computation; None: nothing is wrong
    equation: str
    suspects: tuple[str, ...]  # what may be that quantity, itself first: what is not shown cannot always be told apart
    deduced: bool  # the target did not show that quantity itself
    pattern: str  # what is odd about the first wrong quantity that it did show
    candidates: tuple[tuple[Mistake, ...], ...]
    equations: tuple[str, ...] = ()  # of the suspects


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
        return Diagnosis(None, "", (), False, "", ())
    network, row = views[0].network, views[0].p.row
    first = network.first(wrong)
    fitting = candidates(views, wrong, seen)
    broken_first = {network.first(candidate.firsts) for candidate in fitting}
    suspects = [name for name in network.all if name in broken_first] or _suspects(first, wrong, seen, network)
    quantity = suspects[0]
    equations = [network.all[name].equation for name in suspects]
    equation = equations[0]
    if fitting and is_of_every_step(quantity):
        equation = fitting[0].mistakes[0].equation
    return Diagnosis(
        quantity=shown(quantity, row),
        equation=equation,
        suspects=tuple(shown(name, row) for name in suspects),
        deduced=quantity not in seen,
        pattern=pattern(first, [one for one in views if first in one.wrong]),
        candidates=tuple(candidate.mistakes for candidate in fitting),
        equations=tuple(equations),
    )


def _suspects(first, wrong, seen, network):
    """What can be wrong first where `first` is the first one seen to be, in order of computation.

    It must not lie behind a quantity that is right, and everything seen that is computed from it must be wrong.
    """
    cleared = set()
    for right in seen - wrong:
        cleared |= {right} | network.behind(right)
    possible = (network.behind(first) - cleared - seen) | {first}
    suspects = []
    for name in network.all:
        spoiled = {other for other in seen if other == name or name in network.behind(other)}
        if name in possible and spoiled == wrong:
            suspects.append(name)
    return suspects or [first]


def show_diagnosis(diagnosis, hint=False):
    """A Diagnosis in words; with `hint` only where to look."""
    if diagnosis.quantity is None:
        return "Nothing is wrong."
    where = f"First wrong: {diagnosis.quantity} ({diagnosis.equation})"
    if len(diagnosis.suspects) > 1:
        pairs = zip(diagnosis.suspects, diagnosis.equations, strict=True)
        where = f"First wrong: one of {', '.join(f'{name} ({equation})' for name, equation in pairs)}"
    if hint:
        return f"{where}."
    lines = [f"{where}{', deduced' if diagnosis.deduced else ''}. {diagnosis.pattern}"]
    if not diagnosis.candidates:
        return "\n".join([*lines, "It is none of the known mistakes."])
    best, *others = diagnosis.candidates
    lines.append(f"This is what happens with: {_names(best)}.")
    for mistake in best:
        lines.append(f"    {mistake.why}")
        wrong, right = planted.differing_lines("numpy", *mistake.planted["numpy"], row=mistake.row)
        lines += [f"    wrong  {line}" for line in wrong]
        lines += [f"    right  {line}" for line in right]
    if others:
        lines.append(f"The same numbers come from: {'; '.join(map(_names, others))}.")
    return "\n".join(lines)


def _names(mistakes):
    return " and ".join(mistake.name for mistake in mistakes)
